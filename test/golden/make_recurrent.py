"""Makes recurrent.json: recurrent layers and cells of PyTorch. Run: python3 test/golden/make_recurrent.py"""

import torch
from torch import nn

from golden import DTYPES, write

OPTIONS = {
    "num_layers": "numLayers",
    "batch_first": "batchFirst",
    "bidirectional": "bidirectional",
    "bias": "bias",
    "nonlinearity": "nonlinearity",
    "proj_size": "projSize",
}


def tensors_of(result):
    """The tensors in a result, in the order output, h, c."""
    if isinstance(result, torch.Tensor):
        return [result]
    return [tensor for part in result for tensor in tensors_of(part)]


def case(dtype, name, options, shape, state=None, cell=None):
    """A module called once, with gradients from all of its results; `state` is the shape of h, `cell` of another c."""
    torch.manual_seed(sum(shape) + len(name) + len(options))
    module = getattr(nn, name)(3, 4, **options).to(dtype)
    x = torch.randn(shape, dtype=dtype, requires_grad=True)
    before = []
    if state is not None:
        shapes = [state, cell or state] if "LSTM" in name else [state]
        before = [torch.randn(one, dtype=dtype, requires_grad=True) for one in shapes]
    results = tensors_of(module(x, *([tuple(before)] if len(before) == 2 else before)))
    grad_results = [torch.randn_like(result) for result in results]
    torch.autograd.backward(results, grad_results)
    return {
        "layer": name,
        "options": {OPTIONS[key]: value for key, value in options.items()},
        "state": {key: value.clone() for key, value in module.state_dict().items()},
        "input": x,
        "before": before,
        "results": results,
        "gradResults": grad_results,
        "inputGradient": x.grad,
        "beforeGradients": [one.grad for one in before],
        "gradients": {key: value.grad for key, value in module.named_parameters()},
    }


def cases(dtype):
    for name in ["RNN", "LSTM", "GRU"]:
        yield case(dtype, name, {}, (5, 2, 3))
        yield case(dtype, name, {"num_layers": 2, "bidirectional": True}, (3, 2, 3), (4, 2, 4))
        yield case(dtype, name, {"batch_first": True, "bias": False}, (2, 5, 3), (1, 2, 4))
        yield case(dtype, name, {"num_layers": 2}, (4, 3), (2, 4))
        yield case(dtype, name + "Cell", {}, (2, 3))
        yield case(dtype, name + "Cell", {"bias": False}, (2, 3), (2, 4))
        yield case(dtype, name + "Cell", {}, (3,), (4,))
    relu = {"nonlinearity": "relu"}
    yield case(dtype, "RNN", {**relu, "bidirectional": True}, (5, 2, 3))
    yield case(dtype, "RNNCell", relu, (2, 3), (2, 4))
    yield case(dtype, "LSTM", {"proj_size": 2}, (4, 2, 3))
    yield case(dtype, "LSTM", {"proj_size": 3, "num_layers": 2, "bidirectional": True}, (3, 2, 3), (4, 2, 3), (4, 2, 4))
    yield case(dtype, "LSTM", {"proj_size": 2, "bias": False}, (3, 3), (1, 2), (1, 4))


def main():
    write("recurrent.json", [{"dtype": name, **one} for name, dtype in DTYPES.items() for one in cases(dtype)])


main()
