"""A slider below a figure that chooses which traces are shown."""

import plotly.graph_objects as go


def slider(figure: go.Figure, labels: list[str], prefix: str, always: int = 0, each: int = 1) -> None:
    """Let a slider show one group of traces at a time, besides the first `always` traces, which stay.

    Args:
        figure: its traces after the first `always` come in groups, one a label.
        labels: what the slider says at each position.
        prefix: text before the label.
        always: number of traces that are always shown.
        each: number of traces in a group.
    """
    steps = []
    for position, label in enumerate(labels):
        visible = [True] * always + [index // each == position for index in range(each * len(labels))]
        steps.append({"label": label, "method": "restyle", "args": [{"visible": visible}]})
    for index, trace in enumerate(figure.data[always:]):
        trace.visible = index < each
    figure.update_layout(
        sliders=[{"steps": steps, "active": 0, "currentvalue": {"prefix": prefix}, "pad": {"t": 46}, "len": 0.95}],
        legend={"y": 1.0, "yanchor": "bottom"},
    )
