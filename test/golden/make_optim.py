"""Makes optim.json: steps of PyTorch's optimizers and clipping. Run: python3 test/golden/make_optim.py"""

import math
import re

import torch

from golden import DTYPES, write

SHAPES = [(2, 3), (4,), ()]
STEPS = 5


def camel(name):
    return re.sub(r"_(\w)", lambda match: match.group(1).upper(), name)


def camel_options(options):
    return {camel(key): value for key, value in options.items()}


def optimizer_case(dtype, name, options, groups=None, absent=(), changes=None):
    """Five steps. `groups`: options for each parameter; `absent`: (step, parameter) pairs without a gradient;
    `changes`: options set on all groups before a step."""
    torch.manual_seed(11)
    parameters = [torch.randn(shape, dtype=dtype).requires_grad_() for shape in SHAPES]
    initial = [parameter.detach().clone() for parameter in parameters]
    given = parameters
    if groups is not None:
        given = [{"params": [parameter], **own} for parameter, own in zip(parameters, groups)]
    optimizer = getattr(torch.optim, name)(given, foreach=False, **options)
    steps = []
    for step in range(STEPS):
        for key, value in (changes or {}).get(step, {}).items():
            for group in optimizer.param_groups:
                group[key] = value
        gradients = [torch.randn(shape, dtype=dtype) for shape in SHAPES]
        for i, parameter in enumerate(parameters):
            if (step, i) in absent:
                gradients[i] = None
            parameter.grad = gradients[i]
        optimizer.step()
        after = [parameter.detach().clone() for parameter in parameters]
        steps.append({"gradients": gradients, "after": after})
    return {
        "optimizer": name,
        "options": camel_options(options),
        "groups": None if groups is None else [camel_options(own) for own in groups],
        "changes": {str(step): camel_options(values) for step, values in (changes or {}).items()},
        "initial": initial,
        "steps": steps,
    }


def optimizer_cases(dtype):
    def make(*args, **keywords):
        return optimizer_case(dtype, *args, **keywords)

    yield make("SGD", {})
    yield make("SGD", {"lr": 0.1, "weight_decay": 0.2, "maximize": True})
    yield make("SGD", {"lr": 0.1, "momentum": 0.9})
    yield make("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.1})
    yield make("SGD", {"lr": 0.1, "momentum": 0.8, "nesterov": True, "maximize": True})
    skipped = [(0, 1), (2, 0), (3, 0), (3, 1), (3, 2)]
    yield make("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.5}, absent=skipped)
    yield make("SGD", {"lr": 0.1}, groups=[{}, {"lr": 0.01, "momentum": 0.5}, {"weight_decay": 0.3}])
    yield make("SGD", {"lr": 0.1}, changes={2: {"lr": 0.01, "momentum": 0.9}, 4: {"momentum": 0}})
    for name in ["Adam", "AdamW"]:
        yield make(name, {})
        yield make(name, {"lr": 0.1, "weight_decay": 0.2, "eps": 1e-3})
        yield make(name, {"lr": 0.1, "betas": [0.5, 0.8], "maximize": True})
        yield make(name, {"lr": 0.1}, absent=skipped)
        yield make(name, {"lr": 0.1}, groups=[{}, {"lr": 0.01, "betas": [0.7, 0.9]}, {"weight_decay": 0.3}])
        yield make(name, {"lr": 0.1}, changes={2: {"lr": 0.01}, 3: {"betas": [0.1, 0.2]}})


def clip_case(dtype, scale, limit, norm_type=None):
    """Clipping by norm, or by value where there is no type of norm."""
    torch.manual_seed(5)
    parameters = [torch.zeros(shape, dtype=dtype).requires_grad_() for shape in SHAPES]
    gradients = [scale * torch.randn(shape, dtype=dtype) for shape in SHAPES]
    for parameter, gradient in zip(parameters, gradients):
        parameter.grad = gradient.clone()
    case = {"limit": limit, "gradients": gradients}
    if norm_type is None:
        torch.nn.utils.clip_grad_value_(parameters, limit)
    else:
        case["norm"] = torch.nn.utils.clip_grad_norm_(parameters, limit, norm_type)
        case["normType"] = "Infinity" if math.isinf(norm_type) else norm_type
    case["clipped"] = [parameter.grad for parameter in parameters]
    return case


def clip_cases(dtype):
    for norm_type in [2, 1, 3.5, math.inf]:
        yield clip_case(dtype, 3.0, 1.5, norm_type)
        yield clip_case(dtype, 0.01, 1.5, norm_type)
    yield clip_case(dtype, 3.0, 0.5)


def main():
    cases = []
    for name, dtype in DTYPES.items():
        for case in [*optimizer_cases(dtype), *clip_cases(dtype)]:
            cases.append({"dtype": name, **case})
    write("optim.json", cases)


main()
