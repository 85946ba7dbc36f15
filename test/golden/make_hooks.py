"""Makes hooks.json: what backward hooks of PyTorch see and change. Run: python3 test/golden/make_hooks.py"""

import torch
from torch import nn

from golden import DTYPES, write


class Pair(nn.Module):
    """Of two inputs and two outputs, the second of which need not be used."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([0.5, -1.5, 2.0]))

    def forward(self, a, b):
        return a * b * self.weight, a.tanh()


def case(dtype, change):
    torch.manual_seed(3)
    first, pair, last = nn.Linear(2, 3).to(dtype), Pair().to(dtype), nn.Linear(3, 2).to(dtype)
    modules = {"first": first, "pair": pair, "last": last}
    seen = []

    def note(name):
        def hook(_module, grad_input, grad_output):
            seen.append({"module": name, "gradInput": list(grad_input), "gradOutput": list(grad_output)})
            if change and name == "pair":
                return grad_input[0] * 2, grad_input[1] - 1

        return hook

    for name, module in modules.items():
        module.register_full_backward_hook(note(name))
    if change:
        last.register_full_backward_pre_hook(lambda _module, grad_output: (grad_output[0] * 3,))
    x = torch.randn(4, 2, dtype=dtype)
    b = torch.randn(4, 3, dtype=dtype, requires_grad=True)
    hidden = first(x)
    hidden_gradients = []

    def hidden_hook(gradient):
        hidden_gradients.append(gradient)
        return gradient.clamp(max=0.25) if change else None

    hidden.register_hook(hidden_hook)
    product, _unused = pair(hidden, b)
    last(product).square().sum().backward()
    parameters = {f"{name}.{key}": value for name, module in modules.items() for key, value in module.named_parameters()}
    return {
        "change": change,
        "state": {key: value.detach().clone() for key, value in parameters.items()},
        "x": x,
        "b": b.detach().clone(),
        "seen": seen,
        "hidden": hidden_gradients[0],
        "bGradient": b.grad,
        "gradients": {key: value.grad for key, value in parameters.items()},
    }


def main():
    cases = [{"dtype": name, **case(dtype, change)} for name, dtype in DTYPES.items() for change in [False, True]]
    write("hooks.json", cases)


if __name__ == "__main__":
    main()
