"""Kronecker factors of a tiny language model, fitted by kronfluence to the model's own targets."""

import torch

from influence_lab.attributions.kronfluence_stages import (
    aggregate_lambda,
    eigendecompose,
    fit_covariance,
    fit_lambda,
)
from influence_lab.attributions.language_task import LanguageTask


class GivenLabels(LanguageTask):
    """Nothing is sampled, so that the factors can be computed by hand."""

    def compute_train_loss(self, batch, model, sample=False):
        return super().compute_train_loss(batch, model, sample=False)


def fitted(folder, tail, layers, data, partitions: int = 1, task=GivenLabels):
    """Every stage once; the folder with the factors."""
    task = task(layers)
    covariances = [folder / f"covariance_{part}" for part in range(partitions)]
    for part, target in enumerate(covariances):
        fit_covariance(tail, task, data, target, part, partitions, batch_size=2)
    eigendecompose(tail, task, covariances, folder / "eigen", torch.float64)
    lambdas = [folder / f"lambda_{part}" for part in range(partitions)]
    for part, target in enumerate(lambdas):
        fit_lambda(tail, task, data, folder / "eigen", target, part, partitions, batch_size=2)
    aggregate_lambda(tail, task, folder / "eigen", lambdas, folder / "factors")
    return folder / "factors"
