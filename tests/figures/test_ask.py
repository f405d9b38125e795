import pandas as pd

from influence_lab.figures.ask import LONGEST, against_retrieval, question_html

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
