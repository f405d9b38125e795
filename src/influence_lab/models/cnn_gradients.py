r"""The small CNN in torch with its Keras weights, and the gradient of every image in all of its layers.

Three convolutions of 3 × 3, each followed by max pooling, a dense layer and the last one; ReLU between. With
$u_{it}$ the 3 × 3 patch of a layer's input at place t and $\delta_{it}$ the derivative of the measurement by the
layer's output there, the gradient of one image is $\sum_t u_{it}\delta_{it}^\top$: one product of matrices for each
image, and no image needs a backward pass of its own.
"""

from collections.abc import Mapping

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

Array = np.ndarray


class SmallCNN:
    """The trained network; images are numbers from 0 to 1."""

    def __init__(self, weights: Mapping[str, Array]):
        """Take Keras weights as they are stored.

        Args:
            weights: w000 … w009, kernels (3, 3, in, out) or (in, out), each followed by its bias.

        Raises:
            ValueError: these are not a network of three convolutions and two dense layers.
        """
        arrays = [torch.from_numpy(np.array(weights[name])) for name in sorted(weights) if name.startswith("w0")]
        if [array.ndim for array in arrays] != [4, 1, 4, 1, 4, 1, 2, 1, 2, 1]:
            raise ValueError(f"shapes are {[tuple(a.shape) for a in arrays]}; need 3 convolutions and 2 dense layers")
        self.kernels, self.biases = arrays[::2], arrays[1::2]
        self.filters = [kernel.permute(3, 2, 0, 1).contiguous() for kernel in self.kernels[:3]]

    @property
    def size(self) -> int:
        """Number of parameters, 73,418 for images of 32 × 32."""
        return sum(part.numel() for part in (*self.kernels, *self.biases))

    def columns(self, layer: int) -> slice:
        """Where the kernel of a layer stands in a gradient; its bias follows."""
        start = sum(self.kernels[before].numel() + self.biases[before].numel() for before in range(layer))
        return slice(start, start + self.kernels[layer].numel())

    def forward(self, images: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """Input and output of each layer before its ReLU.

        Args:
            images: shape (m, 32, 32, 3).

        Returns:
            Five inputs, (m, channels, side, side) of a convolution and (m, width) of a dense layer, and five outputs.
        """
        inputs, outputs = [], []
        x = images.permute(0, 3, 1, 2)
        for kernel, bias in zip(self.filters, self.biases, strict=False):
            inputs.append(x)
            outputs.append(F.conv2d(x, kernel, bias))
            x = F.max_pool2d(F.relu(outputs[-1]), 2)
        x = x.permute(0, 2, 3, 1).flatten(1)  # Keras flattens with channels last
        for kernel, bias in zip(self.kernels[3:], self.biases[3:], strict=True):
            inputs.append(x)
            outputs.append(x @ kernel + bias)
            x = F.relu(outputs[-1])
        return inputs, outputs

    def margin_gradients(self, images: Tensor, labels: Tensor) -> tuple[list[tuple[Tensor, Tensor]], Tensor]:
        r"""Gradients of $f = \log\frac{p}{1 - p}$ in all layers, p the probability of the label, image by image.

        The gradient of the cross-entropy is $-(1 - p)\nabla f$: of the same direction, but lost in rounding where p is
        close to 1.

        Args:
            images: shape (m, 32, 32, 3), 0 to 1.
            labels: shape (m,).

        Returns:
            For each layer its patches u and derivatives δ, (m, places, width) and (m, places, outputs), whose product
            $\sum_t u_t\delta_t^\top$ is the gradient of the kernel; and 1 − p, shape (m,).
        """
        images.requires_grad_(True)  # so that outputs have derivatives, though the weights need none
        with torch.enable_grad():
            inputs, outputs = self.forward(images)
            logits, row = outputs[-1], torch.arange(len(labels))
            others = logits.scatter(1, labels[:, None], -torch.inf)
            f = logits[row, labels] - torch.logsumexp(others, dim=1)
            derivatives = torch.autograd.grad(f.sum(), outputs)
        pairs = []
        for x, d in zip(inputs, derivatives, strict=True):
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
    with torch.no_grad():
        ours = network.forward(torch.from_numpy(images[:rows]).float() / 255)[0][-1].numpy()
    difference = float(np.abs(ours - features[:rows]).max())
    if difference > 1e-4 * max(1.0, float(np.abs(ours).max())):
        raise ValueError(f"features differ by {difference:.2g} from the exported ones: weights of another network?")
