"""Put figures and tables on a page, with what a reader who cannot see them needs."""

import json

import pandas as pd
import plotly.graph_objects as go
from IPython.display import display

from influence_lab.figures.text import html_with_math

PLOTLY_MIME = "application/vnd.plotly.v1+json"


def show(figure: go.Figure, caption: str, alt: str) -> None:
    """Display a figure with its caption and its text alternative.

    Args:
        figure: the Plotly figure.
        caption: one or two sentences below the figure: what is drawn, and over which runs and intervals.
        alt: what a reader who cannot see the figure needs to know: what it shows and what it finds.

    Raises:
        ValueError: the caption or the text alternative is empty.
    """
    if not caption.strip() or not alt.strip():
        raise ValueError("a figure needs a caption and a text alternative")
    content = json.loads(figure.to_json())
    content["config"] = {"displaylogo": False, "responsive": True}
    metadata = {"influence_lab": {"caption": caption, "alt": alt}}
    display({PLOTLY_MIME: content, "text/plain": alt}, raw=True, metadata=metadata)


def show_table(table: pd.DataFrame, caption: str, digits: int = 3) -> None:
    """Display a table with its caption; floats are shown with `digits` significant digits.

    Raises:
        ValueError: the caption is empty.
    """
    if not caption.strip():
        raise ValueError("a table needs a caption")
    body = table.to_html(index=False, border=0, classes="table", float_format=lambda value: f"{value:.{digits}g}")
    head, rest = body.split(">", 1)
    html = f"{head}>\n<caption>{html_with_math(caption)}</caption>{rest}"
    display({"text/html": html, "text/plain": table.to_string(index=False)}, raw=True)
