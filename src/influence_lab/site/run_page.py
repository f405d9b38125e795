"""The page about the run: machine, configuration, and the time and memory that each step took."""

import os
import platform
from pathlib import Path
from typing import Any

import pandas as pd
import yaml


def run_page(config: dict[str, Any], benchmarks: Path) -> str:
    """The page about the run, in Markdown.

    Args:
        config: the validated configuration.
        benchmarks: folder with Snakemake's benchmark files (`*.tsv`).
    """
    system = f"{platform.system()} {platform.machine()}"
    machine = f"{system}, {os.cpu_count()} processors, Python {platform.python_version()}"
    configuration = yaml.safe_dump(config, sort_keys=False, default_flow_style=None)
    return f"""# This run

All numbers and figures on these pages were computed on: {machine}.

## Time and memory

Measured by Snakemake for each step when it last ran. Steps run side by side where there are processors for it.

{_table(step_costs(benchmarks))}

## Configuration

Everything that can be set, as it was set for this run. `config.yaml` says what each key means and costs.

```yaml
{configuration}```
"""


def step_costs(benchmarks: Path) -> pd.DataFrame:
    """Seconds and peak memory (MB) of each step that left a benchmark file, the slowest first.

    Returns:
        Columns step, seconds, peak memory (MB).
    """
    rows = []
    for path in sorted(benchmarks.rglob("*.tsv")):
        measured = pd.read_csv(path, sep="\t", na_values="-").iloc[0]
        step = path.relative_to(benchmarks).with_suffix("").as_posix()
        rows.append({"step": step, "seconds": measured["s"], "peak memory (MB)": measured["max_rss"]})
    table = pd.DataFrame(rows, columns=["step", "seconds", "peak memory (MB)"])
    return table.sort_values("seconds", ascending=False, ignore_index=True)


def _table(costs: pd.DataFrame) -> str:
    total = {"step": "sum, and highest peak", **costs[["seconds"]].sum(), **costs[["peak memory (MB)"]].max()}
    return pd.concat([costs, pd.DataFrame([total])]).round(1).to_markdown(index=False)
