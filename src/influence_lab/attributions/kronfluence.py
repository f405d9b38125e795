"""Kronecker factors fitted by the library kronfluence, as plain arrays."""

import logging
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from kronfluence.analyzer import Analyzer, prepare_model
from kronfluence.arguments import FactorArguments
from kronfluence.task import Task
from torch import Tensor, nn
from torch.utils.data import TensorDataset

from influence_lab.models.losses import CROSS_ENTROPY


class ClassificationTask(Task):
    """Cross-entropy summed over the batch, as kronfluence wants it: it divides by the number of examples itself."""

    def compute_train_loss(self, batch: list[Tensor], model: nn.Module, sample: bool = False) -> Tensor:
        """Loss of the batch with its own labels.

        Raises:
            ValueError: labels sampled from the model are asked for.
        """
        if sample:
            raise ValueError("this task has the empirical Fisher information only: nothing is sampled")
        inputs, labels = batch
        return CROSS_ENTROPY.value(model(inputs), labels).sum()

    def compute_measurement(self, batch: list[Tensor], model: nn.Module) -> Tensor:
        """The same loss."""
        return self.compute_train_loss(batch, model)


def kronfluence_factors(module: nn.Module, inputs: Tensor, labels: Tensor) -> dict[str, np.ndarray]:
    r"""Fit EK-FAC with the training labels (empirical Fisher, nothing sampled), in double precision.

    Args:
        module: made of `nn.Linear` layers, the only ones beside `nn.Conv2d` that kronfluence sees.
        inputs: shape (n, d).
        labels: shape (n,).

    Returns:
        For layer ℓ = 1, 2, ...: `activation_ℓ` (A), `gradient_ℓ` (S) and `eigenvalues_ℓ` (Λ, rows along S), averaged
        over examples.
    """
    names = [name for name, layer in module.named_modules() if isinstance(layer, nn.Linear)]
    logging.getLogger("kronfluence").setLevel(logging.ERROR)
    task = ClassificationTask()
    arguments = FactorArguments(
        strategy="ekfac",
        use_empirical_fisher=True,
        activation_covariance_dtype=torch.float64,
        gradient_covariance_dtype=torch.float64,
        per_sample_gradient_dtype=torch.float64,
        lambda_dtype=torch.float64,
    )
    with TemporaryDirectory() as directory:
        analyzer = Analyzer(
            "digits",
            prepare_model(module, task),
            task,
            cpu=True,
            disable_tqdm=True,
            log_level=logging.ERROR,
            output_dir=str(Path(directory)),
        )
        analyzer.fit_all_factors("ekfac", TensorDataset(inputs, labels), len(inputs), factor_args=arguments)
        covariances, lambdas = analyzer.load_covariance_matrices("ekfac"), analyzer.load_lambda_matrices("ekfac")
    stored = {}
    for number, name in enumerate(names, 1):
        examples = covariances["num_activation_covariance_processed"][name]
        stored[f"activation_{number}"] = (covariances["activation_covariance"][name] / examples).numpy()
        stored[f"gradient_{number}"] = (covariances["gradient_covariance"][name] / examples).numpy()
        stored[f"eigenvalues_{number}"] = (
            lambdas["lambda_matrix"][name] / lambdas["num_lambda_processed"][name]
        ).numpy()
    return stored
