"""Makes ctc.json: CTC of PyTorch, with its gradient through logSoftmax. Run: python3 test/golden/make_ctc.py"""

import torch
from torch.nn import functional

from golden import DTYPES, write
from make_nn import camel_options


def case(dtype, shape, targets, input_lengths, target_lengths, options):
    logits = torch.randn(shape, dtype=dtype).requires_grad_()
    targets = torch.tensor(targets)
    output = functional.ctc_loss(logits.log_softmax(-1), targets, input_lengths, target_lengths, **options)
    grad_output = torch.randn_like(output)
    output.backward(grad_output)
    return {
        "options": camel_options(options),
        "logits": logits,
        "targets": targets,
        "inputLengths": list(input_lengths),
        "targetLengths": list(target_lengths),
        "gradOutput": grad_output,
        "output": output,
        "gradient": logits.grad,
    }


def main():
    cases = []
    for name, dtype in DTYPES.items():
        torch.manual_seed(3)
        padded = [[1, 2, 2, 4], [3, 3, 1, 1], [4, 0, 0, 0]]
        for reduction in ["mean", "sum", "none"]:
            chosen = {"reduction": reduction}
            for made in [
                case(dtype, (9, 3, 5), padded, (9, 7, 4), (4, 3, 1), chosen),
                case(dtype, (6, 2, 5), [0, 1, 4, 4], (6, 5), (1, 3), {**chosen, "blank": 2}),
                case(dtype, (4, 2, 5), [[1, 1, 1], [2, 3, 0]], (4, 4), (3, 2), {**chosen, "zero_infinity": True}),
            ]:
                cases.append({"dtype": name, **made})
    write("ctc.json", cases)


if __name__ == "__main__":
    main()
