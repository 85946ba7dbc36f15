"""Makes packed.json: packed sequences of PyTorch, alone and through recurrent layers. Run: python3 test/golden/make_packed.py"""

import torch
from torch import nn
from torch.nn.utils import rnn

from golden import DTYPES, write

OPTIONS = {"num_layers": "numLayers", "bidirectional": "bidirectional", "bias": "bias", "nonlinearity": "nonlinearity", "proj_size": "projSize"}


def fields_of(packed):
    return {
        "data": packed.data,
        "batchSizes": packed.batch_sizes,
        "sortedIndices": packed.sorted_indices,
        "unsortedIndices": packed.unsorted_indices,
    }


def case(dtype, name, options, lengths, batch_first, enforce_sorted, state):
    """Padded sequences packed, through a layer and padded again, with gradients from all results."""
    torch.manual_seed(sum(lengths) + len(name) + len(options))
    module = getattr(nn, name)(3, 4, batch_first=batch_first, **options).to(dtype)
    batch, times = len(lengths), max(lengths) + 1
    x = torch.randn((batch, times, 3) if batch_first else (times, batch, 3), dtype=dtype, requires_grad=True)
    before = []
    if state:
        count = options.get("num_layers", 1) * (2 if options.get("bidirectional") else 1)
        sizes = [options.get("proj_size", 4), 4] if name == "LSTM" else [4]
        before = [torch.randn((count, batch, size), dtype=dtype, requires_grad=True) for size in sizes]
    packed = rnn.pack_padded_sequence(x, torch.tensor(lengths), batch_first=batch_first, enforce_sorted=enforce_sorted)
    output, last = module(packed, *([tuple(before)] if len(before) == 2 else before))
    padded, found = rnn.pad_packed_sequence(output, batch_first=batch_first, padding_value=0.5, total_length=times)
    assert found.tolist() == lengths
    results = [padded, *(last if isinstance(last, tuple) else [last])]
    grad_results = [torch.randn_like(result) for result in results]
    torch.autograd.backward(results, grad_results)
    return {
        "layer": name,
        "options": {OPTIONS[key]: value for key, value in options.items()},
        "batchFirst": batch_first,
        "enforceSorted": enforce_sorted,
        "lengths": lengths,
        "state": {key: value.clone() for key, value in module.state_dict().items()},
        "input": x,
        "before": before,
        "packed": fields_of(packed),
        "outputData": output.data,
        "results": results,
        "gradResults": grad_results,
        "inputGradient": x.grad,
        "beforeGradients": [one.grad for one in before],
        "gradients": {key: value.grad for key, value in module.named_parameters()},
    }


def cases(dtype):
    deep = {"num_layers": 2, "bidirectional": True}
    for name in ["RNN", "LSTM", "GRU"]:
        yield case(dtype, name, deep, [2, 4, 1, 4, 3], False, False, True)
    if dtype == torch.float32:
        return
    for name in ["RNN", "LSTM", "GRU"]:
        yield case(dtype, name, {}, [4, 4, 2, 1], False, True, False)
        yield case(dtype, name, {"bias": False}, [3, 2], True, True, True)
        yield case(dtype, name, {"bidirectional": True}, [2, 4, 1], True, False, False)
        yield case(dtype, name, deep, [2, 2], False, False, False)
    yield case(dtype, "RNN", {**deep, "nonlinearity": "relu"}, [1, 3, 2], True, False, True)
    yield case(dtype, "LSTM", {**deep, "proj_size": 2}, [1, 3, 2], False, False, True)


def sequences(lengths, rest):
    torch.manual_seed(len(lengths))
    return [torch.randn((length, *rest), dtype=torch.float64) for length in lengths]


def shapes():
    """Packing, padding and back, of sequences with features and without."""
    for lengths, rest in [([2, 4, 3], (2,)), ([3, 1, 1], ()), ([2], (2, 2))]:
        given = sequences(lengths, rest)
        packed = rnn.pack_sequence(given, enforce_sorted=False)
        padded = rnn.pad_sequence(given, batch_first=True, padding_value=-1)
        yield {
            "sequences": given,
            "lengths": lengths,
            "packed": fields_of(packed),
            "padded": padded,
            "paddedTimesFirst": rnn.pad_sequence(given),
            "paddedLeft": rnn.pad_sequence(given, batch_first=True, padding_value=2, padding_side="left"),
            "padPacked": rnn.pad_packed_sequence(packed, padding_value=3, total_length=5)[0],
            "unpacked": rnn.unpack_sequence(packed),
            "unpadded": rnn.unpad_sequence(padded, torch.tensor(lengths), batch_first=True),
        }


def main():
    layers = [{"dtype": name, **one} for name, dtype in DTYPES.items() for one in cases(dtype)]
    write("packed.json", [*({"kind": "layer", **one} for one in layers), *({"kind": "shape", **one} for one in shapes())])


main()
