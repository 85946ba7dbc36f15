"""Makes averages.json: PyTorch's averaged models, and update_bn. Run: python3 test/golden/make_averages.py"""

import torch
from torch.optim import swa_utils

from golden import DTYPES, write

ROUNDS = 4


def make_model():
    return torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3), torch.nn.Linear(3, 1))


def shuffle(model):
    """New values for all weights and statistics; answers them."""
    with torch.no_grad():
        for tensor in model.state_dict().values():
            if tensor.is_floating_point():
                tensor.copy_(torch.rand(tensor.shape, dtype=tensor.dtype) + 0.5)
            else:
                tensor.add_(3)
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def case(dtype, rule, **options):
    torch.set_default_dtype(dtype)
    torch.manual_seed(3)
    model = make_model()
    averaged = swa_utils.AveragedModel(model, **options)
    rounds = []
    for _ in range(ROUNDS):
        values = shuffle(model)
        averaged.update_parameters(model)
        state = {name: tensor.clone() for name, tensor in averaged.state_dict().items()}
        rounds.append({"values": values, "averages": state})
    batches = [torch.randn(5, 2), torch.randn(4, 2), torch.randn(6, 2)]
    swa_utils.update_bn(batches, averaged)
    statistics = {name: averaged.state_dict()[f"module.1.{name}"] for name in ["running_mean", "running_var"]}
    averaged.eval()
    with torch.no_grad():
        output = averaged(batches[0])
    return {
        "rule": rule,
        "useBuffers": options.get("use_buffers", False),
        "rounds": rounds,
        "batches": batches,
        "statistics": statistics,
        "output": output,
    }


def main():
    cases = []
    for name, dtype in DTYPES.items():
        made = [
            case(dtype, "default"),
            case(dtype, "ema", avg_fn=swa_utils.get_ema_avg_fn(0.8)),
            case(dtype, "swa", avg_fn=swa_utils.get_swa_avg_fn()),
            case(dtype, "emaMulti", multi_avg_fn=swa_utils.get_ema_multi_avg_fn(0.3)),
            case(dtype, "swaMulti", multi_avg_fn=swa_utils.get_swa_multi_avg_fn()),
        ]
        cases.extend({"dtype": name, **one} for one in made)
    write("averages.json", cases)


main()
