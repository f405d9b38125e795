import re
from html.parser import HTMLParser

import numpy as np
import pytest

from influence_lab.figures.token_heatmap import (
    ScoredText,
    background,
    contrast_with_black,
    heatmap_html,
)

HOSTILE = ScoredText(
    "a <b> heading", ["<script>", "alert(1)", "</script>", '" onload="x'], {"by <i>": [1.0, -2.0, 0.0, 0.5]}
)


class Tags(HTMLParser):
    """Tags that a browser would make of the text, each with its attributes."""

    def __init__(self, html):
        super().__init__()
        self.found, self.open = [], []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_a_text_cannot_bring_tags_or_attributes_of_its_own():
    tags = Tags(heatmap_html([HOSTILE], "caption"))
    assert tags.open == []
    assert not {tag for tag, _ in tags.found} & {"script", "b", "i"}
    assert not {name for _, attributes in tags.found for name in attributes} & {"onload"}


def test_black_text_is_readable_on_every_colour():
    """WCAG AA asks for 4.5."""
    assert min(contrast_with_black(background(share)) for share in np.linspace(-1, 1, 201)) >= 4.5


def test_text_and_background_are_both_set_so_that_a_dark_page_changes_neither():
    styles = [attributes["style"] for tag, attributes in Tags(heatmap_html([HOSTILE], "c")).found if tag == "span"]
    assert styles
    assert all("background:rgb(" in style and ";color:#000" in style for style in styles)


def test_opposite_scores_differ_by_more_than_colour():
    html = heatmap_html([ScoredText("h", ["plus", "minus"], {"s": [1.0, -1.0]})], "c")
    assert re.search(r"underline solid[^>]*>plus<", html)
    assert re.search(r"underline dotted[^>]*>minus<", html)


def test_every_value_is_in_a_title_and_in_a_table_that_the_keyboard_opens():
    html = heatmap_html([ScoredText("h", ["a", "b"], {"one": [0.125, -3.5], "two": [7.0, 0.0]})], "c")
    table = html[html.index("<details>") :]
    for value in ("+0.125", "-3.5", "+7", "+0"):
        assert f'title="{value}"' in html
        assert f"<td>{value}</td>" in table
    assert "<summary>" in table


def test_the_splits_of_a_text_share_a_scale_and_texts_do_not():
    one = ScoredText("h", ["small"], {"s": [1.0], "t": [-4.0]})
    html = heatmap_html([one, ScoredText("k", ["large"], {"s": [100.0]})], "c")
    for token, share in (("small", 0.25), ("small", -1.0), ("large", 1.0)):
        red, green, blue = background(share)
        assert re.search(rf"background:rgb\({red},{green},{blue}\)[^>]*>{token}<", html)


def test_scores_that_are_not_one_a_token_are_refused():
    with pytest.raises(ValueError, match="2 tokens, another number of scores"):
        heatmap_html([ScoredText("h", ["a", "b"], {"s": [1.0]})], "c")
    with pytest.raises(ValueError, match="at least one text"):
        heatmap_html([], "c")
