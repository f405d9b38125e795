"""Figures of curvature matrices: their eigenvalues along training, and their entries."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from influence_lab.figures.theme import COLOUR_CYCLE, new_figure

Array = np.ndarray


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


def _signed_log(values: Array) -> Array:
    return np.arcsinh(np.asarray(values, dtype=float) / 2e-6) / np.log(10)
