"""What the small GPT answers after real retraining without some of its texts."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from influence_lab.models.retraining_weights import leave_out, random_subsets
from influence_lab.models.small_gpt_experiment import Experiment, retrained_outputs

Array = np.ndarray
DRAW = 0  # the same texts and subsets for every seed of training, so that seeds can be compared


def leave_out_truth(
    experiment: Experiment, seed: int, removals: Sequence[Sequence[int]], folder: Path | str | None = None
) -> dict[str, Array]:
    """Retrain without each of some groups of texts.

    Args:
        experiment: corpus, queries and training.
        seed: of the start of every training.
        removals: k groups of rows of the training texts.
        folder: where finished chunks are kept until the caller has stored the result, or None.

    Returns:
        `outputs`, log p of the queries' completions after each retraining, shape (k, m); `base`, after training on
        all texts in the same way, shape (m,), so that what removal does is `outputs - base`; `gradient_norms` at the
        end of all k + 1 trainings, that of the base first; `parameters` likewise, shape (k + 1, p).
    """
    weights = leave_out(experiment.documents, [[], *removals])
    retrained = retrained_outputs(experiment, weights, seed, folder)
    outputs = retrained.pop("outputs")
    return {"outputs": outputs[1:], "base": outputs[0], **retrained}


def leave_one_out_truth(
    experiment: Experiment, seed: int, left_out: int, folder: Path | str | None = None
) -> dict[str, Array]:
    """Retrain without each of some single texts: `leave_out_truth`, and `removed`, the rows of the k texts.

    Args:
        experiment: corpus, queries and training.
        seed: of the start of every training.
        left_out: number of texts, drawn; all where there are fewer.
        folder: where finished chunks are kept until the caller has stored the result, or None.
    """
    n = experiment.documents
    removed = np.sort(np.random.default_rng(DRAW).permutation(n)[:left_out])
    return {"removed": removed, **leave_out_truth(experiment, seed, removed[:, None].tolist(), folder)}


def subset_truth(
    experiment: Experiment, seed: int, alpha: float, subsets: int, folder: Path | str | None = None
) -> dict[str, Array]:
    """Train on random subsets of the texts.

    Args:
        experiment: corpus, queries and training.
        seed: of the start of every training; the subsets don't depend on it.
        alpha: share of the texts in a subset.
        subsets: k, their number.
        folder: where finished chunks are kept until the caller has stored the result, or None.

    Returns:
        `masks`, shape (k, n), uint8: 1 for a text that the model saw; `outputs`, shape (k, m); `gradient_norms`, (k,);
        `parameters`, (k, p).
    """
    masks = random_subsets(experiment.documents, alpha, subsets, DRAW)
    return {"masks": masks.astype(np.uint8), **retrained_outputs(experiment, masks, seed, folder)}
