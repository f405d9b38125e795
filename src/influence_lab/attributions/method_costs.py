"""What each method takes on the adapted language model, from the frozen blocks' states on."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from influence_lab.attributions.language_factors import LayerFactors
from influence_lab.attributions.language_scores import METHODS as GRADIENT_METHODS
from influence_lab.attributions.language_scores import NEED_FACTORS, gradient_scores
from influence_lab.attributions.metering import Cost, metered
from influence_lab.attributions.retrieval import as_tokens, bm25_scores, tfidf_scores, words
from influence_lab.attributions.token_gradients import TokenGradients

Array = np.ndarray
STATES = ("language_text_states", "language_query_states")
PASSES = ("language_gradients_train", "language_gradients_query")
LAMBDA = ("language_lambda", "language_factors")
BASES = ("language_covariance", "language_eigen")


def method_costs(
    queries: TokenGradients,
    train: TokenGradients,
    factors: dict[str, LayerFactors],
    texts: pd.DataFrame,
    asked: pd.DataFrame,
    spent: Mapping[str, pd.DataFrame],
    known: Mapping[str, Array],
    tokens: Callable[[str], list[int]],
) -> pd.DataFrame:
    """Seconds of the processor and peak memory of each method.

    Steps that are rules of their own count with what Snakemake measured of them, the start of Python and the loading
    of the model included; scoring is timed here, method by method.

    Args:
        queries: token gradients.
        train: likewise, of n texts.
        factors: by layer.
        texts: columns text and split.
        asked: columns prompt and answer.
        spent: Snakemake's benchmarks by rule, columns cpu_time (s) and max_rss (MiB).
        known: scores by method, which those that are timed are checked against.
        tokens: token ids of a text, by the model's tokenizer.

    Returns:
        Columns method, seconds, peak_mb.

    Raises:
        ValueError: scores are not those that are known.
    """
    costs = {}
    for method in GRADIENT_METHODS:
        scores, scoring = metered(lambda method=method: gradient_scores(method, queries, train, factors).numpy())
        if not np.allclose(scores, known[method], rtol=1e-3, atol=1e-4 * np.abs(known[method]).max()):
            raise ValueError(f"{method}: the scores that were timed are not those of language_methods.npz")
        before = [*STATES, *PASSES]
        if method in NEED_FACTORS:
            before += [*BASES, *(() if method == "kfac" else LAMBDA)]
        costs[method] = scoring.after(of_rules(spent, before))
    written, held = list(asked["prompt"] + asked["answer"]), list(texts["text"][texts["split"] == "train"])
    costs["tfidf"] = metered(lambda: tfidf_scores(as_tokens(held, tokens), as_tokens(written, tokens)))[1]
    costs["bm25"] = metered(lambda: bm25_scores(words(held), words(written)))[1]
    costs["embedding"] = of_rules(spent, STATES)
    costs["random"] = metered(lambda: np.random.default_rng(0).random((len(written), len(held))))[1]
    return pd.DataFrame([(name, *cost) for name, cost in costs.items()], columns=["method", "seconds", "peak_mb"])


def of_rules(spent: Mapping[str, pd.DataFrame], prefixes: list[str] | tuple[str, ...]) -> Cost:
    """Sum of seconds and largest memory of the rules whose names begin so."""
    tables = [table for name, table in spent.items() if name.startswith(tuple(prefixes))]
    seconds = sum(float(table["cpu_time"].iloc[0]) for table in tables)
    return Cost(seconds, max(float(table["max_rss"].iloc[0]) for table in tables) * 2**20 / 1e6)
