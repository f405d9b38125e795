"""Optimisers that change a stack of parameter vectors in place, number for number as torch's do."""

import torch
from torch import Tensor


class Descent:
    r"""Gradient descent with momentum, $v \leftarrow \mu v + g$, $\theta \leftarrow \theta - \eta v$ (μ = 0: SGD)."""

    def __init__(self, parameters: Tensor, learning_rate: float, momentum: float = 0.0) -> None:
        self.parameters, self.learning_rate, self.momentum = parameters, learning_rate, momentum
        self.velocity = torch.zeros_like(parameters)

    def step(self, gradient: Tensor) -> None:
        """Move along a gradient of the parameters' shape."""
        if self.momentum:
            gradient = self.velocity.mul_(self.momentum).add_(gradient)
        self.parameters.add_(gradient, alpha=-self.learning_rate)


class Adam:
    """Adam (Kingma and Ba 2015) with the constants that torch and Keras share, β = (0.9, 0.999), and torch's ε."""

    first, second, epsilon = 0.9, 0.999, 1e-8

    def __init__(self, parameters: Tensor, learning_rate: float) -> None:
        self.parameters, self.learning_rate, self.steps = parameters, learning_rate, 0
        self.mean, self.square = torch.zeros_like(parameters), torch.zeros_like(parameters)
        self.scratch = torch.empty_like(parameters)

    def step(self, gradient: Tensor) -> None:
        """Move along a gradient of the parameters' shape."""
        self.steps += 1
        self.mean.lerp_(gradient, 1 - self.first)
        self.square.mul_(self.second).addcmul_(gradient, gradient, value=1 - self.second)
        root = torch.sqrt(self.square, out=self.scratch)
        root.div_((1 - self.second**self.steps) ** 0.5).add_(self.epsilon)
        rate = self.learning_rate / (1 - self.first**self.steps)
        self.parameters.addcdiv_(self.mean, root, value=-rate)


def optimiser(name: str, parameters: Tensor, learning_rate: float, momentum: float) -> Descent | Adam:
    """The optimiser of a name: "adam", "momentum" or "sgd"."""
    if name == "adam":
        return Adam(parameters, learning_rate)
    return Descent(parameters, learning_rate, momentum if name == "momentum" else 0.0)
