"""New sentences for the small GPT: what influence says that adding each does, and what training with it really does."""

from pathlib import Path

import numpy as np
import torch

from influence_lab.attributions.language_scores import gradient_scores
from influence_lab.attributions.small_gpt_scores import attributed_layers, fit_factors
from influence_lab.attributions.token_gradients import token_gradients
from influence_lab.data.sequence_dataset import SequenceDataset
from influence_lab.data.sequences import Sequences
from influence_lab.models.small_gpt import SmallGPT
from influence_lab.models.small_gpt_experiment import Experiment, retrained_outputs, with_new_texts

Array = np.ndarray


def predicted_effects(model: SmallGPT, train: Sequences, new: Sequences, queries: Sequences, seed: int) -> Array:
    r"""$I/n$ by EK-FAC over all linear layers: the change of each query's log p for ε = +1/n, shape (queries, new).

    Args:
        model: trained on the texts `train`.
        train: n texts.
        new: texts that may be added.
        queries: prompts with completions.
        seed: of the labels that the curvature is fitted to.
    """
    layers = attributed_layers(model, "")
    texts, added, asked = (SequenceDataset(torch.from_numpy(part.inputs), part) for part in (train, new, queries))
    factors, _ = fit_factors(model, layers, texts, seed)
    of_queries, of_new = (token_gradients(model, layers, part) for part in (asked, added))
    return gradient_scores("ekfac", of_queries, of_new, factors).numpy() / len(train)


def measured_effects(experiment: Experiment, new: Sequences, seed: int, folder: Path | str | None = None) -> Array:
    """Change of each query's log p when the model is trained with each new text added, shape (queries, new).

    The objective's mean stays over the n texts, so that adding one is ε = +1/n.

    Args:
        experiment: corpus, queries and training.
        new: texts that are not in the corpus.
        seed: of the start of all trainings.
        folder: where finished chunks are kept until the caller has stored the result, or None.
    """
    n, count = len(experiment.texts), len(new)
    weights = np.concatenate([np.ones((count + 1, n)), np.eye(count + 1, count, k=-1)], axis=1)
    outputs = retrained_outputs(with_new_texts(experiment, new), weights, seed, folder)["outputs"]
    return (outputs[1:] - outputs[0]).T
