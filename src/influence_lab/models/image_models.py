"""The report's three image classifiers, in Keras 2: small CNN, influenciae's ResNet, VGG19.

Each ends in a dense layer without activation: its input are the features h, its output the logits.
"""

import influence_lab.models.legacy_keras  # noqa: F401 (before TensorFlow)

# isort: split
import ssl
from collections.abc import Mapping

import numpy as np
import tensorflow as tf
from deel.influenciae.benchmark.cifar10_benchmark import ConvNetCIFAR

# influenciae's module has just switched the check of certificates off for the whole process: on again.
ssl._create_default_https_context = ssl.create_default_context

Array = np.ndarray
CLASSES = 10
SHAPE = (32, 32, 3)


def image_model(name: str, seed: int) -> tf.keras.Model:
    """One of the report's architectures with random weights.

    Sets the random generators of Python, NumPy and TensorFlow, and asks TensorFlow for deterministic operations:
    Keras draws the weights from the process's generators.

    Args:
        name: "cnn": convolutions of 32, 64, 64 channels, each with ReLU and 2 × 2 max-pooling, and a dense layer of
            64 (the report's section 1.3.3).
            "resnet": `ConvNetCIFAR("resnet")` of influenciae, without regularisation of its dense layers; its
            convolutions have weight decay all the same. "vgg19": that of `tf.keras.applications`.
        seed: of the weights.

    Returns:
        A chain of layers from pixels / 255, shape (b, 32, 32, 3), to logits, shape (b, 10).
    """
    tf.keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
    return _ARCHITECTURES[name]()


def trained_model(name: str, stored: Mapping[str, Array]) -> tf.keras.Model:
    """A trained model from the arrays of `results/models/images_{name}_{seed}.npz`."""
    model = image_model(name, seed=0)
    model.set_weights([stored[key] for key in weight_names(len(model.weights))])
    return model


def named_weights(model: tf.keras.Model) -> dict[str, Array]:
    """All weights, also those that are not trained (moving averages), as w000, w001, … in Keras's order."""
    return dict(zip(weight_names(len(model.weights)), model.get_weights(), strict=True))


def weight_names(count: int) -> list[str]:
    """Names of weights in artifacts.

    >>> weight_names(2)
    ['w000', 'w001']
    """
    return [f"w{place:03d}" for place in range(count)]


def feature_model(model: tf.keras.Model) -> tf.keras.Model:
    """The model up to the input of its last layer, sharing its weights."""
    return tf.keras.Model(model.inputs, model.layers[-1].input)


def scaled(images: Array) -> Array:
    """Pixels / 255 in single precision: what the models take. For a batch; all 50,000 images are 614 MB."""
    return images.astype(np.float32) / 255


def outputs(model: tf.keras.Model, images: Array, batch_size: int = 256) -> Array:
    """Outputs for images, without dropout and with the moving averages of batch normalisation.

    Args:
        model: a model here, or its `feature_model`.
        images: uint8, shape (n, 32, 32, 3).
        batch_size: images at a time.

    Returns:
        Shape (n, width of the output), float32.
    """
    found = np.empty((len(images), model.output_shape[-1]), np.float32)
    for first in range(0, len(images), batch_size):
        rows = slice(first, first + batch_size)
        found[rows] = model.predict_on_batch(scaled(images[rows]))
    return found


def image_features(name: str, stored: Mapping[str, Array], data: Mapping[str, Array]) -> dict[str, Array]:
    """Features of all images, and the last layer that makes logits of them.

    Args:
        name: of the architecture.
        stored: arrays of `results/models/images_{name}_{seed}.npz`.
        data: arrays of `results/data/images.npz`.

    Returns:
        train_features (n, d) and test_features in float32, kernel (d, 10), bias (10,), train_labels, test_labels.
    """
    model = trained_model(name, stored)
    features, (kernel, bias) = feature_model(model), model.layers[-1].get_weights()
    parts = ("train", "test")
    return (
        {f"{part}_features": outputs(features, data[f"{part}_images"]) for part in parts}
        | {"kernel": kernel, "bias": bias}
        | {f"{part}_labels": data[f"{part}_labels"] for part in parts}
    )


def _cnn() -> tf.keras.Model:
    layers = tf.keras.layers
    return tf.keras.Sequential(
        [
            layers.Conv2D(32, 3, activation="relu", input_shape=SHAPE),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dense(CLASSES),
        ]
    )


def _resnet() -> tf.keras.Model:
    return ConvNetCIFAR("resnet", use_regularization=False)


def _vgg19() -> tf.keras.Model:
    return tf.keras.applications.VGG19(weights=None, input_shape=SHAPE, classes=CLASSES, classifier_activation=None)


_ARCHITECTURES = {"cnn": _cnn, "resnet": _resnet, "vgg19": _vgg19}
