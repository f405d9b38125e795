"""The figure and the boxes of page 14_ask, whose texts are the reader's: nothing in them is taken for markup."""

from collections.abc import Mapping
from html import escape
from math import isnan

import pandas as pd
import plotly.graph_objects as go
from IPython.display import display

from influence_lab.figures.theme import COLOUR_CYCLE, SYMBOLS, new_figure

LONGEST = 80  # characters of a text under the pointer


def against_retrieval(title: str, table: pd.DataFrame, names: Mapping[str, str]) -> go.Figure:
    """How many training texts helped more, against BM25; a dot a text and question, what helped most at the top.

    Ranks, because one text's influence often outweighs all others by far.

    Args:
        title: the finding.
        table: from `attributions.ask_table.ranked_table`.
        names: of the questions shown, by their identifier.
    """
    figure = new_figure(title, "BM25: words shared with the question", "training texts that helped more")
    figure.update_yaxes(autorange="reversed")
    for number, (query, name) in enumerate(names.items()):
        rows = table[table["query"] == query]
        trained = rows.loc[~rows["candidate"], "influence"].to_numpy()
        symbol, colour = SYMBOLS[number % len(SYMBOLS)], COLOUR_CYCLE[number % len(COLOUR_CYCLE)]
        figure.add_scatter(
            x=rows["bm25"],
            y=[int((trained > influence).sum()) for influence in rows["influence"]],
            mode="markers",
            name=name,
            text=[
                escape(f"{row.id}{' (candidate)' if row.candidate else ''}: {row.text[:LONGEST]}")
                for row in rows.itertuples()
            ],
            hovertemplate="%{text}<br>%{y} helped more, BM25 %{x:.2f}<extra></extra>",
            marker={
                "color": colour,
                "size": 9,
                "opacity": 0.75,
                "symbol": [f"{symbol}-open" if candidate else symbol for candidate in rows["candidate"]],
            },
        )
    return figure


def finding(correlation: float) -> str:
    """The title of that figure.

    Args:
        correlation: mean rank correlation of influence and BM25 over the questions; NaN where no question has one.

    >>> finding(0.8)
    'Influence mostly follows shared words:<br>rank correlation 0.80 on average'
    """
    if isnan(correlation):
        return "Nothing to compare:<br>influence or BM25 is the same for every text"
    about = "Influence is not a count of shared words" if correlation < 0.5 else "Influence mostly follows shared words"
    return f"{about}:<br>rank correlation {correlation:.2f} on average"


def list_caption(part: pd.DataFrame, trained: int) -> str:
    """What a table shows of a question's list.

    Args:
        part: from `attributions.ask_table.ends`, column influence.
        trained: training texts.

    >>> list_caption(pd.DataFrame({"influence": [2.0, 1.0, 0.5]}), 3)
    'all 3 training texts, from the largest influence to the smallest: 3 helped (above 0), 0 harmed (below 0).'
    """
    shown = (
        f"all {trained} training texts, from the largest influence to the smallest"
        if len(part) == trained
        else f"of {trained} training texts, the first {len(part) // 2} and the last {len(part) // 2} of the list"
    )
    helped, harmed = int((part["influence"] > 0).sum()), int((part["influence"] < 0).sum())
    return f"{shown}: {helped} helped (above 0), {harmed} harmed (below 0)."


def question_html(number: int, prompt: str, completion: str) -> str:
    """The line above what is said about a question.

    >>> question_html(1, "2 < 3 is", " true")
    '<p><strong>Question 1.</strong> “2 &lt; 3 is” → “ true”</p>'
    """
    return f"<p><strong>Question {number}.</strong> “{escape(prompt)}” → “{escape(completion)}”</p>"


def show_question(number: int, prompt: str, completion: str) -> None:
    """Display `question_html` on a page."""
    plain = f"Question {number}. “{prompt}” → “{completion}”"
    display({"text/html": question_html(number, prompt, completion), "text/plain": plain}, raw=True)
