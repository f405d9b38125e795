import numpy as np
import pytest
from numpy.testing import assert_allclose

from influence_lab.attributions.relative import normalisers, relative_influences
from influence_lab.attributions.relative_worlds import relative_scores, scores_of
from influence_lab.data.relative_influence import WORLDS, relative_data
from influence_lab.evaluations.constrained import (
    constrained_maxima,
    expected_loss_change,
    fisher_information,
    literal_ell_normaliser,
)
from influence_lab.evaluations.loss_bias import loss_correlation, loss_correlations
from influence_lab.evaluations.relative_influence import (
    bias_table,
    by_world,
    paired,
    relative_removals,
    repetition_table,
    retrieval_table,
)
from influence_lab.evaluations.removal_effects import removal_effects
from influence_lab.evaluations.retrieval import retrieval
from influence_lab.models.relative_influence import load_world, train_worlds
from tests.cases import LOGISTIC, NETWORK

LABELS = (0.0, 1.0)


@pytest.fixture(scope="module")
def data():
    return relative_data(seeds=2, train_rows=40, test_rows=8, flipped_share=0.1)


@pytest.fixture(scope="module")
def models(data):
    return train_worlds(data, hidden=3, weight_decay=0.01)


@pytest.fixture(scope="module")
def arrays(data, models):
    return relative_scores(data, models)


def test_relatif_is_the_constrained_maximum_found_by_refits():
    """Extrapolated to δ = 0 the error is of order δ⁴; 1e-6 leaves room where the change of the loss almost vanishes."""
    problem, theta, points = LOGISTIC.problem, LOGISTIC.theta, [0, 7, 20]
    found = constrained_maxima(
        problem, theta, points, lambda t: problem.losses(t, LOGISTIC.X_test, LOGISTIC.y_test), 3e-4
    )
    tests = problem.gradients(theta, LOGISTIC.X_test, LOGISTIC.y_test)
    closed = relative_influences(tests, problem.gradients(theta, problem.X, problem.y), LOGISTIC.hessian)
    for name in ("theta", "ell"):
        changes = found[found["constraint"] == name].pivot(index="measurement", columns="point", values="change")
        assert_allclose(changes, closed[name][:, points], rtol=1e-6)
    assert found["miss"].max() < 1e-10


def test_expected_loss_change_is_the_fisher_form_of_a_small_step():
    problem, theta = NETWORK.problem, NETWORK.theta
    F = fisher_information(problem, theta, LABELS)
    step = 1e-5 * np.random.default_rng(0).standard_normal(problem.size)
    found = expected_loss_change(problem, theta, LABELS)(theta + step)
    assert_allclose(found, np.sqrt(step @ F @ step), rtol=1e-3)  # next order: the step times curvature over slope


def test_fisher_information_of_logistic_regression_is_its_hessian():
    assert_allclose(fisher_information(LOGISTIC.problem, LOGISTIC.theta, LABELS), LOGISTIC.hessian, atol=1e-14)


def test_literal_bound_is_ell_relatif_for_logistic_regression_and_smaller_for_softmax(data, models):
    cancer, digits = (load_world(data, models, world)[0] for world in ("cancer", "digits"))
    assert_allclose(literal_ell_normaliser(cancer), normalisers(cancer.gradients, cancer.hessian).ell, rtol=1e-10)
    assert (literal_ell_normaliser(digits) < normalisers(digits.gradients, digits.hessian).ell).all()


@pytest.mark.parametrize("world", WORLDS)
def test_every_model_is_trained_to_a_minimum(data, models, world):
    for labels in ("train", "flipped"):
        assert models[f"{world}_{labels}_gradient_norm"].max() < 1e-12
        assert models[f"{world}_{labels}_curvature"].min() > 0


def test_a_convex_world_is_led_back_to_one_minimum_from_every_start(data, models):
    trained = load_world(data, models, "cancer")[0]
    warm, cold = (removal_effects(trained, np.arange(5), cold=way) for way in (False, True))
    assert_allclose(warm, cold, atol=1e-12)


def test_removal_is_minus_influence_over_n_to_first_order(data, models, arrays):
    effects = removal_effects(load_world(data, models, "cancer")[0], np.arange(40), cold=False)
    predicted = -arrays["cancer_influence"][0] / 40
    assert np.corrcoef(effects.ravel(), predicted.ravel())[0, 1] > 0.95


def test_correlation_sees_sizes_only_and_a_constant_of_the_query_changes_nothing():
    rng = np.random.default_rng(0)
    scores, losses = rng.standard_normal((4, 30)), rng.random(30)
    each = loss_correlations(scores, losses)
    assert_allclose(each, [loss_correlation(row[None], losses) for row in scores], rtol=1e-12)
    assert np.array_equal(each, loss_correlations(-scores / np.array([[1.0], [2.0], [3.0], [4.0]]), losses))


def test_the_tables_have_a_row_for_each_world_seed_and_score(data, models, arrays):
    removals = {world: relative_removals(data, models, world, cold_points=6) for world in ("toy", "cancer")}
    assert removals["toy"]["cold"].shape == (2, 8, 6)
    assert "cold" not in removals["cancer"]
    table = bias_table(arrays, removals)
    assert len(table) == 2 * (5 + 1) + 2 * 2 + 2 * (5 + 1)
    assert paired(table, "toy", "raw", "blog", "by_test") == (0.0, 0.0)
    assert [len(one) for one in by_world(table, "bias", ["raw", "cold"]).values()] == [2, 1]
    assert repetition_table(arrays)["distinct"].between(5, 40).all()


def test_blog_version_ranks_as_influence_does(arrays):
    found = scores_of(arrays, "digits", 1)
    assert np.array_equal(np.argsort(found["blog"]), np.argsort(found["raw"]))


def test_ell_finds_the_same_wrong_labels_as_self_influence(arrays):
    table = retrieval_table(arrays).pivot(index=["world", "seed"], columns="score", values="average_precision")
    assert_allclose(table["ell"], table["raw"], rtol=1e-12)


def test_perfect_and_hopeless_retrieval():
    wrong = np.array([True, False, True, False])
    assert retrieval(wrong.astype(float), wrong) == (1.0, 1.0)
    assert retrieval(-wrong.astype(float), wrong)[1] == 0.0
    with pytest.raises(ValueError, match="nothing to find"):
        retrieval(np.zeros(4), np.zeros(4, dtype=bool))
