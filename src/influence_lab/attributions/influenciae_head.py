"""Influence of a softmax last layer by the library influenciae, exact and by conjugate gradient, as plain arrays."""

import influence_lab.models.legacy_keras  # noqa: F401 (before TensorFlow)

# isort: split
import numpy as np
import tensorflow as tf
from deel.influenciae.common import (
    ConjugateGradientDescentIHVP,
    ExactIHVP,
    InfluenceModel,
    InverseHessianVectorProduct,
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

    def exact(self, train: SoftmaxHead, test: SoftmaxHead, hessian: Array) -> Array:
        """`ExactIHVP` with a given Hessian, K of shape (m, n): in the order of Keras it is ours, reordered."""
        order = keras_order(train)
        given = tf.constant(hessian[np.ix_(order, order)], tf.float32)
        return self._influence(train, test, ExactIHVP(self._wrapped, train_hessian=given))

    def conjugate_gradient(self, train: SoftmaxHead, test: SoftmaxHead, iterations: int) -> Array:
        """`ConjugateGradientDescentIHVP` with the Hessian of the training images, shape (m, n)."""
        inverse = ConjugateGradientDescentIHVP(self._wrapped, 0, _dataset(train), iterations)
        return self._influence(train, test, inverse)

    def _influence(self, train: SoftmaxHead, test: SoftmaxHead, inverse: InverseHessianVectorProduct) -> Array:
        calculator = FirstOrderInfluenceCalculator(self._wrapped, _dataset(train), inverse)
        pairs = calculator.estimate_influence_values_in_batches(_dataset(test), _dataset(train))
        ((_, scored),) = pairs  # one batch each
        ((_, values),) = scored
        return values.numpy()


def keras_order(head: SoftmaxHead) -> Array:
    """Where each of Keras's parameters (kernel by rows, then bias) stands in ours (class by class, its bias last)."""
    return np.arange(head.size).reshape(head.classes, -1).T.ravel()


def _dataset(head: SoftmaxHead) -> tf.data.Dataset:
    labels = np.eye(head.classes, dtype=np.float32)[head.labels]
    return tf.data.Dataset.from_tensor_slices((head.features[:, :-1].astype(np.float32), labels)).batch(head.n)
