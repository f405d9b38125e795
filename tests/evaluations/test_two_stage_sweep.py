import numpy as np
import pytest
from numpy.testing import assert_allclose

from influence_lab.attributions.two_stage_ablations import Damping, Stages, ablations, attributed, tuning_factors
from influence_lab.evaluations.small_gpt_truths import leave_one_out_truth, subset_truth
from influence_lab.evaluations.two_stage_sweep import Sweep, swept
from influence_lab.evaluations.two_stage_truths import two_stage_truth
from influence_lab.models.small_gpt_experiment import small_gpt_model
from influence_lab.models.small_gpt_tuning import Tuning
from tests.models.small_gpt_cases import small_experiment

pytestmark = pytest.mark.filterwarnings("ignore")  # kronfluence's, of PyTorch's names
EXPERIMENT = small_experiment()
TEXTS, QUERIES = EXPERIMENT.texts, EXPERIMENT.queries
STAGES = Stages(TEXTS, QUERIES, TEXTS[:4], corpus_draws=1, tuning_draws=2, sketch=30, seed=0)
MODEL = small_gpt_model(EXPERIMENT.base_model(0), heads=2)


def test_leaving_out_nothing_changes_nothing_and_each_truth_stands_in_its_place(tmp_path):
    subsets, left_out = subset_truth(EXPERIMENT, 0, 0.5, 3), leave_one_out_truth(EXPERIMENT, 0, 2)
    how = Tuning(1.0, 5, 0.01)
    truth = two_stage_truth(MODEL, subsets, left_out, STAGES.tuning, QUERIES, how, tmp_path)
    assert truth["subset_outputs"].shape == (3, len(QUERIES))
    assert truth["effects"].shape == (2, len(QUERIES))
    again = left_out | {"parameters": left_out["parameters"][[0, 0, 0]]}
    nothing = two_stage_truth(MODEL, subsets, again, STAGES.tuning, QUERIES, how, tmp_path / "nothing")
    assert_allclose(nothing["effects"], 0, atol=1e-4)  # single precision
    assert_allclose(nothing["base"], truth["base"], atol=1e-4)


def test_every_fine_tuning_is_judged_with_each_alpha_of_the_formula(tmp_path):
    """With 0 steps and a strong α the formula is that of one stage: EK-FAC's full and `no_tuned` agree."""
    subsets = subset_truth(EXPERIMENT, 0, 0.5, 4)
    sweep = Sweep([0.5, 5.0], 4, [2], [0.1, 1.0, 10.0], 0.01)
    table = swept(MODEL, subsets, STAGES, sweep, Damping(0.02), tmp_path)
    counts = table.groupby(["curvature", "alpha", "steps", "formula_alpha"]).size()
    assert len(counts) == 2 * (2 + 3)
    assert (counts == len(QUERIES)).all()
    exact = table[table["curvature"] == "newton"]
    assert exact["survives"].between(0, 1).all()
    shares = exact[exact["alpha"] == 0].groupby("formula_alpha")["survives"].mean()
    assert (shares.diff().dropna() > 0).all()  # α/(Λ + α) grows with α
    assert table["lds"].abs().max() <= 1
    assert (table["distance"] > 0).all()
    assert np.isfinite(table.drop(columns="survives").select_dtypes("number").to_numpy()).all()


def test_a_strong_proximity_turns_the_full_formula_into_one_without_the_second_stage():
    """α/(Λ + α) is 1 but for Λ/α; single precision."""
    side = attributed(MODEL, STAGES)
    found = ablations(side, side, tuning_factors(MODEL, STAGES), 1e9, Damping(0.02))
    for name in ("no_tuned", "single_tuned", "single_pretrained"):
        assert_allclose(found["full"], found[name], rtol=1e-3, atol=1e-4 * float(found["full"].abs().max()))
    assert_allclose(found["no_pretrained"], found["dot"], rtol=1e-3, atol=1e-4 * float(found["dot"].abs().max()))


def test_labels_drawn_more_often_fit_the_same_matrix():
    """The trace of the Fisher information over layers, 4 texts: 64 draws agree with 256 within 15 %."""
    traces = []
    for draws in (64, 256):
        stages = Stages(TEXTS, QUERIES, TEXTS[:4], 1, draws, sketch=1, seed=draws)
        factors = tuning_factors(MODEL, stages).values()
        traces.append(sum(float(layer.ekfac.eigenvalues.sum()) for layer in factors))
    assert abs(traces[0] / traces[1] - 1) < 0.15
