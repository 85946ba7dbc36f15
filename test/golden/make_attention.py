"""Makes attention.json: attention and embeddings of PyTorch. Run: python3 test/golden/make_attention.py"""

import torch
from torch import nn

from golden import DTYPES, write


def leaf(dtype, *shape):
    return torch.randn(shape, dtype=dtype).requires_grad_()


def gradients_of(inputs):
    return [value.grad for value in inputs]


def mask_of(mask):
    """A mask as JSON has it: −∞ is no number there."""
    return mask if mask.dtype == torch.bool else mask.clamp(min=-3e38)


def attention_case(dtype, shapes, mask=None, is_causal=False, scale=None):
    inputs = [leaf(dtype, *shape) for shape in shapes]
    attend = nn.functional.scaled_dot_product_attention
    output = attend(*inputs, attn_mask=mask, is_causal=is_causal, scale=scale)
    grad_output = torch.randn_like(output)
    output.backward(grad_output)
    case = {
        "attention": {"isCausal": is_causal} if scale is None else {"isCausal": is_causal, "scale": scale},
        "inputs": inputs,
        "gradOutput": grad_output,
        "output": output,
        "gradients": gradients_of(inputs),
    }
    if mask is not None:
        case["mask"] = mask_of(mask)
        case["maskOfTruths"] = mask.dtype == torch.bool
    return case


def attention_cases(dtype):
    torch.manual_seed(3)
    yield attention_case(dtype, [(2, 2, 5, 3), (2, 2, 7, 3), (2, 2, 7, 4)])
    yield attention_case(dtype, [(2, 2, 5, 3), (2, 2, 7, 3), (2, 2, 7, 4)], is_causal=True)
    yield attention_case(dtype, [(2, 1, 6, 3), (2, 1, 4, 3), (2, 1, 4, 3)], is_causal=True, scale=0.7)
    yield attention_case(dtype, [(4, 3), (5, 3), (5, 2)])
    truths = torch.rand(4, 5) > 0.4
    truths[2] = False  # sees nothing
    yield attention_case(dtype, [(2, 2, 4, 3), (2, 2, 5, 3), (2, 2, 5, 3)], mask=truths)
    terms = torch.randn(2, 1, 4, 5, dtype=dtype)
    terms[0, 0, 1] = -torch.inf
    terms[1, 0, :, 2] = -torch.inf
    yield attention_case(dtype, [(2, 2, 4, 3), (2, 2, 5, 3), (2, 2, 5, 3)], mask=terms)


def embedding_case(dtype, shape, padding):
    layer = nn.Embedding(6, 4, padding_idx=padding, dtype=dtype)
    indices = torch.randint(0, 6, shape)
    output = layer(indices)
    grad_output = torch.randn_like(output)
    output.backward(grad_output)
    return {
        "embedding": {} if padding is None else {"paddingIdx": padding},
        "weight": layer.weight,
        "indices": indices,
        "gradOutput": grad_output,
        "output": output,
        "gradient": layer.weight.grad,
    }


def heads_case(dtype, options, shapes, call=None, same=False):
    """A layer of 3 heads and 6 features; `same`: query, key and value are one tensor."""
    call = call or {}
    layer = nn.MultiheadAttention(6, 3, dtype=dtype, **options)
    for parameter in layer.parameters():
        nn.init.uniform_(parameter, -1, 1)
    inputs = [leaf(dtype, *shape) for shape in shapes]
    output, weights = layer(*(inputs * 3 if same else inputs), **call)
    grad_output = torch.randn_like(output)
    output.backward(grad_output)
    camel = {"batch_first": "batchFirst", "kdim": "kdim", "vdim": "vdim", "bias": "bias"}
    masks = {"attn_mask": "attnMask", "key_padding_mask": "keyPaddingMask"}
    flags = {"need_weights": "needWeights", "average_attn_weights": "averageAttnWeights"}
    return {
        "heads": {camel[key]: value for key, value in options.items()},
        "call": {flags[key]: value for key, value in call.items() if key in flags},
        "masks": {masks[key]: mask_of(value) for key, value in call.items() if key in masks},
        "truths": [masks[key] for key, value in call.items() if key in masks and value.dtype == torch.bool],
        "state": layer.state_dict(),
        "inputs": inputs,
        "same": same,
        "gradOutput": grad_output,
        "output": output,
        "weights": weights,
        "gradients": gradients_of(inputs),
        "parameterGradients": {name: value.grad for name, value in layer.named_parameters()},
    }


def heads_cases(dtype):
    torch.manual_seed(5)
    causal = torch.triu(torch.ones(4, 4, dtype=torch.bool), 1)
    padding = torch.tensor([[False, False, False, True], [False, False, True, True]])
    terms = torch.randn(4, 4, dtype=dtype)
    without = {"need_weights": False}
    first = {"batch_first": True}
    yield heads_case(dtype, {}, [(4, 2, 6)], same=True)
    yield heads_case(dtype, first, [(2, 4, 6)], without, same=True)
    yield heads_case(dtype, {}, [(4, 2, 6)], {**without, "attn_mask": causal}, same=True)
    yield heads_case(dtype, first, [(2, 4, 6)], {"attn_mask": causal, "key_padding_mask": padding}, same=True)
    both = {**without, "attn_mask": terms, "key_padding_mask": padding.to(dtype)}
    yield heads_case(dtype, first, [(2, 4, 6)], both, same=True)
    yield heads_case(dtype, first, [(2, 4, 6)], {"average_attn_weights": False, "attn_mask": terms}, same=True)
    each = torch.rand(6, 3, 4) > 0.7
    each[:, :, 0] = False
    yield heads_case(dtype, first, [(2, 3, 6), (2, 4, 6), (2, 4, 6)], {**without, "attn_mask": each})
    yield heads_case(dtype, {"kdim": 5, "vdim": 3}, [(3, 2, 6), (4, 2, 5), (4, 2, 3)])
    yield heads_case(dtype, {"bias": False}, [(4, 6)], same=True)
    yield heads_case(dtype, {}, [(3, 6), (4, 6), (4, 6)], {"key_padding_mask": padding[1]})


def main():
    cases = []
    for name, dtype in DTYPES.items():
        made = [*attention_cases(dtype), *heads_cases(dtype)]
        for shape, padding in [((7,), None), ((3, 4), 2), ((5,), -6), ((), None)]:
            made.append(embedding_case(dtype, shape, padding))
        cases += [{"dtype": name, **case} for case in made]
    write("attention.json", cases)


main()
