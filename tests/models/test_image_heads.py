import numpy as np
import pytest
from numpy.testing import assert_allclose

from influence_lab.artifacts import MissingArtifactError, write_arrays
from influence_lab.models.image_heads import read_heads


def test_a_head_is_read_with_its_logits_and_its_1(tmp_path):
    rng = np.random.default_rng(0)
    arrays = {"kernel": rng.standard_normal((5, 3)), "bias": rng.standard_normal(3)}
    for part, n in (("train", 8), ("test", 4)):
        arrays |= {f"{part}_features": rng.standard_normal((n, 5)), f"{part}_labels": rng.integers(0, 3, n)}
    write_arrays(tmp_path / "heads.npz", **{name: array.astype(np.float32) for name, array in arrays.items()})
    found = read_heads(tmp_path / "heads.npz")
    for part, head in (("train", found.train), ("test", found.test)):
        assert_allclose(
            head.logits, arrays[f"{part}_features"] @ arrays["kernel"] + arrays["bias"], rtol=1e-5, atol=1e-6
        )
        assert (head.features[:, -1] == 1).all()
        assert (head.labels == arrays[f"{part}_labels"]).all()
        theta = np.vstack([found.kernel, found.bias]).T.ravel()  # class by class, its bias last
        assert_allclose(head.at(theta).logits, head.logits, atol=1e-12)
    assert found.train.logits.dtype == float


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(MissingArtifactError, match=r"heads\.npz is not there yet"):
        read_heads(tmp_path / "heads.npz")
