"""The Hessian of the loss with respect to the outputs, H_y, as an operator."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.func import grad, jacrev, vmap

from influence_lab.models.losses import Loss


@dataclass(frozen=True)
class SoftmaxHessian:
    r"""$H_y = \mathrm{diag}(p) - p p^\top$ of the cross-entropy, kept as p alone (it does not depend on the label).

    Attributes:
        probabilities: softmax outputs p, shape (..., K).
    """

    probabilities: Tensor

    def __matmul__(self, vector: Tensor) -> Tensor:
        r"""$H_y v = p \odot (v - p^\top v)$, shape (..., K), in about 4 K operations.

        >>> (SoftmaxHessian(torch.tensor([0.5, 0.5])) @ torch.tensor([1.0, 0.0])).tolist()
        [0.25, -0.25]
        """
        return self.probabilities * (vector - (self.probabilities * vector).sum(-1, keepdim=True))

    def dense(self) -> Tensor:
        """The K × K matrix itself, for small K."""
        return (
            torch.diag_embed(self.probabilities) - self.probabilities[..., :, None] * self.probabilities[..., None, :]
        )


def dense_gigabytes(outputs: int, bytes_per_number: int = 4) -> float:
    """Memory of one explicit K × K output Hessian, in gigabytes of 10⁹ bytes.

    >>> round(dense_gigabytes(151_936), 2)
    92.34
    """
    return outputs**2 * bytes_per_number / 1e9


def output_hessians(loss: Loss, outputs: Tensor, targets: Tensor) -> Tensor:
    """H_y of each example by automatic differentiation, whatever the loss: shape (n, K, K)."""
    return vmap(jacrev(grad(loss.value)))(outputs, targets)


def expected_output_hessians(loss: Loss, outputs: Tensor) -> Tensor:
    r"""$\mathbb{E}_{k \sim p}[\nabla_y^2 L(y, k)]$ of a categorical loss, over the labels of the model: (n, K, K)."""
    labels = torch.arange(outputs.shape[-1])
    each_label = vmap(vmap(jacrev(grad(loss.value)), in_dims=(None, 0)), in_dims=(0, None))(outputs, labels)
    return torch.einsum("nk,nkab->nab", loss.log_probabilities(outputs).exp(), each_label)
