"""The reader's own texts and questions as tables, and their lengths for a model's tokenizer."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from influence_lab.data.ask_rows import checked_rows, refuse
from influence_lab.data.encoding import Tokenizer, encode_queries, encode_texts
from influence_lab.input_errors import InputError


def read_asked(kind: str, path: Path | str) -> pd.DataFrame:
    """The rows of `checked_rows`, with their keys as columns.

    Raises:
        FileError, BadRowsError: likewise.
    """
    return pd.DataFrame(checked_rows(kind, path))


def check_lengths(kind: str, table: pd.DataFrame, tokenizer: Tokenizer, context: int) -> None:
    """Check that every row has a token to predict and no more of them than the model takes.

    Args:
        kind: `corpus` or `queries`.
        table: from `read_asked`.
        tokenizer: of the model.
        context: most tokens of a row, marks included.

    Raises:
        BadRowsError: rows are too long, or have no token for this tokenizer.
    """
    columns = ("text",) if kind == "corpus" else ("prompt", "completion")
    encode: Callable[..., Any] = encode_texts if kind == "corpus" else encode_queries
    bad = []
    for _, row in table.iterrows():
        try:
            encode(tokenizer, *([row[column]] for column in columns), [row["id"]], context)
        except InputError as error:
            bad.append((row["place"], str(error).removeprefix(f"{row['id']}: ")))
    refuse(f"ask.{kind}", bad, len(table), f"; at most {context} tokens (the model's context or ask.longest)")
