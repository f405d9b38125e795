r"""The gradient of every image in all layers of the small CNN, from one backward pass for many images.

With $u_{it}$ the 3 × 3 patch of a layer's input at place t and $\delta_{it}$ the derivative of the measurement by the
layer's output there, the gradient of image i is $\sum_t u_{it}\delta_{it}^\top$: one product of matrices for each
image, and no image needs a backward pass of its own. The network itself is `torch_cnn`'s; what goes into and comes out
of its layers is noted while it runs.
"""

from collections.abc import Callable, Mapping

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode

from influence_lab.models.torch_cnn import cnn_inputs, cnn_logits, cnn_weights

Array = np.ndarray


class Layers(TorchFunctionMode):
    """Notes input and output of every convolution and dense layer that runs in its `with` block.

    Attributes:
        inputs: one a layer, (m, channels, side, side) of a convolution and (m, width) of a dense layer.
        outputs: one a layer, before its ReLU.
    """

    def __init__(self) -> None:
        """Start with no layers."""
        super().__init__()
        self.inputs: list[Tensor] = []
        self.outputs: list[Tensor] = []

    def __torch_function__(self, function: Callable, types: tuple, args: tuple = (), kwargs: dict | None = None):
        """Run a function of torch, and keep what a layer got and gave."""
        result = function(*args, **(kwargs or {}))
        if function in (F.conv2d, F.linear):
            self.inputs.append(args[0])
            self.outputs.append(result)
        return result


class SmallCNN:
    """The trained network; images are uint8, as they are stored."""

    def __init__(self, weights: Mapping[str, Array]):
        """Take Keras weights as they are stored.

        Args:
            weights: w000 … w009, kernels and biases.

        Raises:
            ValueError: these are not the weights of the small CNN.
        """
        self.weights = cnn_weights(weights)

    @property
    def size(self) -> int:
        """Number of parameters, 73,418 for images of 32 × 32."""
        return sum(weight.numel() for weight in self.weights)

    def layers(self, images: Array) -> Layers:
        """Input and output of each of the five layers.

        Args:
            images: uint8, shape (m, 32, 32, 3).
        """
        inputs = cnn_inputs(images).requires_grad_(True)  # so that outputs have derivatives, though no weight needs one
        with torch.enable_grad(), Layers() as layers:
            cnn_logits(self.weights, inputs)
        return layers

    def margin_gradients(self, images: Array, labels: Array) -> tuple[list[tuple[Tensor, Tensor]], Tensor]:
        r"""Gradients of $f = \log\frac{p}{1 - p}$ in all layers, p the probability of the label, image by image.

        The gradient of the cross-entropy is $-(1 - p)\nabla f$: of the same direction, but lost in rounding where p is
        close to 1.

        Args:
            images: uint8, shape (m, 32, 32, 3).
            labels: shape (m,), integers.

        Returns:
            For each layer its patches u and derivatives δ, (m, places, width) and (m, places, outputs), whose product
            $\sum_t u_t\delta_t^\top$ is the gradient of the kernel; and 1 − p, shape (m,).
        """
        layers, row = self.layers(images), torch.arange(len(labels))
        wanted = torch.as_tensor(labels, dtype=torch.int64)
        with torch.enable_grad():
            logits = layers.outputs[-1]
            others = logits.scatter(1, wanted[:, None], -torch.inf)
            f = logits[row, wanted] - torch.logsumexp(others, dim=1)
            derivatives = torch.autograd.grad(f.sum(), layers.outputs)
        pairs = []
        for x, d in zip(layers.inputs, derivatives, strict=True):
            x = F.unfold(x.detach(), 3).transpose(1, 2) if x.ndim == 4 else x.detach()[:, None]
            d = d.flatten(2).transpose(1, 2) if d.ndim == 4 else d[:, None]
            pairs.append((x, d))
        return pairs, torch.sigmoid(-f).detach()


def write_gradients(pairs: list[tuple[Tensor, Tensor]], out: Tensor) -> Tensor:
    r"""$\sum_t u_t\delta_t^\top$ and, for the bias, $\sum_t\delta_t$ of all layers, from the first, side by side.

    Args:
        pairs: from `margin_gradients`.
        out: where they are written, shape (m, p or more); further columns stay as they are.

    Returns:
        The same tensor.
    """
    column = 0
    for u, d in pairs:
        kernel, bias = (u.transpose(1, 2) @ d).flatten(1), d.sum(dim=1)
        for part in (kernel, bias):
            out[:, column : column + part.shape[1]] = part
            column += part.shape[1]
    return out


def check_features(network: SmallCNN, images: Array, features: Array, rows: int = 100) -> None:
    """Make sure that this network is the one whose features were exported.

    Args:
        network: with its Keras weights.
        images: uint8, shape (n, 32, 32, 3).
        features: exported by Keras, shape (n, 64).
        rows: images looked at.

    Raises:
        ValueError: features differ by more than single precision explains.
    """
    ours = network.layers(images[:rows]).inputs[-1].detach().numpy()
    difference = float(np.abs(ours - features[:rows]).max())
    if difference > 1e-4 * max(1.0, float(np.abs(ours).max())):
        raise ValueError(f"features differ by {difference:.2g} from the exported ones: weights of another network?")
