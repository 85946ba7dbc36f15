"""Makes autocast.json: products of PyTorch under torch.autocast, with their gradients, and the same in float32 of
operands rounded to bfloat16. Run: python3 test/golden/make_autocast.py"""

import torch
from torch.nn import functional

from golden import write


def rounded(x):
    return x.to(torch.bfloat16).float()


def case(op, function, shapes, options):
    torch.manual_seed(sum(shapes[0]))
    operands = [torch.randn(shape) for shape in shapes]
    ours = [x.clone().requires_grad_() for x in operands]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        output = function(*ours, **options)
    # A gradient that bfloat16 holds, as PyTorch wants it for such an output.
    grad_output = rounded(torch.randn(output.shape))
    output.backward(grad_output.to(torch.bfloat16))
    exact = [rounded(x).requires_grad_() for x in operands]
    exact_output = function(*exact, **options)
    exact_output.backward(grad_output)
    return {
        "op": op,
        "options": options,
        "operands": operands,
        "gradOutput": grad_output,
        "output": output.float(),
        "gradients": [x.grad for x in ours],
        "rounded": {"output": exact_output, "gradients": [x.grad for x in exact]},
    }


write(
    "autocast.json",
    [
        case("matmul", torch.matmul, [(3, 5), (5, 4)], {}),
        case("matmul", torch.matmul, [(2, 3, 4), (4, 5)], {}),
        case("matmul", torch.matmul, [(20, 17), (17, 18)], {}),
        case("linear", functional.linear, [(4, 6), (3, 6)], {}),
        case("conv2d", functional.conv2d, [(2, 3, 5, 5), (4, 3, 3, 3)], {"padding": 1}),
        case("conv2d", functional.conv2d, [(1, 2, 6, 5), (2, 1, 3, 2)], {"stride": 2, "groups": 2}),
    ],
)
