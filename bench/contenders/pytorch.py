# Runs one case in PyTorch: `pytorch.py <case>`. Prints seconds per iteration; nothing for a case that it lacks.
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

WARM_UP_SECONDS = 1.5
SAMPLE_SECONDS = 0.02
SAMPLES = 25
MOST_SECONDS = 4


def measure(iteration):
    begin = time.perf_counter()
    count = 0
    while True:
        iteration()
        count += 1
        if time.perf_counter() - begin >= WARM_UP_SECONDS:
            break
    per_sample = max(1, round(SAMPLE_SECONDS * count / (time.perf_counter() - begin)))
    samples = []
    start = time.perf_counter()
    while len(samples) < SAMPLES and (len(samples) < 3 or time.perf_counter() - start < MOST_SECONDS):
        t = time.perf_counter()
        for _ in range(per_sample):
            iteration()
        samples.append((time.perf_counter() - t) / per_sample)
    return sorted(samples)[len(samples) // 2]


def binary(function, *shapes, **options):
    operands = [torch.randn(shape, **options) for shape in shapes]
    return lambda: function(*operands)


def with_gradient():
    a, b = torch.randn(4, requires_grad=True), torch.randn(4)
    return lambda: a + b


def step(model, x, y, loss):
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

    def iteration():
        value = loss(model(x), y)
        optimizer.zero_grad()
        value.backward()
        optimizer.step()

    return iteration


def cnn():
    model = nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(784, 10),
    )
    return step(model, torch.randn(16, 1, 28, 28), torch.randint(0, 10, (16,)), F.cross_entropy)


def mlp(batch, *sizes):
    layers = []
    for i in range(len(sizes) - 1):
        layers += [nn.Linear(sizes[i], sizes[i + 1])] + ([nn.ReLU()] if i < len(sizes) - 2 else [])
    return step(nn.Sequential(*layers), torch.randn(batch, sizes[0]), torch.randint(0, 10, (batch,)), F.cross_entropy)


def convolution(batch, channels, size, outputs, kernel, groups=1, stride=1, first=False):
    x = torch.randn(batch, channels, size, size, requires_grad=not first)
    weight = torch.randn(outputs, channels // groups, kernel, kernel, requires_grad=True)

    def forward():
        return F.conv2d(x, weight, stride=stride, padding=kernel // 2, groups=groups)

    return with_backward(forward, [x, weight])


def rows(function, backward):
    x = torch.randn(128, 512, requires_grad=backward)
    return with_backward(lambda: function(x), [x]) if backward else lambda: function(x)


def with_backward(forward, leaves):
    gradient = torch.randn(forward().shape)

    def iteration():
        for leaf in leaves:
            leaf.grad = None
        forward().backward(gradient)

    return iteration


CASES = {
    "add, 4": lambda: binary(torch.add, [4], [4]),
    "add with gradient, 4": with_gradient,
    "add, 1024x1024": lambda: binary(torch.add, [1024, 1024], [1024, 1024]),
    "add row, 1024x1024": lambda: binary(torch.add, [1024, 1024], [1024]),
    "exp, 256x1024": lambda: binary(torch.exp, [256, 1024]),
    "tanh, 256x1024": lambda: binary(torch.tanh, [256, 1024]),
    "sum, 1024x1024": lambda: binary(torch.sum, [1024, 1024]),
    "sum of rows, 1024x1024": lambda: binary(lambda a: a.sum(1), [1024, 1024]),
    "softmax, 256x1024": lambda: binary(lambda a: a.softmax(1), [256, 1024]),
    "matmul, 64x64": lambda: binary(torch.matmul, [64, 64], [64, 64]),
    "matmul, 256x256": lambda: binary(torch.matmul, [256, 256], [256, 256]),
    "matmul, 512x512": lambda: binary(torch.matmul, [512, 512], [512, 512]),
    "conv2d 3x3, 16x32x28x28 to 32": lambda: binary(
        lambda x, w: F.conv2d(x, w, padding=1), [16, 32, 28, 28], [32, 32, 3, 3]
    ),
    "maxPool2d 2, 16x32x28x28": lambda: binary(lambda x: F.max_pool2d(x, 2), [16, 32, 28, 28]),
    "net 2-8-1, batch 4": lambda: step(
        nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1)), torch.randn(4, 2), torch.randn(4, 1), F.mse_loss
    ),
    "mlp 784-128-10, batch 64": lambda: mlp(64, 784, 128, 10),
    "mlp 784-512-512-10, batch 128": lambda: mlp(128, 784, 512, 512, 10),
    "cnn 8-16 3x3, 28x28, batch 16": cnn,
    "conv 3x3, 16x64x32x32 to 64": lambda: convolution(16, 64, 32, 64, 3),
    "conv 3x3, 64x32x14x14 to 64": lambda: convolution(64, 32, 14, 64, 3),
    "conv 1x1, 16x64x32x32 to 64": lambda: convolution(16, 64, 32, 64, 1),
    "conv 1x1, 32x128x14x14 to 256": lambda: convolution(32, 128, 14, 256, 1),
    "conv 3x3, first layer, 64x1x28x28 to 32": lambda: convolution(64, 1, 28, 32, 3, first=True),
    "conv 7x7, first layer, stride 2, 4x3x224x224 to 64": lambda: convolution(4, 3, 224, 64, 7, stride=2, first=True),
    "conv 3x3, stride 2, 32x32x32x32 to 64": lambda: convolution(32, 32, 32, 64, 3, stride=2),
    "conv 3x3, depthwise, 16x64x32x32": lambda: convolution(16, 64, 32, 64, 3, groups=64),
}
for label, function in {
    "exp": torch.exp,
    "gelu": F.gelu,
    "softmax": lambda x: x.softmax(1),
    "layerNorm": lambda x: F.layer_norm(x, [512]),
}.items():
    CASES[f"{label}, 128x512"] = lambda function=function: rows(function, False)
    CASES[f"{label} with gradient, 128x512"] = lambda function=function: rows(function, True)

name = sys.argv[1]
if name == "--version":
    print(torch.__version__)
elif name in CASES:
    print(measure(CASES[name]()))
