"""Fully connected networks as functions of one flat parameter vector."""

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn

ACTIVATIONS = {"tanh": nn.Tanh(), "relu": nn.ReLU(), "softplus": nn.Softplus(), "identity": nn.Identity()}


@dataclass(frozen=True)
class Network:
    r"""A network y = f(θ, x) of layers $s_\ell = V_\ell \bar a_{\ell-1}$, $a_\ell = \phi(s_\ell)$, the last without φ.

    $V_\ell = [W_\ell\; b_\ell]$ holds weights and bias, $\bar a$ is the input with a 1 appended. The flat vector θ
    stacks the columns of $V_1$, then those of $V_2$, and so on, so that $\mathrm{vec}(s a^\top) = a \otimes s$.

    Attributes:
        widths: inputs, hidden widths, outputs.
        activation: a key of `ACTIVATIONS`; "identity" makes a (deep) linear network.
    """

    widths: tuple[int, ...]
    activation: str = "tanh"

    @property
    def shapes(self) -> list[tuple[int, int]]:
        """Rows and columns of each V: (outputs, inputs + 1)."""
        return [(after, before + 1) for before, after in pairwise(self.widths)]

    @property
    def blocks(self) -> list[slice]:
        """Where each layer's parameters stand in θ."""
        ends = [0]
        for rows, columns in self.shapes:
            ends.append(ends[-1] + rows * columns)
        return [slice(start, end) for start, end in pairwise(ends)]

    @property
    def size(self) -> int:
        """Number of parameters p.

        >>> Network((16, 8, 10)).size  # 8 · 17 + 10 · 9
        226
        """
        return self.blocks[-1].stop

    def layers(self, parameters: Tensor) -> list[Tensor]:
        """The matrices V of a flat vector of shape (p,)."""
        return [
            parameters[block].reshape(columns, rows).T
            for block, (rows, columns) in zip(self.blocks, self.shapes, strict=True)
        ]

    def outputs(self, parameters: Tensor, inputs: Tensor) -> Tensor:
        """Outputs y of shape (..., K) for inputs of shape (..., d)."""
        return self.trace(parameters, inputs)[0]

    def trace(
        self, parameters: Tensor, inputs: Tensor, shifts: list[Tensor] | None = None
    ) -> tuple[Tensor, list[Tensor]]:
        """Outputs, and what enters each layer (with its 1).

        Args:
            parameters: θ, shape (p,).
            inputs: shape (..., d).
            shifts: added to each layer's pre-activations; derivatives with respect to them are those with
                respect to the pre-activations.

        Returns:
            y of shape (..., K), and one tensor of shape (..., width + 1) a layer.
        """
        entering, value = [], inputs
        for depth, layer in enumerate(self.layers(parameters)):
            if depth > 0:
                value = ACTIVATIONS[self.activation](value)
            entering.append(torch.cat([value, torch.ones_like(value[..., :1])], dim=-1))
            value = entering[-1] @ layer.T
            if shifts is not None:
                value = value + shifts[depth]
        return value, entering

    def initial(self, seed: int, scale: float = 1.0) -> Tensor:
        """Random θ: weights of variance scale²/inputs, biases of variance 0.01 scale², float64."""
        generator = torch.Generator().manual_seed(seed)
        parts = []
        for rows, columns in self.shapes:
            layer = torch.randn(rows, columns, dtype=torch.float64, generator=generator) * scale
            layer[:, :-1] /= (columns - 1) ** 0.5
            layer[:, -1] *= 0.1
            parts.append(layer.T.reshape(-1))
        return torch.cat(parts)

    def module(self, parameters: Tensor) -> nn.Sequential:
        """The same network made of `nn.Linear` layers, for libraries that need them."""
        modules: list[nn.Module] = []
        for layer in self.layers(parameters):
            linear = nn.Linear(layer.shape[1] - 1, layer.shape[0], dtype=torch.float64)
            linear.weight.data, linear.bias.data = layer[:, :-1].clone(), layer[:, -1].clone()
            modules += [linear, ACTIVATIONS[self.activation]]
        return nn.Sequential(*modules[:-1])
