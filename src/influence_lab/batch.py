"""What every rule's script does around its one call."""

import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from influence_lab.artifacts import DamagedArtifactError, MissingArtifactError
from influence_lab.input_errors import InputError


@contextmanager
def batch(snakemake: Any) -> Iterator[TextIO]:
    """Send what the script prints to the rule's log, and say in one line on the terminal why it failed.

    Args:
        snakemake: the object that Snakemake gives to a rule's script.

    Yields:
        A stream to the terminal, for the few things that a person should see while the rules run.

    Raises:
        SystemExit: with code 1 after an error; its traceback is in the log, its last line on the terminal. Where
            the message says all (an artifact, something that a person gave), the log is not pointed to.
    """
    terminal = os.dup(2)
    with open(snakemake.log[0], "w", encoding="utf-8") as log:
        for stream in (1, 2):  # file descriptors, so that compiled code and child processes are caught too
            os.dup2(log.fileno(), stream)
    try:
        with open(terminal, "w", buffering=1, encoding="utf-8", closefd=False) as stream:
            yield stream
    except Exception as error:
        traceback.print_exc()
        sys.stderr.flush()
        expected = isinstance(error, (DamagedArtifactError, MissingArtifactError, InputError))
        hint = "" if expected else f" (traceback in {snakemake.log[0]})"
        os.write(terminal, f"{snakemake.rule}: {type(error).__name__}: {error}{hint}\n".encode())
        raise SystemExit(1) from None
