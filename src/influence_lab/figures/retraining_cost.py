"""What one retraining of the toy network costs, against the number of points and the size of the network."""

import pandas as pd
import plotly.graph_objects as go

from influence_lab.figures.theme import COLOUR_CYCLE, SYMBOLS, new_figure

DASHES = ["solid", "dash", "dot"]


def cost_by_points(table: pd.DataFrame) -> go.Figure:
    """Milliseconds per epoch and network against the number of points; a colour a network, a dash a contender.

    Args:
        table: columns points, network, parameters, contender and seconds (per model and epoch), one run each.
    """
    contenders = list(dict.fromkeys(table["contender"]))
    wide = table.pivot(index=["network", "points"], columns="contender", values="seconds")
    ratios = wide[contenders[-1]] / wide[contenders[0]]
    figure = new_figure(
        f"{contenders[0].capitalize()}: {ratios.min():.1f} to {ratios.max():.1f} times as fast as the {contenders[-1]}",
        "training points n",
        "milliseconds per epoch and network",
        log_x=True,
        log_y=True,
        height=520,
    )
    for number, (network, rows) in enumerate(table.groupby("network", sort=False)):
        for place, contender in enumerate(contenders):
            part = rows[rows["contender"] == contender].sort_values("points")
            figure.add_scatter(
                x=part["points"],
                y=1000 * part["seconds"],
                mode="lines+markers",
                line={"color": COLOUR_CYCLE[number % len(COLOUR_CYCLE)], "dash": DASHES[place % len(DASHES)]},
                marker={"symbol": SYMBOLS[number % len(SYMBOLS)], "size": 9},
                name=f"{contender}, {network} ({part['parameters'].iloc[0]} parameters)",
                hovertemplate="n = %{x}: %{y:.3g} ms<extra></extra>",
            )
    figure.update_layout(legend={"orientation": "v", "y": -0.2})
    return figure
