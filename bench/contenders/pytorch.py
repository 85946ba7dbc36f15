# Runs one case in PyTorch: `pytorch.py <case>`. Prints seconds per iteration; nothing for a case that it lacks.
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

WARM_UP_SECONDS = 0.3
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
}

name = sys.argv[1]
if name == "--version":
    print(torch.__version__)
elif name in CASES:
    print(measure(CASES[name]()))
