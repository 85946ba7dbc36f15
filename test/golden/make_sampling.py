"""Makes sampling.json: functions and layers of PyTorch that read at given places, or compare two inputs.

Run: python3 test/golden/make_sampling.py
"""

import torch
import torch.nn.functional as F
from torch import nn

from golden import DTYPES, write
from make_nn import camel, camel_options, snapshot


def described(value):
    """A tensor with whether it holds indices; anything else as it is."""
    if not isinstance(value, torch.Tensor):
        return value
    return {"whole": not value.is_floating_point(), "values": value}


def tracked(value):
    return isinstance(value, torch.Tensor) and value.is_floating_point()


def gradients_of(output, inputs, grad_output, second):
    free = [one for one in inputs if tracked(one)]
    found = {}
    if second:
        firsts = torch.autograd.grad(output, free, grad_output, create_graph=True)
        directions = [torch.randn_like(first) for first in firsts]
        total = sum((first * direction).sum() for first, direction in zip(firsts, directions))
        found["second"] = {
            "directions": directions,
            "gradients": torch.autograd.grad(total, free, materialize_grads=True),
        }
    return found


def case(name, call, inputs, options, module=None, second=False):
    """One call of a function or a layer; options may hold tensors, which then get gradients too."""
    inputs = [one.clone().requires_grad_() if tracked(one) else one for one in inputs]
    options = {key: one.clone().requires_grad_() if tracked(one) else one for key, one in options.items()}
    state = {} if module is None else snapshot(module)
    every = [*inputs, *options.values()]
    output = call(*inputs, **options)
    grad_output = torch.randn_like(output)
    made = {
        "name": name,
        "inputs": [described(one) for one in inputs],
        "options": {camel(key): described(one) for key, one in options.items()},
        "gradOutput": grad_output,
        "output": output,
    }
    made.update(gradients_of(output, every, grad_output, second))
    if second:
        output = call(*inputs, **options)
    output.backward(grad_output)
    made["inputGradients"] = [one.grad if tracked(one) else None for one in every]
    if module is not None:
        made["state"] = state
        made["gradients"] = {key: value.grad for key, value in module.named_parameters() if value.requires_grad}
        made["stateAfter"] = snapshot(module)
    return made


def layer(dtype, name, sizes, layer_options, inputs, options=None, second=False):
    module = getattr(nn, name)(*sizes, **layer_options).to(dtype)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.uniform_(-1, 1)
    made = case(name, module, inputs, options or {}, module, second)
    return {**made, "sizes": sizes, "layerOptions": camel_options(layer_options)}


def grid_cases(normal):
    for mode in ["bilinear", "nearest", "bicubic"]:
        for padding in ["zeros", "border", "reflection"]:
            for corners in [False, True]:
                options = {"mode": mode, "padding_mode": padding, "align_corners": corners}
                yield case("gridSample", F.grid_sample, [normal(2, 2, 3, 4), normal(2, 3, 2, 2) * 1.2], options)
                if mode != "bicubic":
                    places = normal(1, 2, 2, 2, 3) * 1.2
                    yield case("gridSample", F.grid_sample, [normal(1, 2, 2, 3, 4), places], options)
    theta = torch.tensor([[[1.0, 0, 0], [0, 1, 0]]], dtype=normal().dtype)
    for padding in ["zeros", "border", "reflection"]:
        # Points that lie on values and on the edges.
        grid = F.affine_grid(theta, [1, 1, 4, 4], align_corners=True)
        options = {"padding_mode": padding, "align_corners": True}
        yield case("gridSample", F.grid_sample, [normal(1, 2, 4, 4), grid], options)
    for corners in [False, True]:
        options = {"align_corners": corners}
        yield case("affineGrid", F.affine_grid, [normal(2, 2, 3), [2, 1, 3, 4]], options)
        yield case("affineGrid", F.affine_grid, [normal(1, 3, 4), [1, 2, 2, 1, 3]], options)


def unpool_cases(normal):
    dtype = normal().dtype
    shapes = {1: (2, 2, 7), 2: (1, 2, 5, 6), 3: (1, 2, 4, 3, 4)}
    for axes, shape in shapes.items():
        pool = getattr(F, f"max_pool{axes}d")
        for size, options in [(2, {}), (3, {"stride": 1, "padding": 1}), (2, {"dilation": 2, "stride": 1})]:
            x = normal(*shape)
            _, indices = pool(x, size, return_indices=True, **options)
            yield {**case(f"maxPool{axes}d", pool, [x, size], options), "indices": indices}

        def unpool(sizes, layer_options, values, indices, options):
            return layer(dtype, f"MaxUnpool{axes}d", sizes, layer_options, [values, indices], options)

        yield unpool([2], {}, *pool(normal(1, 2, *[4] * axes), 2, return_indices=True), {})
        values, indices = pool(normal(*shape), 2, return_indices=True)
        yield unpool([2], {}, values, indices, {"output_size": list(shape[2:])})
        yield unpool([2], {}, values[0], indices[0], {"output_size": list(shape[2:])})
        # Windows apart: of values that meet in one place PyTorch gives all the gradient, though only one stays.
        values, indices = pool(normal(*shape), 2, 3, 1, return_indices=True)
        yield unpool([2], {"stride": 3, "padding": 1}, values, indices, {"output_size": list(shape)})


def bag_cases(dtype, normal, uniform):
    pairs = torch.tensor([[1, 0, 3], [1, 1, 2]])
    row = torch.tensor([1, 0, 3, 1, 1, 4])
    offsets = torch.tensor([0, 2, 2, 5])
    ends = torch.tensor([0, 2, 2, 6])
    for mode in ["sum", "mean", "max"]:
        for more in [{}, {"padding_idx": 1}]:
            options = {"mode": mode, **more}
            yield layer(dtype, "EmbeddingBag", [5, 3], options, [pairs])
            yield layer(dtype, "EmbeddingBag", [5, 3], options, [row], {"offsets": offsets})
            yield layer(dtype, "EmbeddingBag", [5, 3], {**options, "include_last_offset": True}, [row], {"offsets": ends})
    for more in [{}, {"padding_idx": 1}]:
        options = {"mode": "sum", **more}
        yield layer(dtype, "EmbeddingBag", [5, 3], options, [pairs], {"per_sample_weights": uniform(2, 3)})
        yield layer(dtype, "EmbeddingBag", [5, 3], options, [row], {"offsets": offsets, "per_sample_weights": uniform(6)})
    yield layer(dtype, "EmbeddingBag", [5, 3], {"max_norm": 0.8}, [row], {"offsets": offsets})
    yield layer(dtype, "Embedding", [5, 3], {"max_norm": 0.8}, [pairs])
    yield layer(dtype, "Embedding", [5, 3], {"max_norm": 0.8, "norm_type": 1.0}, [pairs])
    yield layer(dtype, "Embedding", [5, 3], {"scale_grad_by_freq": True}, [pairs])
    yield layer(dtype, "Embedding", [5, 3], {"scale_grad_by_freq": True, "padding_idx": 0}, [row])


def pair_cases(dtype, normal):
    yield layer(dtype, "Bilinear", [3, 4, 5], {}, [normal(2, 3), normal(2, 4)], second=True)
    yield layer(dtype, "Bilinear", [3, 2, 2], {"bias": False}, [normal(2, 2, 3), normal(2, 2, 2)], second=True)
    yield layer(dtype, "PairwiseDistance", [], {}, [normal(3, 4), normal(3, 4)], second=True)
    yield layer(dtype, "PairwiseDistance", [], {"p": 3.0, "keepdim": True}, [normal(2, 3, 4), normal(4)], second=True)
    yield layer(dtype, "PairwiseDistance", [], {"p": 1.0, "eps": 0.1}, [normal(4), normal(4)])
    same = normal(2, 3)
    yield layer(dtype, "PairwiseDistance", [], {}, [same, same.clone()])
    yield layer(dtype, "CosineSimilarity", [1], {}, [normal(3, 4), normal(3, 4)], second=True)
    yield layer(dtype, "CosineSimilarity", [-1], {"eps": 0.1}, [normal(2, 3, 4), normal(3, 4)], second=True)


def cases(dtype):
    torch.manual_seed(11)

    def normal(*shape):
        return torch.randn(shape, dtype=dtype)

    def uniform(*shape):
        return torch.rand(shape, dtype=dtype)

    yield from grid_cases(normal)
    yield from unpool_cases(normal)
    yield from bag_cases(dtype, normal, uniform)
    yield from pair_cases(dtype, normal)


def main():
    write("sampling.json", [{"dtype": name, **one} for name, dtype in DTYPES.items() for one in cases(dtype)])


if __name__ == "__main__":
    main()
