"""Texts with the influence of each token behind it, as HTML that needs neither colours nor a mouse to be read."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from IPython.display import display

from influence_lab.figures.text import html_with_math
from influence_lab.figures.theme import OKABE_ITO

RGB = tuple[int, int, int]
STRONGEST = 0.75  # share of the full colour at the largest score, so that black text on it stays readable
STEPS = (-1.0, -0.5, 0.0, 0.5, 1.0)
LEAST = 0.02  # share of the largest score below which no line is drawn


@dataclass(frozen=True)
class ScoredText:
    """A text with a score of each token, by one or more splits.

    Attributes:
        heading: what is said above it.
        tokens: as the tokenizer cuts the text.
        scores: by the name of the split, one number a token; 0 where a token has no score.
    """

    heading: str
    tokens: Sequence[str]
    scores: dict[str, Sequence[float]]


def background(share: float) -> RGB:
    """Colour of a score, given as a share of the largest one: blue above 0, orange-red below, white at 0.

    >>> background(0.0), background(1.0)
    ((255, 255, 255), (64, 149, 197))
    """
    name = "blue" if share > 0 else "vermillion"
    full = [int(OKABE_ITO[name][place : place + 2], 16) for place in (1, 3, 5)]
    mixed = STRONGEST * min(abs(share), 1.0)
    red, green, blue = (round(255 + mixed * (channel - 255)) for channel in full)
    return red, green, blue


def contrast_with_black(colour: RGB) -> float:
    """Contrast of black text on a colour (WCAG 2.1, from 1 to 21; 4.5 is asked for).

    >>> contrast_with_black((255, 255, 255))
    21.0
    """
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (part / 255 for part in colour)]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return round((luminance + 0.05) / 0.05, 2)


def heatmap_html(texts: Sequence[ScoredText], caption: str) -> str:
    """Each text with its splits on one scale of colours, and the values in a table to unfold.

    A value is shown on hovering over its token. For readers who do not hover or do not see, all values stand in a
    table that the keyboard opens, and the sign is a line below the token too: solid above 0, dotted below. Every text
    has a scale of its own, because one text often outweighs all others by far.

    Raises:
        ValueError: no text, or a text whose scores are not as many as its tokens.
    """
    if not texts:
        raise ValueError("a heatmap needs at least one text")
    for text in texts:
        if any(len(scores) != len(text.tokens) for scores in text.scores.values()):
            raise ValueError(f"{text.heading}: {len(text.tokens)} tokens, another number of scores")
    return (
        '<figure class="token-heatmap" style="margin:1.5rem 0">'
        f'<div role="group" aria-label="Legend">{_legend()}</div>'
        f"{''.join(_text(text) for text in texts)}"
        f'<figcaption style="color:inherit">{html_with_math(caption)}</figcaption></figure>'
    )


def show_heatmap(texts: Sequence[ScoredText], caption: str) -> None:
    """Display `heatmap_html` on a page."""
    plain = "\n".join(f"{text.heading}: {''.join(text.tokens)}" for text in texts)
    display({"text/html": heatmap_html(texts, caption), "text/plain": plain}, raw=True)


def _text(text: ScoredText) -> str:
    largest = max((abs(value) for scores in text.scores.values() for value in scores), default=0) or 1.0
    lines = "".join(
        f'<p style="margin:0.2rem 0;line-height:1.9"><small>{escape(split)}:</small> '
        f"{_line(text.tokens, scores, largest)}</p>"
        for split, scores in text.scores.items()
    )
    return (
        f'<section style="margin:0.75rem 0"><p style="margin:0"><strong>{escape(text.heading)}</strong></p>'
        f"{lines}{_table(text)}</section>"
    )


def _line(tokens: Sequence[str], scores: Sequence[float], largest: float) -> str:
    pairs = zip(tokens, scores, strict=True)
    return "".join(_token(token, value / largest, f"{value:+.3g}") for token, value in pairs)


def _token(token: str, share: float, value: str) -> str:
    line = "none" if abs(share) < LEAST else f"underline {'solid' if share > 0 else 'dotted'} 2px"
    red, green, blue = background(share)
    return (
        f'<span title="{value}" style="background:rgb({red},{green},{blue});color:#000;text-decoration:{line};'
        f'white-space:pre-wrap;padding:0.1em 0">{escape(_visible(token))}</span>'
    )


def _visible(token: str) -> str:
    return token.replace("\n", "⏎")


def _table(text: ScoredText) -> str:
    head = "".join(f'<th scope="col">{escape(split)}</th>' for split in text.scores)
    rows = "".join(
        f'<tr><th scope="row">{escape(_visible(token))}</th>'
        f"{''.join(f'<td>{value:+.3g}</td>' for value in values)}</tr>"
        for token, *values in zip(text.tokens, *text.scores.values(), strict=True)
    )
    return (
        f'<details><summary>Values of “{escape(text.heading)}” as a table</summary><table class="table">'
        f'<thead><tr><th scope="col">token</th>{head}</tr></thead><tbody>{rows}</tbody></table></details>'
    )


def _legend() -> str:
    shown = "".join(_token(f" {share:+.0%} ", share, f"{share:+.0%}") for share in STEPS)
    return f"Influence of a token, of the largest in its text: {shown} (solid line: helped; dotted line: harmed)"
