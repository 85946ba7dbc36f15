"""Makes modules.json: activations and dropout of PyTorch as layers, what dropout makes of ones, patterns of nn.init.

Run: python3 test/golden/make_modules.py
"""

import torch
from torch import nn

from golden import DTYPES, write
from make_nn import camel, layer_case


def layers(dtype):
    def make(*args, **keywords):
        return layer_case(dtype, *args, **keywords)

    yield make("Softmin", [1], {}, (3, 5), scale=3.0, second=True)
    yield make("Softmin", [-1], {}, (2, 3, 4), second=True)
    yield make("Softmax2d", [], {}, (2, 3, 2, 4), scale=3.0, second=True)
    yield make("Softmax2d", [], {}, (3, 2, 2), scale=3.0)
    yield make("RReLU", [], {}, (4, 5), training=False)
    yield make("RReLU", [], {"lower": 0.1, "upper": 0.7}, (4, 5), training=False)
    for name, shape in {
        "Dropout1d": (2, 3, 4),
        "Dropout2d": (2, 3, 2, 2),
        "Dropout3d": (2, 3, 2, 1, 2),
        "AlphaDropout": (3, 4),
        "FeatureAlphaDropout": (3, 4, 2),
    }.items():
        yield make(name, [], {"p": 0.3}, shape, training=False)


def spreads(dtype):
    """The values that dropout makes of one number, and the gradients that it makes of ones, in order."""
    for name, shape in {
        "dropout1d": (50, 20, 2),
        "dropout2d": (50, 20, 2, 1),
        "dropout3d": (50, 20, 2, 1, 1),
        "alpha_dropout": (500,),
        "feature_alpha_dropout": (50, 20, 2),
    }.items():
        for p in [0.1, 0.5, 0.9, 1.0]:
            for value in [1.0, -2.5]:
                torch.manual_seed(0)
                x = torch.full(shape, value, dtype=dtype, requires_grad=True)
                y = getattr(nn.functional, name)(x, p=p, training=True)
                y.sum().backward()
                yield {
                    "dropout": camel(name),
                    "shape": shape,
                    "p": p,
                    "value": value,
                    "values": y.unique(),
                    "slopes": x.grad.unique(),
                }


def patterns(dtype):
    for shape in [(3, 2), (2, 4)]:
        yield {"init": "eye_", "options": {}, "shape": shape, "values": nn.init.eye_(torch.zeros(shape, dtype=dtype))}
    for shape, groups in [((3, 2, 3), 1), ((2, 3, 2, 3), 1), ((4, 3, 2), 2), ((6, 2, 3, 2), 3), ((2, 2, 1, 2, 3), 1)]:
        values = nn.init.dirac_(torch.zeros(shape, dtype=dtype), groups)
        yield {"init": "dirac_", "options": {"groups": groups}, "shape": shape, "values": values}


def main():
    cases = []
    for name, dtype in DTYPES.items():
        cases += [{"dtype": name, **one} for make in [layers, spreads, patterns] for one in make(dtype)]
    write("modules.json", cases)


if __name__ == "__main__":
    main()
