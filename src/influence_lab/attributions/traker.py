"""TRAK scores by the package `traker` (imported as `trak`), from the same models and the same projections."""

import logging
from collections.abc import Sequence
from contextlib import redirect_stderr
from io import StringIO
from tempfile import TemporaryDirectory

import numpy as np
import torch
from torch import Tensor, nn
from trak import TRAKer
from trak.projectors import AbstractProjector

from influence_lab.models.layered import Network
from influence_lab.models.logistic_network import LogisticNetwork

Array = np.ndarray


class TwoLogits(nn.Module):
    """Our network with one logit f as traker's image classifier: logits (0, f), θ as one parameter."""

    def __init__(self, network: Network, theta: Array) -> None:
        super().__init__()
        self.network = network
        self.theta = nn.Parameter(torch.tensor(theta, dtype=torch.float32))

    def forward(self, inputs: Tensor) -> Tensor:
        """Logits of the two classes, shape (rows, 2)."""
        logit = self.network.outputs(self.theta, inputs)
        return torch.cat([torch.zeros_like(logit), logit], dim=-1)


class GivenProjector(AbstractProjector):
    """Projects with given matrices, one a model."""

    def __init__(self, matrices: Sequence[Array]) -> None:
        super().__init__(*np.shape(matrices[0]), seed=0, proj_type="normal", device="cpu")
        self.matrices = [torch.tensor(matrix, dtype=torch.float32) for matrix in matrices]

    def project(self, grads: dict[str, Tensor], model_id: int) -> Tensor:
        """Gradients of one model times its matrix, shape (rows, d)."""
        return grads["theta"] @ self.matrices[model_id]


def traker_scores(
    networks: Sequence[LogisticNetwork], X: Array, y: Array, matrices: Sequence[Array]
) -> tuple[Array, Array]:
    """Scores of each model alone and of all of them together, by traker in single precision.

    Args:
        networks: trained, all with the same training points.
        X: inputs of the targets, shape (m, inputs).
        y: their labels, shape (m,).
        matrices: projection of each model, shape (p, d).

    Returns:
        Shapes (M, m, n) and (m, n).
    """
    train, targets = _tensors(networks[0].X, networks[0].y), _tensors(X, y)
    module = TwoLogits(networks[0].network, networks[0].theta)
    with TemporaryDirectory() as directory, redirect_stderr(StringIO()):  # its bars are drawn in batch runs too
        traker = TRAKer(
            module,
            "image_classification",
            train_set_size=len(train[0]),
            save_dir=directory,
            device="cpu",
            projector=GivenProjector(matrices),
            use_half_precision=False,
            logging_level=logging.ERROR,
        )
        checkpoints = [TwoLogits(one.network, one.theta).state_dict() for one in networks]
        for number, checkpoint in enumerate(checkpoints):
            traker.load_checkpoint(checkpoint, model_id=number)
            traker.featurize(train, num_samples=len(train[0]))
        traker.finalize_features()
        for number, checkpoint in enumerate(checkpoints):
            traker.start_scoring_checkpoint("targets", checkpoint, model_id=number, num_targets=len(X))
            traker.score(targets, num_samples=len(X))
        alone = [np.array(traker.finalize_scores("targets", [number])).T for number in range(len(networks))]
        together = np.array(traker.finalize_scores("targets")).T
    return np.stack(alone), together


def _tensors(X: Array, y: Array) -> tuple[Tensor, Tensor]:
    return torch.tensor(X, dtype=torch.float32), torch.tensor(y, dtype=torch.int64)
