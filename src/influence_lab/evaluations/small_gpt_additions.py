"""New sentences for the small GPT: what influence says that adding each does, and what training with it really does."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from influence_lab.attributions.kronfluence_stages import (
    aggregate_lambda,
    eigendecompose,
    fit_covariance,
    fit_lambda,
    pairwise_scores,
)
from influence_lab.attributions.language_task import LanguageTask
from influence_lab.data.sequence_dataset import SequenceDataset
from influence_lab.data.sequences import Sequences
from influence_lab.models.small_gpt import SmallGPT
from influence_lab.models.small_gpt_experiment import Experiment, retrained_outputs, with_new_texts

Array = np.ndarray
PARTITIONS = 2  # the least that kronfluence's stages are made for


def predicted_effects(model: SmallGPT, train: Sequences, new: Sequences, queries: Sequences) -> Array:
    r"""$I/n$ by EK-FAC over all linear layers: the change of each query's log p for ε = +1/n, shape (queries, new)."""
    task = LanguageTask([name for name, module in model.named_modules() if isinstance(module, torch.nn.Linear)])
    texts, added, asked = (SequenceDataset(torch.from_numpy(part.inputs), part) for part in (train, new, queries))
    parts, dtype = range(PARTITIONS), texts.weights.dtype
    with TemporaryDirectory() as directory:
        folder = Path(directory)
        covariances, lambdas = ([folder / f"{name}_{part}" for part in parts] for name in ("covariance", "lambda"))
        for part in parts:
            fit_covariance(model, task, texts, covariances[part], part, PARTITIONS)
        eigendecompose(model, task, covariances, folder / "eigen", dtype)
        for part in parts:
            fit_lambda(model, task, texts, folder / "eigen", lambdas[part], part, PARTITIONS)
        aggregate_lambda(model, task, folder / "eigen", lambdas, folder / "factors")
        scores = [pairwise_scores(model, task, asked, added, folder / "factors", part, PARTITIONS) for part in parts]
    by_part = [sum(values.double() for values in part.values()) for part in scores]
    return torch.cat(by_part, dim=1).numpy() / len(train)


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
