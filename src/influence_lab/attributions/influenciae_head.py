"""Influence of a softmax last layer by the library influenciae, exact and by conjugate gradient, as plain arrays."""

import influence_lab.models.legacy_keras  # noqa: F401 (before TensorFlow)

# isort: split
import numpy as np
import tensorflow as tf
from deel.influenciae.common import (
    ConjugateGradientDescentIHVP,
    ExactIHVP,
    InfluenceModel,
)
from deel.influenciae.influence import FirstOrderInfluenceCalculator

from influence_lab.models.image_heads import ImageHeads
from influence_lab.models.softmax_head import SoftmaxHead

Array = np.ndarray


class InfluenciaeHead:
    """A last layer as a Keras 2 model of one Dense layer, wrapped for influenciae, in its single precision.

    Args:
        heads: kernel and bias; the images are given with each call.
    """

    def __init__(self, heads: ImageHeads) -> None:
        width, classes = heads.kernel.shape
        model = tf.keras.Sequential([tf.keras.layers.Dense(classes, input_shape=(width,))])
        model.set_weights([heads.kernel, heads.bias])
        loss = tf.keras.losses.CategoricalCrossentropy(from_logits=True, reduction=tf.keras.losses.Reduction.NONE)
        self._wrapped = InfluenceModel(model, start_layer=0, last_layer=0, loss_function=loss)

    def exact_inverse(self, head: SoftmaxHead, hessian: Array) -> ExactIHVP:
        """`ExactIHVP` with a given Hessian in our order of parameters. Its own takes 12 GB with batches of 16."""
        order = keras_order(head)
        return ExactIHVP(self._wrapped, train_hessian=tf.constant(hessian[np.ix_(order, order)], tf.float32))

    def calculator(self, train: SoftmaxHead, inverse: ExactIHVP) -> FirstOrderInfluenceCalculator:
        """Made once and kept: each new one compiles its calls anew."""
        return FirstOrderInfluenceCalculator(self._wrapped, _dataset(train), inverse)

    def solved(self, head: SoftmaxHead, inverse: ExactIHVP) -> Array:
        """H⁺g of every image, shape (p, n), in the order of Keras: gradients and product by influenciae."""
        (found,) = inverse.compute_ihvp(_dataset(head))
        return found.numpy()

    def conjugate_gradient(self, train: SoftmaxHead, solved_for: SoftmaxHead, iterations: int) -> Array:
        """`ConjugateGradientDescentIHVP` of m images' gradients with the Hessian of the training images, shape (m, p).

        The calculator would solve for every training image instead, each with a product an image and iteration.
        """
        inverse = ConjugateGradientDescentIHVP(self._wrapped, 0, _dataset(train), iterations)
        (solved,) = inverse.compute_ihvp(_dataset(solved_for))  # one batch, (p, m) in the order of Keras
        found = np.empty((solved_for.n, train.size))
        found[:, keras_order(train)] = solved.numpy().T
        return found


def influence(calculator: FirstOrderInfluenceCalculator, train: SoftmaxHead, test: SoftmaxHead) -> Array:
    """K of each test with each training image, shape (m, n), by one pass over the training images."""
    ((_, scored),) = calculator.estimate_influence_values_in_batches(_dataset(test), _dataset(train))
    ((_, values),) = scored  # one batch each
    return values.numpy()


def group_influence(calculator: FirstOrderInfluenceCalculator, group: SoftmaxHead) -> float:
    """K(G, G) of a group by one call of `estimate_influence_values_group`."""
    return float(calculator.estimate_influence_values_group(_dataset(group)).numpy().item())


def keras_order(head: SoftmaxHead) -> Array:
    """Where each of Keras's parameters (kernel by rows, then bias) stands in ours (class by class, its bias last)."""
    return np.arange(head.size).reshape(head.classes, -1).T.ravel()


def _dataset(head: SoftmaxHead) -> tf.data.Dataset:
    labels = np.eye(head.classes, dtype=np.float32)[head.labels]
    return tf.data.Dataset.from_tensor_slices((head.features[:, :-1].astype(np.float32), labels)).batch(head.n)
