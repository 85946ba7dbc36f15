# The net of char-gpt.ts in PyTorch, for twenty steps from the same weights on the same batches: see parity.ts.
import torch
import torch.nn.functional as F
from torch import nn

from support.parity import run


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.attend = nn.Linear(width, 3 * width)
        self.mix = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width)
        self.inner = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))
        self.heads = heads

    def forward(self, x):
        batch, time, width = x.shape
        parts = self.attend(self.norm1(x)).view(batch, time, 3, self.heads, width // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(query, key, value, is_causal=True)
        x = x + self.mix(mixed.transpose(1, 2).reshape(batch, time, width))
        return x + self.inner(self.norm2(x))


class Gpt(nn.Module):
    def __init__(self, vocabulary, context, width, layers, heads):
        super().__init__()
        self.token = nn.Embedding(vocabulary, width)
        self.position = nn.Embedding(context, width)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, vocabulary, bias=False)

    def forward(self, x):
        out = self.token(x) + self.position(torch.arange(x.shape[1]))
        for block in self.blocks:
            out = block(out)
        return self.head(self.norm(out))


def make(weights):
    vocabulary, width = weights["token.weight"].shape
    return Gpt(vocabulary, len(weights["position.weight"]), width, 4, 4)


run(
    make,
    lambda scores, targets: F.cross_entropy(scores.flatten(0, 1), targets.flatten()),
    lambda parameters: torch.optim.AdamW(parameters, lr=1e-3, weight_decay=0.1),
)
