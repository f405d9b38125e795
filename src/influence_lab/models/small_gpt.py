"""A GPT small enough to be retrained hundreds of times: pre-norm, word-level, two layers of width 32 by default."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F


@dataclass(frozen=True)
class Architecture:
    """Sizes of a small GPT."""

    vocabulary: int  # V
    context: int = 16  # largest T
    width: int = 32  # C
    heads: int = 4  # H
    layers: int = 2


class SmallGPT(nn.Module):
    """Logits of the next token at every position.

    All parameters but the two embeddings belong to `nn.Linear` layers, which curvature libraries look for; layer norms
    have none. Nothing is random after the start, and all is written in operations that `torch.func` can differentiate
    twice.
    """

    def __init__(self, architecture: Architecture, seed: int = 0) -> None:
        super().__init__()
        self.architecture = architecture
        self.tokens = nn.Embedding(architecture.vocabulary, architecture.width)
        self.positions = nn.Embedding(architecture.context, architecture.width)
        self.blocks = nn.ModuleList(Block(architecture) for _ in range(architecture.layers))
        self.unembedding = nn.Linear(architecture.width, architecture.vocabulary, bias=False)
        self._start(torch.Generator().manual_seed(seed))

    def forward(self, inputs: Tensor) -> Tensor:
        """Logits (B, T, V) of the token after each of the tokens `inputs` (B, T)."""
        length = inputs.shape[-1]
        x = self.tokens(inputs) + self.positions(torch.arange(length, device=inputs.device))  # (B, T, C)
        for block in self.blocks:
            x = block(x)  # (B, T, C)
        return self.unembedding(norm(x))  # (B, T, V)

    def _start(self, generator: torch.Generator) -> None:
        """Embeddings of standard deviation 0.25, weights of 0.5/√inputs, biases 0."""
        for name, parameter in self.named_parameters():
            if name.endswith("bias"):
                nn.init.zeros_(parameter)
            else:
                embedding = name in ("tokens.weight", "positions.weight")
                std = 0.25 if embedding else 0.5 * parameter.shape[-1] ** -0.5
                nn.init.normal_(parameter, std=std, generator=generator)


class Block(nn.Module):
    """Attention and an MLP, each added to the stream that it reads."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.attention = Attention(architecture)
        self.mlp = MLP(architecture)

    def forward(self, x: Tensor) -> Tensor:
        """From (B, T, C) to (B, T, C)."""
        x = x + self.attention(norm(x))
        return x + self.mlp(norm(x))


class Attention(nn.Module):
    """Each position reads from itself and from those before it, once a head."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.heads = architecture.heads
        self.query = nn.Linear(architecture.width, architecture.width)
        self.key = nn.Linear(architecture.width, architecture.width)
        self.value = nn.Linear(architecture.width, architecture.width)
        self.output = nn.Linear(architecture.width, architecture.width)

    def forward(self, x: Tensor) -> Tensor:
        """From (B, T, C) to (B, T, C)."""
        queries, keys, values = (self._split(layer(x)) for layer in (self.query, self.key, self.value))
        scores = keys @ queries.transpose(-1, -2) / queries.shape[-1] ** 0.5  # (B, H, T read, T reading)
        later = torch.ones(scores.shape[-2:], dtype=torch.bool, device=x.device).tril(-1)  # (T, T)
        shares = scores.masked_fill(later, -torch.inf).softmax(-2)  # (B, H, T, T), columns sum to 1
        read = shares.transpose(-1, -2) @ values  # (B, H, T, C/H)
        return self.output(read.transpose(-2, -3).flatten(-2))  # (B, T, C)

    def _split(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.heads, -1)).transpose(-2, -3)  # (B, H, T, C/H)


class MLP(nn.Module):
    """Four times as wide inside."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.up = nn.Linear(architecture.width, 4 * architecture.width)
        self.down = nn.Linear(4 * architecture.width, architecture.width)

    def forward(self, x: Tensor) -> Tensor:
        """From (B, T, C) to (B, T, C)."""
        return self.down(F.silu(self.up(x)))


def norm(x: Tensor) -> Tensor:
    """Layer norm without parameters, and with an ε that matters.

    With the usual 1e-5 the scale of x has no effect on the logits. Weight decay then shrinks the stream without end,
    the curvature grows with its inverse square, and the objective has no minimum to come near.
    """
    return F.layer_norm(x, x.shape[-1:], eps=0.1)
