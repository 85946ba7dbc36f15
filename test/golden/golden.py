"""What the scripts that make golden values share: numbers as short as they round-trip, one case a line."""

import json
import pathlib

import numpy
import torch

DTYPES = {"float32": torch.float32, "float64": torch.float64}


def plain(value):
    """A tensor, number or structure of them as JSON's values; float32 with the digits that float32 needs."""
    if isinstance(value, torch.Tensor):
        return plain(value.detach().numpy())
    if isinstance(value, numpy.ndarray):
        return [plain(item) for item in value] if value.ndim > 0 else plain(value[()])
    if isinstance(value, numpy.float32):
        return float(str(value))
    if isinstance(value, numpy.generic):
        return value.item()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def write(name, cases):
    """Writes the cases to a file beside this one."""
    path = pathlib.Path(__file__).with_name(name)
    lines = [json.dumps(plain(case), allow_nan=False, separators=(",", ":")) for case in cases]
    header = json.dumps({"torch": torch.__version__.split("+")[0]})[:-1]
    path.write_text(header + ', "cases": [\n' + ",\n".join(lines) + "\n]}\n")
