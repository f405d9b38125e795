import numpy as np
import pytest
from numpy.testing import assert_allclose

from influence_lab.attributions.toy_influence import influence_by_models, margin_influences
from influence_lab.evaluations.datamodel_tables import (
    closed_form_table,
    gain_over_blocks,
    scores_at_equal_repeats,
    separation_table,
    traker_table,
)
from influence_lab.evaluations.toy_scores import HeldOut
from influence_lab.models.layered import Network
from influence_lab.models.logistic_network import LogisticNetwork

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(30, 2)), (RNG.random(30) < 0.5).astype(float)
TARGETS, LABELS = RNG.normal(size=(4, 2)), np.array([0.0, 1.0, 1.0, 0.0])
SHAPE = Network((2, 5, 1), "relu")
NETWORKS = [LogisticNetwork(SHAPE, SHAPE.initial(seed).numpy(), X, Y) for seed in range(2)]


def test_least_squares_on_predicted_margins_gives_the_influence_matrix():
    """Exactly from n + 1 Bernoulli masks on, up to rounding times the condition number of the masks, about 1e4."""
    limit = margin_influences(NETWORKS, TARGETS, LABELS, [0.1])[0].mean(axis=0)
    table = closed_form_table(limit, NETWORKS, TARGETS, LABELS, 0.1).set_index(["masks", "k"])
    assert table.loc[("Bernoulli", 60), "distance"] < 1e-9
    assert table.loc[("fixed size", 60), "free"] < 1e-9 < table.loc[("fixed size", 60), "distance"]


def test_one_decomposition_gives_the_influence_of_every_damping():
    dampings = [0.01, 0.1, 1.0]
    expected = margin_influences(NETWORKS, TARGETS, LABELS, dampings)
    found = influence_by_models(NETWORKS, TARGETS, LABELS, dampings)
    assert found["models"].tolist() == [1, 2]
    assert_allclose(found["scores"][:, 0], expected[:, 0], rtol=1e-8, atol=1e-13)
    assert_allclose(found["scores"][:, 1], expected.mean(axis=1), rtol=1e-8, atol=1e-13)


def judge(repeats, noise=0.0):
    masks = (RNG.random((20, 30)) < 0.5).astype(float)
    weights = RNG.normal(size=(4, 30))
    outputs = np.repeat((masks @ weights.T)[:, None], repeats, axis=1)
    return HeldOut(masks, outputs + noise * RNG.normal(size=outputs.shape)), weights


def test_all_alphas_are_judged_by_as_many_trainings():
    """Fewer trainings of each subset leave more noise, so the ceiling of ten is above that of two of them."""
    many, weights = judge(10, noise=10.0)
    few, others = judge(2, noise=10.0)
    fitted = {0.5: {"retraining": [weights], "influence": [-weights]}, 0.1: {"retraining": [others]}}
    fitted[0.1]["influence"] = [others]
    table, gaps = scores_at_equal_repeats({0.5: many, 0.1: few}, fitted, weights)
    rows = table.set_index(["alpha", "method"])["mean"]
    assert rows[(0.5, "ceiling")] == pytest.approx(many._replace(outputs=many.outputs[:, :2]).ceiling()[0])
    assert rows[(0.5, "ceiling")] < many.ceiling()[0]
    assert gaps[0.1] == (0.0, 0.0)
    assert gaps[0.5][0] == pytest.approx(2 * rows[(0.5, "retraining")])


def test_gain_over_blocks_is_the_mean_gain_and_blocks_widen_its_interval():
    held_out, weights = judge(4)
    noise = RNG.normal(size=weights.shape)
    same, half = gain_over_blocks(held_out, weights, np.stack([weights, weights]))
    assert (same, half) == (0.0, 0.0)
    gain, half = gain_over_blocks(held_out, weights, np.stack([weights, noise]))
    assert gain == pytest.approx(held_out.difference(weights, noise)[0] / 2)
    assert half > held_out.difference(weights, noise)[1]


def test_the_plane_may_miss_what_four_components_see():
    """Clusters that lie apart only along the direction of the third largest variance."""
    clusters = np.arange(40) % 2
    weights = RNG.normal(size=(40, 6)) * [30.0, 20.0, 0.1, 0.1, 0.1, 0.1]
    weights[:, 2] += 10 * clusters
    table = separation_table({0.5: {"sizes": [50], "retraining": [weights], "influence": [weights]}}, clusters, weights)
    assert (table["mean"] == 1).all()
    assert (table["plane"] < 0.75).all()
    assert table["kind"].tolist() == ["retraining", "influence", "limit"]


def test_traker_table_finds_its_own_rescaling():
    kernels, wrong, scales = RNG.normal(size=(1, 3, 4, 30)), RNG.random((3, 30)), np.array([[1.0, 2.0, 5.0]])
    together = (kernels[0] / scales[0][:, None, None]).mean(axis=0) * wrong.mean(axis=0)
    arrays = {"kernels": kernels, "wrong": wrong, "scales": scales, "dimensions": np.array([10])}
    arrays |= {"traker_alone": kernels * wrong[:, None], "traker_together": together[None]}
    row = traker_table(arrays).iloc[0]
    assert row["alone"] == pytest.approx(1)
    assert row["rescaled"] == pytest.approx(1)
    assert row["literal"] < 0.999
