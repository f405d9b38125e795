"""The figures of a page as one file, for Snakemake's report and for quoting."""

from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path
from typing import Any

import nbformat
import plotly.io
from plotly.offline import get_plotlyjs

from influence_lab.artifacts import whole
from influence_lab.figures.show import PLOTLY_MIME
from influence_lab.notebooks.executed import read_executed


def write_figures(page: Path, output: Path) -> None:
    """Write all figures of an executed notebook, with their captions, to one HTML file that needs no network."""
    parts = [(content, about.get("caption", "")) for content, about in figures_of(read_executed(page))]
    write_file(f"Figures of {page.stem}", parts, output)


def write_file(title: str, parts: Iterable[tuple[dict[str, Any], str]], output: Path) -> None:
    """Write figures, each as plain data with its caption, to one HTML file that needs no network."""
    figures = [
        f"<figure>{_drawing(content, index)}<figcaption>{escape(caption)}</figcaption></figure>"
        for index, (content, caption) in enumerate(parts)
    ]
    with whole(output) as partial:
        partial.write_text(
            f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
            f"<script>{get_plotlyjs()}</script></head><body><h1>{escape(title)}</h1>{''.join(figures)}</body></html>",
            encoding="utf-8",
        )


def figures_of(notebook: nbformat.NotebookNode) -> Iterator[tuple[dict[str, Any], dict[str, str]]]:
    """Each Plotly figure of an executed notebook, with its caption and text alternative."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if PLOTLY_MIME in output.get("data", {}):
                yield output["data"][PLOTLY_MIME], output["metadata"].get("influence_lab", {})


def _drawing(content: dict[str, Any], index: int) -> str:
    figure = {key: content[key] for key in ("data", "layout", "frames") if key in content}
    return plotly.io.to_html(figure, full_html=False, include_plotlyjs=False, div_id=f"figure-{index}", validate=False)
