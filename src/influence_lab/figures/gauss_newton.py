"""Figures of the page on the Gauss-Newton matrix and its approximations."""

from collections.abc import Mapping, Sequence
from itertools import cycle

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from influence_lab.figures.theme import COLOUR_CYCLE, OKABE_ITO, new_figure

Array = np.ndarray
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x", "cross", "star")


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


def spectra(title: str, steps: Sequence[int], notes: Sequence[str], spectra_by_name: Mapping[str, Array]) -> go.Figure:
    """Eigenvalues in descending order, one training step at a time, chosen with a slider.

    The axis is linear in ±1e-6 around 0 and logarithmic beyond, so that both signs and all sizes are seen.

    Args:
        title: the finding over all steps.
        steps: training steps.
        notes: the finding at each step, written into the plot.
        spectra_by_name: for each matrix its eigenvalues, shape (steps, p).

    Returns:
        The figure, its last step shown first.
    """
    figure = new_figure(title, "rank of the eigenvalue", "eigenvalue", height=520)
    for step in range(len(steps)):
        for (name, values), colour in zip(spectra_by_name.items(), COLOUR_CYCLE, strict=False):
            ordered = np.sort(values[step])[::-1]
            figure.add_scatter(
                y=_signed_log(ordered),
                x=np.arange(1, len(ordered) + 1),
                name=name,
                mode="lines",
                line={"color": colour, "width": 3, "dash": "dot" if "λ" in name else "solid"},
                visible=step == len(steps) - 1,
                customdata=ordered,
                hovertemplate="number %{x}: %{customdata:.3g}",
            )
    count = len(spectra_by_name)
    moves = [
        {
            "label": str(label),
            "method": "update",
            "args": [
                {"visible": [index // count == step for index in range(count * len(steps))]},
                {"annotations[0].text": note},
            ],
        }
        for step, (label, note) in enumerate(zip(steps, notes, strict=True))
    ]
    figure.add_annotation(
        text=notes[-1], x=0.02, y=0.04, xref="paper", yref="paper", xanchor="left", yanchor="bottom", showarrow=False
    )
    marks = np.array([-1, -1e-2, -1e-4, 0, 1e-4, 1e-2, 1, 10])
    figure.update_yaxes(tickvals=_signed_log(marks), ticktext=[f"{mark:g}" for mark in marks])
    figure.update_layout(
        legend={"y": 1.0, "yanchor": "bottom", "x": 1.0, "xanchor": "right"},
        sliders=[
            {"active": len(steps) - 1, "steps": moves, "currentvalue": {"prefix": "training step "}, "pad": {"t": 65}}
        ],
    )
    return figure


def matrices(title: str, matrices_by_name: Mapping[str, Array], edges: Sequence[int]) -> go.Figure:
    """Sizes of matrix entries in decibels below the largest entry of the first matrix; a menu chooses the matrix.

    Args:
        title: the finding.
        matrices_by_name: square matrices of one size.
        edges: where layers end, drawn as lines.

    Returns:
        The figure, its first matrix shown.
    """
    figure = new_figure(title, "parameter", "parameter", height=560)
    largest = np.abs(next(iter(matrices_by_name.values()))).max()
    for index, matrix in enumerate(matrices_by_name.values()):
        decibels = 10 * np.log10(np.maximum(np.abs(matrix) / largest, 1e-5))
        figure.add_heatmap(
            z=decibels.round().astype(np.int8),
            zmin=-50,
            zmax=0,
            colorscale="Cividis",
            visible=index == 0,
            colorbar={"title": "dB"},
            hovertemplate="(%{y}, %{x}): %{z} dB<extra></extra>",
        )
    for edge in edges:
        figure.add_hline(y=edge - 0.5, line_color="white", line_width=1)
        figure.add_vline(x=edge - 0.5, line_color="white", line_width=1)
    names = list(matrices_by_name)
    buttons = [
        {"label": name, "method": "restyle", "args": [{"visible": [other == name for other in names]}]}
        for name in names
    ]
    figure.update_layout(
        updatemenus=[
            {"buttons": buttons, "type": "buttons", "direction": "right", "x": 0, "y": -0.16, "xanchor": "left"}
        ]
    )
    figure.update_yaxes(autorange="reversed", scaleanchor="x", constrain="domain", showgrid=False)
    figure.update_xaxes(constrain="domain", showgrid=False)
    return figure


def cost(title: str, table: pd.DataFrame) -> go.Figure:
    """Time and kept memory of each form of curvature against the width.

    Args:
        title: the finding.
        table: columns method, width, parameters, seconds, half (of the mean time), kept_bytes, peak_bytes.

    Returns:
        Two panels with shared colours.
    """
    figure = make_subplots(rows=1, cols=2, subplot_titles=("time", "memory kept"), horizontal_spacing=0.14)
    look = new_figure(title, "", "", height=480).layout.to_plotly_json()
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
        figure.add_scatter(
            y=rows["seconds"],
            error_y={"array": rows["half"], "thickness": 1.5, "width": 3},
            hovertemplate="width %{x}, p = %{customdata[0]:.0f}: %{y:.3g} s",
            row=1,
            col=1,
            **style,
        )
        figure.add_scatter(
            y=rows["kept_bytes"],
            showlegend=False,
            hovertemplate="width %{x}, p = %{customdata[0]:.0f}: %{y:.3g} bytes, peak %{customdata[1]:.3g} MB",
            row=1,
            col=2,
            **style,
        )
    grid = {"gridcolor": "rgba(128,128,128,0.25)", "automargin": True}
    figure.update_xaxes(
        type="log", title="width of the hidden layers", tickvals=sorted(set(table["width"]))[::2], **grid
    )
    figure.update_yaxes(type="log", exponentformat="power", dtick=1, **grid)
    figure.update_yaxes(title="seconds", col=1)
    figure.update_yaxes(title="bytes", col=2)
    return figure


def _ticks(values: Array) -> int | str:
    """Labels at each power of ten, or at 1, 2, 5 where the values span less than two of them."""
    return "D2" if np.max(values) < 100 * np.min(values) else 1


def _signed_log(values: Array) -> Array:
    return np.arcsinh(np.asarray(values, dtype=float) / 2e-6) / np.log(10)
