"""Page 13_data_selection at smoke scale: every strategy is there, and the claim's numbers are those of the tables."""

import json

import pandas as pd
import pytest

from influence_lab.attributions.selection_scores import STRATEGIES
from influence_lab.evaluations.language_selection import STRATEGIES as LARGE_STRATEGIES
from influence_lab.evaluations.selection_choices import LARGE, NOTHING, POOL, SMALL
from influence_lab.evaluations.selection_tables import gain, removal_over_random

pytestmark = pytest.mark.dag


def evaluations(smoke, name):
    return pd.read_parquet(smoke.path / f"results/evaluations/{name}.parquet")


def test_every_strategy_has_every_budget_and_seed(smoke):
    table = evaluations(smoke, "data_selection")
    for model, strategies in ((SMALL, STRATEGIES), (LARGE, LARGE_STRATEGIES)):
        part = table[(table["model"] == model) & (table["rule"] == "turns")]
        assert set(part["strategy"]) == set(strategies)
        assert (part.groupby(["strategy", "budget", "seed"]).size() == 1).all()
        assert len(part) == len(strategies) * part["budget"].nunique() * part["seed"].nunique()
        assert {NOTHING, POOL} <= set(table.loc[table["model"] == model, "strategy"])
    assert (table["score"] < 0).all()  # log-probabilities
    assert table["accuracy"].between(0, 1).all()
    assert table["covered"].between(0, 1).all()


def test_the_reference_is_trained_until_its_gradient_is_smaller(smoke):
    reference = evaluations(smoke, "selection_reference")
    assert (reference["first_norm"] < reference["tuned_norm"]).all()


def test_the_claim_s_numbers_are_those_of_the_tables(smoke):
    ledger = json.loads((smoke.path / "results/claims.json").read_text())
    checks = next(claim for claim in ledger if claim["id"] == "A24")["checks"]
    measured = {check["name"]: check["measured"] for check in checks}
    over_random = gain(evaluations(smoke, "data_selection"), SMALL, ("ekfac", "sum"), ("random", "turns"))
    removal = removal_over_random(evaluations(smoke, "selection_removals"), "ekfac")
    assert measured["influence_over_random"] == pytest.approx(over_random[0])
    assert measured["removal_over_random"] == pytest.approx(removal[0])
