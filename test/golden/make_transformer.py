"""Makes transformer.json: transformers of PyTorch and their layers. Run: python3 test/golden/make_transformer.py"""

import torch
from torch import nn

from golden import DTYPES, write

MODEL, HEADS, WIDE = 4, 2, 6


def camel(name):
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def case(dtype, kind, options, shapes, call=None, layers=None):
    """A module in evaluation, with gradients of all inputs and parameters. `call` holds masks and flags."""
    torch.manual_seed(len(kind) + len(options) + sum(map(sum, shapes)))
    call = call or {}
    settings = {"dim_feedforward": WIDE, "dropout": 0.0, **options}
    if kind == "Transformer":
        module = nn.Transformer(MODEL, HEADS, num_encoder_layers=2, num_decoder_layers=1, **settings)
    else:
        layer = getattr(nn, kind + "Layer")(MODEL, HEADS, **settings)
        module = layer if layers is None else getattr(nn, kind)(layer, layers, norm=nn.LayerNorm(MODEL))
    module = module.to(dtype)
    for parameter in module.parameters():
        nn.init.uniform_(parameter, -1, 1)
    inputs = [torch.randn(shape, dtype=dtype, requires_grad=True) for shape in shapes]
    output = module(*inputs, **call)
    grad_output = torch.randn_like(output)
    output.backward(grad_output)
    return {
        "kind": kind,
        "layers": layers,
        "options": {camel(key): value for key, value in settings.items()},
        "masks": {camel(key): value for key, value in call.items() if isinstance(value, torch.Tensor)},
        "state": {key: value.clone() for key, value in module.state_dict().items()},
        "inputs": inputs,
        "gradOutput": grad_output,
        "output": output,
        "inputGradients": [x.grad for x in inputs],
        "gradients": {key: value.grad for key, value in module.named_parameters()},
    }


def later(size):
    """True above the diagonal."""
    return torch.ones(size, size, dtype=torch.bool).triu(1)


def cases(dtype):
    padding = torch.tensor([[False] * 5, [False, False, False, True, True]])
    yield case(dtype, "TransformerEncoder", {}, [(5, 2, MODEL)])
    yield case(dtype, "TransformerEncoder", {"batch_first": True, "norm_first": True, "activation": "gelu"}, [(2, 5, MODEL)],
               {"src_mask": later(5), "src_key_padding_mask": padding})
    yield case(dtype, "TransformerEncoder", {"bias": False, "layer_norm_eps": 0.1}, [(5, MODEL)])
    yield case(dtype, "TransformerEncoder", {"batch_first": True}, [(2, 5, MODEL)],
               {"mask": later(5), "src_key_padding_mask": padding}, layers=2)
    yield case(dtype, "TransformerDecoder", {}, [(3, 2, MODEL), (5, 2, MODEL)])
    yield case(dtype, "TransformerDecoder", {"batch_first": True, "norm_first": True}, [(2, 3, MODEL), (2, 5, MODEL)],
               {"tgt_mask": later(3), "memory_key_padding_mask": padding})
    yield case(dtype, "TransformerDecoder", {"activation": "gelu"}, [(3, 2, MODEL), (5, 2, MODEL)],
               {"tgt_key_padding_mask": padding[:, 1:4], "memory_mask": torch.randn(3, 5, dtype=dtype) > 1}, layers=2)
    yield case(dtype, "Transformer", {"batch_first": True}, [(2, 5, MODEL), (2, 3, MODEL)],
               {"src_key_padding_mask": padding, "tgt_mask": later(3), "memory_key_padding_mask": padding})


def main():
    write("transformer.json", [{"dtype": name, **one} for name, dtype in DTYPES.items() for one in cases(dtype)])


main()
