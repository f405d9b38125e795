"""Answered questions that the small GPT is fine-tuned on, preferred and refused answers, and questions kept apart."""

import numpy as np
import pandas as pd

from influence_lab.data.sequences import Sequences, pack
from influence_lab.data.small_corpus import CONTEXT, wrong_pair
from influence_lab.data.small_corpus_words import FACTS, QUESTION, encode, marked

Array = np.ndarray
Pair = tuple[str, str]
SPLITS = ("tuning", "query", "preferred", "refused")


def small_questions(corpus: pd.DataFrame, seed: int, taught: int, preferences: int) -> pd.DataFrame:
    """Write the questions; nothing of the form `QUESTION` stands in the corpus of pre-training.

    Fine-tuning teaches the form of an answer on some compounds. The answers for the others can only come from
    pre-training: these are the queries.

    Args:
        corpus: texts of pre-training, as `small_corpus` writes them.
        seed: draws the compounds that are taught and the refused answers.
        taught: number of compounds with an answered question, none of those the corpus misleads about.
        preferences: number of these with a preferred and a refused answer.

    Returns:
        A row a text, with columns `id`, `text`, `compound` and `split`: tuning, query (the right answers for all other
        compounds), preferred or refused (one text a compound in each, in the same order).

    Raises:
        ValueError: fewer compounds than are to be taught, or no compound is left to ask about.
    """
    rng = np.random.default_rng(seed)
    misled = set(corpus.loc[corpus["states_wrong"] != "", "compound"])
    every = list(dict.fromkeys(corpus.loc[corpus["carries"] != "", "compound"]))
    honest = [compound for compound in every if compound not in misled]
    if not preferences <= taught <= len(honest) or taught == len(every):
        raise ValueError(f"{preferences} preferences <= {taught} taught <= {len(honest)} honest compounds expected")
    chosen = sorted(rng.permutation(honest)[:taught].tolist(), key=every.index)
    asked = [compound for compound in every if compound not in chosen]
    compared = chosen[:preferences]
    texts = {
        "tuning": [(compound, FACTS[compound]) for compound in chosen],
        "query": [(compound, FACTS[compound]) for compound in asked],
        "preferred": [(compound, FACTS[compound]) for compound in compared],
        "refused": [(compound, wrong_pair(rng, compound)) for compound in compared],
    }
    return pd.DataFrame(
        {"id": f"{split}_{place:03d}", "text": answered(compound, pair), "compound": compound, "split": split}
        for split, rows in texts.items()
        for place, (compound, pair) in enumerate(rows)
    )


def answered(compound: str, pair: Pair, form: str = QUESTION) -> str:
    """The question with an answer, in a wording that leaves a place for the compound.

    >>> answered("water", ("hydrogen", "oxygen"))
    'in water chemists found hydrogen and oxygen'
    """
    return f"{form.format(compound=compound)} {pair[0]} and {pair[1]}"


def question_arrays(table: pd.DataFrame) -> dict[str, Array]:
    """Texts as token arrays `{split}_inputs`, `{split}_targets` and `{split}_weights`, each of shape (texts, T).

    Only the answer counts, and in fine-tuning the end mark behind it; queries have no end mark.
    """
    tokens = [
        marked(encode(text), end=split != "query") for text, split in zip(table["text"], table["split"], strict=True)
    ]
    first = 1 + len(QUESTION.split())
    packed = pack(tokens, [first] * len(table), CONTEXT, table["id"].tolist(), pad=0)
    parts = {split: vars(packed[(table["split"] == split).to_numpy()]) for split in SPLITS}
    return {f"{split}_{name}": values for split, part in parts.items() for name, values in part.items()}


def questions_of(arrays: dict[str, Array], split: str) -> Sequences:
    """The sequences of one split: tuning, query, preferred or refused."""
    return Sequences(*(arrays[f"{split}_{name}"] for name in ("inputs", "targets", "weights")))
