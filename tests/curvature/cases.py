"""Small networks on twelve digits: every explicit matrix is at most 123 × 123."""

from typing import NamedTuple

import torch
from torch import Tensor

from influence_lab.data.digits import small_digits
from influence_lab.models.layered import Network
from influence_lab.models.losses import CROSS_ENTROPY, SQUARED_ERROR, Loss, targets_of

DIGITS = small_digits(train=12, test=6, seed=0)
IMAGES, LABELS = torch.as_tensor(DIGITS.train_images), torch.as_tensor(DIGITS.train_labels)


class Case(NamedTuple):
    """A network at random parameters, its loss and its data."""

    name: str
    network: Network
    loss: Loss

    @property
    def parameters(self) -> Tensor:
        return self.network.initial(1)

    @property
    def targets(self) -> Tensor:
        return targets_of(self.loss, LABELS, 10)

    @property
    def at(self) -> tuple[Network, Loss, Tensor, Tensor, Tensor]:
        """Arguments of functions of (network, loss, parameters, inputs, targets)."""
        return self.network, self.loss, self.parameters, IMAGES, self.targets

    def label_gradients(self) -> Tensor:
        return self.loss.label_gradients(self.network.outputs(self.parameters, IMAGES))

    def __str__(self) -> str:
        return self.name


MLP = Case("MLP, cross-entropy", Network((16, 4, 3, 10)), CROSS_ENTROPY)
DEEP_LINEAR = Case("deep linear", Network((16, 4, 3, 10), "identity"), SQUARED_ERROR)
SOFTMAX = Case("softmax regression", Network((16, 10)), CROSS_ENTROPY)
LINEAR = Case("linear regression", Network((16, 10)), SQUARED_ERROR)
CASES = [MLP, Case("MLP, squared error", Network((16, 4, 3, 10)), SQUARED_ERROR), DEEP_LINEAR, SOFTMAX, LINEAR]
VECTOR = torch.randn(200, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def close(actual: Tensor, expected: Tensor, tolerance: float = 1e-12) -> bool:
    """Relative error in Frobenius norm. Twelve digits leave room for sums of a few thousand rounded terms."""
    return float((actual - expected).norm()) <= tolerance * float(expected.norm())
