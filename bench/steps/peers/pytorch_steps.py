# Serves one training step in PyTorch, eager: `pytorch_steps.py <step> <inputs> <threads>`.
import sys

import torch
import torch.nn.functional as F
from torch import nn

from peer import serve

torch.set_num_threads(int(sys.argv[3]))


class Block(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        narrows = inputs != outputs
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride=2 if narrows else 1, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs)
        if narrows:
            self.short = nn.Conv2d(inputs, outputs, 1, stride=2, bias=False)
            self.scale = nn.BatchNorm2d(outputs)
        self.narrows = narrows

    def forward(self, x):
        inner = F.relu(self.norm1(self.conv1(x)))
        beside = self.scale(self.short(x)) if self.narrows else x
        return F.relu(self.norm2(self.conv2(inner)) + beside)


class ResNet20(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(16)
        widths = [16, 16, 16, 16, 32, 32, 32, 64, 64, 64]
        self.blocks = nn.ModuleList(Block(widths[i], 16 << i // 3) for i in range(9))
        self.head = nn.Linear(64, 10)

    def forward(self, x):
        x = F.relu(self.norm(self.conv(x)))
        for block in self.blocks:
            x = block(x)
        return self.head(x.mean((2, 3)))


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(256, 256, batch_first=True)
        self.head = nn.Linear(256, 10)

    def forward(self, x):
        return self.head(self.lstm(x)[0][:, -1])


class Layer(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.attend = nn.Linear(width, 3 * width)
        self.mix = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width)
        self.up = nn.Linear(width, 4 * width)
        self.down = nn.Linear(4 * width, width)
        self.heads = heads

    def forward(self, x):
        batch, time, width = x.shape
        split = self.attend(self.norm1(x)).view(batch, time, 3, self.heads, width // self.heads)
        query, key, value = split.permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(query, key, value, is_causal=True)
        x = x + self.mix(mixed.transpose(1, 2).reshape(batch, time, width))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


class GPT(nn.Module):
    def __init__(self, layers, width, heads, context):
        super().__init__()
        self.position = nn.Parameter(torch.zeros(context, width))
        self.token = nn.Embedding(65, width)
        self.blocks = nn.ModuleList(Layer(width, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, 65, bias=False)

    def forward(self, x):
        x = self.token(x) + self.position
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x)).flatten(0, 1)


def step(make, loss=F.cross_entropy):
    def prepare(weights, x, y):
        model = make()
        with torch.no_grad():
            parameters = dict(model.named_parameters())
            if parameters.keys() != weights.keys():
                raise ValueError(f"other parameters than the file's: {parameters.keys() ^ weights.keys()}")
            for name, parameter in parameters.items():
                parameter.copy_(torch.from_numpy(weights[name].copy()))
        inputs = torch.from_numpy(x.copy())
        target = torch.from_numpy(y.copy())
        if loss is F.cross_entropy:
            target = target.long().flatten()
        # Its fastest way on the CPU: one call for all parameters.
        optimizer = torch.optim.Adam(model.parameters(), lr=3e-4, fused=True)

        def iteration():
            value = loss(model(inputs), target)
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
            return value.detach()

        return iteration

    return prepare


def mlp(*sizes):
    layers = []
    for i in range(len(sizes) - 1):
        layers += [nn.Linear(sizes[i], sizes[i + 1])] + ([nn.ReLU()] if i < len(sizes) - 2 else [])
    return nn.Sequential(*layers)


def cnn():
    return nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(64 * 7 * 7, 128), nn.ReLU(), nn.Linear(128, 10),
    )


serve(
    torch.__version__,
    {
        "net": step(lambda: nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1)), F.mse_loss),
        "mlp": step(lambda: mlp(784, 128, 10)),
        "mlp512": step(lambda: mlp(784, 512, 512, 10)),
        "cnn": step(cnn),
        "resnet20": step(ResNet20),
        "lstm": step(Recurrent),
        "gpt4": step(lambda: GPT(4, 128, 4, 64)),
        "gpt6": step(lambda: GPT(6, 384, 6, 256)),
    },
)
