"""Group influence as the library influenciae computes it, for one softmax layer."""

import influence_lab.models.legacy_keras  # noqa: F401 (before TensorFlow)

# isort: split
import numpy as np
import tensorflow as tf
from deel.influenciae.common import ExactIHVP, InfluenceModel
from deel.influenciae.influence import FirstOrderInfluenceCalculator

Array = np.ndarray


class GroupCall:
    """A softmax layer as a Keras 2 model, ready for influenciae's group calls, in its single precision.

    Args:
        X: inputs, shape (n, d).
        y: classes from 0, shape (n,).
        kernel: shape (d, K).
        bias: shape (K,).
        curvature: damped Hessian in the order of Keras, kernel by rows and then bias, shape ((d + 1) K, (d + 1) K). It
            is handed over, because influenciae's own takes much memory.
    """

    def __init__(self, X: Array, y: Array, kernel: Array, bias: Array, curvature: Array) -> None:
        self._X, self._y = X.astype(np.float32), np.eye(len(bias), dtype=np.float32)[y]
        model = tf.keras.Sequential([tf.keras.layers.Dense(len(bias), input_shape=(X.shape[1],))])
        model.set_weights([kernel, bias])
        loss = tf.keras.losses.CategoricalCrossentropy(from_logits=True, reduction=tf.keras.losses.Reduction.NONE)
        wrapped = InfluenceModel(model, start_layer=0, last_layer=0, loss_function=loss)
        some = self._dataset(np.arange(min(len(X), 32)))
        inverse = ExactIHVP(wrapped, train_hessian=tf.constant(curvature, tf.float32))
        self._calculator = FirstOrderInfluenceCalculator(wrapped, some, inverse)

    def influence(self, group: Array) -> float:
        """K(G, G) of a group by one call of `estimate_influence_values_group`."""
        return float(self._calculator.estimate_influence_values_group(self._dataset(group)).numpy().item())

    def _dataset(self, rows: Array) -> tf.data.Dataset:
        return tf.data.Dataset.from_tensor_slices((self._X[rows], self._y[rows])).batch(len(rows))
