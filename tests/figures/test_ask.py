import pandas as pd
import pytest

from influence_lab.figures.ask import LONGEST, against_retrieval, finding, list_caption, question_html

TABLE = pd.DataFrame(
    {
        "query": ["q", "q", "q", "other"],
        "id": ["a", "b", "<c>", "a"],
        "text": ["<b>bold</b>", "plain", "x" * 200, "plain"],
        "candidate": [False, True, False, False],
        "influence": [4.0, -8.0, 2.0, 0.0],
        "bm25": [1.0, 0.0, 2.0, 0.0],
    }
)


def test_a_dot_stands_below_the_training_texts_that_helped_more():
    """Of its own question; the candidate, at -8, is below both training texts and counts for neither."""
    figure = against_retrieval("title", TABLE, {"q": "question 1", "other": "question 2"})
    assert [list(trace.y) for trace in figure.data] == [[0, 2, 1], [0]]
    assert [list(trace.x) for trace in figure.data] == [[1.0, 0.0, 2.0], [0.0]]
    assert [trace.name for trace in figure.data] == ["question 1", "question 2"]


def test_candidates_are_drawn_open():
    (trace,) = against_retrieval("title", TABLE, {"q": "question 1"}).data
    assert [symbol.endswith("-open") for symbol in trace.marker.symbol] == [False, True, False]


def test_a_reader_s_text_is_never_taken_for_markup():
    (trace,) = against_retrieval("title", TABLE, {"q": "question 1"}).data
    assert trace.text[0] == "a: &lt;b&gt;bold&lt;/b&gt;"
    assert trace.text[2] == f"&lt;c&gt;: {'x' * LONGEST}"
    said = question_html(2, "<script>1</script>", "$x$ & y")
    assert "<script>" not in said
    assert said.endswith("→ “$x$ &amp; y”</p>")


def test_the_title_says_what_the_correlation_says():
    assert "no" not in finding(0.5).lower()
    assert finding(0.49).startswith("Influence is not a count of shared words:")
    assert finding(-0.2).endswith("rank correlation -0.20 on average")
    assert finding(float("nan")).startswith("Nothing to compare:")
    assert "correlation" not in finding(float("nan"))


@pytest.mark.parametrize(
    ("influence", "said"),
    [
        ([3.0, 1.0, -1.0, -2.0], "the first 2 and the last 2 of the list: 2 helped (above 0), 2 harmed (below 0)."),
        ([3.0, 2.0, 1.0, 0.0], "the first 2 and the last 2 of the list: 3 helped (above 0), 0 harmed (below 0)."),
        ([-1.0, -2.0, -3.0, -4.0], "the first 2 and the last 2 of the list: 0 helped (above 0), 4 harmed (below 0)."),
    ],
)
def test_the_end_of_a_list_is_said_to_have_harmed_only_where_it_did(influence, said):
    part = pd.DataFrame({"influence": influence})
    assert list_caption(part, 9) == f"of 9 training texts, {said}"
    assert list_caption(part, 4).startswith("all 4 training texts, from the largest influence to the smallest: ")
