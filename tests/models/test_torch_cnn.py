import influence_lab.models.legacy_keras  # noqa: F401 (before TensorFlow)

# isort: split
import numpy as np
import pytest
import tensorflow as tf
import torch
from numpy.testing import assert_allclose

from influence_lab.attributions.network_boundary import network_boundary
from influence_lab.models.torch_cnn import cnn_inputs, cnn_logits, cnn_weights

SHAPES = [(3, 3, 3, 32), (32,), (3, 3, 32, 64), (64,), (3, 3, 64, 64), (64,), (256, 64), (64,), (64, 10), (10,)]


@pytest.fixture(scope="module")
def stored():
    rng = np.random.default_rng(0)
    scale = [np.sqrt(2 / max(1, np.prod(shape[:-1]))) for shape in SHAPES]
    return {
        f"w{place:03d}": (size * rng.standard_normal(shape)).astype(np.float32)
        for place, (shape, size) in enumerate(zip(SHAPES, scale, strict=True))
    } | {"final_learning_rate": np.array(1e-4)}


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(1).integers(0, 256, size=(6, 32, 32, 3), dtype=np.uint8)


def test_logits_are_those_of_the_same_weights_in_keras(stored, images):
    """Single precision, sums of about a thousand terms: 1e-4 of the logits' size."""
    layers = tf.keras.layers
    model = tf.keras.Sequential(
        [
            layers.Conv2D(32, 3, activation="relu", input_shape=(32, 32, 3)),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dense(10),
        ]
    )
    model.set_weights([stored[f"w{place:03d}"] for place in range(10)])
    expected = model(images.astype(np.float32) / 255).numpy()
    with torch.no_grad():
        ours = cnn_logits(cnn_weights(stored), cnn_inputs(images)).numpy()
    assert_allclose(ours, expected, atol=1e-4 * np.abs(expected).max())


def test_another_network_is_refused(stored):
    with pytest.raises(ValueError, match="the small CNN has 10 arrays of weights, got 9"):
        cnn_weights({name: array for name, array in stored.items() if name != "w009"})


def test_an_ascent_raises_the_loss_and_leaves_the_trained_weights_alone(stored, images):
    weights = cnn_weights(stored)
    before = [weight.clone() for weight in weights]
    inputs = cnn_inputs(images[:3])
    labels = cnn_logits(weights, inputs).argmax(dim=1)
    ascent = network_boundary(weights, inputs, labels.numpy(), rate=1e-4, steps=5, largest=10.0)
    loss = torch.nn.functional.cross_entropy
    assert loss(cnn_logits(ascent.weights, inputs), labels) > loss(cnn_logits(weights, inputs), labels)
    assert all(torch.equal(weight, old) for weight, old in zip(weights, before, strict=True))
    moved = np.sqrt(sum(float(((new - old) ** 2).sum()) for new, old in zip(ascent.weights, before, strict=True)))
    assert_allclose(ascent.norm, moved, rtol=1e-3)
    assert ascent.norm <= 1e-4 * ascent.steps * np.sqrt(sum(weight.numel() for weight in weights)) * 1.01


def test_a_change_beyond_the_limit_is_a_failure_with_score_one(stored, images):
    weights, inputs = cnn_weights(stored), cnn_inputs(images)
    labels = cnn_logits(weights, inputs).argmax(dim=1).numpy()
    ascent = network_boundary(weights, inputs, labels, rate=1e-4, steps=50, largest=1e-6)
    assert ascent.steps == 1
    assert not ascent.succeeded
    assert ascent.score == 1.0
