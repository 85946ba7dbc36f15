"""Makes schedules.json: learning rates of PyTorch's schedules over 60 epochs. Run: python3 test/golden/make_schedules.py"""

import math
import warnings

import torch
from torch.optim import lr_scheduler, swa_utils

from golden import write

EPOCHS = 60

# Functions that the test has under the same names.
FUNCTIONS = {
    "inverse": lambda epoch: 1 / (1 + epoch),
    "decay": lambda epoch: 0.95**epoch,
    "turns": lambda epoch: 0.9 if epoch % 2 else 1.05,
    "wave": lambda x: 0.5 * (1 + math.sin(x)),
}


def warmup(strategy, total, start):
    """What WarmupLR is to do, by a schedule that PyTorch has."""

    def factor(epoch):
        done = min(1, epoch / total)
        return start + (1 - start) * (done if strategy == "linear" else (1 - math.cos(math.pi * done)) / 2)

    return factor


def build(optimizer, spec):
    """A schedule from its name, positional arguments and options; arguments may be schedules or functions."""
    name, arguments, options = spec
    if name == "WarmupLR":
        strategy, start = options.get("annealStrategy", "linear"), options.get("startFactor", 0)
        return lr_scheduler.LambdaLR(optimizer, warmup(strategy, arguments[0], start))
    make = getattr(lr_scheduler, name, None) or getattr(swa_utils, name)
    values = [FUNCTIONS[one] if isinstance(one, str) else one for one in arguments]
    if name in ("SequentialLR", "ChainedScheduler"):
        values[0] = [build(optimizer, one) for one in values[0]]
    snake = {snake_case(key): FUNCTIONS.get(value, value) if key == "scaleFn" else value for key, value in options.items()}
    if name == "ChainedScheduler":
        return make(*values)
    return make(optimizer, *values, **snake)


def snake_case(name):
    if name == "tMult":
        return "T_mult"
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def case(name, arguments=(), options=None, optimizer="SGD", epochs=EPOCHS):
    """The learning rates of two groups after each epoch, and what is left of the momentum."""
    if name == "OneCycleLR":
        epochs = EPOCHS - 1  # one more would be beyond the cycle, where PyTorch extrapolates
    parameters = [torch.zeros(1, requires_grad=True) for _ in range(2)]
    groups = [{"params": [parameters[0]]}, {"params": [parameters[1]], "lr": 0.02}]
    own = {"momentum": 0.9} if optimizer == "SGD" else {}
    stepped = getattr(torch.optim, optimizer)(groups, lr=0.1, **own)
    spec = [name, list(arguments), options or {}]
    scheduler = build(stepped, spec)
    rates, momenta = [], []
    for epoch in range(epochs + 1):
        rates.append([group["lr"] for group in stepped.param_groups])
        momenta.append([group["betas"][0] if "betas" in group else group["momentum"] for group in stepped.param_groups])
        if epoch < epochs:
            if name == "ReduceLROnPlateau":
                scheduler.step(metric(epoch))
            else:
                scheduler.step()
    return {"optimizer": optimizer, "spec": spec, "rates": rates, "momenta": momenta}


def metric(epoch):
    """A loss that falls, stays, and jumps."""
    return [1.0, 0.9, 0.95, 0.90001, 0.89999, 0.3, 1.5, 0.31, 0.299, 0.2995][epoch % 10] * 0.97 ** (epoch // 20)


def cases():
    yield case("LambdaLR", ["inverse"])
    yield case("MultiplicativeLR", ["turns"])
    yield case("StepLR", [7], {"gamma": 0.5})
    yield case("StepLR", [30])
    yield case("MultiStepLR", [[3, 10, 10, 40]], {"gamma": 0.3})
    yield case("ConstantLR")
    yield case("ConstantLR", [], {"factor": 0.7, "totalIters": 20})
    yield case("LinearLR")
    yield case("LinearLR", [], {"startFactor": 0.25, "endFactor": 0.75, "totalIters": 33})
    yield case("ExponentialLR", [0.93])
    yield case("PolynomialLR", [], {"totalIters": 50, "power": 1.7})
    yield case("PolynomialLR")
    yield case("CosineAnnealingLR", [25], {"etaMin": 0.001})
    yield case("CosineAnnealingLR", [60])
    yield case("CosineAnnealingWarmRestarts", [7], {"etaMin": 0.002})
    yield case("CosineAnnealingWarmRestarts", [4], {"tMult": 2})
    for optimizer in ["SGD", "Adam"]:
        yield case("OneCycleLR", [[1.0, 0.5]], {"totalSteps": 60}, optimizer)
        yield case("CyclicLR", [0.01, [0.1, 0.2]], {"stepSizeUp": 8, "stepSizeDown": 5}, optimizer)
    options = {"epochs": 6, "stepsPerEpoch": 10, "pctStart": 0.4, "annealStrategy": "linear", "threePhase": True}
    momenta = {"baseMomentum": [0.7, 0.8], "maxMomentum": 0.9}
    yield case("OneCycleLR", [1.0], {**options, **momenta, "divFactor": 10.0, "finalDivFactor": 100.0})
    yield case("OneCycleLR", [1.0], {"totalSteps": 60, "cycleMomentum": False})
    yield case("CyclicLR", [0.01, 0.1], {"stepSizeUp": 6, "mode": "triangular2", **momenta})
    yield case("CyclicLR", [0.01, 0.1], {"stepSizeUp": 6, "mode": "exp_range", "gamma": 0.97, "cycleMomentum": False})
    yield case("CyclicLR", [0.01, 0.1], {"stepSizeUp": 6, "scaleFn": "wave"})
    yield case("CyclicLR", [0.01, 0.1], {"stepSizeUp": 6, "scaleFn": "wave", "scaleMode": "iterations"})
    yield case("ReduceLROnPlateau", [], {"patience": 3, "factor": 0.5})
    for mode in ["min", "max"]:
        for threshold_mode in ["rel", "abs"]:
            options = {"mode": mode, "thresholdMode": threshold_mode, "threshold": 0.01, "patience": 1}
            yield case("ReduceLROnPlateau", [], {**options, "factor": 0.6, "cooldown": 2, "minLr": [1e-3, 1e-4]})
    for strategy in ["linear", "cos"]:
        yield case("SWALR", [[0.05, 0.03]], {"annealEpochs": 20, "annealStrategy": strategy})
        yield case("WarmupLR", [15], {"annealStrategy": strategy, "startFactor": 0.1})
    yield case("SWALR", [0.5], {"annealEpochs": 0})
    yield case("WarmupLR", [15])
    linear = ["LinearLR", [], {"startFactor": 0.1, "totalIters": 10}]
    cosine = ["CosineAnnealingLR", [30], {}]
    yield case("SequentialLR", [[linear, cosine, ["ConstantLR", [], {}]], [10, 40]])
    yield case("SequentialLR", [[["WarmupLR", [10], {}], ["StepLR", [5], {}]], [10]])
    others = [["MultiStepLR", [[0, 3]], {}], ["PolynomialLR", [], {}], ["ExponentialLR", [0.9], {}]]
    yield case("SequentialLR", [[["LambdaLR", ["decay"], {}], *others, linear], [5, 15, 25, 35]])
    cycles = [["CosineAnnealingWarmRestarts", [4], {"tMult": 2}], ["MultiplicativeLR", ["turns"], {}]]
    yield case("SequentialLR", [[["ExponentialLR", [0.9], {}], *cycles], [20, 45]])
    yield case("ChainedScheduler", [[["ConstantLR", [], {"factor": 0.5, "totalIters": 8}], ["ExponentialLR", [0.95], {}]]])
    yield case("ChainedScheduler", [[["SequentialLR", [[linear, cosine], [10]], {}], ["StepLR", [20], {}]]])


def main():
    warnings.simplefilter("ignore")
    write("schedules.json", list(cases()))


main()
