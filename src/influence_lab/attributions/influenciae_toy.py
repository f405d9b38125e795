"""Attributions of the toy network by the library influenciae, beside ours on the same exported model."""

import influence_lab.models.legacy_keras  # noqa: F401 (before TensorFlow)

# isort: split
import numpy as np
import tensorflow as tf
import torch
from deel.influenciae.common import BaseInfluenceCalculator, ConjugateGradientDescentIHVP, ExactIHVP, InfluenceModel
from deel.influenciae.influence import FirstOrderInfluenceCalculator
from deel.influenciae.rps import RepresenterPointL2
from deel.influenciae.trac_in import TracIn

from influence_lab.models.layered import Network
from influence_lab.models.logistic_network import LogisticNetwork

Array = np.ndarray
LOSS = tf.keras.losses.BinaryCrossentropy(from_logits=True, reduction=tf.keras.losses.Reduction.NONE)


def keras_model(network: Network, theta: Array) -> tf.keras.Model:
    """The same network in Keras 2, single precision, with its biases.

    θ stacks the columns of [W b] of each layer, which is Keras's own order: kernel, inputs by outputs, then bias.
    """
    layers = [layer.numpy() for layer in network.layers(torch.as_tensor(theta))]
    dense = [tf.keras.layers.Dense(len(layer), activation=network.activation) for layer in layers[:-1]]
    inputs = tf.keras.layers.InputLayer((network.widths[0],))
    model = tf.keras.Sequential([inputs, *dense, tf.keras.layers.Dense(len(layers[-1]))])
    model.set_weights([part for layer in layers for part in (layer[:, :-1].T, layer[:, -1])])
    return model


def without_last_bias(network: Network, theta: Array) -> tuple[Network, Array]:
    """The same function with the last bias as the weight of a hidden unit that always gives 1; the bias itself is 0.

    influenciae's representer points refuse a bias in the last layer. Only for ReLU, where such a unit is easily made.
    """
    layers = [layer.numpy() for layer in network.layers(torch.as_tensor(theta))]
    *_, before, last = layers
    constant = np.append(np.zeros(before.shape[1] - 1), 1.0)
    layers[-2] = np.vstack([before, constant])
    layers[-1] = np.append(last, [[0.0]], axis=1)
    wider = Network((*network.widths[:-2], network.widths[-2] + 1, 1), network.activation)
    return wider, np.concatenate([layer.T.ravel() for layer in layers])


def influenciae_toy(
    trained: LogisticNetwork, X: Array, y: Array, damping: float, raised: float, rate: float, decay: float, few: int
) -> dict[str, Array]:
    """Scores by influenciae for test losses (m, n) in its own signs, with what is needed to compare them with ours.

    Args:
        trained: a ReLU network with at least one hidden layer.
        X: test inputs, shape (m, d).
        y: test labels, shape (m,).
        damping: λ of G + λI, which is handed over as `train_hessian`.
        raised: a larger λ, above the cut of influenciae's pseudo-inverse.
        rate: learning rate for TracIn.
        decay: λ of representer points, in influenciae's convention λ‖w‖².
        few: training points of conjugate gradient, which passes over all data for each step of each point.

    Returns:
        `logits` of Keras, shape (m,); `exact` and `exact_raised`, `tracin`, shape (m, n); `conjugate_gradient`, shape
        (m, few), for the last layer without damping; `alphas`, shape (n,), `features`, shape (n, width), and
        `surrogate`, shape (width,), of representer points.
    """
    network = trained.network
    model = keras_model(network, trained.theta)
    whole = InfluenceModel(model, start_layer=0, last_layer=len(network.shapes) - 1, loss_function=LOSS)
    train, test, first = _dataset(trained.X, trained.y), _dataset(X, y), _dataset(trained.X[:few], trained.y[:few])
    found = {"logits": model(X.astype(np.float32)).numpy()[:, 0]}
    for name, value in (("exact", damping), ("exact_raised", raised)):
        curvature = trained.gauss_newton() + value * np.eye(len(trained.theta))
        inverse = ExactIHVP(whole, train_hessian=tf.constant(curvature, tf.float32))
        found[name] = _values(FirstOrderInfluenceCalculator(whole, train, inverse), test, train)
    found["tracin"] = _values(TracIn([whole], rate), test, train)
    last = InfluenceModel(model, start_layer=len(network.shapes) - 1, loss_function=LOSS)
    search = ConjugateGradientDescentIHVP(last, len(network.shapes) - 1, train)
    found["conjugate_gradient"] = _values(FirstOrderInfluenceCalculator(last, train, search), test, first)
    return found | representer_arrays(trained, train, decay)


def representer_arrays(trained: LogisticNetwork, train: tf.data.Dataset, decay: float) -> dict[str, Array]:
    """α, features and fitted last layer of `RepresenterPointL2`."""
    wider, theta = without_last_bias(trained.network, trained.theta)
    with_bias = keras_model(wider, theta)
    last = tf.keras.layers.Dense(1, use_bias=False)
    model = tf.keras.Sequential([*with_bias.layers[:-1], last])
    model.build((None, wider.widths[0]))
    last.set_weights([with_bias.layers[-1].get_weights()[0]])
    model.compile(loss=LOSS)
    calculator = RepresenterPointL2(model, train, LOSS, lambda_regularization=decay)
    alphas, features = calculator._compute_influence_vector(next(iter(train)))
    return {
        "alphas": alphas.numpy()[:, 0],
        "features": features.numpy(),
        "surrogate": calculator.linear_layer.get_weights()[0][:, 0],
    }


def _values(calculator: BaseInfluenceCalculator, test: tf.data.Dataset, train: tf.data.Dataset) -> Array:
    ((_, scored),) = calculator.estimate_influence_values_in_batches(test, train)  # one batch each
    ((_, values),) = scored
    return values.numpy()


def _dataset(X: Array, y: Array) -> tf.data.Dataset:
    rows = tf.data.Dataset.from_tensor_slices((X.astype(np.float32), y[:, None].astype(np.float32)))
    return rows.batch(len(X))
