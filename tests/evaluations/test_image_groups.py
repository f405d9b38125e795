from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from influence_lab.attributions.image_groups import DEFAULT, influence_space, influence_trace, model_groups
from influence_lab.evaluations import image_group_summary as summary
from influence_lab.evaluations.image_group_table import model_table, reference, with_overlaps
from influence_lab.evaluations.image_groups import (
    chance_hub_share,
    chance_overlap,
    coarse_pixels,
    coherence,
    exponent_in_random_order,
    hub_share,
    jaccard,
    joining_scores,
    overlap_among,
    purity,
    random_groups,
    size_exponent,
    spread,
    standardised,
)
from influence_lab.evaluations.intervals import mean_interval
from influence_lab.models.image_heads import ImageHeads
from influence_lab.models.softmax_head import SoftmaxHead


def test_purity_counts_the_other_images_only():
    labels = np.array([0, 0, 1, 1, 0])
    assert_allclose(purity(np.array([[0, 1, 2], [2, 3, 4], [3, 0, 1]]), labels), [0.5, 0.5, 0.0])


def test_overlap_is_one_for_equal_groups_in_any_order_and_zero_for_disjoint_ones():
    some = np.array([[1, 2, 3], [1, 2, 3], [1, 2, 3]])
    assert_allclose(jaccard(some, np.array([[3, 1, 2], [4, 5, 6], [1, 5, 6]])), [1, 0, 0.2])


def test_chance_overlap_is_that_of_random_groups():
    """Against 4,000 draws, five standard errors."""
    rng = np.random.default_rng(0)
    drawn = [np.stack([rng.choice(30, 8, replace=False) for _ in range(4000)]) for _ in range(2)]
    found = jaccard(*drawn)
    assert abs(found.mean() - chance_overlap(8, 30)) < 5 * found.std() / np.sqrt(len(found))


def test_influence_per_member_of_equal_gradients_grows_like_size():
    """Equal rows s φ: K(G, G)/#G = #G s² ‖φ‖², slope 1; orthogonal rows: slope 0."""
    equal = influence_trace(np.tile([0.3, -2.0, 0.5], (25, 1))[None])
    assert_allclose(size_exponent(equal), 1, rtol=1e-12)
    assert_allclose(size_exponent(influence_trace(3 * np.eye(25)[None])), 0, atol=1e-12)


def test_the_exponent_in_random_order_is_that_of_the_mean_over_all_orders():
    features = np.random.default_rng(0).normal(size=(6, 2)) + 1
    orders = np.array(list(permutations(range(6))))
    mean = influence_trace(features[orders]).mean(axis=0, keepdims=True)
    itself = (features**2).sum(axis=1)[None]
    assert_allclose(exponent_in_random_order(mean, itself), size_exponent(mean), rtol=1e-10)


def test_coherence_is_the_mean_cosine_of_two_members():
    members = np.arange(3)[None]
    assert_allclose(coherence(influence_trace(np.ones((3, 1))[members])), 1)
    assert_allclose(coherence(influence_trace(np.eye(3)[members])), 0, atol=1e-12)
    assert_allclose(coherence(influence_trace(np.array([[1.0], [1.0], [-1.0]])[members])), -1 / 3)


def test_a_hub_is_in_more_than_a_tenth_of_the_groups():
    members = np.arange(60).reshape(20, 3)
    members[:2, 1] = 100  # in a tenth of the groups: no hub
    members[:3, 2] = 200  # in three of twenty
    assert_allclose(hub_share(members), [0.5] * 3 + [0] * 17)


def test_chance_share_of_hubs_is_that_of_random_groups():
    """Against 200 draws of 20 groups of 3 among 30 images, five standard errors."""
    rng = np.random.default_rng(0)
    drawn = [
        hub_share(np.stack([[-1, *rng.choice(30, 3, replace=False)] for _ in range(20)])).mean() for _ in range(200)
    ]
    assert abs(np.mean(drawn) - chance_hub_share(3, 30, 20)) < 5 * np.std(drawn) / np.sqrt(len(drawn))


def test_groups_of_one_class_that_share_everything_overlap_wholly():
    labels = np.array([0, 0, 1, 1, 0, 0, 1])
    own, other = overlap_among(np.array([[0, 1, 4], [1, 0, 4], [2, 3, 6], [3, 2, 5]]), labels)
    assert_allclose(own, [1, 1, 0.5, 0.5])
    assert_allclose(other, 0)


def test_spread_of_a_triangle_and_of_repeated_points():
    points = np.array([[0.0, 0.0], [3.0, 0.0], [0.0, 4.0], [0.0, 0.0]])
    assert_allclose(spread(points, np.array([[0, 1, 2], [0, 3, 0]])), [4, 0])


def test_constant_features_do_not_divide_by_zero():
    points = standardised(np.array([[1.0, 5.0], [3.0, 5.0]]))
    assert_allclose(points, [[-1, 0], [1, 0]])


def test_coarse_pixels_are_means_of_blocks():
    images = np.zeros((1, 32, 32, 3), dtype=np.uint8)
    images[0, :2, :4, 0] = 255  # half of the first block, red
    assert coarse_pixels(images).shape == (1, 192)
    assert_allclose(coarse_pixels(images)[0, :2], [0.5, 0])


def test_random_groups_keep_their_seed_image_and_their_class():
    labels = np.arange(40) % 4
    any_class, own = random_groups(labels, np.array([1, 6]), 5, 3, 0)
    assert_array_equal(any_class[:, :, 0], [[1] * 3, [6] * 3])
    assert_array_equal(labels[own], np.broadcast_to(np.array([1, 2])[:, None, None], own.shape))
    assert all(len(np.unique(group)) == 5 for group in np.concatenate([any_class, own]).reshape(-1, 5))


def test_joining_scores_are_the_influence_of_the_new_image_and_the_group():
    features = np.random.default_rng(0).normal(size=(6, 3))
    members = np.array([[2, 0, 5, 1]])
    K = features @ features.T
    scores = joining_scores(influence_trace(features[members]), np.diag(K)[members])
    assert_allclose(scores[0], [0, K[0, 2], K[5, [2, 0]].sum(), K[1, [2, 0, 5]].sum()], atol=1e-12)


@pytest.fixture(scope="module")
def grown():
    """Groups and their table of three stand-ins, softmax regression on drawn features: a CNN twice and a ResNet."""
    labels = np.arange(80) % 4
    seeds = np.array([0, 1, 2, 3, 4, 5, 6, 7])
    compared = reference(labels, seeds, 10, 2, 0)
    pixels = np.random.default_rng(9).normal(size=(80, 6))
    groups, tables = {}, {}
    for number, trained in enumerate([("cnn", 0), ("cnn", 1), ("resnet", 0)]):
        rng = np.random.default_rng(number)
        features = np.column_stack([rng.normal(size=(80, 3)) + labels[:, None], np.ones(80)])
        head = SoftmaxHead(features, features @ rng.normal(size=(4, 4)), labels)
        groups[trained] = model_groups(head, influence_space(head, 1e-10, 1e-4, 3), seeds, 10, [0.01], [number])
        heads = ImageHeads(head, head, np.zeros((3, 4)), np.zeros(4))
        tables[trained] = model_table(groups[trained], heads, pixels, compared)
    return groups, with_overlaps(tables, groups)


@pytest.fixture(scope="module")
def table(grown):
    return grown[1]


@pytest.mark.parametrize("method", ["raw_algorithm", "cosine"])
def test_overlap_of_two_trainings_counts_the_images_that_joined_in_both(grown, method):
    groups, table = grown
    for pair in ((("cnn", 0), ("cnn", 1)), (("cnn", 1), ("resnet", 0)), (("resnet", 0), ("cnn", 1))):
        kinds = zip(groups[pair[0]]["setting"], groups[pair[0]]["method"], strict=True)
        place = list(kinds).index((DEFAULT, method))
        joined = ([set(row[1:]) for row in groups[one]["members"][place]] for one in pair)
        expected = [len(a & b) / len(a | b) for a, b in zip(*joined, strict=True)]
        assert_allclose(summary.overlaps(table, *pair, method), expected, rtol=1e-12)
    assert table.query("model == 'cnn' and training_seed == 0")["overlap_cnn_0"].isna().all()


def test_random_images_of_the_class_are_pure_and_a_group_is_itself_with_the_default_damping(table):
    assert (table.query("method == 'random_class'")["purity"] == 1).all()
    assert (table.query("setting == 'default'")["overlap_default"] == 1).all()


def test_the_verdict_takes_the_larger_overlap_and_pairs_purity_by_seed_image(table):
    numbers = summary.verdict_numbers(table)
    retrained = summary.training_overlap(table, "cnn", "raw_algorithm").mean()
    crossed = summary.model_overlap(table, "cnn", "resnet", "raw_algorithm").mean()
    assert numbers["group_overlap"][0] == pytest.approx(max(retrained, crossed), abs=1e-12)
    raw = table.query("method == 'raw_algorithm' and setting == 'default'")
    means = raw.groupby(["model", "training_seed"])[["purity", "exponent"]].mean().groupby("model").mean()
    assert numbers["cnn_purity_gain"][0] == pytest.approx(means["purity"]["cnn"] - means["purity"]["resnet"], abs=1e-12)
    assert numbers["size_exponent"][0] == pytest.approx(means["exponent"].mean(), abs=1e-12)


def test_means_by_class_average_to_the_mean_as_classes_have_equally_many_seed_images(table):
    gain = summary.cnn_gain(table, "purity")
    found = summary.by_class(table, gain)
    assert found[2] == pytest.approx(gain[[2, 6]].mean(), abs=1e-12)  # labels are image numbers modulo 4
    assert found.mean() == pytest.approx(gain.mean(), abs=1e-12)


def test_the_interval_of_a_mean_over_pairs_holds_the_truth():
    """h(x, y) = x + y of standard normals: mean 0. Coverage of 1,000 draws of 30, 95 % ± five standard errors."""
    drawn = np.random.default_rng(0).normal(size=(1000, 30))
    own_pairs = drawn + (drawn.sum(axis=1, keepdims=True) - drawn) / 29
    held = np.mean([abs(value) <= half for value, half in map(summary.of_pairs, own_pairs)])
    assert abs(held - 0.95) < 0.035


def test_only_overlaps_of_two_seed_images_of_a_class_are_means_over_pairs(table):
    found = summary.comparisons(table, ("cnn", 0), "raw_algorithm")
    halves = summary.overlap_intervals(found).set_index("comparison")["half"]
    plain = {name: mean_interval(values)[1] for name, values in found.items()}
    assert all(halves[name] == pytest.approx(half * (1 + (name == summary.OWN_CLASS))) for name, half in plain.items())


def test_what_a_verdict_lacks_is_named(table):
    assert "8 seed images" in summary.what_is_missing(table)
    assert "two trainings" in summary.what_is_missing(table.query("training_seed == 0"))
    with pytest.raises(ValueError, match="two trainings"):
        summary.verdict_numbers(table.query("training_seed == 0"))


def test_comparisons_that_a_run_does_not_have_are_left_out(table):
    names = summary.comparisons(table, ("cnn", 0), "raw_algorithm")
    assert summary.retrained("cnn") in names
    assert summary.retrained("resnet") not in names
    assert not any("λ" in name for name in summary.comparisons(table, ("cnn", 0), "embedding_l2"))


def test_the_growth_of_orthogonal_members_is_flat():
    curve = summary.growth(np.arange(1, 6.0) * np.array([[1.0], [4.0]]))
    assert_allclose(curve["mean"], 2)
    assert (curve["low"] <= curve["mean"]).all()
    assert isinstance(curve, pd.DataFrame)
