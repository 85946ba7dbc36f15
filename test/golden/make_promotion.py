"""Writes promotion.json: the dtypes in which PyTorch lets operands meet. Run: python3 test/golden/make_promotion.py"""
import torch
from golden import write

DTYPES = ["float32", "float64", "int32", "uint8", "bool"]
NUMBERS = [2, 0.5]
OPERATIONS = {
    "add": torch.add,
    "mul": torch.mul,
    "div": torch.div,
    "maximum": torch.maximum,
    "eq": torch.eq,
    "where": lambda a, b: torch.where(torch.tensor(True), a, b),
    "cat": lambda a, b: torch.cat([a.reshape(-1), b.reshape(-1)]),
    "add_": lambda a, b: a.clone().add_(b),
    "mul_": lambda a, b: a.clone().mul_(b),
    "div_": lambda a, b: a.clone().div_(b),
}


def outcome(operation, a, b):
    try:
        result = operation(a, b)
    except (RuntimeError, TypeError):
        return "error"
    # PyTorch's integers of no particular size are our int32.
    return str(result.dtype).removeprefix("torch.").replace("int64", "int32")


def operand(dtype, rank):
    return torch.ones([2] * rank, dtype=getattr(torch, dtype))


def table(name, operation, ranks):
    """Results by the dtype of the first operand, then by that of the second."""
    results = {a: {b: outcome(operation, operand(a, ranks[0]), operand(b, ranks[1])) for b in DTYPES} for a in DTYPES}
    return {"op": name, "ranks": ranks, "results": results}


def numbers(name, operation):
    """The same where the second operand is a number."""
    results = {a: {str(number): outcome(operation, operand(a, 1), number) for number in NUMBERS} for a in DTYPES}
    return {"op": name, "ranks": [1], "results": results}


def main():
    cases = []
    for name, operation in OPERATIONS.items():
        pairs = [[1, 1], [1, 0], [0, 0]] if name.endswith("_") else [[1, 1], [0, 1], [1, 0], [0, 0]]
        cases += [table(name, operation, ranks) for ranks in pairs]
        if name not in ("cat", "maximum"):
            cases.append(numbers(name, operation))
    write("promotion.json", cases)


main()
