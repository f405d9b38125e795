"""Run one page."""

from pathlib import Path

from influence_lab.notebooks.run import KernelDiedError, NotebookFailedError, run
from influence_lab.notebooks.source import NotebookSourceError

try:
    run(
        Path(snakemake.input.source),
        Path(snakemake.output[0]),
        Path(snakemake.log[0]),
        dict(snakemake.params.values),
    )
except (NotebookFailedError, KernelDiedError, NotebookSourceError) as error:
    raise SystemExit(f"{type(error).__name__}: {error}") from None
