"""Writes printing.json: tensors as PyTorch prints them. Run: python3 test/golden/make_printing.py"""
import re

import torch
from golden import write

INF, NAN = float("inf"), float("nan")


def quern(text):
    """PyTorch's text in our words; its int64 is our int32, the dtype of integers that needs no mention."""
    text = text.replace("True", "true").replace("False", "false").replace("torch.", "").replace("int64", "int32")
    text = text.replace("requires_grad", "requiresGrad")
    text = re.sub(r"size=\(([^)]*?),?\)", r"shape=[\1]", text)
    return re.sub(r"grad_fn=<(\w)(\w*)Backward0>", lambda m: "gradFn=" + m[1].lower() + m[2], text)


def number(value):
    if value != value:
        return "NaN"
    return ("Infinity" if value > 0 else "-Infinity") if value in (INF, -INF) else value


def case(values, shape, dtype, requires_grad=False, squared=False):
    tensor = torch.tensor(values, dtype=getattr(torch, "int64" if dtype == "int32" else dtype)).reshape(shape)
    tensor.requires_grad_(requires_grad)
    shown = tensor * tensor if squared else tensor
    return {
        "values": [number(value) for value in values],
        "shape": shape,
        "dtype": dtype,
        "requiresGrad": requires_grad,
        "squared": squared,
        "text": quern(str(shown)),
    }


def ramp(count, step, shape, dtype):
    """Of many values only the rule is kept."""
    made = case([i * step for i in range(count)], shape, dtype)
    return {**made, "values": {"count": count, "step": step}}


def main():
    eighths = [i / 8 for i in range(-20, 40)]
    cases = [
        case([3.0], [], "float32"),
        case([2.5], [], "float64"),
        case([7], [], "int32"),
        case([True], [], "bool"),
        case([1.0, 2.0, 30.0], [3], "float32"),
        case([1.0, 2000.0], [2], "float32"),
        case([1.0, 1e8], [2], "float32"),
        case([0.0, 0.0], [2], "float32"),
        case([0.0, -0.0, 1.0], [3], "float32"),
        case([0.1, -2.25, 3.0], [3], "float32"),
        case([0.1, 12345.678], [2], "float32"),
        case([1e-5, 0.5], [2], "float64"),
        case([123456789.0, 1.5], [2], "float64"),
        case([0.03125, 0.09375, 0.15625], [3], "float64"),
        case([1.00005, 2.00015, 3.00025], [3], "float64"),
        case([NAN, 1.0, INF, -INF], [4], "float32"),
        case([NAN, 1.5, INF], [3], "float32"),
        case([NAN, INF], [2], "float32"),
        case([1, -20, 300], [3], "int32"),
        case([1, 2, 255, 0], [2, 2], "uint8"),
        case([True, False, True, True], [2, 2], "bool"),
        case(eighths[:12], [3, 4], "float32"),
        case(eighths[:24], [2, 3, 4], "float32"),
        case(eighths[:24], [2, 1, 3, 4], "float32"),
        case(eighths, [60], "float32"),
        case(eighths, [2, 30], "float32"),
        ramp(40, 1, [40], "int32"),
        ramp(1001, 1, [1001], "int32"),
        ramp(1200, 1.0, [30, 40], "float32"),
        ramp(2000, 0.25, [10, 2, 100], "float32"),
        ramp(1200, 0.25, [5, 240], "float64"),
        case([], [0], "float32"),
        case([], [0], "int32"),
        case([], [2, 0], "float32"),
        case([], [0, 3], "float64"),
        case([1.0, 2.0], [2], "float32", True),
        case([1.0, 2.0], [2], "float64", True),
        case([1.5, 2.5], [2], "float32", True, True),
        case(eighths[:9], [9], "float64", True),
        case(eighths[:8], [8], "float64", True, True),
    ]
    write("printing.json", cases)


main()
