"""One look for all figures: colours that colour-blind readers tell apart, and text that a phone can show."""

import plotly.graph_objects as go

OKABE_ITO = {
    "black": "#000000",
    "orange": "#E69F00",
    "sky": "#56B4E9",
    "green": "#009E73",
    "yellow": "#F0E442",
    "blue": "#0072B2",
    "vermillion": "#D55E00",
    "purple": "#CC79A7",
}

# Black vanishes on a dark page, so it is not among the colours that traces take in turn.
COLOUR_CYCLE = [OKABE_ITO[name] for name in ("blue", "vermillion", "green", "orange", "purple", "sky", "yellow")]
GREY = "rgba(128,128,128,0.8)"  # of references and guides: seen on light and on dark pages
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x", "cross", "star", "pentagon")


def new_figure(
    title: str, x_title: str, y_title: str, *, log_x: bool = False, log_y: bool = False, height: int = 420
) -> go.Figure:
    """An empty figure in the house style.

    Args:
        title: the finding, not the name of the quantity. Long titles wrap at `<br>`.
        x_title: axis title with its unit.
        y_title: axis title with its unit.
        log_x: logarithmic x axis, powers of ten as tick labels.
        log_y: logarithmic y axis, powers of ten as tick labels.
        height: in pixels.

    Returns:
        A figure with transparent background (the page's theme shows through) and its legend below the plot.
    """
    figure = go.Figure()
    figure.update_layout(
        title={"text": title, "x": 0.0, "y": 1.0, "yanchor": "top", "pad": {"t": 16}, "font": {"size": 15}},
        height=height,
        margin={"l": 60, "r": 16, "t": 30 + 24 * (1 + title.count("<br>")), "b": 50},
        colorway=COLOUR_CYCLE,
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        legend={"orientation": "h", "yanchor": "top", "y": -0.2, "x": 0.0},
        font={"size": 13},
        hoverlabel={"font": {"size": 13}},
    )
    axis = {"showgrid": True, "gridcolor": "rgba(128,128,128,0.25)", "zerolinecolor": "rgba(128,128,128,0.5)"}
    for update, text, logarithmic in ((figure.update_xaxes, x_title, log_x), (figure.update_yaxes, y_title, log_y)):
        update(title=text, automargin=True, **axis)
        if logarithmic:
            update(type="log", exponentformat="power", dtick=1)
    return figure
