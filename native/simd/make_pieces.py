"""Writes pieces_table.h beside it: python3 make_pieces.py (NumPy, SciPy).

Sixteen polynomials for each function of s >= 0, of least largest relative error (least squares, weighted anew until
the errors are level: Lawson's way), in the distance from the middle of a piece. Coefficients are rounded to
float32 one by one, and those of higher powers fitted to what the rounding left.
"""

import pathlib
import re

import numpy as np
from scipy.special import erf, erfc, expit

PIECES = 16
NODES = 240
ROUNDS = 30

SLOPE, CUBE = 2 * np.sqrt(2 / np.pi), 0.044715


def normal_share(s):
    """The normal distribution function of -s."""
    return 0.5 * erfc(s / np.sqrt(2))


def density(s):
    return np.exp(-s * s / 2) / np.sqrt(2 * np.pi)


def tanh_share(s):
    """The same as the tanh form of gelu has it."""
    return expit(-SLOPE * (s + CUBE * s**3))


def tanh_density(s):
    p = tanh_share(s)
    return p * (1 - p) * SLOPE * (1 + 3 * CUBE * s * s)


def gelu(s):
    return -s * normal_share(s)


def gelu_slope(s):
    return normal_share(s) - s * density(s)


def gelu_tanh(s):
    return -s * tanh_share(s)


def gelu_tanh_slope(s):
    return tanh_share(s) - s * tanh_density(s)


# Name, what it is, the function, the length of a piece, the number of the first, degree, whether odd: then the first
# piece lacks s itself.
FUNCTIONS = [
    ("Erf", "erf s", erf, 1 / 4, 0, 5, True),
    ("Tanh", "tanh s", np.tanh, 1 / 2, 0, 6, True),
    ("Sigmoid", "σ(−s)", lambda s: expit(-s), 1, 0, 6, False),
    ("Silu", "−s σ(−s)", lambda s: -s * expit(-s), 1, 0, 6, False),
    ("GeluNear", "−s Φ(−s)", gelu, 1 / 4, 0, 6, False),
    ("GeluFar", "its next ones", gelu, 1 / 4, 16, 7, False),
    ("GeluSlopeNear", "Φ(−s) − s φ(s)", gelu_slope, 1 / 4, 0, 6, False),
    ("GeluSlopeFar", "its next ones", gelu_slope, 1 / 4, 16, 7, False),
    ("GeluTanhNear", "the tanh form of gelu at −s", gelu_tanh, 1 / 4, 0, 6, False),
    ("GeluTanhFar", "its next ones", gelu_tanh, 1 / 4, 16, 9, False),
    ("GeluTanhSlopeNear", "its slope there", gelu_tanh_slope, 1 / 4, 0, 7, False),
    ("GeluTanhSlopeFar", "its next ones", gelu_tanh_slope, 1 / 4, 16, 9, False),
]


def fit(function, length, first, degree, odd):
    """Coefficients, the highest power first, a column for each piece; and the largest relative error."""
    table, worst = np.zeros((degree + 1, PIECES)), 0
    nodes = np.cos(np.pi * (np.arange(NODES) + 0.5) / NODES)
    for piece in range(PIECES):
        middle = float((first + piece) * length)
        d = length * (nodes / 2 if middle else (nodes + 1) / 4)
        s = middle + d
        value = function(s)
        # Where a function passes through zero no error is relative to it.
        crosses = value.min() < 0 < value.max()
        weight = 1 / np.maximum(np.abs(value), 1e-2 if crosses else 0)
        begins = odd and middle == 0
        target = value - s if begins else value
        c = np.zeros(degree + 1)
        c[0] = np.float32(0 if begins else function(middle))
        for power in range(1, degree + 1):
            basis = np.stack([(d / length) ** j for j in range(power, degree + 1)], 1) * weight[:, None]
            rest = (target - np.polynomial.polynomial.polyval(d, c)) * weight
            level = np.full(NODES, 1 / NODES)
            for _ in range(ROUNDS):
                root = np.sqrt(level)
                found = np.linalg.lstsq(basis * root[:, None], rest * root, rcond=None)[0]
                error = np.abs(basis @ found - rest)
                level = level * (error + 1e-3 * error.max())
                level /= level.sum()
            c[power] = np.float32(found[0] / length**power)
        worst = max(worst, np.max(np.abs(np.polynomial.polynomial.polyval(d, c) - target) * weight))
        table[:, piece] = c
    return table[::-1], worst


def literal(value):
    return re.sub(r"\.?0*p", "p", float(value).hex()) + "f"


def main():
    lines = [
        "// Coefficients of pieces.h. Written by make_pieces.py; not edited by hand.",
        "#pragma once",
        "",
        "namespace {",
        "",
        "// clang-format off",
        "template <int kRows>",
        "struct Pieces {",
        "  float c[kRows][16];  // the coefficients of one power for all pieces, the highest power first",
        "  float length;        // of a piece, a power of two",
        "};",
    ]
    for name, what, function, length, first, degree, odd in FUNCTIONS:
        table, worst = fit(function, length, first, degree, odd)
        print(f"{name}: {worst * 2**24:.2f} times 2^-24")
        lines += ["", f"// {what}: {worst:.2g}", f"alignas(64) constexpr Pieces<{degree + 1}> k{name} = {{"]
        lines += ["  {"]
        for row in table:
            texts = [literal(v) for v in row]
            lines += ["    {" + ", ".join(texts[:8]) + ",", "     " + ", ".join(texts[8:]) + "},"]
        lines += [f"  }}, {literal(length)}}};"]
    lines += ["// clang-format on", "", "}  // namespace", ""]
    pathlib.Path(__file__).with_name("pieces_table.h").write_text("\n".join(lines))


main()
