# The net of fashion-resnet.ts in PyTorch, for twenty steps from the same weights on the same batches: see parity.ts.
import torch
import torch.nn.functional as F
from torch import nn

from support.parity import run


class Block(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        stride = 1 if inputs == outputs else 2
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs)
        self.projection = None
        if inputs != outputs:
            self.projection = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x):
        inner = F.relu(self.norm1(self.conv1(x)))
        beside = x if self.projection is None else self.projection(x)
        return F.relu(self.norm2(self.conv2(inner)) + beside)


class ResNet20(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 16, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(16)
        widths = [16, 16, 16, 16, 32, 32, 32, 64, 64]
        self.blocks = nn.ModuleList(Block(inputs, 16 << i // 3) for i, inputs in enumerate(widths))
        self.head = nn.Linear(64, 10)

    def forward(self, x):
        x = F.relu(self.norm(self.conv(x)))
        for block in self.blocks:
            x = block(x)
        return self.head(x.mean((2, 3)))


run(
    lambda weights: ResNet20(),
    F.cross_entropy,
    lambda parameters: torch.optim.SGD(parameters, lr=5e-3, momentum=0.9, nesterov=True, weight_decay=5e-4),
)
