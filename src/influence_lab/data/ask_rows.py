"""The reader's own texts and questions, checked row by row; docs/ask/README.md describes the format."""

from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ValidationError,
    field_validator,
    model_validator,
)

from influence_lab.data.ask_files import FileError, Row, read_rows
from influence_lab.input_errors import InputError

SHOWN = 10  # bad rows that a message lists
FORMAT = "docs/ask/README.md has the format"


class BadRowsError(InputError):
    """Rows of the reader's files cannot be used: each by file and line, with what is wrong with it."""


def _identifier(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (int, str)) or not str(value).strip():
        raise ValueError("a string or a whole number")
    return str(value)


def _with_words(text: str) -> str:
    if not text.strip():
        raise ValueError("empty; write at least one word")
    return text


Identifier = Annotated[str, BeforeValidator(_identifier)]
Words = Annotated[str, AfterValidator(_with_words)]


class _AnyRow(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    id: Identifier | None = None


class TextRow(_AnyRow):
    """A text of the corpus. A candidate is not in the training set: what would adding it do?"""

    text: Words
    candidate: bool = False


class QueryRow(_AnyRow):
    """A question: a prompt, and the completion whose log-probability is attributed; wrong where it is a mistake."""

    prompt: Words
    completion: Words
    wrong: bool = False

    @field_validator("prompt")
    @classmethod
    def _open(cls, prompt: str) -> str:
        """Tokenizers put a space before a word into the word's token: left in the prompt, it is a token of its own."""
        if prompt[-1].isspace() and prompt[-1] not in "\r\n":
            raise ValueError("ends with a space; move it to the beginning of the completion")
        return prompt

    @model_validator(mode="after")
    def _apart(self) -> "QueryRow":
        """Letters that meet would be read as one word; scripts without capitals do without spaces."""
        last, first = self.prompt[-1], self.completion[0]
        if all(letter.lower() != letter.upper() for letter in (last, first)):
            raise ValueError(f"completion: got {self.completion!r} right after {last!r}; begin it with its space")
        return self


KINDS: dict[str, type[_AnyRow]] = {"corpus": TextRow, "queries": QueryRow}


def checked_rows(kind: str, path: Path | str) -> list[dict[str, Any]]:
    """The rows of the reader's file in its order, none left out.

    Args:
        kind: `corpus` or `queries`, the key of the configuration's section `ask`.
        path: of a .jsonl or .parquet file.

    Returns:
        Keys id (the row's place where it has none), place, and for the corpus text and candidate, for the queries
        prompt, completion and wrong.

    Raises:
        FileError: the file cannot be read, or all texts are candidates.
        BadRowsError: rows are not as they must be.
    """
    model, found, bad, named = KINDS[kind], [], [], {}
    try:
        rows = read_rows(Path(path), tuple(model.model_fields))
    except FileError as error:
        raise FileError(f"ask.{kind}: {error}") from None
    for row in rows:
        try:
            values = _checked(row, model).model_dump()
            values["id"] = values["id"] or row.place
            if values["id"] in named:
                raise InputError(f"id: {values['id']!r} is the id of {named[values['id']]} too; give each row its own")
        except InputError as error:
            bad.append((row.place, str(error)))
        else:
            named[values["id"]] = row.place
            found.append(values | {"place": row.place})
    refuse(f"ask.{kind}", bad, len(rows))
    if kind == "corpus" and sum(not values["candidate"] for values in found) < 2:
        raise FileError(f"ask.corpus: {path}: at least two texts must be in the training set, without `candidate`")
    return found


def check_asked(files: dict[str, str]) -> None:
    """Check the files by kind, all that can be checked without the model, before anything starts.

    Raises:
        BadRowsError: with what is wrong with any of the files.
    """
    said = []
    for kind, path in files.items():
        try:
            checked_rows(kind, path)
        except InputError as error:
            said.append(str(error))
    if said:
        raise BadRowsError("\n".join(said))


def refuse(setting: str, bad: list[tuple[str, str]], rows: int, limit: str = "") -> None:
    """Raise `BadRowsError` if there are bad rows, each with its place and what is wrong with it."""
    if not bad:
        return
    lines = [f"  {place}: {what}" for place, what in bad[:SHOWN]]
    if len(bad) > SHOWN:
        lines.append(f"  and {len(bad) - SHOWN} more")
    head = f"{setting}: {len(bad)} of {rows} rows cannot be used; correct them and run again{limit} ({FORMAT})"
    raise BadRowsError("\n".join([head, *lines]))


def _checked(row: Row, model: type[_AnyRow]) -> _AnyRow:
    if row.trouble:
        raise InputError(row.trouble)
    try:
        return model.model_validate(row.content)
    except ValidationError as error:
        raise InputError("; ".join(_said(one, model) for one in error.errors())) from None


def _said(error: Any, model: type[_AnyRow]) -> str:
    key = ".".join(str(part) for part in error["loc"])
    message = error["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    if error["type"] == "extra_forbidden":
        close = get_close_matches(key, model.model_fields, n=1)
        guess = f" (did you mean {close[0]}?)" if close else ""
        return f"{key}: unknown key{guess}; allowed: {', '.join(model.model_fields)}"
    if error["type"] == "missing":
        return f"{key}: missing"
    if error["type"] == "value_error" and (not key or message.startswith(("empty", "ends with"))):
        return f"{key}: {message}".removeprefix(": ")
    return f"{key}: got {error['input']!r}; allowed: {message}"
