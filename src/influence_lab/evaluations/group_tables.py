"""Tables of the first half of page 05_functioning_groups, as a reader sees them: means with their 95 % intervals."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from influence_lab.evaluations.group_growth import KINDS
from influence_lab.evaluations.group_removals import ORDERS, rank_interval, ratio_interval
from influence_lab.evaluations.intervals import intervals, mean_interval, plus_minus
from influence_lab.models.logistic_network import LogisticNetwork
from influence_lab.models.toy import REGULARISATIONS

Array = np.ndarray


def percent(share: float) -> str:
    """A share as a whole number of hundredths."""
    return f"{100 * share:.0f} %"


def training_summary(
    networks: Mapping[str, Sequence[LogisticNetwork]], X_test: Array, y_test: Array
) -> dict[str, tuple[tuple[float, float], tuple[float, float]]]:
    """For each training, by its key, test accuracy and mean |f| on training points with 95 % intervals over seeds."""
    return {
        name: (
            mean_interval([((each.logits(X_test) > 0) == y_test).mean() for each in trained]),
            mean_interval([np.abs(each.logits(each.X)).mean() for each in trained]),
        )
        for name, trained in networks.items()
    }


def damping_summary(sweep: pd.DataFrame) -> pd.DataFrame:
    """Of `damping_table`: boundary correlation without regularisation, and share in the own cluster with dropout."""
    rows = []
    for (layers, damping), group in sweep.groupby(["layers", "damping"], sort=False):
        share = group.pivot(index="seed", columns="regularisation", values="cluster_share")
        boundary = group[group["regularisation"] == "none"]["boundary_spearman"]
        row = {"layers": layers, "λ": damping, "Spearman(K(x, x), −|f|)": plus_minus(mean_interval(boundary), 4)}
        row["own cluster, dropout"] = plus_minus(mean_interval(share["dropout"]))
        for other in ("l1", "l2"):
            gain = mean_interval(share["dropout"] - share[other])
            row[f"minus {REGULARISATIONS[other]}"] = plus_minus(gain, 2, "+")
        rows.append(row)
    return pd.DataFrame(rows)


def locality_summary(sweep: pd.DataFrame) -> str:
    """Of `damping_table`: at which λ dropout's share in the own cluster exceeds both penalties', as sentences."""
    local: dict[str, list[str]] = {}
    for (layers, damping), group in sweep.groupby(["layers", "damping"], sort=False):
        share = group.pivot(index="seed", columns="regularisation", values="cluster_share")
        gains = [mean_interval(share["dropout"] - share[other]) for other in ("l1", "l2")]
        local.setdefault(layers, []).extend([f"{damping:g}"] if min(gain - half for gain, half in gains) > 0 else [])
    where = {layers: f"at λ = {', '.join(found)}" if found else "at no λ" for layers, found in local.items()}
    plain = sweep[sweep["regularisation"] == "none"]
    boundary = plain.groupby(["layers", "damping"])["boundary_spearman"].mean()
    return (
        f"Self-influence has a rank correlation with closeness to the boundary of {boundary.min():.2f} or more in all "
        "rows. That dropout is local hangs on the layer and on λ: its share exceeds those with L1 and with L2 by more "
        f"than the intervals {where['last']} in the last layer, which is what the report looked at, "
        f"and {where['all']} with all layers."
    )


def turning_summary(table: pd.DataFrame) -> pd.DataFrame:
    """Of `ordering_by_damping`: a row a λ, a column a pair, with the size at which the sign changes in brackets."""
    rows = []
    for damping, group in table.groupby("damping", sort=False):
        row: dict[str, object] = {"λ": damping}
        for each in group.itertuples():
            turn = f" ({each.turns:.1f})" if np.isfinite(each.turns) else ""
            row[f"{KINDS[each.first]} − {KINDS[each.second]}"] = plus_minus((each.value, each.half), 2, "+") + turn
        rows.append(row)
    return pd.DataFrame(rows)


def overlap_summary(between: Array) -> pd.DataFrame:
    """Of `seed_overlaps`: means over pairs of different seeds, a row and a column a regularisation."""
    different = ~np.eye(between.shape[1], dtype=bool)
    means = [
        [between[row, :, column][different].mean() for column in range(len(between))] for row in range(len(between))
    ]
    names = list(REGULARISATIONS.values())
    return pd.DataFrame(means, columns=names).assign(training=names)[["training", *names]]


def ordering_summary(
    sizes: Sequence[int], differences: Sequence[pd.DataFrame], pairs: Sequence[tuple[str, str]]
) -> pd.DataFrame:
    """Of `ordering`, one table a pair of kinds: a row a size, and last the mean over sizes."""
    columns = {
        f"{KINDS[first]} − {KINDS[second]}": [plus_minus(row, 2, "+") for row in table[["value", "half"]].to_numpy()]
        for (first, second), table in zip(pairs, differences, strict=True)
    }
    return pd.DataFrame({"points": [*sizes, "mean"]} | columns)


def rank_summary(removals: pd.DataFrame, targets: Mapping[str, str]) -> pd.DataFrame:
    """Of `removal_table`: Spearman's correlation of prediction and effect, a row a share, a column a target."""
    return pd.DataFrame(
        [
            {"removed": percent(share)}
            | {text: plus_minus(rank_interval(removals, target, share), 3) for target, text in targets.items()}
            for share in removals["share"].unique()
        ]
    )


def error_summary(removals: pd.DataFrame) -> pd.DataFrame:
    """Of `removal_table`: the relative error of Δθ, a row a share, a column an order of approximation."""
    return pd.DataFrame(
        [
            {"removed": percent(share)}
            | {text: plus_minus(mean_interval(rows[f"error_{name}"]), 3) for name, text in ORDERS.items()}
            for share, rows in removals.drop_duplicates(["share", "group"]).groupby("share")
        ]
    )


RETRAINING, CEILING = "one retraining, other seeds", "no error, other seeds (ceiling)"


def rank_curves(agreement: pd.DataFrame, damping: float) -> dict[str, pd.DataFrame]:
    """Of `agreement_table` at one λ: for each curve, by its text, the removed percentage, `mean` and `half`.

    The ceiling's values are of all seeds but one, so nearly of the same seeds: its intervals are the jackknife's, whose
    standard error is k − 1 times that of k independent values.
    """
    table = agreement.assign(share=100 * agreement["share"])
    curves = {
        f"{ORDERS[method]}, {text}": intervals(
            table[(table["method"] == method) & (table["damping"] == damping)], "share", column
        )
        for method in ("first", "pairwise")
        for column, text in (("own", "own seed"), ("others", "other seeds"))
    }
    for text, name in ((RETRAINING, "retraining"), (CEILING, "ceiling")):
        curves[text] = intervals(table[table["method"] == name], "share", "others")
    curves[CEILING]["half"] *= table["seed"].nunique() - 1
    return curves


def ratio_curves(removals: pd.DataFrame, targets: Mapping[str, str], n: int) -> dict[str, pd.DataFrame]:
    """Of `removal_table`: for each target, by its text, removed percentage and `ratio_interval`."""
    shares = removals["share"].unique()
    return {
        text: pd.DataFrame(
            [(100 * share, *ratio_interval(removals, target, share, n)) for share in shares],
            columns=["share", "mean", "half"],
        )
        for target, text in targets.items()
    }


def gain_summary(agreement: pd.DataFrame) -> pd.DataFrame:
    """Of `agreement_table`: correlations with the own seed's retrainings, mean over shares, a row a damping."""
    rows = []
    for damping, group in agreement[agreement["method"].isin(["first", "pairwise"])].groupby("damping"):
        wide = group.pivot_table(index="seed", columns="method", values="own")
        row = {"λ": damping} | {ORDERS[name]: plus_minus(mean_interval(wide[name]), 3) for name in wide}
        rows.append(row | {"gain": plus_minus(mean_interval(wide["pairwise"] - wide["first"]), 3, "+")})
    return pd.DataFrame(rows)
