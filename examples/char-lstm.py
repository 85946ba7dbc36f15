# The net of char-lstm.ts in PyTorch, for twenty steps from the same weights on the same batches: see parity.ts.
import torch
import torch.nn.functional as F
from torch import nn

from support.parity import run


class CharLstm(nn.Module):
    def __init__(self, vocabulary, embedding, hidden, layers):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, embedding)
        self.lstm = nn.LSTM(embedding, hidden, num_layers=layers, batch_first=True)
        self.head = nn.Linear(hidden, vocabulary)

    def forward(self, x):
        return self.head(self.lstm(self.embedding(x))[0])


def make(weights):
    vocabulary, embedding = weights["embedding.weight"].shape
    return CharLstm(vocabulary, embedding, 256, 2)


run(
    make,
    lambda scores, targets: F.cross_entropy(scores.flatten(0, 1), targets.flatten()),
    lambda parameters: torch.optim.Adam(parameters, lr=3e-3),
)
