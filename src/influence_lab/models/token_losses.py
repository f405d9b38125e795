r"""Losses of a language model, token by token and summed over a text."""

from torch import Tensor
from torch.nn.functional import cross_entropy


def token_losses(logits: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    r"""$-w_t \log p(y_t \mid x_{\le t})$ of each token, shape (B, T), from logits (B, T, V)."""
    losses = cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")
    return losses.view(targets.shape) * weights


def sequence_losses(logits: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    """The sum over a sequence's tokens, shape (B,)."""
    return token_losses(logits, targets, weights).sum(dim=1)
