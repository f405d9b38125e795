"""Figures of page 12_multi_stage."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from influence_lab.figures.theme import COLOUR_CYCLE, GREY, SYMBOLS, new_figure
from influence_lab.models.convex_stages import CASES

Array = np.ndarray
FORMULAS = {"blog": ("the blog’s", "dot"), "corrected": ("with −α", "solid")}


def errors(title: str, table: pd.DataFrame, tolerance: float) -> go.Figure:
    """Largest relative difference over seeds of both formulas from the finite difference, against α.

    Args:
        title: the finding.
        table: as `formula_errors` gives it.
        tolerance: of the claim, drawn as a line.
    """
    figure = new_figure(title, "α of the proximity term", "relative difference", log_x=True, log_y=True, height=520)
    for (case, text), colour, symbol in zip(CASES.items(), COLOUR_CYCLE, SYMBOLS, strict=False):
        worst = table[table["case"] == case].groupby("alpha")[list(FORMULAS)].max()
        for column, (name, dash) in FORMULAS.items():
            figure.add_scatter(
                x=worst.index,
                y=worst[column],
                mode="lines+markers",
                name=f"{name}, {text}",
                line={"color": colour, "dash": dash},
                marker={"color": colour, "symbol": symbol, "size": 8},
            )
    figure.add_hline(y=tolerance, line={"color": GREY, "dash": "dash"})
    figure.update_yaxes(dtick=2)
    return figure


def sizes(title: str, limits: pd.DataFrame, measured: pd.DataFrame) -> go.Figure:
    """Size of influence against α, over that of single-stage influence, with the limits; means over seeds.

    Args:
        title: the finding.
        limits: as `limits` of `influence_lab.evaluations.multi_stage_convex` gives it.
        measured: as `formula_errors` gives it.
    """
    axis = "‖influence‖ / ‖single stage‖"
    figure = new_figure(title, "α of the proximity term", axis, log_x=True, log_y=True, height=520)
    for (case, text), colour, symbol in zip(CASES.items(), COLOUR_CYCLE, SYMBOLS, strict=False):
        curve = limits[limits["case"] == case].groupby("alpha")[["size", "survives"]].mean()
        points = measured[measured["case"] == case].groupby("alpha")[["measured_size", "blog_size"]].mean()
        first = case == next(iter(CASES))  # what markers and dots mean is said once
        figure.add_scatter(
            x=curve.index, y=curve["size"], mode="lines", name=f"formula, {text}", line={"color": colour}
        )
        marker = {"color": colour, "symbol": symbol, "size": 8}
        figure.add_scatter(
            x=points.index,
            y=points["measured_size"],
            mode="markers",
            name="trained again",
            marker=marker,
            showlegend=first,
        )
        figure.add_scatter(
            x=points.index,
            y=points["blog_size"],
            mode="lines",
            name="the blog’s",
            line={"color": colour, "dash": "dot"},
            showlegend=first,
        )
        least = float(curve["survives"].mean())
        if least > float(curve["size"].min()) / 2:  # on a logarithmic axis a limit of 0 has no place
            figure.add_hline(y=least, line={"color": colour, "dash": "dash"})
    figure.add_hline(y=1.0, line={"color": GREY, "dash": "dash"})
    figure.update_yaxes(dtick=2)
    return figure


def against(title: str, measured: Array, formulas: dict[str, Array], names: Sequence[str]) -> go.Figure:
    """Formulas against measured derivatives, with the line of equality.

    Args:
        title: the finding.
        measured: shape (n,), nats a unit of ε.
        formulas: by name, same shape.
        names: of the texts, shown under the pointer.
    """
    figure = new_figure(title, "all stages trained again (nats)", "formula (nats)", height=460)
    reach = [float(measured.min()), float(measured.max())]
    figure.add_scatter(x=reach, y=reach, mode="lines", name="equal", line={"color": GREY, "dash": "dot"})
    for (name, values), colour, symbol in zip(formulas.items(), COLOUR_CYCLE, SYMBOLS, strict=False):
        marker = {"color": colour, "symbol": symbol, "size": 9}
        figure.add_scatter(x=measured, y=values, mode="markers", name=name, text=list(names), marker=marker)
    return figure


def course(title: str, preferred: Array, refused: Array) -> go.Figure:
    """Mean log p of preferred and refused answers, and of their difference, against the steps of tuning.

    Args:
        title: the finding.
        preferred: log p of the preferred answers, shape (steps + 1, pairs).
        refused: of the refused ones, same shape.
    """
    figure = new_figure(title, "step of Adam", "nats, mean over pairs")
    series = {"margin": preferred - refused, "preferred": preferred, "refused": refused}
    for (name, values), colour, dash in zip(series.items(), COLOUR_CYCLE, ("solid", "dash", "dot"), strict=False):
        line = {"color": colour, "dash": dash}
        figure.add_scatter(x=np.arange(len(values)), y=values.mean(axis=1), mode="lines", name=name, line=line)
    return figure
