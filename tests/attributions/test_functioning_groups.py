import numpy as np
import pytest

from influence_lab.attributions.functioning_groups import RULES, grow, unit, whitened
from influence_lab.attributions.influence import NotPositiveDefiniteError, influence
from tests.cases import LOGISTIC


def random_features(seed, n=25, p=6):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, p)) * rng.uniform(0.1, 3, (n, 1)) + rng.standard_normal(p)


def brute_force(K, required, steps, rule, excluded=()):
    """Every candidate enumerated over explicit K, and K(G, G) by double sums."""
    group, influence_, sizes = list(required), [], []
    for _ in range(steps):
        candidates = [x for x in range(len(K)) if x not in group and x not in excluded]
        if rule == "algorithm":
            scores = [sum(K[x, y] for y in group) for x in candidates]
        else:
            scores = [K[np.ix_([*group, x], [*group, x])].sum() for x in candidates]
        group.append(candidates[int(np.argmax(scores))])
        influence_.append(K[np.ix_(group, group)].sum())
        sizes.append(len(group))
    return group, np.array(influence_), np.array(sizes)


def test_whitened_features_reproduce_influence_between_training_points():
    """K = +gᵀH⁻¹g is minus the influence of training points on each other's losses."""
    gradients = LOGISTIC.problem.gradients(LOGISTIC.theta, LOGISTIC.problem.X, LOGISTIC.problem.y)
    features = whitened(gradients, LOGISTIC.hessian)
    expected = -influence(gradients, gradients, LOGISTIC.hessian)
    np.testing.assert_allclose(features @ features.T, expected, rtol=1e-10, atol=1e-12 * np.abs(expected).max())


def test_a_singular_curvature_is_refused():
    with pytest.raises(NotPositiveDefiniteError, match="damping"):
        whitened(np.eye(2), np.zeros((2, 2)))


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("seed", range(4))
def test_search_equals_brute_force_with_required_and_excluded_points(rule, seed):
    features = random_features(seed)
    trace = grow(features, [3, 7], 12, rule, excluded=[0, 5, 11])
    members, influence_, sizes = brute_force(features @ features.T, [3, 7], 12, rule, [0, 5, 11])
    assert trace.members.tolist() == members
    np.testing.assert_allclose(trace.influence[1:], influence_, rtol=1e-10)
    assert trace.size[1:].tolist() == sizes.tolist()


@pytest.mark.parametrize("seed", range(4))
def test_inequality_is_the_sign_of_the_change_of_influence_per_member(seed):
    trace = grow(random_features(seed), [0], 24)
    assert trace.raises.tolist() == (np.diff(trace.per_member) > 0).tolist()
    assert 0 < trace.raises.sum() < len(trace.raises)  # both cases occur
    assert trace.per_member[trace.peak - 1] == trace.per_member.max()


@pytest.mark.parametrize("seed", range(4))
def test_both_rules_coincide_for_cosine_influence_and_differ_for_raw(seed):
    features = random_features(seed)
    chosen = {
        kind: [grow(F, [0], 20, r).chosen.tolist() for r in RULES]
        for kind, F in (("raw", features), ("cosine", unit(features)))
    }
    assert chosen["cosine"][0] == chosen["cosine"][1]
    assert chosen["raw"][0] != chosen["raw"][1]


@pytest.mark.parametrize("rule", RULES)
def test_order_of_the_points_does_not_matter(rule):
    features, order = random_features(0), np.random.default_rng(1).permutation(25)
    place = np.argsort(order)
    shuffled = grow(features[order], [int(place[4])], 15, rule)
    assert order[shuffled.members].tolist() == grow(features, [4], 15, rule).members.tolist()


def test_a_duplicate_of_the_only_member_joins_first_by_cosine_influence():
    features = random_features(2)
    features[13] = features[6]
    assert grow(unit(features), [6], 1).chosen.tolist() == [13]


def test_search_ends_when_no_candidate_is_left_and_refuses_what_contradicts_itself():
    features = random_features(0, n=4)
    assert sorted(grow(features, [1], 99, excluded=[2]).members.tolist()) == [0, 1, 3]
    assert len(grow(features, [0, 1, 2, 3], 5).chosen) == 0
    for required, excluded, rule in (
        ([], [], "algorithm"),
        ([1, 1], [], "algorithm"),
        ([1], [1], "algorithm"),
        ([1], [], "best"),
    ):
        with pytest.raises(ValueError, match=r"required|rule"):
            grow(features, required, 1, rule, excluded)
