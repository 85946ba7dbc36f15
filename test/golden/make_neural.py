"""Makes neural.json: layers of PyTorch that pad, resample and normalise. Run: python3 test/golden/make_neural.py"""

from golden import DTYPES, write
from make_nn import layer_case

SHAPES = {1: (2, 2, 5), 2: (1, 2, 4, 5), 3: (1, 2, 3, 4, 3)}


def padding_cases(make):
    for name in ["ReflectionPad", "ReplicationPad", "CircularPad", "ZeroPad"]:
        for axes, shape in SHAPES.items():
            yield make(f"{name}{axes}d", [2], {}, shape)
        yield make(f"{name}2d", [[1, 0, 2, 3]], {}, SHAPES[2][1:])
    for axes, shape in SHAPES.items():
        yield make(f"ConstantPad{axes}d", [1, 2.5], {}, shape)


def convolution_cases(make):
    yield make("Conv1d", [2, 3, 3], {"padding": 2, "padding_mode": "circular"}, (2, 2, 5))
    yield make("Conv2d", [2, 2, [3, 2]], {"padding": [1, 2], "padding_mode": "reflect"}, (2, 4, 5))
    yield make("Conv3d", [1, 2, 3], {"padding": "same", "padding_mode": "replicate"}, (1, 1, 3, 4, 2))


def resampling_cases(make):
    yield make("Upsample", [], {"scale_factor": 2}, (1, 2, 2, 3))
    yield make("Upsample", [], {"scale_factor": 1.6, "mode": "bilinear"}, (1, 2, 4, 5))
    yield make("Upsample", [], {"size": [3, 7], "mode": "bilinear", "align_corners": True}, (1, 2, 4, 5))
    yield make("Upsample", [], {"size": [7, 3], "mode": "bicubic"}, (1, 2, 4, 5))
    yield make("Upsample", [], {"scale_factor": 2, "mode": "bicubic", "align_corners": True}, (1, 2, 3, 3))
    yield make("Upsample", [], {"size": 9, "mode": "linear"}, (2, 2, 4))
    yield make("Upsample", [], {"size": [2, 5, 4], "mode": "trilinear"}, (1, 2, 3, 4, 3))
    yield make("Upsample", [], {"size": 7, "mode": "nearest-exact"}, (2, 2, 4))
    yield make("Upsample", [], {"size": [3, 2], "mode": "area"}, (1, 2, 5, 4))
    yield make("Unfold", [[2, 3]], {"dilation": [1, 2], "padding": [1, 2], "stride": [2, 1]}, (2, 2, 5, 4))
    yield make("Fold", [[5, 4], [2, 3]], {"dilation": [1, 2], "padding": [1, 2], "stride": [2, 1]}, (2, 12, 12))
    yield make("PixelShuffle", [2], {}, (2, 8, 2, 3))
    yield make("PixelUnshuffle", [2], {}, (2, 2, 4, 6))
    yield make("ChannelShuffle", [3], {}, (2, 6, 2, 2))


def normalising_cases(make):
    yield make("GroupNorm", [2, 4], {}, (3, 4, 3), scale=2.0, second=True)
    yield make("GroupNorm", [3, 6], {"eps": 0.01, "affine": False}, (2, 6, 2, 2), second=True)
    shapes = {1: (3, 2, 4), 2: (2, 2, 3, 2), 3: (2, 2, 2, 3, 2)}
    for axes, shape in shapes.items():
        name = f"InstanceNorm{axes}d"
        yield make(name, [2], {}, shape, scale=2.0, second=True)
        yield make(name, [2], {"affine": True, "track_running_stats": True}, shape, batches=2, scale=2.0)
        yield make(name, [2], {"affine": True, "track_running_stats": True}, shape, training=False)
        yield make(name, [2], {"affine": True, "momentum": 0.3}, shape[1:])


def cases(dtype):
    def make(*args, **keywords):
        return layer_case(dtype, *args, **keywords)

    yield from padding_cases(make)
    yield from convolution_cases(make)
    yield from resampling_cases(make)
    yield from normalising_cases(make)


def main():
    write("neural.json", [{"dtype": name, **case} for name, dtype in DTYPES.items() for case in cases(dtype)])


if __name__ == "__main__":
    main()
