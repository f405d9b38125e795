import numpy as np
from scipy.sparse.csgraph import connected_components

from influence_lab.attributions.functioning_groups import unit
from influence_lab.attributions.group_partition import functioning_partition, linked_group, links, pooled


def directions(angles):
    """Points whose cosine influence is the cosine of the difference of their angles."""
    return np.column_stack([np.cos(angles), np.sin(angles)])


def two_fans(rng, size=30):
    """One class in two narrow fans of directions, and another class between them."""
    angles = np.concatenate([rng.uniform(0, 0.3, size), rng.uniform(0.5, 0.8, size), rng.uniform(0.35, 0.45, size)])
    return directions(angles), np.repeat([1.0, 1.0, 0.0], size), np.repeat([0, 1, 2], size)


def naive_links(features, classes, k):
    cosine, n = unit(features) @ unit(features).T, len(features)
    near = [
        set(sorted((y for y in range(n) if y != x and classes[y] == classes[x]), key=lambda y: -cosine[x, y])[:k])
        for x in range(n)
    ]
    found = np.zeros((n, n), dtype=bool)
    for x in range(n):
        for y in near[x]:
            others = [z for z in range(n) if classes[z] != classes[x]]
            between = any(min(abs(cosine[x, z]), abs(cosine[y, z])) > cosine[x, y] for z in others)
            found[x, y] = x in near[y] and not between
    return found


def test_links_are_those_of_the_definition():
    for seed in range(3):
        rng = np.random.default_rng(seed)
        features, classes = rng.standard_normal((40, 3)), rng.integers(0, 2, 40).astype(float)
        found = links(features, classes, 4)
        assert found.tolist() == naive_links(features, classes, 4).tolist()
        assert (found == found.T).all()


def test_group_is_the_connected_part_of_the_seed():
    rng = np.random.default_rng(0)
    features, classes = rng.standard_normal((60, 3)), rng.integers(0, 2, 60).astype(float)
    linked = links(features, classes, 3)
    part = connected_components(linked)[1]
    for seed in (0, 10, 20):
        members = linked_group(features, linked, seed, np.ones(60, dtype=bool))
        assert members[0] == seed
        assert sorted(members) == np.flatnonzero(part == part[seed]).tolist()


def test_partition_finds_fans_that_another_class_parts():
    features, classes, truth = two_fans(np.random.default_rng(0))
    group = functioning_partition(features, classes, 8)
    assert len(np.unique(group)) == 3
    assert all(len(np.unique(truth[group == one])) == 1 for one in range(3))


def test_partition_does_not_depend_on_the_order_or_the_length_of_the_features():
    rng = np.random.default_rng(1)
    features, classes, _ = two_fans(rng)
    order = rng.permutation(len(features))
    scaled = features * rng.uniform(0.01, 100, (len(features), 1))
    group, other = functioning_partition(features, classes, 8), functioning_partition(scaled[order], classes[order], 8)
    same = group[:, None] == group
    assert (same[np.ix_(order, order)] == (other[:, None] == other)).all()


def test_no_small_group_is_left_beside_a_large_one_of_its_class():
    rng = np.random.default_rng(2)
    features, classes, _ = two_fans(rng)
    features[5] = directions(np.array([2.0]))  # an outlier of class 1
    sizes = np.bincount(functioning_partition(features, classes, 8))
    assert sizes.min() > 8


def test_pooled_features_give_the_mean_cosine():
    rng = np.random.default_rng(3)
    each = [rng.standard_normal((7, 4)) for _ in range(3)]
    expected = np.mean([unit(one) @ unit(one).T for one in each], axis=0)
    np.testing.assert_allclose(pooled(each) @ pooled(each).T, expected, rtol=1e-12, atol=1e-14)
