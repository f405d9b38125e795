"""The three architectures: their sizes, and that the last layer makes the logits of the features."""

import ssl

import numpy as np
import pytest

from influence_lab.models.image_models import feature_model, image_features, image_model, named_weights, outputs
from tests.models.image_cases import small_images

DATA = small_images(8, 4)


@pytest.mark.parametrize(
    ("name", "parameters", "head"),
    [("cnn", 73_418, 650), ("resnet", 800_138, 1_290), ("vgg19", 38_947_914, 40_970)],
)
def test_last_layer_makes_the_logits_of_the_features(name, parameters, head):
    """With random weights: sums of d products in single precision, each rounded by at most ε."""
    model = image_model(name, seed=5)
    assert model.count_params() == parameters
    assert model.layers[-1].count_params() == head
    found = image_features(name, named_weights(model), DATA)
    for part in ("train", "test"):
        features, logits = found[f"{part}_features"], outputs(model, DATA[f"{part}_images"])
        assert features.dtype == np.float32
        bound = np.abs(features) @ np.abs(found["kernel"]) + np.abs(found["bias"])
        error = np.abs(features.astype(float) @ found["kernel"] + found["bias"] - logits)
        assert np.all(error <= features.shape[1] * np.finfo(np.float32).eps * bound)
        assert np.array_equal(found[f"{part}_labels"], DATA[f"{part}_labels"])


def test_the_resnet_is_a_resnet_20_and_only_its_convolutions_have_weight_decay():
    """3 stages × 3 blocks × 2 convolutions of 3 × 3 and one before them; two shortcuts are convolutions of 1 × 1."""
    model = image_model("resnet", seed=0)
    convolutions = [layer for layer in model.layers[0].layers if type(layer).__name__ == "Conv2D"]
    assert [layer.kernel_size for layer in convolutions].count((3, 3)) == 1 + 3 * 3 * 2
    assert [layer.kernel_size for layer in convolutions].count((1, 1)) == 2
    squares = [1e-4 * np.sum(layer.kernel.numpy() ** 2.0) for layer in convolutions]
    assert np.array([float(loss) for loss in model.losses]) == pytest.approx(np.array(squares), rel=1e-4)


def test_features_do_not_depend_on_the_batch():
    """Each image alone: only the order of rounded sums may differ."""
    features = feature_model(image_model("cnn", seed=0))
    together, alone = outputs(features, DATA["train_images"]), outputs(features, DATA["train_images"], batch_size=1)
    assert together == pytest.approx(alone, rel=1e-4, abs=1e-5)


def test_importing_influenciae_leaves_certificates_checked():
    assert ssl._create_default_https_context is ssl.create_default_context
