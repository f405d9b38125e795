"""What the slopes of page 01, and the verdicts that rest on them, owe to the range of ε and to the mean over ±ε."""

import pandas as pd

from influence_lab.evaluations.slopes import local_slopes, worst
from influence_lab.models.theory import MODELS, QUADRATIC
from influence_lab.notebooks.claims import Claim, Measurement, judge

TERMS = range(1, 5)
Slopes = dict[str, tuple[float, float]]


def ledger_slopes(table: pd.DataFrame) -> dict[str, Slopes]:
    """The slopes that claims A5, A6 and A7 ask for, each with its half-width, by claim and check.

    Args:
        table: rows of `influence_lab.evaluations.responses.responses` with the column `model`.
    """
    bent = curved(table)
    return {
        "A5": {"slope": worst(bent, "taylor", 2)},
        "A6": {f"slope_{k}": worst(table, f"neumann_{k}", k + 1) for k in TERMS}
        | {
            "refit_slope": max((worst(bent, f"refit_{k}", 2) for k in TERMS), key=lambda slope: abs(slope[0] - 2)),
            "refit_local_slope": (smallest_local_slope(table), 0.0),
        },
        "A7": {"slope": worst(table, "refit_1", 2)},
    }


def smallest_local_slope(table: pd.DataFrame) -> float:
    """Slope between the two smallest |ε| of the sums of 1 to 4 terms against refits, the farthest from 2."""
    steps = [local_slopes(curved(table), f"refit_{k}").groupby(["model", "point"])["slope"].first() for k in TERMS]
    slopes = pd.concat(steps)
    return float(slopes.iloc[(slopes - 2).abs().argmax()])


def orders_by_terms(table: pd.DataFrame) -> pd.DataFrame:
    """The worst slope ± half-width of the sums of 1 to 4 terms, against the inverse and against refits, by model."""
    rows = [(f"{title}, against the inverse", name, "neumann") for name, title in MODELS.items()]
    rows += [(f"{MODELS[name]}, against the refit", name, "refit") for name in MODELS if name not in QUADRATIC]
    return pd.DataFrame(
        {"": text}
        | {
            f"K = {k}": "{:.4f} ± {:.4f}".format(
                *worst(table[table["model"] == name], f"{kind}_{k}", 2 if kind == "refit" else k + 1)
            )
            for k in TERMS
        }
        for text, name, kind in rows
    )


def curved(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of the models whose loss is not quadratic."""
    return table[~table["model"].isin(QUADRATIC)]


def compare_choices(
    tables: dict[str, pd.DataFrame], others: dict[str, dict[str, float]], claims: list[Claim]
) -> pd.DataFrame:
    """Slopes and verdicts under each choice of ε: a row for each slope check, then a row for each claim's verdict.

    Args:
        tables: the responses that each choice keeps, by its name.
        others: what else was measured for A5, A6 and A7, which is the same under every choice.
        claims: the ledger.

    Returns:
        A column `check`, and one for each choice: slope ± half-width with the outcome of its rule where it does not
        pass, or the verdict.
    """
    columns = {text: _judged(ledger_slopes(table), others, claims) for text, table in tables.items()}
    return pd.DataFrame(columns).rename_axis("check").reset_index()


def _judged(slopes: dict[str, Slopes], others: dict[str, dict[str, float]], claims: list[Claim]) -> dict[str, str]:
    cells, verdicts = {}, {}
    for claim in (claim for claim in claims if claim.id in slopes):
        measured = {name: Measurement(value=value) for name, value in others[claim.id].items()}
        for name, (value, half_width) in slopes[claim.id].items():
            measured[name] = Measurement(value=value, uncertainty=half_width)
            outcome = next(check.outcome(measured[name]) for check in claim.checks if check.name == name)
            text = f"{value:.3f}" + f" ± {half_width:.3f}" * (half_width > 0)
            cells[f"{claim.id}, {name}"] = text + f" ({outcome})" * (outcome != "passes")
        verdicts[f"verdict on {claim.id}"] = judge(claim, measured).verdict
    return cells | verdicts
