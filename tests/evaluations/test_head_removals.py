import numpy as np
import pytest
from numpy.testing import assert_allclose

from influence_lab.attributions.head_influence import whitening
from influence_lab.evaluations.head_removals import (
    FILTERS,
    KINDS,
    basis,
    drawn_groups,
    head_removals,
    inverse_values,
    removal_is_felt,
)
from influence_lab.evaluations.image_head import Heads
from influence_lab.models.head_refit import refit
from influence_lab.models.softmax_head import SoftmaxHead
from tests.models.head_cases import random_head

RIDGE = 1e-6


@pytest.fixture(scope="module")
def heads():
    train, theta = random_head(n=400)
    return Heads(train, random_head(n=40, seed=1)[0].at(theta))


def test_groups_are_what_they_are_called(heads):
    head = heads.train
    for kind, group in drawn_groups(head, 4, 6, seed=0):
        assert len(set(group.tolist())) == (1 if kind == "single" else 6)
        if kind == "class":
            assert len(set(head.labels[group])) == 1
        if kind == "near":
            distances = np.linalg.norm(head.features - head.features[group[:, None]], axis=2)  # (6, n)
            assert any(set(np.argsort(row)[:6]) == set(group.tolist()) for row in distances)
    with pytest.raises(ValueError, match="lower group_size"):
        drawn_groups(head, 1, 350, seed=0)


def test_images_whose_gradient_a_refit_takes_for_zero_are_not_taken_away_alone(heads):
    """The refit of one with 1e-8 of the usual gradient is right, of one with 1e-14 of it nothing but rounding."""
    logits = heads.train.logits.copy()
    for image, gap in ((3, 18), (5, 32)):  # a loss of about e^-gap
        logits[image] = -gap
        logits[image, heads.train.labels[image]] = 0
    head = SoftmaxHead(heads.train.features, logits, heads.train.labels)
    assert np.flatnonzero(~removal_is_felt(head)).tolist() == [5]
    flat = SoftmaxHead(head.features, logits[[5]].repeat(head.n, axis=0), np.full(head.n, heads.train.labels[5]))
    assert removal_is_felt(flat).any()  # where all are learnt as well as that, some are still drawn


@pytest.mark.parametrize("kind", FILTERS)
@pytest.mark.parametrize("share", [1e-10, 1e-2, 0.5])
def test_every_cut_off_and_damping_is_that_of_the_whitening(heads, kind, share):
    found = basis(heads, heads.train.hessian(), [np.arange(5)], np.arange(10))
    largest = found.values.max()
    white = (
        whitening(heads.train.hessian(), share)
        if kind == "cutoff"
        else whitening(heads.train.hessian(), 1e-10, share * largest)
    )
    expected = heads.test.gradients() @ white.solve(heads.train.rows(slice(5)).gradients().sum(axis=0)[None])[0]
    inverse = inverse_values(found.values, kind, share)
    assert_allclose(found.tests @ (inverse * found.groups[0]), expected, rtol=1e-8, atol=1e-10)


def test_influence_at_the_minimum_predicts_refits_and_a_newton_step_more_so(heads):
    theta = refit(heads.train, RIDGE).theta
    table, agreement = head_removals(heads, theta, RIDGE, [1e-10, 0.3], 3, 5, seed=0)
    assert len(table) == (1 + 2 * 2 * 2) * 3 * len(KINDS)
    lowest = table[table["place"] == "minimum"]
    undamped = lowest[(lowest["filter"] == "cutoff") & (lowest["share"] == 1e-10)]
    newton = lowest[lowest["filter"] == "newton"]
    damped = lowest[(lowest["filter"] == "damping") & (lowest["share"] == 0.3)]
    assert undamped["correlation"].min() > 0.99 > damped["correlation"].mean()
    assert (newton["ratio"] - 1).abs().mean() < (undamped["ratio"] - 1).abs().mean()
    assert_allclose(undamped["own_ratio"], 1, atol=0.3)  # leverages of groups of 5 among 400 images and 18 directions
    first = agreement[agreement["share"] == 1e-10]
    assert_allclose(first[["influence", "self_influence"]], 1, atol=1e-6)
