"""Figures of the page on the Gauss-Newton matrix and its approximations."""

from collections.abc import Mapping
from itertools import cycle

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from influence_lab.figures.theme import COLOUR_CYCLE, OKABE_ITO, SYMBOLS, new_figure

Array = np.ndarray


def lines(
    title: str,
    x_title: str,
    y_title: str,
    series: Mapping[str, pd.DataFrame],
    *,
    log_x: bool = False,
    log_y: bool = False,
) -> go.Figure:
    """Lines with 95 % intervals.

    Args:
        title: the finding.
        x_title: axis title with unit.
        y_title: axis title with unit.
        series: for each name a table: x in the first column, then `mean` and, where there is one, `half`.
        log_x: logarithmic x axis; without it x is drawn as categories, evenly spaced.
        log_y: logarithmic y axis.

    Returns:
        The figure, one trace a series.
    """
    figure = new_figure(title, x_title, y_title, log_x=log_x, log_y=log_y)
    for (name, table), symbol in zip(series.items(), cycle(SYMBOLS), strict=False):
        x = table.iloc[:, 0]
        figure.add_scatter(
            x=x if log_x else x.astype(str),
            y=table["mean"],
            error_y={"array": table["half"], "thickness": 1.5, "width": 4} if "half" in table else None,
            name=name,
            mode="lines+markers",
            marker={"symbol": symbol, "size": 8},
            hovertemplate="%{x}: %{y:.3g}" + (" ± %{error_y.array:.2g}" if "half" in table else ""),
        )
    values = np.concatenate([table["mean"] for table in series.values()])
    if log_y:
        figure.update_yaxes(dtick=_ticks(values))
    if log_x:
        figure.update_xaxes(dtick=_ticks(np.concatenate([table.iloc[:, 0] for table in series.values()])))
    else:
        figure.update_xaxes(type="category")
    return figure


def gaps(title: str, x_title: str, values: Mapping[str, float], limit: float | None = None) -> go.Figure:
    """Relative differences as points on a logarithmic axis; zeros are drawn at 1e-17.

    Args:
        title: the finding.
        x_title: axis title.
        values: one point a name, top to bottom.
        limit: a tolerance, drawn as a dashed line.

    Returns:
        The figure; points below the limit in blue, others in vermillion.
    """
    names, numbers = list(values)[::-1], np.array(list(values.values()))[::-1]
    figure = new_figure(title, x_title, "", log_x=True, height=150 + 34 * len(names))
    small = numbers <= (limit if limit is not None else np.inf)
    figure.add_scatter(
        x=np.maximum(numbers, 1e-17),
        y=names,
        mode="markers",
        marker={"size": 12, "color": np.where(small, OKABE_ITO["blue"], OKABE_ITO["vermillion"])},
        customdata=numbers,
        hovertemplate="%{y}: %{customdata:.3g}<extra></extra>",
    )
    if limit is not None:
        figure.add_vline(x=limit, line_dash="dash", line_color="gray")
        text = {"text": f"tolerance {limit:g}", "showarrow": False, "xanchor": "left", "yanchor": "bottom"}
        figure.add_annotation(x=np.log10(limit), y=1, yref="paper", **text)
    figure.update_xaxes(dtick=3)
    return figure


def cost(title: str, table: pd.DataFrame) -> go.Figure:
    """Time and kept memory of each form of curvature against the width, one above the other.

    Args:
        title: the finding.
        table: columns method, width, parameters, seconds (median), least, most, kept_bytes, peak_bytes.

    Returns:
        Two panels with shared colours and a shared horizontal axis.
    """
    figure = make_subplots(
        rows=2, cols=1, shared_xaxes=True, subplot_titles=("time", "memory kept"), vertical_spacing=0.08
    )
    look = new_figure(title, "", "", height=760).layout.to_plotly_json()
    figure.update_layout({name: part for name, part in look.items() if name not in ("xaxis", "yaxis")})
    for (method, rows), colour, symbol in zip(table.groupby("method", sort=False), COLOUR_CYCLE, SYMBOLS, strict=False):
        style = {
            "x": rows["width"],
            "name": method,
            "legendgroup": method,
            "mode": "lines+markers",
            "line": {"color": colour},
            "marker": {"symbol": symbol, "size": 8},
            "customdata": np.stack([rows["parameters"], rows["peak_bytes"] / 1e6], axis=1),
        }
        reach = {"array": rows["most"] - rows["seconds"], "arrayminus": rows["seconds"] - rows["least"]}
        figure.add_scatter(
            y=rows["seconds"],
            error_y=reach | {"symmetric": False, "thickness": 1.5, "width": 3},
            hovertemplate="width %{x}, p = %{customdata[0]:.0f}: %{y:.3g} s",
            row=1,
            col=1,
            **style,
        )
        figure.add_scatter(
            y=rows["kept_bytes"],
            showlegend=False,
            hovertemplate="width %{x}, p = %{customdata[0]:.0f}: %{y:.3g} bytes, peak %{customdata[1]:.3g} MB",
            row=2,
            col=1,
            **style,
        )
    grid = {"gridcolor": "rgba(128,128,128,0.25)", "automargin": True}
    figure.update_xaxes(type="log", tickvals=sorted(set(table["width"]))[::2], **grid)
    figure.update_xaxes(title="width of the hidden layers", row=2)
    figure.update_yaxes(type="log", exponentformat="power", dtick=1, **grid)
    figure.update_yaxes(title="seconds", row=1)
    figure.update_yaxes(title="bytes", row=2)
    figure.update_layout(legend_y=-0.12)
    return figure


def _ticks(values: Array) -> int | str:
    """Labels at each power of ten, or at 1, 2, 5 where the values span less than two of them."""
    return "D2" if np.max(values) < 100 * np.min(values) else 1
