"""Texts as padded arrays of tokens, with the tokens whose loss counts marked."""

from dataclasses import dataclass

import numpy as np

from influence_lab.input_errors import InputError

Array = np.ndarray


@dataclass(frozen=True)
class Sequences:
    r"""n token sequences, padded on the right to the longest.

    The loss of a sequence is a sum over its tokens, $L_i = -\sum_t w_{it} \log p(y_{it} \mid x_{i,\le t})$: with the
    mean in its place the Fisher information is no longer the Gauss-Newton matrix (reference, E10).
    """

    inputs: Array  # (n, T) token ids, position t sees 0..t
    targets: Array  # (n, T) the token after each position
    weights: Array  # (n, T) 1 where the loss of the target counts, 0 elsewhere and on padding

    def __len__(self) -> int:
        return len(self.inputs)

    @property
    def lengths(self) -> Array:
        """Positions of each sequence up to the last whose loss counts, shape (n,): what follows has no influence."""
        return self.weights.shape[1] - (self.weights[:, ::-1] > 0).argmax(axis=1)

    def __getitem__(self, rows: Array | slice) -> "Sequences":
        return Sequences(self.inputs[rows], self.targets[rows], self.weights[rows])


def joined(parts: list[Sequences]) -> Sequences:
    """The rows of all parts, one part after another; all have the same T."""
    return Sequences(*(np.concatenate([getattr(part, name) for part in parts]) for name in vars(parts[0])))


class EmptyTextError(InputError):
    """A text or a completion has no token to predict."""


class TooLongError(InputError):
    """A text has more tokens than the model's context."""


def pack(tokens: list[list[int]], first: list[int], context: int, names: list[str], pad: int) -> Sequences:
    """Arrange token lists as sequences.

    Args:
        tokens: tokens of each text, begin mark included.
        first: for each text the index of the first token whose loss counts, at least 1: nothing predicts token 0.
        context: most tokens that the model takes.
        names: of the texts, for the messages.
        pad: token id that fills the ends; its loss never counts.

    Raises:
        EmptyTextError: no token of a text is predicted, or there is no text.
        TooLongError: a text is longer than the context.
    """
    if not tokens:
        raise EmptyTextError("no texts: nothing to encode")
    for name, text, start in zip(names, tokens, first, strict=True):
        if len(text) <= max(start, 1):
            raise EmptyTextError(f"{name}: no token to predict; give a longer text or completion")
        if len(text) > context:
            raise TooLongError(f"{name}: {len(text)} tokens, the model's context has {context}; shorten or split it")
    longest = max(len(text) for text in tokens) - 1
    shape = (len(tokens), longest)
    inputs, targets, weights = np.full(shape, pad), np.full(shape, pad), np.zeros(shape)
    for row, (text, start) in enumerate(zip(tokens, first, strict=True)):
        length = len(text) - 1
        inputs[row, :length], targets[row, :length] = text[:-1], text[1:]
        weights[row, max(start, 1) - 1 : length] = 1.0
    return Sequences(inputs, targets, weights)
