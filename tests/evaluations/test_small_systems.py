"""The three small systems, on models too small to learn anything: what must hold of any run."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from influence_lab.evaluations.small_equal import EqualPlan, equal, score_agreement
from influence_lab.evaluations.small_equal_names import BANDIT, NOTHING
from influence_lab.evaluations.small_ideal import IdealPlan, ideal
from influence_lab.evaluations.small_ideal_names import CHANGED, EKFAC, JOINT, LAYERED, NEWTON, UNIFORM
from influence_lab.evaluations.small_infra import InfraPlan, infra
from influence_lab.models.small_gpt_training import Training

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*GradScaler:FutureWarning"),  # kronfluence 1.0.1 under torch 2.13
    pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning"),  # torch's own, for jvp
]
SIZES = {"width": 8, "heads": 2, "layers": 1}
BASE, TUNING = Training(8, 0.02, 0.02), Training(6, 0.01, 0.0, proximity=0.1)


def test_ideal_keeps_the_volume_of_every_mixture():
    plan = IdealPlan(statements=1, others=4, wrong=3, asked=1, rounds=1, step=0.5, random=2, change=0.2)
    mixtures, slopes = ideal(plan, SIZES, BASE, TUNING, seed=0, layered=True)
    weights = mixtures.groupby("mixture")[["well-known compounds", "properties"]].first()
    assert set(slopes["way"]) == {CHANGED, EKFAC, NEWTON, JOINT, LAYERED}
    assert (weights.loc[UNIFORM] == 1).all()
    sizes = {
        "well-known compounds": 12,
        "little-known compounds": 12,
        "properties": 4,
        "elements": 4,
        "wrong statements": 3,
    }
    for row in mixtures.to_dict("records"):
        assert_allclose(sum(row[name] * size for name, size in sizes.items()), 35, rtol=1e-9)


def test_equal_chooses_its_budget_and_scores_less_than_all():
    plan = EqualPlan(2, 0.2, 6, 4, 2, clusters=4, pull=2, scored=10, extracted=8, exploration=0.1, budget=9)
    choices, clusters = equal(plan, SIZES, BASE, TUNING, seed=0)
    by_way = choices.set_index("way")
    assert by_way.loc[BANDIT, "scored"] <= 11
    assert set(by_way["chosen"].drop(NOTHING)) == {9}
    assert clusters["texts"].sum() == by_way["scored"].max()


def test_agreement_is_a_rank_correlation_of_each_run():
    table = pd.DataFrame({"seed": [0] * 3 + [1] * 3, "transport": [1, 2, 3] * 2, "influence": [1, 5, 9, 3, 2, 1]})
    assert_allclose(score_agreement(table, "transport", "influence"), [1.0, -1.0])


def test_infra_counts_every_text_and_token_once():
    counts = dict.fromkeys(("math easy", "math hard", "code easy", "code hard"), 6)
    plan = InfraPlan(counts, spare=2, asked=2, wrong=0.25, dropped=0.1, moved=2)
    actions, texts, tokens = infra(plan, SIZES, BASE, seed=0)
    assert texts.groupby("target")["texts"].sum().unique().tolist() == [24 + 8]
    counted = tokens.groupby(["kind", "part"])["tokens"].sum().to_dict()
    assert counted == {(kind, "answer"): 6 * 2 for kind in counts} | {("math hard", "step"): 6 * 4}  # "d + c ="
    assert np.isfinite(actions["log_p"]).all()
    by_loss = (tokens["influence"] * tokens["tokens"]).sum()
    trained = texts[(texts["target"] == "all kinds") & (texts["state"] != "spare")]
    assert_allclose(by_loss, (trained["influence"] * trained["texts"]).sum(), rtol=1e-3, atol=1e-3)  # float32
    assert actions["accuracy"].between(0, 1).all()
    assert actions.groupby("action").size().unique().tolist() == [4]
