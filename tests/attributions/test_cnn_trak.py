import numpy as np
import torch

from influence_lab.attributions.cnn_trak import Sketch, all_layers
from influence_lab.models.cnn_gradients import SmallCNN, write_gradients
from tests.models.test_cnn_gradients import weights


def test_signs_keep_products_and_cells_add_up():
    """P has one ±1 in each row: the sketch is a sum over cells, and with as many cells as numbers it loses nothing."""
    rows = torch.from_numpy(np.random.default_rng(0).normal(size=(3, 101)))
    sketch = Sketch(101, 101, seed=0)
    kept = torch.zeros(3, sketch.width, dtype=rows.dtype)
    kept[:, :101] = rows
    projected = sketch.gathered(sketch.signed(kept))
    torch.testing.assert_close(projected @ projected.T, rows @ rows.T)


def test_products_are_kept_on_average_over_sketches():
    """E[P Pᵀ] = I. One product has variance ≤ 2/d, so 2,000 sketches with d = 11 stay within 4 standard errors."""
    rng = np.random.default_rng(1)
    a, b = (vector / np.linalg.norm(vector) for vector in rng.normal(size=(2, 50)))
    products = []
    for seed in range(2000):
        sketch = Sketch(50, 11, seed)
        rows = torch.zeros(2, sketch.width, dtype=torch.float64)
        rows[:, :50] = torch.from_numpy(np.stack([a, b]))
        left, right = sketch.gathered(sketch.signed(rows))
        products.append(float(left @ right))
    assert abs(np.mean(products) - a @ b) < 4 * np.sqrt(2 / 11 / 2000)


def test_cosines_are_those_of_whole_gradients_and_copies_have_one():
    images = np.random.default_rng(2).integers(0, 256, (12, 32, 32, 3), dtype=np.uint8)
    labels = np.random.default_rng(3).integers(0, 10, 12)
    images[11], labels[11] = images[0], labels[0]
    network = SmallCNN(weights())
    found = all_layers(network, images, labels, np.array([0, 5]), dimension=7, seed=0, chunk=5)
    pairs, wrong = network.margin_gradients(images, labels)
    whole = write_gradients(pairs, torch.empty(12, network.size)).double().numpy()
    lengths = np.linalg.norm(whole, axis=1)
    expected = whole[[0, 5]] @ whole.T / lengths[[0, 5], None] / lengths
    np.testing.assert_allclose(found.cosine, expected, atol=1e-5)  # single precision
    np.testing.assert_allclose(found.cosine[0, [0, 11]], 1, atol=1e-5)
    np.testing.assert_allclose(found.kernel[:, 0], found.kernel[:, 11], rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(np.diag(found.sketched), 1, atol=1e-6)
    np.testing.assert_allclose(found.wrong, wrong.numpy(), rtol=1e-5, atol=1e-7)


def test_a_wide_sketch_keeps_the_cosines_of_the_queries():
    """Each of the 45 errors has a standard deviation of at most √(2/d); their root mean square stays below it."""
    images = np.random.default_rng(4).integers(0, 256, (40, 32, 32, 3), dtype=np.uint8)
    labels, queries = np.random.default_rng(5).integers(0, 10, 40), np.arange(10)
    found = all_layers(SmallCNN(weights()), images, labels, queries, dimension=1009, seed=0)
    upper = np.triu_indices(10, 1)
    error = (found.sketched - found.cosine[:, queries])[upper]
    assert 0 < np.sqrt(np.mean(error**2)) < np.sqrt(2 / 1009)
