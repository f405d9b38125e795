import pandas as pd
import pytest

from influence_lab.figures import show as module
from influence_lab.figures.show import PLOTLY_MIME, show, show_table
from influence_lab.figures.theme import new_figure


@pytest.fixture
def displayed(monkeypatch):
    """What is handed to IPython for display: data and metadata."""
    outputs = []
    monkeypatch.setattr(module, "display", lambda data, raw, metadata=None: outputs.append((data, metadata)))
    return outputs


def test_a_figure_is_displayed_with_its_caption_and_text_alternative(displayed):
    show(new_figure("Finding", "x (m)", "y (s)").add_scatter(x=[1], y=[2]), "Caption", "Alternative")
    ((data, metadata),) = displayed
    assert data[PLOTLY_MIME]["layout"]["title"]["text"] == "Finding"
    assert data["text/plain"] == "Alternative"
    assert metadata["influence_lab"] == {"caption": "Caption", "alt": "Alternative"}


@pytest.mark.parametrize(("caption", "alt"), [("", "alt"), ("caption", " ")])
def test_a_figure_without_caption_or_text_alternative_is_refused(caption, alt):
    with pytest.raises(ValueError, match="needs a caption and a text alternative"):
        show(new_figure("t", "x", "y"), caption, alt)


def test_a_table_has_a_caption_and_few_digits(displayed):
    show_table(pd.DataFrame({"a < b": [1.23456]}), "With $x^2$")
    html = displayed[0][0]["text/html"]
    assert "<caption>With <span" in html
    assert "1.23<" in html
    assert "a &lt; b" in html
