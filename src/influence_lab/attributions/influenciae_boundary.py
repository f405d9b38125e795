"""Weights boundary of a linear softmax by the library influenciae, as plain arrays."""

import influence_lab.models.legacy_keras  # noqa: F401 (before TensorFlow)

# isort: split
import numpy as np
import tensorflow as tf
from deel.influenciae.boundary_based import WeightsBoundaryCalculator

Array = np.ndarray


def influenciae_boundary(kernel: Array, bias: Array, features: Array) -> Array:
    """Scores of `WeightsBoundaryCalculator` with its defaults, in its single precision: minus the norm of the change.

    Args:
        kernel: shape (d, K).
        bias: shape (K,).
        features: without the 1, shape (n, d).

    Returns:
        Shape (n,), float32.
    """
    images = tf.constant(features, tf.float32)
    unused = tf.zeros((len(features), len(bias)))  # the score asks for the prediction, never for the label
    batches = tf.data.Dataset.from_tensor_slices((images, unused)).batch(len(features))
    scores = WeightsBoundaryCalculator(keras_layer(kernel, bias))._compute_influence_values(batches)
    return scores.numpy()[:, 0]


def keras_layer(kernel: Array, bias: Array) -> tf.keras.Model:
    """A Keras model of one dense layer, single precision; kernel of shape (d, K), bias of shape (K,)."""
    d, K = kernel.shape
    model = tf.keras.Sequential([tf.keras.layers.Dense(K, input_shape=(d,))])
    model.set_weights([kernel, bias])
    return model
