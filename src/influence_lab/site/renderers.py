"""How MyST-NB shows what only our notebooks contain. Registered in `pyproject.toml`."""

import json
from html import escape
from typing import Any, ClassVar

from docutils import nodes

from influence_lab.figures.show import PLOTLY_MIME
from influence_lab.figures.text import html_with_math

TOP_MARGIN = 30  # pixels, enough for the titles of subplots


class Renderers:
    """Plotly figures as a caption, a text alternative and data that `figures.js` draws from the site's own Plotly."""

    mime_priority_overrides: ClassVar = [("*", PLOTLY_MIME, 1)]

    @staticmethod
    def handle_mime(renderer: Any, data: Any, inline: bool) -> list[nodes.Node] | None:
        """The nodes for one output, or None for a kind that is not ours."""
        if inline or data.mime_type != PLOTLY_MIME:
            return None
        about = data.output_metadata.get("influence_lab", {})
        return [nodes.raw("", figure_html(data.content, **about), format="html")]


def figure_html(content: dict[str, Any], caption: str, alt: str) -> str:
    """A figure as HTML: its title as text that wraps, a place of the right height, the data, and the caption."""
    layout = dict(content["layout"])
    title = layout.pop("title", {}).get("text", "").replace("<br>", " ")
    layout["margin"] = layout.get("margin", {}) | {"t": TOP_MARGIN}
    height = layout.get("height", 420)
    figure = json.dumps(content | {"layout": layout}, sort_keys=True).replace("</", "<\\/")  # must not end the script
    return (
        f'<figure class="plotly-figure"><p class="figure-title">{title}</p>'
        f'<div class="plot" role="img" aria-label="{escape(alt)}" style="min-height:{height}px"></div>'
        f'<script type="application/json">{figure}</script>'
        f"<figcaption>{html_with_math(caption)}</figcaption></figure>"
    )
