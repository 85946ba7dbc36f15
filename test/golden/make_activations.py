"""Makes activations.json: activations of PyTorch as layers. Run: python3 test/golden/make_activations.py"""

import torch

from golden import DTYPES, write
from make_nn import layer_case

PLAIN = ["ReLU6", "SELU", "Mish", "Hardswish", "Softsign", "Tanhshrink"]
# Those whose slope has a slope.
CURVED = ["SELU", "Mish", "Hardswish", "Softsign", "Tanhshrink", "ELU", "CELU", "GLU", "Softplus"]


def cases(dtype):
    def make(name, sizes, options, shape=(4, 6), scale=2.5):
        return layer_case(dtype, name, sizes, options, shape, scale=scale, second=name in CURVED)

    for name in PLAIN:
        yield make(name, [], {})
    if dtype == torch.float32:  # in float64 PyTorch's gradient has a sixth of float32
        yield make("Hardsigmoid", [], {})
    yield make("LeakyReLU", [], {})
    yield make("LeakyReLU", [], {"negative_slope": 0.3})
    yield make("PReLU", [], {})
    yield make("PReLU", [], {"num_parameters": 3, "init": 0.1}, shape=(2, 3, 4))
    yield make("ELU", [], {})
    yield make("ELU", [], {"alpha": 1.7})
    yield make("CELU", [], {})
    yield make("CELU", [], {"alpha": 0.5})
    yield make("Hardtanh", [], {})
    yield make("Hardtanh", [], {"min_val": -2.0, "max_val": 0.5})
    yield make("Softshrink", [], {})
    yield make("Softshrink", [], {"lambd": 1.25})
    yield make("Hardshrink", [], {"lambd": 1.25})
    yield make("Threshold", [0.5, -2.0], {})
    yield make("GLU", [-1], {})
    yield make("GLU", [1], {}, shape=(2, 4, 3))
    yield make("Softplus", [], {})
    yield make("Softplus", [], {"beta": 2.5, "threshold": 3.0})


def main():
    write("activations.json", [{"dtype": name, **case} for name, dtype in DTYPES.items() for case in cases(dtype)])


if __name__ == "__main__":
    main()
