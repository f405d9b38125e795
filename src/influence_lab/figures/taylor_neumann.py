"""Figures of page 01_taylor_neumann."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from influence_lab.evaluations.slopes import log_log_slope, symmetrised
from influence_lab.figures.slider import slider
from influence_lab.figures.theme import GREY, OKABE_ITO, new_figure
from influence_lab.models.theory import MODELS

Array = np.ndarray
COLOURS = {
    "linear": OKABE_ITO["blue"],
    "ridge": OKABE_ITO["orange"],
    "logistic": OKABE_ITO["vermillion"],
    "network": OKABE_ITO["green"],
}
TERM_COLOURS = [OKABE_ITO[name] for name in ("blue", "vermillion", "green", "orange")]


def response_curves(title: str, weight: Array, refits: Array, influences: Array, points: Array) -> go.Figure:
    """Test loss of refits against the added weight, with the tangent that influence predicts; a slider over points.

    Args:
        title: the finding.
        weight: nε, the added weight in units of one training point, shape (k,).
        refits: test loss after each refit, shape (points, k).
        influences: dL/dε at 0 over n, shape (points,).
        points: names of the training points.
    """
    figure = new_figure(title, "added weight nε (−1: the point is removed)", "test loss (nats)", height=520)
    middle = int(np.argmin(np.abs(weight)))
    for values, influence in zip(refits, influences, strict=True):
        figure.add_scatter(
            x=weight, y=values, mode="markers+lines", line={"color": OKABE_ITO["blue"]}, name="trained again"
        )
        figure.add_scatter(
            x=weight,
            y=values[middle] + influence * weight,
            mode="lines",
            line={"color": OKABE_ITO["vermillion"], "dash": "dash"},
            name="tangent, slope I",
        )
    slider(figure, [str(point) for point in points], "training point ", each=2)
    return figure


def error_slopes(title: str, table: pd.DataFrame, columns: dict[str, str], y_title: str) -> go.Figure:
    """Errors against |ε|ρ on log-log axes: every training point, both signs of ε, with the fitted line.

    Coloured by column where there are several, else by model.

    Args:
        title: the finding.
        table: responses of one or more models (columns `model`, `point`, `scaled` and the errors).
        columns: legend text by column name.
        y_title: of the error, with its unit.
    """
    figure = new_figure(
        title, "|ε| ρ(a⁻¹b), a fraction of the radius of convergence", y_title, log_x=True, log_y=True, height=480
    )
    several = len(columns) > 1
    for k, (column, text) in enumerate(columns.items()):
        means = symmetrised(table, column)
        for (model, point), group in means.groupby(["model", "point"], sort=False):
            first = point == means.loc[means["model"] == model, "point"].iloc[0]
            colour = TERM_COLOURS[k % 4] if several else COLOURS.get(model, OKABE_ITO["purple"])
            fit = log_log_slope(group["scaled"].to_numpy(), group["error"].to_numpy())
            name = text if several else MODELS.get(model, model)
            figure.add_scatter(
                x=group["scaled"],
                y=fit.line(group["scaled"]),
                mode="lines",
                line={"color": colour, "width": 1},
                legendgroup=f"{k}{model}",
                showlegend=False,
                hovertemplate=f"{name}, point {point}: slope {fit.slope:.3f} ± {fit.half_width:.3f}<extra></extra>",
            )
            both = table[(table["model"] == model) & (table["point"] == point)].sort_values("epsilon", ascending=False)
            figure.add_scatter(
                x=both["scaled"].abs(),
                y=both[column],
                mode="markers",
                marker={"color": colour, "size": 6, "symbol": np.where(both["epsilon"] > 0, "circle", "circle-open")},
                name=name,
                legendgroup=f"{k}{model}",
                showlegend=bool(first),
                hovertemplate=f"{name}, point {point}<br>|ε|ρ %{{x:.3g}}, error %{{y:.3g}}<extra></extra>",
            )
    figure.update_xaxes(tickmode="array", tickvals=[0.005, 0.01, 0.02, 0.05, 0.1])
    return figure


def local_slopes(title: str, table: pd.DataFrame, expected: float) -> go.Figure:
    """Slopes between successive |ε| against |ε|ρ, a line a training point, beside the expected slope.

    Args:
        title: the finding.
        table: columns `model`, `point`, `scaled` and `slope` (see `influence_lab.evaluations.slopes.local_slopes`).
        expected: the slope as ε → 0.
    """
    figure = new_figure(title, "|ε| ρ(a⁻¹b)", "slope between successive ε", log_x=True, height=420)
    for (model, point), group in table.groupby(["model", "point"], sort=False):
        figure.add_scatter(
            x=group["scaled"],
            y=group["slope"],
            mode="lines+markers",
            line={"color": COLOURS[model]},
            name=MODELS[model],
            legendgroup=model,
            showlegend=bool(point == table.loc[table["model"] == model, "point"].iloc[0]),
            hovertemplate=f"{MODELS[model]}, point {point}: %{{y:.4f}}<extra></extra>",
        )
    figure.add_hline(y=expected, line={"dash": "dot", "color": GREY})
    return figure


def neumann_curves(title: str, scaled: Array, exact: Array, sums: Array, leverage: float) -> go.Figure:
    """The step as a function of ερ, exact and by sums of K terms, with a slider over K.

    Args:
        title: the finding.
        scaled: ερ, shape (k,), within (−1, …).
        exact: length of (a + εb)⁻¹εβ along its direction, shape (k,).
        sums: the same for 1, …, K terms, shape (K, k).
        leverage: the point's h; its removal lies at ερ = −h.
    """
    figure = new_figure(title, "ε ρ(a⁻¹b)", "step along a⁻¹β (units of a⁻¹β / ρ)", height=520)
    figure.add_scatter(x=scaled, y=exact, mode="lines", line={"color": GREY, "width": 5}, name="(a + εb)⁻¹εβ")
    for terms, values in enumerate(sums, 1):
        figure.add_scatter(
            x=scaled,
            y=values,
            mode="lines",
            line={"color": OKABE_ITO["vermillion"], "width": 2},
            name=f"{terms} Neumann term{'s' if terms > 1 else ''}",
        )
    for x, text in ((-1, "ερ = −1"), (1, "ερ = 1"), (-leverage, "removal, ε = −1/n")):
        figure.add_vline(x=x, line={"dash": "dot", "color": GREY}, annotation={"text": text, "textangle": -90})
    figure.update_yaxes(range=[-6, 3])
    slider(figure, [str(terms) for terms in range(1, len(sums) + 1)], "terms K = ", always=1)
    return figure


def divergence(title: str, errors: dict[tuple[str, float], Array]) -> go.Figure:
    """Relative error of the sum of K terms against K, on both sides of the radius.

    Args:
        title: the finding.
        errors: relative errors for 1, …, K terms, shape (K,), by (model, ερ).
    """
    figure = new_figure(title, "number of terms K", "relative error of the sum", log_y=True, height=480)
    dashes = {0.9: "solid", -0.9: "dash", 1.1: "solid", -1.1: "dash"}
    for (model, scaled), values in errors.items():
        figure.add_scatter(
            x=np.arange(1, len(values) + 1),
            y=values,
            mode="lines",
            line={"color": COLOURS[model], "dash": dashes.get(scaled, "dot")},
            name=MODELS[model],
            legendgroup=model,
            showlegend=scaled == 0.9,
            hovertemplate=f"{MODELS[model]}, ερ = {scaled}<br>K = %{{x}}, error %{{y:.3g}}<extra></extra>",
        )
    return figure


def product_errors(title: str, scaled: Array, errors: dict[str, Array]) -> go.Figure:
    """Relative errors of the product form (dashed) and of the first Neumann term (solid) as ε → 0.

    Args:
        title: the finding.
        scaled: |ε|ρ, shape (k,).
        errors: by model, shape (2, k): the product, then the first term.
    """
    figure = new_figure(title, "|ε| ρ(a⁻¹b)", "error relative to (a + εb)⁻¹εβ", log_x=True, log_y=True, height=460)
    for model, (product, first) in errors.items():
        for values, dash in ((product, "dash"), (first, "solid")):
            figure.add_scatter(
                x=scaled,
                y=values,
                mode="lines+markers",
                line={"color": COLOURS[model], "dash": dash},
                name=MODELS[model],
                legendgroup=model,
                showlegend=dash == "solid",
            )
    return figure


def wells(title: str, theta: Array, objective: Array, stationary: dict[str, tuple[float, float]]) -> go.Figure:
    """The double well with its points of zero gradient.

    Args:
        title: the finding.
        theta: shape (k,).
        objective: R(θ), shape (k,).
        stationary: (θ, R) by name.
    """
    figure = new_figure(title, "θ", "R(θ)", height=380)
    figure.add_scatter(x=theta, y=objective, mode="lines", line={"color": GREY}, name="mean loss R")
    for (name, (x, y)), colour in zip(stationary.items(), TERM_COLOURS, strict=False):
        figure.add_scatter(x=[x], y=[y], mode="markers", marker={"size": 12, "color": colour}, name=name)
    return figure


def leave_one_out_ratio(title: str, leverage: Array, parameters: Array, prediction: Array, loss: Array) -> go.Figure:
    """Exact leave-one-out over what influence predicts, against the leverage, with the curve 1/(1 − h).

    Args:
        title: the finding.
        leverage: h_i, shape (n,).
        parameters: ratio for the parameters, shape (n,).
        prediction: ratio for a prediction, linear in θ, shape (n,).
        loss: ratio for a test loss, not linear in θ, shape (n,).
    """
    figure = new_figure(title, "leverage h", "leave-one-out / influence", height=460)
    figure.add_scatter(
        x=leverage,
        y=loss,
        mode="markers",
        marker={"color": OKABE_ITO["orange"], "size": 5},
        name="test loss (not linear in θ)",
    )
    figure.add_scatter(
        x=leverage, y=prediction, mode="markers", marker={"color": OKABE_ITO["blue"], "size": 9}, name="prediction"
    )
    figure.add_scatter(
        x=leverage, y=parameters, mode="markers", marker={"color": OKABE_ITO["sky"], "size": 5}, name="parameters"
    )
    h = np.linspace(0, leverage.max(), 100)
    figure.add_scatter(x=h, y=1 / (1 - h), mode="lines", line={"color": GREY}, name="1 / (1 − h)")
    figure.update_yaxes(range=[0.9, 1.05 / (1 - leverage.max())])
    return figure


def removal_gaps(title: str, size: Array, rescaled: Array, plain: Array) -> go.Figure:
    """Relative gap between a removal from ridge regression and the refit at ε = −1/n, against its size.

    Args:
        title: the finding.
        size: ‖θ − θ̂‖ at ε = −1/n, shape (n,).
        rescaled: gap with λn/(n − 1), shape (n,).
        plain: gap with λ as it is, shape (n,).
    """
    y_title = "gap, relative to that step"
    figure = new_figure(title, "step at ε = −1/n, ‖θ − θ̂‖", y_title, log_x=True, log_y=True, height=460)
    for values, name, colour in ((plain, "λ as it is", "vermillion"), (rescaled, "λn/(n − 1)", "blue")):
        figure.add_scatter(x=size, y=values, mode="markers", marker={"color": OKABE_ITO[colour], "size": 5}, name=name)
    figure.update_yaxes(dtick=2)
    return figure


def agreement(title: str, table: pd.DataFrame) -> go.Figure:
    """Relative gap between formula and finite difference for each model, point and measurement, beside the limit.

    Args:
        title: the finding.
        table: columns `model`, `function`, `point` and `gap`.
    """
    figure = new_figure(title, "", "relative gap, formula to finite difference", log_y=True, height=460)
    texts = {"loss": "test loss", "mean": "mean of predictions", "difference": "difference of two predictions"}
    for (function, text), colour in zip(texts.items(), TERM_COLOURS, strict=False):
        rows = table[table["function"] == function]
        figure.add_scatter(
            x=rows["model"].map(MODELS),
            y=rows["gap"],
            mode="markers",
            marker={"color": colour, "size": 8},
            customdata=rows["point"],
            name=text,
            hovertemplate="%{x}, point %{customdata}: %{y:.2g}<extra></extra>",
        )
    names = list(MODELS.values())
    figure.add_scatter(x=names, y=[1e-6] * len(names), mode="lines", line={"dash": "dot", "color": GREY}, name="limit")
    return figure
