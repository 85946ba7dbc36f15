"""Makes losses.json: losses of several operands of PyTorch with all gradients. Run: python3 test/golden/make_losses.py"""

import torch
from torch import nn
from torch.nn import functional

from golden import DTYPES, write
from make_nn import camel_options

LOSSES = {
    "smoothL1Loss": (functional.smooth_l1_loss, "SmoothL1Loss"),
    "huberLoss": (functional.huber_loss, "HuberLoss"),
    "klDivLoss": (functional.kl_div, "KLDivLoss"),
    "poissonNllLoss": (functional.poisson_nll_loss, "PoissonNLLLoss"),
    "gaussianNllLoss": (functional.gaussian_nll_loss, "GaussianNLLLoss"),
    "hingeEmbeddingLoss": (functional.hinge_embedding_loss, "HingeEmbeddingLoss"),
    "softMarginLoss": (functional.soft_margin_loss, "SoftMarginLoss"),
    "marginRankingLoss": (functional.margin_ranking_loss, "MarginRankingLoss"),
    "cosineEmbeddingLoss": (functional.cosine_embedding_loss, "CosineEmbeddingLoss"),
    "tripletMarginLoss": (functional.triplet_margin_loss, "TripletMarginLoss"),
    "tripletMarginWithDistanceLoss": (functional.triplet_margin_with_distance_loss, "TripletMarginWithDistanceLoss"),
    "multiMarginLoss": (functional.multi_margin_loss, "MultiMarginLoss"),
    "multilabelMarginLoss": (functional.multilabel_margin_loss, "MultiLabelMarginLoss"),
    "multilabelSoftMarginLoss": (functional.multilabel_soft_margin_loss, "MultiLabelSoftMarginLoss"),
}

REDUCTIONS = ["mean", "sum", "none"]


def loss_case(name, operands, options, given=(), second=True):
    """Operands are `given` where they have no gradient; the rest have, and a second one where it is asked for."""
    function, module = LOSSES[name]

    def follows(place, operand):
        return place not in given and isinstance(operand, torch.Tensor) and operand.is_floating_point()

    tensors = [
        operand.clone().requires_grad_() if follows(place, operand) else operand
        for place, operand in enumerate(operands)
    ]
    leaves = [place for place, operand in enumerate(operands) if follows(place, operand)]
    output = function(*tensors, **options)
    grad_output = torch.randn_like(output)
    wanted = [tensors[place] for place in leaves]
    firsts = torch.autograd.grad(output, wanted, grad_output, create_graph=second)
    case = {
        "loss": name,
        "module": module,
        "options": camel_options(options),
        "operands": tensors,
        "whole": [isinstance(x, torch.Tensor) and not x.is_floating_point() for x in operands],
        "gradOutput": grad_output,
        "output": output,
        "leaves": leaves,
        "gradients": list(firsts),
    }
    if second:
        directions = [torch.randn_like(first) for first in firsts]
        total = sum((first * direction).sum() for first, direction in zip(firsts, directions))
        seconds = torch.autograd.grad(total, wanted, allow_unused=True, materialize_grads=True)
        case["second"] = {"directions": directions, "gradients": list(seconds)}
    return case


def loss_cases(dtype):
    torch.manual_seed(11)

    def normal(*shape):
        return torch.randn(shape, dtype=dtype)

    def uniform(*shape):
        return torch.rand(shape, dtype=dtype) + 0.05

    def labels(*shape):
        return 2 * torch.randint(0, 2, shape) - 1

    for reduction in REDUCTIONS:
        chosen = {"reduction": reduction}
        yield loss_case("smoothL1Loss", [normal(3, 4), 2 * normal(3, 4)], chosen)
        yield loss_case("smoothL1Loss", [normal(5), normal(5)], {**chosen, "beta": 0.3})
        yield loss_case("smoothL1Loss", [normal(5), normal(5)], {**chosen, "beta": 0.0}, second=False)
        yield loss_case("huberLoss", [normal(3, 4), 2 * normal(3, 4)], chosen)
        yield loss_case("huberLoss", [normal(5), normal(5)], {**chosen, "delta": 0.3})
        yield loss_case("poissonNllLoss", [normal(3, 4), 4 * uniform(3, 4)], chosen)
        yield loss_case("poissonNllLoss", [uniform(3, 4), 4 * uniform(3, 4)], {**chosen, "log_input": False, "full": True, "eps": 0.01})
        yield loss_case("gaussianNllLoss", [normal(3, 4), normal(3, 4), uniform(3, 4)], chosen)
        yield loss_case("gaussianNllLoss", [normal(3, 4), normal(3, 4), uniform(3)], {**chosen, "full": True})
        yield loss_case("gaussianNllLoss", [normal(2, 3, 4), normal(2, 3, 4), uniform(2, 1, 4)], {**chosen, "eps": 0.4}, second=False)
        yield loss_case("gaussianNllLoss", [normal(3), normal(3), 0.7], chosen)
        yield loss_case("hingeEmbeddingLoss", [2 * normal(3, 4), labels(3, 4)], chosen, second=False)
        yield loss_case("hingeEmbeddingLoss", [normal(5), torch.tensor([1, 0, -1, 1, 2]).to(dtype)], {**chosen, "margin": 0.5}, given=[1], second=False)
        yield loss_case("softMarginLoss", [10 * normal(3, 4), labels(3, 4).to(dtype)], chosen, given=[1])
        yield loss_case("marginRankingLoss", [normal(6), normal(6), labels(6)], {**chosen, "margin": 0.2}, second=False)
        yield loss_case("cosineEmbeddingLoss", [normal(5, 3), normal(5, 3), labels(5)], {**chosen, "margin": 0.1})
        yield loss_case("cosineEmbeddingLoss", [normal(3), normal(3), torch.tensor(1)], chosen)
        for options in [{}, {"swap": True, "margin": 0.5}, {"p": 3.0, "eps": 0.01}]:
            yield loss_case("tripletMarginLoss", [normal(4, 3), normal(4, 3), normal(4, 3)], {**chosen, **options})
        yield loss_case("tripletMarginLoss", [normal(3), normal(3), normal(3)], {**chosen, "p": 1.0}, second=False)
        yield loss_case("tripletMarginWithDistanceLoss", [normal(2, 2, 3), normal(2, 2, 3), normal(2, 2, 3)], {**chosen, "swap": True})
        classes = torch.tensor([2, 0, 4, 1])
        yield loss_case("multiMarginLoss", [normal(4, 5), classes], chosen, second=False)
        yield loss_case("multiMarginLoss", [normal(4, 5), classes], {**chosen, "p": 2, "margin": 0.5, "weight": uniform(5)}, second=False)
        yield loss_case("multiMarginLoss", [normal(5), torch.tensor(3)], chosen, second=False)
        lists = torch.tensor([[3, 0, -1, 1], [-1, 0, 1, 2], [0, 1, 2, 3], [2, 2, -1, -1]])
        yield loss_case("multilabelMarginLoss", [normal(4, 4), lists], chosen, second=False)
        yield loss_case("multilabelMarginLoss", [normal(4), lists[0]], chosen, second=False)
        yield loss_case("multilabelSoftMarginLoss", [3 * normal(3, 4), uniform(3, 4)], chosen, given=[1])
        yield loss_case("multilabelSoftMarginLoss", [3 * normal(3, 4), uniform(3, 4)], {**chosen, "weight": uniform(4)}, given=[1])
    for reduction in [*REDUCTIONS, "batchmean"]:
        chosen = {"reduction": reduction}
        yield loss_case("klDivLoss", [normal(3, 4).log_softmax(1), uniform(3, 4).softmax(1)], chosen)
        yield loss_case("klDivLoss", [normal(3, 4).log_softmax(1), torch.eye(4, dtype=dtype)[:3]], chosen, given=[1], second=False)
        yield loss_case("klDivLoss", [normal(3, 4), normal(3, 4)], {**chosen, "log_target": True})


def main():
    cases = []
    for name, dtype in DTYPES.items():
        cases.extend({"dtype": name, **case} for case in loss_cases(dtype))
    write("losses.json", cases)


if __name__ == "__main__":
    main()
