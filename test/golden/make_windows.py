"""Makes windows.json: layers of PyTorch whose values come from windows of one input. Run: python3 test/golden/make_windows.py"""

from golden import DTYPES, write
from make_nn import layer_case


def pooling_cases(make):
    yield make("AdaptiveMaxPool1d", [3], {}, (2, 2, 7))
    yield make("AdaptiveMaxPool1d", [4], {}, (2, 6))
    yield make("AdaptiveMaxPool2d", [[2, None]], {}, (2, 5, 3))
    yield make("AdaptiveMaxPool3d", [[2, None, 3]], {}, (1, 2, 5, 3, 4))
    yield make("AdaptiveMaxPool3d", [1], {}, (2, 2, 3, 2))
    yield make("LPPool1d", [2, 3], {"stride": 2}, (2, 2, 8), second=True)
    yield make("LPPool1d", [4, 3], {"stride": 2, "ceil_mode": True}, (2, 6))
    yield make("LPPool2d", [2, [2, 3]], {"stride": [2, 1]}, (1, 2, 5, 5), second=True)
    yield make("LPPool2d", [2, 3], {"ceil_mode": True}, (2, 7, 5))
    yield make("LPPool3d", [2, [2, 1, 2]], {"stride": [1, 2, 1]}, (1, 2, 3, 4, 3), second=True)
    yield make("LPPool3d", [4, 2], {"ceil_mode": True}, (2, 3, 5, 4))


def convolution_cases(make):
    yield make("Conv1d", [2, 3, 4], {"padding": "same"}, (2, 2, 6))
    yield make("Conv2d", [2, 2, [2, 4]], {"padding": "same", "dilation": [3, 1]}, (1, 2, 5, 6))
    yield make("Conv3d", [1, 2, [2, 3, 2]], {"padding": "same", "bias": False}, (1, 3, 4, 3))
    for mode in ["reflect", "replicate", "circular"]:
        yield make("Conv1d", [2, 2, 4], {"padding": "same", "padding_mode": mode}, (1, 2, 6))
    yield make("Conv2d", [1, 2, [2, 3]], {"padding": "same", "padding_mode": "circular"}, (2, 1, 4, 4))


def other_cases(make):
    yield make("LocalResponseNorm", [3], {"alpha": 0.5}, (2, 5, 4), second=True)
    yield make("LocalResponseNorm", [2], {"alpha": 0.3, "beta": 0.5, "k": 2.0}, (1, 4, 3, 2), scale=2.0, second=True)
    yield make("LocalResponseNorm", [5], {}, (1, 3, 2, 2, 2), scale=30.0)
    yield make("UpsamplingNearest2d", [], {"scale_factor": 2}, (1, 2, 3, 2))
    yield make("UpsamplingNearest2d", [], {"size": [5, 3]}, (1, 2, 3, 4))
    yield make("UpsamplingBilinear2d", [], {"scale_factor": 2}, (1, 2, 3, 2))
    yield make("UpsamplingBilinear2d", [], {"size": [5, 3]}, (1, 2, 3, 4))


def cases(dtype):
    def make(*args, **keywords):
        return layer_case(dtype, *args, **keywords)

    yield from pooling_cases(make)
    yield from convolution_cases(make)
    yield from other_cases(make)


def main():
    write("windows.json", [{"dtype": name, **case} for name, dtype in DTYPES.items() for case in cases(dtype)])


if __name__ == "__main__":
    main()
