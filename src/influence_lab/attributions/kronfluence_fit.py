"""EK-FAC by kronfluence's stages in one go: where a set is so small that no stage needs to be a job of its own."""

from collections.abc import Callable
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
    with TemporaryDirectory() as directory:
        for half in halves(model, layers, data, Path(directory), target, batch_size, seed):
            half()


def halves(
    model: nn.Module,
    layers: dict[str, nn.Linear],
    data: SequenceDataset,
    directory: Path,
    target: Path,
    batch_size: int,
    seed: int,
) -> tuple[Callable[[], None], Callable[[], None]]:
    """The work of `fit_ekfac` in its two halves, for those who measure each: K-FAC needs the first alone.

    Args:
        model: as for `fit_ekfac`, and so are the layers, the data, the target, the batch size and the seed.
        layers: likewise.
        data: likewise.
        directory: for what lies between the stages.
        target: likewise.
        batch_size: likewise.
        seed: likewise.

    Returns:
        What finds the covariances and their eigenvectors, and what finds Λ in these and fills `target`.
    """
    task, how = LanguageTask(layers), {"batch_size": batch_size, "seed": seed}
    covariance, eigen, fitted = (directory / name for name in ("covariance", "eigen", "lambda"))

    def bases() -> None:
        fit_covariance(model, task, data, covariance, **how)
        eigendecompose(model, task, [covariance], eigen, data.weights.dtype)

    def eigenvalues() -> None:
        fit_lambda(model, task, data, eigen, fitted, **how)
        aggregate_lambda(model, task, eigen, [fitted], target)

    return bases, eigenvalues
