"""Many networks of one shape as one stack of matrices, with derivatives written out."""

import torch
from torch import Tensor

from influence_lab.models.layered import Network


class Stack:
    r"""M networks with one logit each, and the gradient of objectives that are linear in $\sigma(f)$.

    The derivative by the logit of the logistic loss is $\sigma(f) - y$, and of its Bregman divergence from $f^s$
    $\sigma(f) - \sigma(f^s)$. So every objective here has $\partial/\partial f_i = c_i\,\sigma(f_i) - r_i$ with
    numbers $c_i$ and $r_i$ that are known before training; the rest is backpropagation. Buffers are kept, so that a
    step allocates nothing large (but for dropout's masks).

    Attributes:
        parameters: θ of each model, shape (M, p), changed in place by whoever trains.
        gradient: what `differentiate` wrote last, shape (M, p).
    """

    def __init__(self, network: Network, parameters: Tensor, dropout: float = 0.0) -> None:
        self.parameters = parameters
        self._kept = 1 - dropout
        self.gradient = torch.zeros_like(parameters)
        self._activation = network.activation
        self._layers = self._views(network, self.parameters)  # (M, inputs + 1, outputs), the biases last
        self._slopes = self._views(network, self.gradient)
        self._back = [layer[:, :-1].transpose(1, 2) for layer in self._layers]
        self._buffers: dict[int, tuple[list[Tensor], list[Tensor]]] = {}

    def logits(self, inputs: Tensor) -> Tensor:
        """Logits f of shape (M, B) for inputs with a column of ones, shape (M, B, d + 1)."""
        return self._forward(inputs)[..., 0]

    def differentiate(self, inputs: Tensor, scale: Tensor, offset: Tensor, masks: list[Tensor] | None = None) -> None:
        r"""Write $\sum_i (c_i\,\sigma(f_i) - r_i)\,\nabla f_i$ to `gradient`.

        Args:
            inputs: with a column of ones, shape (M, B, d + 1).
            scale: c, shape (M, B, 1).
            offset: r, shape (M, B, 1).
            masks: with dropout, what the output of each hidden layer is multiplied by: 0, or 1/(1 − dropout) for a unit
                that speaks; shapes (M, B, width).
        """
        delta = self._forward(inputs, masks).sigmoid_().mul_(scale).sub_(offset)  # (M, B, 1)
        entering, deltas = self._buffers[inputs.shape[1]]
        for depth in range(len(self._layers) - 1, 0, -1):
            torch.bmm(entering[depth - 1].transpose(1, 2), delta, out=self._slopes[depth])
            if delta.shape[2] == 1:
                torch.mul(delta, self._back[depth], out=deltas[depth - 1])
            else:
                torch.bmm(delta, self._back[depth], out=deltas[depth - 1])
            delta = deltas[depth - 1]
            activated = entering[depth - 1][..., :-1]
            if masks is not None:
                delta.mul_(masks[depth - 1])
                activated = activated * self._kept  # unscaled; for silent units it is wrong, and times 0
            self._times_derivative(delta, activated)
        torch.bmm(inputs.transpose(1, 2), delta, out=self._slopes[0])

    def _views(self, network: Network, flat: Tensor) -> list[Tensor]:
        return [
            flat[:, block].view(len(flat), columns, rows)
            for block, (rows, columns) in zip(network.blocks, network.shapes, strict=True)
        ]

    def _forward(self, inputs: Tensor, masks: list[Tensor] | None = None) -> Tensor:
        batch = inputs.shape[1]
        if batch not in self._buffers:
            self._buffers[batch] = self._allocate(batch)
        entering, deltas = self._buffers[batch]
        value = inputs
        for depth, layer in enumerate(self._layers[:-1]):
            torch.bmm(value, layer, out=deltas[depth])
            self._activate(deltas[depth], entering[depth][..., :-1])
            if masks is not None:
                entering[depth][..., :-1].mul_(masks[depth])
            value = entering[depth]
        return torch.bmm(value, self._layers[-1])

    def _allocate(self, batch: int) -> tuple[list[Tensor], list[Tensor]]:
        """For each hidden layer what leaves it with its 1, (M, B, width + 1), and its error signals, (M, B, width)."""
        shapes = [(len(self.parameters), batch, layer.shape[2]) for layer in self._layers[:-1]]
        entering = [self.parameters.new_ones(models, rows, width + 1) for models, rows, width in shapes]
        return entering, [self.parameters.new_empty(shape) for shape in shapes]

    def _activate(self, value: Tensor, out: Tensor) -> None:
        if self._activation == "relu":
            torch.clamp_min(value, 0, out=out)
        elif self._activation == "tanh":
            torch.tanh(value, out=out)
        else:
            out.copy_(torch.nn.functional.softplus(value))

    def _times_derivative(self, delta: Tensor, activated: Tensor) -> None:
        """Multiply by φ′, known from a = φ(s): [a > 0], 1 − a², and 1 − e⁻ᵃ for softplus."""
        if self._activation == "relu":
            delta.mul_(activated > 0)
        elif self._activation == "tanh":
            delta.addcmul_(delta, activated.square(), value=-1)
        else:
            delta.mul_(activated.neg().expm1_().neg_())


def with_ones(inputs: Tensor) -> Tensor:
    """Inputs of shape (..., d) with a column of ones, shape (..., d + 1)."""
    return torch.cat([inputs, torch.ones_like(inputs[..., :1])], dim=-1)
