"""Texts and queries as token sequences, by the tokenizer of the model that reads them."""

from collections.abc import Sequence as Strings
from typing import Protocol

from influence_lab.data.sequences import EmptyTextError, Sequences, pack


class Tokenizer(Protocol):
    """What is used of a Hugging Face tokenizer."""

    bos_token_id: int | None
    eos_token_id: int | None
    pad_token_id: int | None

    def encode(self, text: str, *, add_special_tokens: bool) -> list[int]:
        """Tokens of a text."""
        ...


def encode_texts(tokenizer: Tokenizer, texts: Strings[str], names: Strings[str], context: int) -> Sequences:
    """Texts with a begin and an end mark; every token after the begin mark is predicted.

    Raises:
        EmptyTextError: a text is empty, or has no token for this tokenizer.
        TooLongError: a text has more than `context` tokens with its marks.
    """
    rows = []
    for text, name in zip(texts, names, strict=True):
        tokens = _tokens(tokenizer, text)
        if not tokens:
            raise EmptyTextError(f"{name}: an empty text; remove it, or write it")
        rows.append([*begin_mark(tokenizer), *tokens, *_end(tokenizer)])
    return pack(rows, [1] * len(rows), context, list(names), _pad(tokenizer))


def encode_queries(
    tokenizer: Tokenizer, prompts: Strings[str], answers: Strings[str], names: Strings[str], context: int
) -> Sequences:
    """Prompts with their completions; the loss of the completion's tokens alone counts.

    Raises:
        EmptyTextError: a prompt is empty, or a completion has no token.
        TooLongError: prompt and completion have more than `context` tokens together.
    """
    rows, first = [], []
    for prompt, answer, name in zip(prompts, answers, names, strict=True):
        asked, after = _tokens(tokenizer, prompt), _tokens(tokenizer, answer)
        if not asked:
            raise EmptyTextError(f"{name}: an empty query; give a prompt that the completion follows")
        if not after:
            raise EmptyTextError(f"{name}: the completion {answer!r} has no token; give at least one word")
        before = [*begin_mark(tokenizer), *asked]
        rows.append(before + after)
        first.append(len(before))
    return pack(rows, first, context, list(names), _pad(tokenizer))


def _tokens(tokenizer: Tokenizer, text: str) -> list[int]:
    """No token where there is nothing but space."""
    return tokenizer.encode(text, add_special_tokens=False) if text.strip() else []


def begin_mark(tokenizer: Tokenizer) -> list[int]:
    """The begin mark, or the end mark where the model knows no other: something has to predict the first token.

    Empty where the tokenizer has neither; then the first token of a text is not predicted.
    """
    mark = tokenizer.eos_token_id if tokenizer.bos_token_id is None else tokenizer.bos_token_id
    return [] if mark is None else [mark]


def _end(tokenizer: Tokenizer) -> list[int]:
    return [] if tokenizer.eos_token_id is None else [tokenizer.eos_token_id]


def _pad(tokenizer: Tokenizer) -> int:
    return tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id or 0
