"""The two long stages of the tool: fit a model's curvature on the reader's texts, then score them for the questions."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from influence_lab.attributions.ask import check_room, text_scores
from influence_lab.attributions.ask_table import ends, ranked_table
from influence_lab.attributions.kronfluence_fit import fit_ekfac
from influence_lab.attributions.language_factors import read_factors
from influence_lab.attributions.language_scores import query_direction
from influence_lab.attributions.retrieval import bm25_scores, words
from influence_lab.attributions.token_gradients import token_gradients
from influence_lab.attributions.token_table import token_names, token_table
from influence_lab.data.encoding import encode_queries, encode_texts
from influence_lab.models.adaptation import Adaptation
from influence_lab.models.ask_model import check_finite, load_asked, texts_at, trained
from influence_lab.models.causal_lm import context_of, layers_named
from influence_lab.models.completions import answers, completions
from influence_lab.models.language_states import dataset_of, language_states, sequences_of, set_weights, tail_of

Array = np.ndarray
TEXTS_AT_ONCE = 64  # whose token gradients are held together


@dataclass(frozen=True)
class Attributed:
    """A model, and which part of it is attributed."""

    folder: str
    blocks: int  # last ones
    layers: str  # part of the names of their nn.Linear layers
    longest: int  # most tokens of a text


@dataclass(frozen=True)
class Fitted:
    """The reader's texts as the frozen blocks see them, and the layers that were trained on them or left alone."""

    states: dict[str, Array]  # the split `text`, as `language_states` gives it
    weights: dict[str, Array]  # of the attributed layers
    history: pd.DataFrame  # epoch, split, loss


@dataclass(frozen=True)
class Answered:
    """What is said about the questions."""

    scores: pd.DataFrame  # as `ranked_table` gives it
    tokens: pd.DataFrame  # as `token_names` gives it; `query` and `text` are rows of the reader's files
    answers: pd.DataFrame  # id, log_p of the completion (nats), given (as the most probable tokens), answer (greedy)


def fit_stage(
    which: Attributed, texts: pd.DataFrame, how: Adaptation, adapted: bool, factors: Path, memory: int
) -> Fitted:
    """Train the layers on the texts where that is wanted, and fit EK-FAC to the training texts.

    Args:
        which: the model and its layers.
        texts: columns text, candidate, place.
        how: of the training; its batch size and seed serve the curvature too.
        adapted: whether the model is trained at all.
        factors: folder that EK-FAC is written to.
        memory: MB that there are.

    Raises:
        InputError: the model cannot be loaded or has no such layer, a text is too long for it, all of them are too
            many for the memory, or the losses are not finite.
    """
    model, tokenizer = load_asked(which.folder)
    context = context_of(model, which.longest)
    encoded = encode_texts(tokenizer, list(texts["text"]), list(texts["place"]), context)
    check_room(encoded.inputs.shape, model.config.hidden_size, memory)
    states = language_states(model, which.blocks, {"text": encoded})
    tail, layers = tail_of(model, which.blocks, which.layers)
    candidate = texts["candidate"].to_numpy(dtype=bool)
    train = texts_at(states, ~candidate)
    history = trained(tail, layers, train, texts_at(states, candidate), how if adapted else None)
    check_finite(history)
    fit_ekfac(tail, layers, train, factors, how.batch_size, how.seed)
    return Fitted(states, {name: layer.weight.detach().numpy() for name, layer in layers.items()}, history)


def score_stage(
    which: Attributed,
    texts: pd.DataFrame,
    queries: pd.DataFrame,
    states: Mapping[str, Array],
    weights: Mapping[str, Array],
    factors: Path,
    share: float,
    heatmaps: int,
    answer_tokens: int,
) -> Answered:
    """Influence of every text on every question, with BM25 beside it, and the ends of each list token by token.

    Args:
        which: the model and its layers.
        texts: columns id, text, candidate.
        queries: columns id, prompt, completion, place.
        states: from `fit_stage`.
        weights: from `fit_stage`.
        factors: the folder that `fit_stage` filled.
        share: λ of a layer as a share of its mean eigenvalue.
        heatmaps: texts of either end of each question's list that are split into tokens.
        answer_tokens: most tokens of an answer.

    Raises:
        InputError: the model cannot be loaded, or a question is too long for it.
    """
    model, tokenizer = load_asked(which.folder)
    prompts, asked = list(queries["prompt"]), list(queries["completion"])
    encoded = encode_queries(tokenizer, prompts, asked, list(queries["place"]), context_of(model, which.longest))
    query = dataset_of(language_states(model, which.blocks, {"query": encoded}), "query")
    set_weights(layers_named(model, weights), weights)
    spoken = completions(model, tokenizer, prompts, answer_tokens)
    tail, layers = tail_of(model, which.blocks, which.layers)
    kept, fitted = token_gradients(tail, layers, query), read_factors(factors)
    log_p, given = answers(tail, query)
    rows = np.array_split(np.arange(len(texts)), -(-len(texts) // TEXTS_AT_ONCE))
    scores = text_scores(tail, layers, kept, (texts_at(states, some) for some in rows), fitted, share)
    bm25 = bm25_scores(words(list(texts["text"])), words(list(queries["prompt"] + queries["completion"])))
    table = ranked_table(texts, queries, scores | {"bm25": bm25})
    tokens = token_table(
        tail,
        layers,
        {row: query_direction(kept, row, fitted, share) for row in range(len(queries))},
        torch.from_numpy(states["text_states"]),
        sequences_of(states, "text"),
        {row: list(ends(table[table["query"] == name], heatmaps)["row"]) for row, name in enumerate(queries["id"])},
    )
    said = queries[["id"]].assign(log_p=log_p, given=given, answer=spoken)
    return Answered(table, token_names(tokens, sequences_of(states, "text"), which.folder), said)
