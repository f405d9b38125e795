"""EK-FAC by kronfluence's stages in one go: where a set is so small that no stage needs to be a job of its own."""

from pathlib import Path
from tempfile import TemporaryDirectory

from torch import nn

from influence_lab.attributions.kronfluence_stages import aggregate_lambda, eigendecompose, fit_covariance, fit_lambda
from influence_lab.attributions.language_task import LanguageTask
from influence_lab.data.sequence_dataset import SequenceDataset


def fit_ekfac(
    model: nn.Module,
    layers: dict[str, nn.Linear],
    data: SequenceDataset,
    target: Path,
    batch_size: int = 8,
    seed: int = 0,
) -> None:
    """Covariances, bases and Λ of the layers on all texts, into the folder `target` (kronfluence's files).

    Args:
        model: maps the inputs to logits.
        layers: what is attributed.
        data: the texts, whose losses are summed over tokens.
        target: a folder for `language_factors.read_factors`.
        batch_size: texts at once; memory is proportional.
        seed: draws the labels of the Fisher information.
    """
    task = LanguageTask(layers)
    with TemporaryDirectory() as directory:
        covariance, eigen, fitted = (Path(directory) / name for name in ("covariance", "eigen", "lambda"))
        fit_covariance(model, task, data, covariance, batch_size=batch_size, seed=seed)
        eigendecompose(model, task, [covariance], eigen, data.weights.dtype)
        fit_lambda(model, task, data, eigen, fitted, batch_size=batch_size, seed=seed)
        aggregate_lambda(model, task, eigen, [fitted], target)
