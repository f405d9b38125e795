import numpy as np
import pandas as pd
import pytest

from influence_lab.evaluations.responses import responses
from influence_lab.evaluations.slope_choices import compare_choices, ledger_slopes, orders_by_terms
from influence_lab.notebooks.claims import load_claims
from tests.cases import CASES


@pytest.fixture(scope="module")
def table():
    grid = np.geomspace(0.005, 0.05, 6)
    return pd.concat([responses(c.problem, c.theta, np.array([0, 1]), grid).assign(model=c.name) for c in CASES])


def test_slopes_are_those_that_the_ledger_asks_for(table):
    slopes = ledger_slopes(table)
    checks = {claim.id: {check.name for check in claim.checks} for claim in load_claims() if claim.id in slopes}
    assert all(slopes[name].keys() <= checks[name] for name in checks)
    assert abs(slopes["A6"]["refit_local_slope"][0] - 2) < 0.01


def test_verdicts_follow_from_the_slopes_of_each_choice(table):
    """Errors that fall as ε instead of ε² turn the verdict on A5."""
    claims = load_claims()
    slopes = ledger_slopes(table)
    others = {
        claim.id: {c.name: c.expected for c in claim.checks if c.name not in slopes[claim.id]}
        for claim in claims
        if claim.id in slopes
    }
    wrong = table.assign(taylor=table["scaled"].abs() * table["step"].mean())
    compared = compare_choices({"as it is": table, "wrong": wrong}, others, claims).set_index("check")
    assert compared.loc["verdict on A5"].tolist() == ["holds", "refuted"]
    assert compared.loc["A5, slope", "wrong"].endswith("(fails)")


def test_orders_by_terms_has_a_row_for_each_model_and_reference(table):
    assert len(orders_by_terms(table)) == 6
