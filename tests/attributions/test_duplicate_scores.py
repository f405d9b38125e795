import numpy as np
import pytest

from influence_lab.attributions.duplicate_scores import HeadEmbedding, embed, head_scores, squared_distances
from influence_lab.attributions.head_influence import grow_groups
from influence_lab.models.softmax_head import SoftmaxHead


def head(n=60, d=4, K=3, seed=0):
    rng = np.random.default_rng(seed)
    features = np.column_stack([rng.normal(size=(n, d)), np.ones(n)])
    features[1] = features[0]  # a copy
    features[3, :-1] = features[2, :-1]
    labels = rng.integers(0, K, n)
    labels[1], labels[3] = labels[0], (labels[2] + 1) % K  # a copy with another label
    logits = features @ rng.normal(size=(d + 1, K))
    return SoftmaxHead(features, logits, labels)


@pytest.fixture
def embedding():
    return embed(head(), cutoff=1e-10, damping=1e-4, directions=10)


def test_duplicates_have_cosine_influence_one_and_nothing_has_more(embedding):
    """Cauchy-Schwarz, with equality for parallel gradients; single precision."""
    cosine = head_scores(embedding, np.arange(60))["cosine"]
    assert cosine.max() <= 1 + 1e-5
    np.testing.assert_allclose(cosine[0, 1], 1, atol=1e-5)


def test_copies_with_another_label_are_equal_for_the_embedding_and_not_for_influence(embedding):
    scores = head_scores(embedding, np.array([2]))
    np.testing.assert_allclose(scores["embedding_cosine"][0, 3], 1, atol=1e-6)
    np.testing.assert_allclose(scores["embedding_l2"][0, 3], 0, atol=1e-5)
    assert scores["cosine"][0, 3] < 0.5
    labels = head().labels
    order = np.argsort(-scores["embedding_label"][0])
    assert order[0] == 2
    assert (np.diff((labels[order] != labels[2]).astype(int)) >= 0).all()  # all of the label, then all others


def test_scores_are_influence_over_what_their_names_say():
    """K = gᵀH⁺g from the whole Hessian in double precision."""
    one = head()
    scores = head_scores(embed(one, 1e-10, 1e-4, 10), np.array([4, 7]))
    g, inverse = one.gradients(), np.linalg.pinv(one.hessian(), rcond=1e-10, hermitian=True)
    K, own = g[[4, 7]] @ inverse @ g.T, np.einsum("ip,pq,iq->i", g, inverse, g)
    close = {"rtol": 1e-3, "atol": 1e-4 * np.abs(K).max()}
    np.testing.assert_allclose(scores["raw_largest"], K, **close)
    np.testing.assert_allclose(scores["raw_smallest"], -K, **close)
    np.testing.assert_allclose(scores["ell_relatif"], K / np.sqrt(own), **close)
    np.testing.assert_allclose(scores["theta_relatif"], K / np.linalg.norm(g @ inverse, axis=1), **close)
    np.testing.assert_allclose(scores["theta_relatif_cut"], scores["theta_relatif"], rtol=1e-6)  # nothing is flat here
    h = one.features[:, :-1]
    np.testing.assert_allclose(scores["embedding_product"], h[[4, 7]] @ h.T, rtol=1e-4, atol=1e-5)


def test_a_nearly_flat_direction_rules_the_divisor_of_theta_relatif_unless_it_is_cut():
    """One feature is 1e-5 as long as the others: its eigenvalue is 1e-10 of theirs, its share of ‖H⁺g‖ grows as 1e5."""
    full = head(d=3)
    flat = np.column_stack([1e-5 * np.random.default_rng(5).normal(size=60), full.features])
    one = embed(SoftmaxHead(flat, full.logits, full.labels), 1e-12, 0.0, 10)
    without = embed(full, 1e-12, 0.0, 10)
    assert np.median(one.parameter_change / one.cut_change) > 100
    np.testing.assert_allclose(one.cut_change, without.parameter_change, rtol=1e-3)


def test_ell_relatif_and_cosine_order_images_alike(embedding):
    scores = head_scores(embedding, np.arange(20))
    np.testing.assert_array_equal(np.argsort(scores["cosine"][:, :10]), np.argsort(scores["ell_relatif"][:, :10]))


def test_a_long_gradient_overtakes_a_perfect_copy_exactly_by_the_inequality():
    """K(q, x) > K(q, d) with d = q if and only if cos(q, x) √K_xx > √K_qq; single precision, numbers far from a tie."""
    features = np.array([[1.0, 0.0], [1.0, 0.0], [3.0, 3.0], [0.5, 3.0]], dtype=np.float32)
    own, flat = np.square(features).sum(axis=1), np.ones(4)
    scores = head_scores(HeadEmbedding(features, own, flat, flat, features, np.zeros(4, dtype=int)), np.array([0]))
    K, cosine = scores["raw_largest"][0], scores["cosine"][0]
    overtakes = K[1] < K
    np.testing.assert_array_equal(overtakes, cosine * np.sqrt(own) > np.sqrt(own[0]) * (1 + 1e-6))
    assert overtakes.tolist() == [False, False, True, False]
    assert cosine.argmax() in (0, 1)


def test_distances_are_those_of_differences():
    rows = np.random.default_rng(0).normal(size=(9, 5))
    expected = ((rows[[1, 4], None] - rows) ** 2).sum(axis=2)
    np.testing.assert_allclose(squared_distances(rows, np.array([1, 4])), expected, atol=1e-12)


def test_the_minimised_group_adds_the_least_influence_at_each_step():
    features = np.random.default_rng(1).normal(size=(15, 3))
    for seed, members in zip((2, 9), grow_groups(features, np.array([2, 9]), 5, "smallest").members, strict=True):
        group = [seed]
        for _ in range(4):
            on_group = features @ features[group].sum(axis=0)
            on_group[group] = np.inf
            group.append(int(on_group.argmin()))
        assert members.tolist() == group


def test_a_large_head_is_reduced_to_its_directions(monkeypatch):
    """Damped, on 2 of 4 features and the bias of 3 classes: at most 9 directions of influence."""
    monkeypatch.setattr("influence_lab.models.softmax_head.LARGEST", 5)
    large = embed(head(), 1e-10, 1e-2, directions=2)
    assert large.influence.shape[1] <= 9
    assert large.features.shape == (60, 4)
