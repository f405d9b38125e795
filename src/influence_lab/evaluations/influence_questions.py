"""Three questions to influence: which texts helped, which are behind a wrong answer, which layers do it."""

import numpy as np
import pandas as pd

from influence_lab.data.compounds import elements

Array = np.ndarray


def precision_over_random(scores: Array, relevant: Array, k: int) -> float:
    """Share of relevant texts among the k with the largest scores, minus their share among all.

    >>> precision_over_random(np.array([3.0, 2.0, 1.0, 0.0]), np.array([True, False, False, False]), 1)
    0.75
    """
    top = np.argsort(-scores, kind="stable")[:k]
    return float(relevant[top].mean() - relevant.mean())


def helped(scores: Array, queries: pd.DataFrame, train: pd.DataFrame, k: int) -> pd.DataFrame:
    """How many of the texts that carry a fact are among the first k for its query.

    Args:
        scores: shape (queries, texts), positive where a text helped.
        queries: columns id, kind, fact.
        train: column carries.
        k: length of the list.

    Returns:
        A row a fact query: query, carriers, found, last (largest rank of a carrier, 1 the first), over_random.
    """
    rows = []
    for row in np.flatnonzero((queries["kind"] == "fact").to_numpy()):
        relevant = (train["carries"] == queries["fact"].iloc[row]).to_numpy()
        ranks = np.argsort(np.argsort(-scores[row], kind="stable"), kind="stable")[relevant] + 1
        rows.append(
            {
                "query": queries["id"].iloc[row],
                "carriers": int(relevant.sum()),
                "found": int((ranks <= k).sum()),
                "last": int(ranks.max()),
                "over_random": precision_over_random(scores[row], relevant, k),
            }
        )
    return pd.DataFrame(rows)


def wrong_answers(
    queries: pd.DataFrame, answers: pd.DataFrame, log_p: Array, scores: Array, train: pd.DataFrame, k: int
) -> pd.DataFrame:
    """For every planted mistake: does the model give it, and are the texts that state it behind it?

    Args:
        queries: columns id, prompt, answer, kind, compound, fact.
        answers: columns prompt, after: the model's greedy answers.
        log_p: of the queries' completions, shape (queries,).
        scores: influence on them, shape (queries, texts).
        train: column states_wrong.
        k: length of the list.

    Returns:
        Columns compound, greedy, true and false (log p of either answer), given (the greedy answer names all
        its elements), more_probable (than the true one), stating (texts that state it), found (among the first k),
        over_random.
    """
    rows = []
    for row in np.flatnonzero((queries["kind"] == "mistake_false").to_numpy()):
        query = queries.iloc[row]
        true = np.flatnonzero((queries["kind"] == "mistake_true") & (queries["compound"] == query["compound"]))[0]
        greedy = str(answers.loc[answers["prompt"] == query["prompt"], "after"].iloc[0])
        relevant = (train["states_wrong"] == query["fact"]).to_numpy()
        top = np.argsort(-scores[row], kind="stable")[:k]
        said = set(elements(query["answer"])) <= set(elements(greedy.lower()))
        rows.append(
            {
                "compound": query["compound"],
                "greedy": greedy,
                "true": log_p[true],
                "false": log_p[row],
                "given": said,
                "more_probable": bool(log_p[row] > log_p[true]),
                "stating": int(relevant.sum()),
                "found": int(relevant[top].sum()),
                "over_random": precision_over_random(scores[row], relevant, k),
            }
        )
    columns = ["compound", "greedy", "true", "false", "given", "more_probable", "stating", "found", "over_random"]
    return pd.DataFrame(rows, columns=columns)


def by_layer(products: Array) -> pd.DataFrame:
    """What each layer contributes to influence.

    Args:
        products: shape (layers, queries, texts).

    Returns:
        A row a layer: share of the sum of absolute contributions, and the correlation over texts of its contribution
        with the whole influence, mean over queries.
    """
    total = products.sum(axis=0)
    correlations = [
        np.mean([np.corrcoef(one, whole)[0, 1] for one, whole in zip(layer, total, strict=True)]) for layer in products
    ]
    sizes = np.abs(products).sum(axis=(1, 2))
    return pd.DataFrame({"share": sizes / sizes.sum(), "correlation": correlations})


def lists_compared(scores: dict[str, Array], norms: Array, train: pd.DataFrame, k: int) -> pd.DataFrame:
    """What kinds of texts the lists of several methods hold.

    Args:
        scores: by method, shape (queries, texts).
        norms: of the texts' gradients, shape (texts,).
        train: columns kind, text.
        k: length of the lists.

    Returns:
        A row a method, means over queries: share of element texts and mean characters in the first k, mean
        correlation of the absolute score with the norm, and different texts in all lists together.
    """
    element, characters = (train["kind"] == "element").to_numpy(), train["text"].str.len().to_numpy()
    rows = []
    for name, values in scores.items():
        top = np.argsort(-values, axis=1, kind="stable")[:, :k]
        rows.append(
            {
                "method": name,
                "element texts": element[top].mean(),
                "characters": characters[top].mean(),
                "correlation with norm": np.mean([np.corrcoef(np.abs(row), norms)[0, 1] for row in values]),
                "different texts": len(np.unique(top)),
            }
        )
    return pd.DataFrame(rows)
