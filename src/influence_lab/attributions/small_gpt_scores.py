"""Scores of every text of the small GPT for every query, by all methods, with what each method takes."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from influence_lab.attributions.kronfluence_fit import halves
from influence_lab.attributions.language_factors import LayerFactors, read_factors
from influence_lab.attributions.language_scores import METHODS as GRADIENT_METHODS
from influence_lab.attributions.language_scores import NEED_FACTORS, gradient_scores
from influence_lab.attributions.metering import Cost, metered
from influence_lab.attributions.retrieval import as_tokens, bm25_scores, cosine_scores, mean_states, tfidf_scores, words
from influence_lab.attributions.token_gradients import token_gradients
from influence_lab.data.sequence_dataset import SequenceDataset, token_dataset
from influence_lab.data.sequences import pack
from influence_lab.data.small_corpus import CONTEXT, split_of
from influence_lab.data.small_corpus_words import encode, marked
from influence_lab.models.small_gpt import SmallGPT

Array = np.ndarray
RETRIEVAL_METHODS = ("tfidf", "bm25", "embedding", "random")
METHODS = (*GRADIENT_METHODS, *RETRIEVAL_METHODS)


@dataclass(frozen=True)
class Scored:
    """Scores by method, each (queries, texts), and what each took from the trained model on."""

    scores: dict[str, Array]
    costs: dict[str, Cost]

    def arrays(self) -> dict[str, Array]:
        """As an artifact keeps them: `methods`, `scores` (K, m, n), `seconds` (K,), `peak_mb` (K,)."""
        return {
            "methods": np.array(list(self.scores)),
            "scores": np.stack(list(self.scores.values())).astype(float),
            "seconds": np.array([self.costs[name].seconds for name in self.scores]),
            "peak_mb": np.array([self.costs[name].peak_mb for name in self.scores]),
        }


def small_gpt_scores(
    model: SmallGPT, corpus: dict[str, Array], table: pd.DataFrame, pattern: str, shares: list[float], seed: int
) -> Scored:
    """Scores by all methods; EK-FAC also with other dampings, as `ekfac SHARE`.

    Args:
        model: trained on the corpus's training texts.
        corpus: token arrays.
        table: the texts in words.
        pattern: part of the names of the attributed `nn.Linear` layers; "" takes all.
        shares: dampings of further EK-FAC scores, as shares of each layer's mean eigenvalue.
        seed: of the sampled labels and of the random scores.
    """
    layers = attributed_layers(model, pattern)
    data = {split: token_dataset(split_of(corpus, split)) for split in ("train", "query")}
    (train, queries), passes = metered(lambda: [token_gradients(model, layers, data[split]) for split in data])
    factors, fitting = fit_factors(model, layers, data["train"], seed)
    scores, costs = {}, {}
    for method in GRADIENT_METHODS:
        found, cost = metered(lambda method=method: gradient_scores(method, queries, train, factors))
        scores[method] = found.numpy()
        before = fitting["kfac" if method == "kfac" else "ekfac"] if method in NEED_FACTORS else Cost(0.0, 0.0)
        costs[method] = cost.after(passes).after(before)
    for share in shares:
        scores[f"ekfac {share:g}"] = gradient_scores("ekfac", queries, train, factors, share).numpy()
        costs[f"ekfac {share:g}"] = costs["ekfac"]
    texts, asked = (list(table.loc[table["split"] == split, "text"]) for split in ("train", "query"))
    retrieved = retrieval_scores(model, texts, asked, seed)
    return Scored(scores | retrieved.scores, costs | retrieved.costs)


def attributed_layers(model: SmallGPT, pattern: str) -> dict[str, nn.Linear]:
    """The `nn.Linear` layers whose names hold the pattern.

    Raises:
        ValueError: there is none.
    """
    layers = {name: module for name, module in model.named_modules() if isinstance(module, nn.Linear)}
    chosen = {name: layer for name, layer in layers.items() if pattern in name}
    if not chosen:
        raise ValueError(f"no nn.Linear layer has {pattern!r} in its name; there are: {', '.join(layers)}")
    return chosen


def fit_factors(
    model: nn.Module, layers: dict[str, nn.Linear], data: SequenceDataset, seed: int
) -> tuple[dict[str, LayerFactors], dict[str, Cost]]:
    """EK-FAC of the layers by kronfluence's stages; costs up to K-FAC's factors, and up to EK-FAC's."""
    with TemporaryDirectory() as directory:
        factors = Path(directory) / "factors"
        work = halves(model, layers, data, Path(directory), factors, batch_size=len(data), seed=seed)
        first, second = (metered(half)[1] for half in work)
        return read_factors(factors), {"kfac": first, "ekfac": second.after(first)}


def retrieval_scores(model: SmallGPT, texts: list[str], asked: list[str], seed: int) -> Scored:
    """Grosse's TF-IDF and BM25 over words, cosines of mean hidden states, and random numbers, each (asked, texts)."""
    work = {
        "tfidf": lambda: tfidf_scores(as_tokens(texts, encode), as_tokens(asked, encode)),
        "bm25": lambda: bm25_scores(words(texts), words(asked)),
        "embedding": lambda: cosine_scores(embeddings(model, texts), embeddings(model, asked)),
        "random": lambda: np.random.default_rng(seed).random((len(asked), len(texts))),
    }
    done = {name: metered(work[name]) for name in RETRIEVAL_METHODS}
    return Scored({name: found for name, (found, _) in done.items()}, {name: cost for name, (_, cost) in done.items()})


def embeddings(model: SmallGPT, texts: list[str]) -> Array:
    """The mean over a text's words of what enters the unembedding, shape (n, C).

    With an end mark, queries too: it is the target at the last word, whose state would be left out without it.
    """
    marks = [marked(encode(text), end=True) for text in texts]
    sequences = pack(marks, [1] * len(texts), CONTEXT, texts, pad=0)
    return mean_states(last_states(model, sequences.inputs).numpy(), sequences.weights)


@torch.no_grad()
def last_states(model: SmallGPT, inputs: Array) -> Tensor:
    """What enters the unembedding, shape (n, T, C)."""
    kept: list[Tensor] = []
    handle = model.unembedding.register_forward_pre_hook(lambda module, args: kept.append(args[0]))
    try:
        model(torch.from_numpy(inputs))
    finally:
        handle.remove()
    return kept[0]
