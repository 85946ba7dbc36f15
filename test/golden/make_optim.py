"""Makes optim.json: steps of PyTorch's optimizers, of optax's for Lion and LAMB, and clipping.

Run: python3 test/golden/make_optim.py
"""

import math
import re

import jax
import numpy
import optax
import torch

from golden import DTYPES, write

jax.config.update("jax_enable_x64", True)

SHAPES = [(2, 3), (4,), ()]
STEPS = 5


def camel(name):
    return re.sub(r"_(\w)", lambda match: match.group(1).upper(), name)


def camel_options(options):
    return {camel(key): value for key, value in options.items()}


class Optax:
    """Steps of optax behind PyTorch's interface: what it computes for each parameter is its own."""

    def __init__(self, groups, make, defaults):
        self.param_groups = [{**defaults, **group} for group in groups]
        self.make = make
        self.states = {}

    def step(self):
        for group in self.param_groups:
            options = {key: value for key, value in group.items() if key not in ("params", "maximize")}
            rule = self.make(**options)
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                values = jax.numpy.asarray(parameter.detach().numpy())
                gradient = jax.numpy.asarray(parameter.grad.numpy()) * (-1 if group["maximize"] else 1)
                state = self.states.get(parameter) or rule.init(values)
                update, self.states[parameter] = rule.update(gradient, state, values)
                after = numpy.array(optax.apply_updates(values, update))
                parameter.detach().copy_(torch.from_numpy(after))


def lion(lr, betas, weight_decay):
    return optax.lion(lr, b1=betas[0], b2=betas[1], weight_decay=weight_decay)


def lamb(lr, betas, eps, weight_decay):
    return optax.lamb(lr, b1=betas[0], b2=betas[1], eps=eps, weight_decay=weight_decay)


OPTAX = {
    "Lion": (lion, {"lr": 1e-4, "betas": [0.9, 0.99], "weight_decay": 0, "maximize": False}),
    "LAMB": (
        lamb,
        {"lr": 1e-3, "betas": [0.9, 0.999], "eps": 1e-6, "weight_decay": 0, "maximize": False},
    ),
}


def make_optimizer(name, parameters, groups, options):
    given = [{"params": [parameter], **own} for parameter, own in zip(parameters, groups)]
    if name in OPTAX:
        make, defaults = OPTAX[name]
        return Optax(given, make, {**defaults, **options})
    return getattr(torch.optim, name)(given, foreach=False, **options)


def kept(optimizer, parameters):
    """What PyTorch keeps of each parameter; null for those of which it keeps nothing."""
    if isinstance(optimizer, Optax):
        return None
    entries = []
    for parameter in parameters:
        entry = {camel(key): value for key, value in optimizer.state[parameter].items() if value is not None}
        entries.append(entry or None)
    return entries


def optimizer_case(dtype, name, options, groups=None, absent=(), changes=None, count=STEPS):
    """Some steps. `groups`: options for each parameter; `absent`: (step, parameter) pairs without a gradient;
    `changes`: options set on all groups before a step."""
    # Numbers that PyTorch keeps in its default dtype would spoil those of float64.
    torch.set_default_dtype(dtype)
    torch.manual_seed(11)
    parameters = [torch.randn(shape, dtype=dtype).requires_grad_() for shape in SHAPES]
    initial = [parameter.detach().clone() for parameter in parameters]
    optimizer = make_optimizer(name, parameters, groups or [{} for _ in parameters], options)
    steps = []
    for step in range(count):
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
        "state": kept(optimizer, parameters),
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
        yield make(name, {"lr": 0.1, "amsgrad": True, "betas": [0.5, 0.3], "weight_decay": 0.1})
    later = {2: {"lr": 0.01}, 3: {"weight_decay": 0.3}}
    for name, options, other in [
        ("NAdam", {"eps": 1e-3, "momentum_decay": 0.1}, {"betas": [0.5, 0.8], "decoupled_weight_decay": True}),
        ("RAdam", {"eps": 1e-3, "betas": [0.5, 0.9]}, {"betas": [0.7, 0.8], "decoupled_weight_decay": True}),
        ("Adamax", {"eps": 1e-3}, {"betas": [0.5, 0.8]}),
        ("RMSprop", {"eps": 1e-3, "momentum": 0.9}, {"alpha": 0.5, "centered": True, "momentum": 0.3}),
        ("RMSprop", {"alpha": 0.7}, {"centered": True}),
        ("Adagrad", {"lr_decay": 0.2, "initial_accumulator_value": 0.5}, {"eps": 1e-3, "lr_decay": 0.5}),
        ("Adadelta", {"eps": 1e-3}, {"rho": 0.5}),
        ("ASGD", {"lambd": 0.1, "alpha": 0.5, "t0": 2}, {"t0": 0, "lambd": 0.3}),
        ("Lion", {"betas": [0.7, 0.9]}, {"betas": [0.2, 0.3]}),
        ("LAMB", {"eps": 1e-3}, {"betas": [0.5, 0.8]}),
    ]:
        yield make(name, {}, count=7)
        yield make(name, {"lr": 0.1, "weight_decay": 0.2, "maximize": True, **options}, count=7)
        yield make(name, {"lr": 0.1}, groups=[{}, other, {"lr": 0.02, "weight_decay": 0.3}], absent=skipped)
        yield make(name, {"lr": 0.1, **options}, changes=later)
    rounds = [{}, {"etas": [0.2, 3.0]}, {"step_sizes": [0.05, 0.15]}]
    yield make("Rprop", {}, count=7)
    yield make("Rprop", {"lr": 0.1, "maximize": True}, groups=rounds, absent=skipped, count=7)


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


def objective(x, y):
    """Rosenbrock's valley, and a flat bowl."""
    valley = (10 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()
    return valley + ((y - 3) ** 4).sum()


def lbfgs_case(dtype, options, count, start):
    """Steps with a closure that counts its calls."""
    torch.set_default_dtype(dtype)
    x = torch.tensor(start, dtype=dtype).requires_grad_()
    y = torch.tensor([[1.0], [4.5]], dtype=dtype).requires_grad_()
    optimizer = torch.optim.LBFGS([x, y], **{**options})
    steps = []
    for _ in range(count):

        def closure():
            optimizer.zero_grad()
            loss = objective(x, y)
            loss.backward()
            return loss

        loss = optimizer.step(closure)
        state = optimizer.state[x]
        after = [x.detach().clone(), y.detach().clone()]
        counts = {"funcEvals": state["func_evals"], "nIter": state["n_iter"]}
        steps.append({"loss": loss.item(), "after": after, **counts})
    return {"lbfgs": camel_options(options), "start": start, "steps": steps}


def lbfgs_cases(dtype):
    wolfe = {"line_search_fn": "strong_wolfe"}
    near, far = [1.2, 1.1, 1.3], [-1.2, 1.0, 0.5, -2.0]
    yield lbfgs_case(dtype, {"lr": 0.1, "max_iter": 3}, 2, near)
    yield lbfgs_case(dtype, {"max_iter": 3, **wolfe}, 2, near)
    if dtype == torch.float64:
        yield lbfgs_case(dtype, {"lr": 0.05}, 4, near)
        yield lbfgs_case(dtype, {"max_iter": 4, "max_eval": 3}, 3, near)
        yield lbfgs_case(dtype, {"max_iter": 5, **wolfe}, 5, far)
        yield lbfgs_case(dtype, {"history_size": 2, "max_iter": 6, **wolfe}, 4, far)
        yield lbfgs_case(dtype, {"max_eval": 3, **wolfe}, 6, far)
        yield lbfgs_case(dtype, {"lr": 30.0, "max_iter": 4, **wolfe}, 3, far)
        yield lbfgs_case(dtype, {"tolerance_grad": 0.5, **wolfe}, 3, near)
        yield lbfgs_case(dtype, {"tolerance_change": 0.01, **wolfe}, 5, near)


def main():
    cases = []
    for name, dtype in DTYPES.items():
        for case in [*optimizer_cases(dtype), *clip_cases(dtype), *lbfgs_cases(dtype)]:
            cases.append({"dtype": name, **case})
    write("optim.json", cases)


main()
