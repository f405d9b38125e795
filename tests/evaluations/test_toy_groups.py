import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import spearmanr

from influence_lab.attributions.groups import removal_effects
from influence_lab.data.toy import toy_data
from influence_lab.evaluations.toy_groups import (
    agreement_table,
    attainable,
    group_retrainings,
    mean_spearman,
    predicted_margins,
)
from influence_lab.models.retraining import retrain
from influence_lab.models.retraining_work import Training, make_work
from influence_lab.models.toy import toy_network

TRAINING = Training(hidden=(5, 4), epochs=8, batch_size=8, learning_rate=0.02)


@pytest.fixture(scope="module")
def data():
    return toy_data(0, [8, 8], [-1.0, 1.0], [0.0, 0.0], [0.5, 0.5], 14, 0.5, 0.05, 12)


@pytest.fixture(scope="module")
def retrained(data):
    return group_retrainings(data, TRAINING, seeds=3, shares=[0.1, 0.5], draws=6)


def test_each_retraining_lacks_its_group(data, retrained):
    assert retrained["theta_without"].shape[:3] == (3, 2, 6)
    assert_array_equal(retrained["groups"].sum(-1), [[3] * 6, [15] * 6])
    weights = 1.0 - retrained["groups"][1, 4][None]
    alone = retrain(make_work(data["X_train"], data["y_train"], weights, seeds=2), TRAINING).parameters[0, -1]
    assert_allclose(retrained["theta_without"][2, 1, 4], alone, atol=1e-5)  # float32, another place in the chunk


def test_predictions_are_removal_effects_and_basu_s_formula(data, retrained):
    network = toy_network(data, TRAINING, retrained["theta"][0])
    groups, lam = retrained["groups"][0].astype(float), 0.1
    X, y = data["X_test"], data["y_test"]
    found = predicted_margins(network, X, y, groups, [lam])
    C = network.gauss_newton() + lam * np.eye(len(network.theta))
    gradients = network.margin_gradients(X, y)
    assert_allclose(found["first"][0], removal_effects(groups, gradients, network.train_gradients, C), rtol=1e-9)
    J, p = network.logit_gradients(network.X), 1 / (1 + np.exp(-network.logits(network.X)))
    for row, group in enumerate(groups):
        q, n = group.mean(), len(group)
        first = np.linalg.solve(C, group @ network.train_gradients) / n
        B = (J * (group * p * (1 - p))[:, None]).T @ J / n
        step = ((1 - 2 * q) * first + np.linalg.solve(C, B @ first)) / (1 - q) ** 2
        assert_allclose(found["pairwise"][0, row], gradients @ step, rtol=1e-7, atol=1e-10)


def test_the_table_compares_with_the_own_seed_and_with_the_others(data, retrained):
    table = agreement_table(data, TRAINING, retrained, [0.01, 0.1])
    assert len(table) == 3 * 2 * (2 * 2 + 2)
    own = table.query("method == 'retraining'")["own"]
    assert_allclose(own, 1.0)
    assert table.query("method == 'ceiling'")["own"].isna().all()
    assert table[["own", "others"]].abs().max().max() <= 1 + 1e-12


@pytest.mark.parametrize(("seeds", "noise"), [(9, 1.0), (8, 3.0)])
def test_ceiling_is_what_the_noiseless_effect_reaches(seeds, noise):
    """Normal effects and chance: the noiseless effect itself correlates with the mean over the seeds by the ceiling.

    400 draws and 30 columns leave the mean correlation a standard error of about .01.
    """
    rng = np.random.default_rng(0)
    effect = rng.standard_normal((400, 30))
    actual = effect + noise * rng.standard_normal((seeds, 400, 30))
    assert_allclose(attainable(actual, 0), mean_spearman(effect, actual.mean(axis=0)), atol=0.02)


def test_mean_spearman_is_scipy_s_column_by_column():
    rng = np.random.default_rng(0)
    first, second = rng.standard_normal((2, 10, 4))
    second[3] = second[4]  # ties
    expected = np.mean([spearmanr(a, b).statistic for a, b in zip(first.T, second.T, strict=True)])
    assert_allclose(mean_spearman(first, second), expected, rtol=1e-12)
