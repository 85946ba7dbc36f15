"""Makes parametrizations.json: steps of training with weight and spectral normalisation in PyTorch.

Run: python3 test/golden/make_parametrizations.py
"""

import torch
from torch import nn
from torch.nn.utils import parametrize, parametrizations

from golden import DTYPES, write
from make_nn import camel_options, snapshot

FUNCTIONS = {"weightNorm": parametrizations.weight_norm, "spectralNorm": parametrizations.spectral_norm}
LR = 0.1


def case(dtype, norm, options, layer, sizes, shape, steps=3):
    torch.manual_seed(len(layer) + sum(shape))
    module = getattr(nn, layer)(*sizes).to(dtype)
    FUNCTIONS[norm](module, **options)
    optimizer = torch.optim.SGD(module.parameters(), lr=LR)
    state = snapshot(module)
    x = torch.randn(shape, dtype=dtype)
    records = []
    for _ in range(steps):
        batch = x.clone().requires_grad_()
        output = module(batch)
        optimizer.zero_grad()
        output.square().mean().backward()
        record = {
            "output": output,
            "inputGradient": batch.grad,
            "gradients": {name: value.grad.clone() for name, value in module.named_parameters()},
        }
        optimizer.step()
        records.append({**record, "state": snapshot(module)})
    module.eval()
    evaluated = module(x)
    batch = x.clone().requires_grad_()
    (first,) = torch.autograd.grad(module(batch).square().sum(), batch, create_graph=True)
    original = next(value for name, value in module.named_parameters() if "original" in name)
    (second,) = torch.autograd.grad(first.square().sum(), original)
    state_evaluated = snapshot(module)
    name = options.get("name", "weight")
    parametrize.remove_parametrizations(module, name)
    return {
        "norm": norm,
        "options": camel_options(options),
        "layer": layer,
        "sizes": sizes,
        "state": state,
        "x": x,
        "steps": records,
        "evaluated": evaluated,
        "second": second,
        "stateEvaluated": state_evaluated,
        "computed": getattr(module, name),
    }


def cases(dtype):
    def make(*args, **keywords):
        return case(dtype, *args, **keywords)

    yield make("weightNorm", {}, "Linear", [3, 4], (5, 3))
    yield make("weightNorm", {"dim": 1}, "Linear", [3, 2], (5, 3))
    yield make("weightNorm", {"dim": None}, "Linear", [3, 2], (2, 3))
    yield make("weightNorm", {"name": "bias"}, "Linear", [3, 2], (2, 3))
    yield make("weightNorm", {}, "Conv2d", [2, 3, 2], (2, 2, 3, 4))
    yield make("weightNorm", {"dim": 1}, "ConvTranspose1d", [2, 3, 2], (2, 2, 4))
    yield make("spectralNorm", {}, "Linear", [3, 4], (5, 3))
    yield make("spectralNorm", {"n_power_iterations": 3, "eps": 1e-6}, "Linear", [4, 2], (3, 4))
    yield make("spectralNorm", {"dim": 1}, "Conv1d", [2, 3, 2], (2, 2, 5))
    yield make("spectralNorm", {}, "ConvTranspose2d", [2, 3, 2], (1, 2, 3, 3))
    yield make("spectralNorm", {"name": "bias"}, "Linear", [3, 2], (2, 3))


def main():
    write("parametrizations.json", [{"dtype": name, **one} for name, dtype in DTYPES.items() for one in cases(dtype)])


if __name__ == "__main__":
    main()
