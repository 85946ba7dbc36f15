"""Makes nn.json: layers and losses of PyTorch with their gradients. Run: python3 test/golden/make_nn.py"""

import re

import torch
from torch import nn

from golden import DTYPES, write


def camel(name):
    return re.sub(r"_(\w)", lambda match: match.group(1).upper(), name)


def camel_options(options):
    return {camel(key): value for key, value in options.items()}


def snapshot(module):
    return {name: value.clone() for name, value in module.state_dict().items()}


def second_gradient(output, x, grad_output):
    """A direction, and the gradient of the first gradient along it."""
    (first,) = torch.autograd.grad(output, x, grad_output, create_graph=True)
    direction = torch.randn_like(first)
    (second,) = torch.autograd.grad((first * direction).sum(), x)
    return {"direction": direction, "gradient": second}


def layer_case(dtype, name, sizes, options, shape, training=True, scale=1.0, batches=1, second=False):
    """A layer called on `batches` inputs, gradients taken at the last."""
    torch.manual_seed(len(name) + sum(shape))
    module = getattr(nn, name)(*sizes, **options).to(dtype)
    for parameter in module.parameters():
        nn.init.uniform_(parameter, -1, 1)
    for buffer in module.buffers():
        if buffer.is_floating_point():
            nn.init.uniform_(buffer, 0.5, 1.5)
    module.train(training)
    state = snapshot(module)
    inputs = [torch.randn(shape, dtype=dtype) * scale for _ in range(batches)]
    if second:
        copy = getattr(nn, name)(*sizes, **options).to(dtype).train(training)
        copy.load_state_dict(state)
        x = inputs[-1].clone().requires_grad_()
        for batch in inputs[:-1]:
            copy(batch)
        output = copy(x)
        generator = torch.randn_like(output)
        second_values = second_gradient(output, x, generator)
        grad_output = generator
    for batch in inputs[:-1]:
        module(batch)
    x = inputs[-1].clone().requires_grad_()
    output = module(x)
    if not second:
        grad_output = torch.randn_like(output)
    output.backward(grad_output)
    case = {
        "layer": name,
        "sizes": sizes,
        "options": camel_options(options),
        "training": training,
        "state": state,
        "inputs": inputs,
        "gradOutput": grad_output,
        "output": output,
        "inputGradient": x.grad,
        "gradients": {key: value.grad for key, value in module.named_parameters()},
        "stateAfter": snapshot(module),
    }
    if second:
        case["second"] = second_values
    return case


def layer_cases(dtype):
    def make(*args, **keywords):
        return layer_case(dtype, *args, **keywords)

    yield make("Linear", [4, 3], {}, (5, 4))
    yield make("Linear", [4, 3], {"bias": False}, (2, 3, 4))
    yield make("Linear", [4, 3], {}, (4,))
    yield make("Conv2d", [2, 3, 3], {}, (2, 2, 5, 6))
    yield make("Conv2d", [2, 4, 3], {"stride": 2, "padding": 1, "bias": False}, (2, 2, 6, 5))
    yield make("Conv2d", [4, 2, [2, 3]], {"padding": [1, 2], "dilation": [2, 1], "groups": 2}, (1, 4, 5, 5))
    yield make("Conv2d", [2, 2, 3], {"padding": "same"}, (2, 4, 4))
    yield make("Conv1d", [3, 4, 3], {"stride": 2, "padding": 1}, (2, 3, 7))
    yield make("Conv1d", [4, 2, [3]], {"padding": "same", "dilation": 2, "groups": 2}, (4, 6))
    yield make("Conv3d", [2, 3, 3], {"padding": 1}, (2, 2, 3, 4, 2))
    yield make("Conv3d", [4, 2, [2, 3, 1]], {"stride": [2, 1, 1], "padding": [1, 0, 0], "dilation": [1, 2, 1], "groups": 2}, (1, 4, 4, 5, 2))
    yield make("ConvTranspose1d", [3, 2, 4], {"stride": 2, "padding": 1}, (2, 3, 4))
    yield make("ConvTranspose2d", [3, 2, 3], {"stride": 2, "padding": 1, "output_padding": 1}, (2, 3, 3, 2))
    yield make("ConvTranspose2d", [4, 6, [2, 3]], {"groups": 2, "dilation": [3, 1], "output_padding": [2, 0], "bias": False}, (4, 2, 3))
    yield make("ConvTranspose3d", [2, 2, [1, 2, 3]], {"stride": [1, 2, 1], "padding": [0, 0, 1]}, (1, 2, 2, 3, 2))
    yield make("MaxPool1d", [3], {"stride": 2, "padding": 1, "ceil_mode": True}, (2, 2, 6))
    yield make("MaxPool3d", [2], {"padding": 1, "stride": [1, 2, 2], "dilation": [1, 1, 2]}, (1, 2, 3, 4, 5))
    yield make("AvgPool1d", [3], {"stride": 2, "padding": 1, "count_include_pad": False}, (2, 2, 6))
    yield make("AvgPool3d", [[2, 3, 2]], {"stride": 2, "padding": [1, 1, 0], "ceil_mode": True}, (1, 2, 3, 4, 5))
    yield make("AvgPool3d", [2], {"divisor_override": 5}, (2, 3, 4, 3))
    yield make("AdaptiveAvgPool1d", [3], {}, (2, 2, 7))
    yield make("AdaptiveAvgPool2d", [[3, None]], {}, (2, 2, 5, 3))
    yield make("AdaptiveAvgPool2d", [1], {}, (2, 3, 4, 4))
    yield make("AdaptiveAvgPool3d", [[2, 3, 2]], {}, (2, 3, 4, 3))
    yield make("AdaptiveMaxPool2d", [[2, 3]], {}, (2, 2, 5, 4))
    yield make("MaxPool2d", [2], {}, (2, 2, 5, 6))
    yield make("MaxPool2d", [3], {"stride": 2, "padding": 1, "ceil_mode": True}, (1, 2, 6, 5))
    yield make("MaxPool2d", [2], {"stride": 1, "dilation": 2}, (2, 5, 5))
    yield make("AvgPool2d", [2], {}, (2, 2, 5, 6))
    yield make("AvgPool2d", [3], {"stride": 2, "padding": 1, "ceil_mode": True}, (1, 2, 6, 5))
    yield make("AvgPool2d", [3], {"stride": 2, "padding": 1, "count_include_pad": False}, (1, 2, 5, 5))
    yield make("AvgPool2d", [[2, 1]], {"divisor_override": 3}, (2, 4, 3))
    for name in ["ReLU", "Tanh", "Sigmoid", "LogSigmoid"]:
        yield make(name, [], {}, (3, 5), scale=3.0)
    yield make("Softplus", [], {}, (3, 5), scale=15.0)
    yield make("GELU", [], {}, (3, 5), scale=3.0, second=True)
    yield make("GELU", [], {"approximate": "tanh"}, (3, 5), scale=3.0, second=True)
    yield make("SiLU", [], {}, (3, 5), scale=3.0, second=True)
    yield make("LayerNorm", [6], {}, (3, 6), scale=2.0, second=True)
    yield make("LayerNorm", [[2, 4]], {"eps": 0.01}, (3, 2, 4), second=True)
    yield make("LayerNorm", [5], {"bias": False}, (2, 3, 5))
    yield make("LayerNorm", [5], {"elementwise_affine": False}, (4, 5), second=True)
    yield make("RMSNorm", [6], {}, (3, 6), scale=2.0, second=True)
    yield make("RMSNorm", [[2, 3]], {"eps": 0.01, "elementwise_affine": False}, (2, 2, 3), second=True)
    yield make("Softmax", [1], {}, (3, 5), scale=3.0, second=True)
    yield make("LogSoftmax", [0], {}, (3, 5), scale=3.0, second=True)
    yield make("Flatten", [], {}, (2, 3, 2, 2))
    yield make("Flatten", [], {"start_dim": 0, "end_dim": 1}, (2, 3, 2))
    yield make("Dropout", [], {"p": 0.3}, (2, 3), training=False)
    yield make("Identity", [], {}, (2, 3))
    shapes = [("BatchNorm1d", (5, 3)), ("BatchNorm1d", (3, 3, 4)), ("BatchNorm2d", (2, 3, 3, 2)), ("BatchNorm3d", (2, 3, 2, 1, 2))]
    for name, shape in shapes:
        yield make(name, [3], {}, shape, batches=2, scale=2.0, second=True)
        yield make(name, [3], {}, shape, training=False, scale=2.0)
    yield make("BatchNorm1d", [3], {"momentum": None, "eps": 0.01}, (4, 3), batches=3)
    yield make("BatchNorm1d", [3], {"affine": False, "momentum": 0.3}, (4, 3), batches=2)
    yield make("BatchNorm2d", [3], {"track_running_stats": False}, (2, 3, 2, 2), training=False)


LOSSES = {
    "mseLoss": (nn.functional.mse_loss, "MSELoss"),
    "l1Loss": (nn.functional.l1_loss, "L1Loss"),
    "binaryCrossEntropy": (nn.functional.binary_cross_entropy, "BCELoss"),
    "binaryCrossEntropyWithLogits": (nn.functional.binary_cross_entropy_with_logits, "BCEWithLogitsLoss"),
    "crossEntropy": (nn.functional.cross_entropy, "CrossEntropyLoss"),
    "nllLoss": (nn.functional.nll_loss, "NLLLoss"),
}


def loss_case(name, x, target, options, second=False):
    function, module = LOSSES[name]
    x = x.clone().requires_grad_()
    floating = target.is_floating_point()
    if floating:
        target = target.clone().requires_grad_()
    output = function(x, target, **options)
    grad_output = torch.randn_like(output)
    case = {
        "loss": name,
        "module": module,
        "options": camel_options(options),
        "input": x,
        "target": target,
        "ofClasses": not floating,
    }
    if second:
        case["second"] = second_gradient(output, x, grad_output)
        output = function(x, target, **options)
    output.backward(grad_output)
    case.update({"gradOutput": grad_output, "output": output, "inputGradient": x.grad})
    if floating and name != "binaryCrossEntropy":
        case["targetGradient"] = target.grad
    return case


def loss_cases(dtype):
    torch.manual_seed(7)

    def normal(*shape):
        return torch.randn(shape, dtype=dtype)

    def uniform(*shape):
        return torch.rand(shape, dtype=dtype)

    for name in ["mseLoss", "l1Loss"]:
        for reduction in ["mean", "sum", "none"]:
            yield loss_case(name, normal(3, 4), normal(3, 4), {"reduction": reduction}, second=name == "mseLoss")

    edges = torch.tensor([0.0, 1.0, 0.0, 1.0], dtype=dtype)
    sure = torch.tensor([0.0, 1.0, 1.0, 0.0], dtype=dtype)
    yield loss_case("binaryCrossEntropy", edges, sure, {"reduction": "none"})
    yield loss_case("binaryCrossEntropy", uniform(3, 4), uniform(3, 4), {})
    yield loss_case("binaryCrossEntropy", uniform(3, 4), uniform(3, 4), {"reduction": "sum", "weight": uniform(4)})
    logits = torch.tensor([0.0, 0.0, 100.0, -100.0, 1e-3, 30.0, -30.0], dtype=dtype)
    labels = torch.tensor([1.0, 0.0, 0.0, 1.0, 0.5, 1.0, 0.0], dtype=dtype)
    name = "binaryCrossEntropyWithLogits"
    yield loss_case(name, logits, labels, {"reduction": "none"}, second=True)
    yield loss_case(name, normal(3, 4), uniform(3, 4), {})
    yield loss_case(name, normal(3, 4), uniform(3, 4), {"pos_weight": 3 * uniform(4), "reduction": "sum"}, second=True)
    both = {"pos_weight": 3 * uniform(4), "weight": uniform(3, 1)}
    yield loss_case(name, normal(3, 4), uniform(3, 4), both)

    classes = torch.tensor([2, 0, 4, 2, 1])
    some = torch.tensor([2, -100, 4, 2, -100])
    for reduction in ["mean", "sum", "none"]:
        chosen = {"reduction": reduction}
        weighted = {**chosen, "weight": uniform(5)}
        for name in ["crossEntropy", "nllLoss"]:
            yield loss_case(name, normal(5, 5), classes, chosen, second=name == "crossEntropy")
            yield loss_case(name, normal(5, 5), some, weighted)
            yield loss_case(name, normal(5, 5), some, chosen)
            yield loss_case(name, normal(5, 5), classes, {**weighted, "ignore_index": 2})
        yield loss_case("crossEntropy", normal(5, 5), classes, {**chosen, "label_smoothing": 0.2})
        smooth = {**weighted, "label_smoothing": 0.2}
        yield loss_case("crossEntropy", normal(5, 5), some, smooth)
        yield loss_case("crossEntropy", normal(3, 5), uniform(3, 5).softmax(1), weighted)
        yield loss_case("crossEntropy", normal(3, 5), uniform(3, 5).softmax(1), smooth)
        yield loss_case("crossEntropy", normal(2, 3, 2, 2), uniform(2, 3, 2, 2).softmax(1), chosen)
        deep = torch.tensor([[[0, 1], [2, 1]], [[1, -100], [0, 0]]])
        deep_options = {**chosen, "weight": uniform(3), "label_smoothing": 0.1}
        yield loss_case("crossEntropy", normal(2, 3, 2, 2), deep, deep_options)
        yield loss_case("nllLoss", normal(2, 3, 2, 2), deep, chosen)
        yield loss_case("crossEntropy", normal(4), torch.tensor(3), chosen)
        yield loss_case("crossEntropy", normal(4), uniform(4), chosen)
    yield loss_case("crossEntropy", 1000 * normal(3, 5), torch.tensor([0, 1, 2]), {"reduction": "none"})


def main():
    cases = []
    for name, dtype in DTYPES.items():
        for case in [*layer_cases(dtype), *loss_cases(dtype)]:
            cases.append({"dtype": name, **case})
    write("nn.json", cases)


if __name__ == "__main__":
    main()
