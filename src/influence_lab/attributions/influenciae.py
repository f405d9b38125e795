"""Influence and relative influence of a tanh network by the library influenciae, as plain arrays."""

import influence_lab.models.legacy_keras  # noqa: F401 (before TensorFlow)

# isort: split
import numpy as np
import tensorflow as tf
from deel.influenciae.common import ExactIHVP, InfluenceModel
from deel.influenciae.influence import FirstOrderInfluenceCalculator

from influence_lab.models.network import TanhNetwork

Array = np.ndarray


def influenciae_scores(
    problem: TanhNetwork, theta: Array, X_test: Array, y_test: Array, hessian: Array
) -> dict[str, Array]:
    r"""Scores of `FirstOrderInfluenceCalculator` with `normalize=False` and `True`, in its single precision.

    The network is rebuilt as a Keras 2 model without biases (a column of ones is among the inputs). Its Hessian is
    handed over, with the regulariser, because influenciae's own knows nothing of weight decay and takes much memory.

    Args:
        problem: the training problem.
        theta: θ̂, shape (p,).
        X_test: shape (m, d).
        y_test: shape (m,).
        hessian: H in the order of θ, shape (p, p).

    Returns:
        `raw` and `normalized`, shape (m, n), float32. influenciae's sign is that of a removal,
        $+\nabla f^\top H^{-1} g$: minus ours.
    """
    inputs, hidden = problem.X.shape[1], problem.hidden
    W, v = theta[:-hidden].reshape(hidden, inputs), theta[-hidden:]
    model = tf.keras.Sequential(
        [
            tf.keras.layers.Dense(hidden, activation="tanh", use_bias=False, input_shape=(inputs,)),
            tf.keras.layers.Dense(1, use_bias=False),
        ]
    )
    model.set_weights([W.T, v[:, None]])
    # Keras holds W transposed, so that its flat vector has θ's numbers in this order.
    order = np.concatenate(
        [np.arange(inputs * hidden).reshape(hidden, inputs).T.ravel(), inputs * hidden + np.arange(hidden)]
    )
    loss = tf.keras.losses.BinaryCrossentropy(from_logits=True, reduction=tf.keras.losses.Reduction.NONE)
    wrapped = InfluenceModel(model, start_layer=0, last_layer=1, loss_function=loss)
    train, test = _dataset(problem.X, problem.y), _dataset(X_test, y_test)
    inverse = ExactIHVP(wrapped, train_hessian=tf.constant(hessian[np.ix_(order, order)], tf.float32))
    found = {}
    for name, normalize in (("raw", False), ("normalized", True)):
        calculator = FirstOrderInfluenceCalculator(wrapped, train, inverse, normalize=normalize)
        ((_, scored),) = calculator.estimate_influence_values_in_batches(test, train)  # one batch each
        ((_, values),) = scored
        found[name] = values.numpy()
    return found


def _dataset(X: Array, y: Array) -> tf.data.Dataset:
    rows = tf.data.Dataset.from_tensor_slices((X.astype(np.float32), y[:, None].astype(np.float32)))
    return rows.batch(len(X))
