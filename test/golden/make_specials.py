"""Writes specials.json: what PyTorch makes of NaN and infinities. Run: python3 test/golden/make_specials.py"""
import math

import torch
import torch.nn.functional as F
from golden import write

nan, inf = math.nan, math.inf

ROWS = [
    [1.0, nan, 3.0, inf, -inf, 2.0],
    [nan, -2.0, nan, 0.5, 4.0, -inf],
    [-inf, -inf, -inf, -inf, -inf, -inf],
    [inf, 1.5, -3.0, 2.0, 0.25, 0.0],
    [-inf, 1.5, -3.0, 2.0, 0.25, 0.0],
    [inf, 1.5, -inf, 2.0, 0.25, 4.0],
    [nan, nan, nan, nan, nan, nan],
    [0.5, 1.5, -3.0, 2.0, 0.25, 5.0],
]
FINITE = [[0.5, 1.5, -3.0, 2.0, 0.25, 5.0]]
LINE = [-inf, -1e30, -25.0, -2.0, -0.5, -0.0, 0.0, 0.5, 2.0, 25.0, 1e30, inf, nan]
COLUMN = [[value] for value in (-inf, -1.5, -0.0, 0.0, 2.0, inf, nan)]
ACROSS = [[-inf, -2.0, -0.0, 0.0, 0.5, 3.0, inf, nan]]
IMAGE = [[[[1.0, nan, 2.0, -inf], [0.0, 3.0, -inf, -inf], [nan, inf, 5.0, 6.0], [1.0, nan, 7.0, 4.0]]]]


def pair(result):
    return list(result)


# Name in camelCase, function, inputs, arguments after them, whether gradients are compared.
CASES = []


def case(name, function, inputs, args=(), gradient=True):
    CASES.append((name, function, inputs, args, gradient))


for name, function in {
    "max": lambda x: pair(x.max(1)),
    "min": lambda x: pair(x.min(1)),
    "median": lambda x: pair(x.median(1)),
    "cummax": lambda x: pair(x.cummax(1)),
    "cummin": lambda x: pair(x.cummin(1)),
    "amax": lambda x: x.amax(1),
    "amin": lambda x: x.amin(1),
    "sum": lambda x: x.sum(1),
    "mean": lambda x: x.mean(1),
    "nansum": lambda x: x.nansum(1),
    "prod": lambda x: x.prod(1),
    "std": lambda x: x.std(1),
    "variance": lambda x: x.var(1),
    "logsumexp": lambda x: x.logsumexp(1),
    "softmax": lambda x: x.softmax(1),
    "logSoftmax": lambda x: x.log_softmax(1),
    "cumsum": lambda x: x.cumsum(1),
    "sort": lambda x: pair(x.sort(dim=1, stable=True)),
    "norm": lambda x: x.norm(dim=1),
    "argmax": lambda x: x.argmax(1),
    "argmin": lambda x: x.argmin(1),
    "any": lambda x: x.any(1),
    "all": lambda x: x.all(1),
    "countNonzero": lambda x: x.count_nonzero(1),
}.items():
    case(name, function, [ROWS], [1])
# Of nothing but NaN the index is any.
case("nanmedian", lambda x: pair(x.nanmedian(1)), [ROWS[:6] + ROWS[7:]], [1])
case("nanmean", lambda x: x.nanmean(1), [ROWS[:6] + ROWS[7:]], [1])
# Gradients through infinite products and sums are NaN at places that depend on the formula.
for name, function in {"cumprod": lambda x: x.cumprod(1), "logcumsumexp": lambda x: x.logcumsumexp(1)}.items():
    case(name, function, [ROWS], [1], False)
    case(name, function, [FINITE], [1])
for p in (0, 1, 3, inf, -inf, 0.5):
    case("norm", lambda x, p=p: torch.linalg.vector_norm(x, p, 1), [ROWS], [1, {"p": p}])
case("sort", lambda x: pair(x.sort(dim=1, stable=True, descending=True)), [ROWS], [1, {"descending": True}])
for largest in (True, False):
    case("topk", lambda x, largest=largest: pair(x.topk(3, 1, largest=largest)), [[ROWS[i] for i in (0, 3, 5, 7)]], [3, 1, {"largest": largest}])
for k in (1, 3, 6):
    case("kthvalue", lambda x, k=k: pair(x.kthvalue(k, 1)), [[ROWS[i] for i in (0, 3, 4, 5, 7)]], [k, 1])
# PyTorch interpolates towards an infinite neighbour with weight 0 and gets NaN; Quern gives the value itself.
for q in (0.0, 0.3, 0.5, 1.0):
    rows = ROWS if q in (0.3, 0.5) else [[nan, 1.0, 2.0, 0.5], [nan, nan, nan, nan], [0.5, 3.0, 1.0, 2.0]]
    case("quantile", lambda x, q=q: x.quantile(q, 1), [rows], [q, 1])
    case("nanquantile", lambda x, q=q: x.nanquantile(q, 1), [rows], [q, 1])
case("mode", lambda x: x.mode(1)[0], [[[inf, 1.0, inf, 2.0], [-inf, 1.0, 1.0, -inf], [3.0, nan, nan, 3.0]]], [1], False)
case("aminmax", lambda x: pair(x.aminmax(dim=1)), [ROWS], [1])
case("unique", lambda x: x.unique(), [[3.0, nan, -inf, inf, 3.0, inf, nan, -0.0, 0.0]], [], False)
case("msort", lambda x: x.msort(), [[nan, 1.0, inf, -inf, 0.0]])
for name, function in {"max": torch.max, "min": torch.min, "argmax": torch.argmax, "argmin": torch.argmin}.items():
    for row in ROWS:
        case(name, function, [row])
case("logsumexp", lambda x: x.logsumexp(1), [torch.zeros(2, 0)], [1])
case("softmax", lambda x: x.softmax(1), [torch.zeros(2, 0)], [1])
case("sum", lambda x: x.sum(1), [torch.zeros(2, 0)], [1])
case("mean", lambda x: x.mean(1), [torch.zeros(2, 0)], [1])
case("prod", lambda x: x.prod(1), [torch.zeros(2, 0)], [1])
case("std", lambda x: x.std(1), [torch.zeros(2, 1)], [1], False)
case("norm", lambda x: x.norm(dim=1), [torch.zeros(2, 0)], [1])

for name, function in {
    "maximum": torch.maximum,
    "minimum": torch.minimum,
    "add": torch.add,
    "sub": torch.sub,
    "mul": torch.mul,
    "div": torch.div,
    "pow": torch.pow,
    "fmod": torch.fmod,
    "remainder": torch.remainder,
    "floorDivide": torch.floor_divide,
    "atan2": torch.atan2,
    "hypot": torch.hypot,
    "copysign": torch.copysign,
    "xlogy": torch.xlogy,
    "logaddexp": torch.logaddexp,
    "eq": torch.eq,
    "lt": torch.lt,
    "ge": torch.ge,
    "isClose": torch.isclose,
}.items():
    case(name, function, [COLUMN, ACROSS], [], name in ("maximum", "minimum", "add", "sub", "mul", "div", "logaddexp"))
case("isClose", lambda a, b: torch.isclose(a, b, equal_nan=True), [COLUMN, ACROSS], [{"equalNan": True}], False)
case("lerp", lambda a, b: torch.lerp(a, b, 0.25), [COLUMN, ACROSS], [0.25])
case("clamp", lambda x: x.clamp(-1.0, 1.0), [LINE], [{"min": -1.0, "max": 1.0}])
case("clamp", lambda x: x.clamp(max=1.0), [LINE], [{"max": 1.0}])
case("nanToNum", lambda x: x.nan_to_num(), [LINE])
case("nanToNum", lambda x: x.nan_to_num(2.0, 3.0, -3.0), [LINE], [{"nan": 2.0, "posinf": 3.0, "neginf": -3.0}])
case("histc", lambda x: x.histc(4, 0.0, 2.0), [LINE], [{"bins": 4, "min": 0.0, "max": 2.0}], False)
case("searchsorted", torch.searchsorted, [[-inf, -1.0, 0.0, 2.0, inf], LINE], [], False)
case("searchsorted", lambda s, x: torch.searchsorted(s, x, right=True), [[-inf, -1.0, 0.0, 2.0, inf], LINE], [{"right": True}], False)
case("bucketize", lambda x, s: torch.bucketize(x, s), [LINE, [-1.0, 0.0, 2.0]], [], False)
case("cdist", torch.cdist, [[[0.0, inf], [nan, 1.0], [1.0, 2.0]], [[0.0, 1.0], [1.0, 2.0]]], [], False)

for name, function in {
    "abs": torch.abs, "neg": torch.neg, "sign": torch.sign, "square": torch.square, "sqrt": torch.sqrt, "rsqrt": torch.rsqrt,
    "reciprocal": torch.reciprocal, "exp": torch.exp, "expm1": torch.expm1, "exp2": torch.exp2, "log": torch.log,
    "log1p": torch.log1p, "log2": torch.log2, "log10": torch.log10, "atan": torch.atan, "asin": torch.asin,
    "acos": torch.acos, "sinh": torch.sinh, "cosh": torch.cosh, "tanh": torch.tanh, "asinh": torch.asinh,
    "acosh": torch.acosh, "atanh": torch.atanh, "sigmoid": torch.sigmoid, "erf": torch.erf, "erfc": torch.erfc,
    "floor": torch.floor, "ceil": torch.ceil, "round": torch.round, "trunc": torch.trunc, "frac": torch.frac,
    "relu": torch.relu, "softplus": F.softplus, "logSigmoid": F.logsigmoid, "relu6": F.relu6, "leakyRelu": F.leaky_relu,
    "elu": F.elu, "selu": F.selu, "celu": F.celu, "gelu": F.gelu, "silu": F.silu,
    "hardswish": F.hardswish, "hardtanh": F.hardtanh,
    "tanhshrink": F.tanhshrink, "softshrink": F.softshrink, "hardshrink": F.hardshrink, "isNaN": torch.isnan,
    "isInf": torch.isinf, "isFinite": torch.isfinite, "logicalNot": torch.logical_not, "lgamma": torch.lgamma,
}.items():
    case(name, function, [LINE])
# Where PyTorch's formula gives NaN for the slope at infinity, or rounds 1/6 to float32, the slope is not compared.
for name, function in {"mish": F.mish, "hardsigmoid": F.hardsigmoid, "softsign": F.softsign}.items():
    case(name, function, [LINE], [], False)
case("mish", F.mish, [LINE[1:-2]])
case("softsign", F.softsign, [LINE[1:-2]])
case("gelu", lambda x: F.gelu(x, approximate="tanh"), [LINE], [{"approximate": "tanh"}])
case("softplus", lambda x: F.softplus(x, 2.0, 5.0), [LINE + [2.4, 2.5, 2.6]], [{"beta": 2.0, "threshold": 5.0}])
PLACES = {"returnIndices": True}
case("maxPool2d", lambda x: pair(F.max_pool2d(x, 2, return_indices=True)), [IMAGE], [2, PLACES])
case("maxPool2d", lambda x: pair(F.max_pool2d(x, 3, 1, 1, return_indices=True)), [IMAGE], [3, {"stride": 1, "padding": 1, **PLACES}])
case("maxPool2d", lambda x: pair(F.max_pool2d(x, 4, return_indices=True)), [IMAGE], [4, PLACES])
case("maxPool1d", lambda x: pair(F.max_pool1d(x, 4, return_indices=True)), [IMAGE[0]], [4, PLACES])
case("maxPool3d", lambda x: pair(F.max_pool3d(x, (1, 4, 2), return_indices=True)), [[IMAGE]], [[1, 4, 2], PLACES])
case("avgPool2d", lambda x: F.avg_pool2d(x, 2), [IMAGE], [2], False)
case("adaptiveMaxPool2d", lambda x: pair(F.adaptive_max_pool2d(x, 2, return_indices=True)), [IMAGE], [2, PLACES])
case("adaptiveMaxPool3d", lambda x: pair(F.adaptive_max_pool3d(x, 1, return_indices=True)), [[IMAGE]], [1, PLACES])


def named(value):
    """Numbers that JSON lacks, by their names."""
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    if isinstance(value, (list, tuple)):
        return [named(one) for one in value]
    if isinstance(value, dict):
        return {key: named(one) for key, one in value.items()}
    return value


def main():
    cases = []
    for name, function, inputs, args, gradient in CASES:
        leaves = [torch.as_tensor(one, dtype=torch.float64).clone().requires_grad_(gradient) for one in inputs]
        answer = function(*leaves)
        outputs = answer if isinstance(answer, list) else [answer]
        flowing = [one for one in outputs if one.requires_grad]
        for one in flowing:
            one.backward(torch.ones_like(one), retain_graph=True)
        cases.append({
            "op": name,
            "args": named(list(args)),
            "inputs": [named(leaf.detach().tolist()) for leaf in leaves],
            "outputs": [named(one.detach().tolist()) for one in outputs],
            "gradients": [None if leaf.grad is None else named(leaf.grad.tolist()) for leaf in leaves] if flowing else [],
        })
    write("specials.json", cases)


main()
