"""The tables that page 07_head_influence shows, a row a model or a method, as text where a format matters."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from influence_lab.evaluations.head_flips import SCORES
from influence_lab.evaluations.head_removals import KINDS
from influence_lab.evaluations.image_head_tables import chosen
from influence_lab.evaluations.intervals import mean_interval, plus_minus

Array = np.ndarray
ByModel = Mapping[str, Mapping[str, Array]]  # arrays of `image_head` by the model's title


def models_table(heads: ByModel, accuracies: Mapping[str, float], missing: Sequence[str]) -> pd.DataFrame:
    """Sizes and accuracies of the trained models; models that were not trained are open."""
    rows = [
        {
            "model": title,
            "features d": str(int(arrays["width"])),
            "head p = K(d + 1)": f"{int(arrays['size']):,}",
            "test accuracy": f"{accuracies[title]:.1%}",
            "training accuracy": f"{arrays['train_accuracy'][0]:.1%}",
            "training loss (nats)": f"{arrays['train_loss'][0]:.3f}",
        }
        for title, arrays in heads.items()
    ]
    rows += [{"model": name} | dict.fromkeys(list(rows[0])[1:], "open: not trained in this run") for name in missing]
    return pd.DataFrame(rows)


def smallest_share(arrays: Mapping[str, Array]) -> float:
    """The smallest eigenvalue above rounding at the trained head, as a share of the largest."""
    values = arrays["eigenvalues"][0]
    return float(values[int(arrays["nonzero"]) - 1] / values[0])


def rank_table(heads: ByModel, classes: int) -> pd.DataFrame:
    """Rank of each Hessian against its bounds."""
    return pd.DataFrame(
        [
            {
                "model": title,
                "p": f"{int(arrays['used']):,}",
                "silent or redundant features": int(arrays["width"]) + 1 - int(arrays["live"]),
                "(K − 1)(d + 1)": f"{(classes - 1) * (int(arrays['width']) + 1):,}",
                "with the rank of the features": f"{int(arrays['bound']):,}",
                "rank of H": f"{int(arrays['nonzero']):,}",
                "smallest eigenvalue over largest": f"{smallest_share(arrays):.0e}",
                "kept by the cut-off": f"{int(arrays['rank']):,}",
                "units of under ten images": int(arrays["rare_units"]),
                "test gradient out of range, worst": f"{arrays['outside'].max():.1e}",
            }
            for title, arrays in heads.items()
        ]
    )


def minimum_table(heads: ByModel) -> pd.DataFrame:
    """The trained heads beside the minimum of their objective."""
    return pd.DataFrame(
        [
            {
                "model": title,
                "‖gradient‖, trained": arrays["gradient_norm"][0],
                "mean ‖g‖ of one image": float(arrays["single_norm"]),
                "‖gradient‖, refitted": f"{arrays['gradient_norm'][1]:.0e}",
                "training loss": "{:.4f} → {:.4f}".format(*arrays["train_loss"]),
                "test loss": "{:.4f} → {:.4f}".format(*arrays["test_loss"]),
                "test accuracy": "{:.1%} → {:.1%}".format(*arrays["test_accuracy"]),
                "shift, predicted and true": float(np.corrcoef(arrays["summed_influence"], arrays["shift"])[0, 1]),
            }
            for title, arrays in heads.items()
        ]
    )


def removals_table(influence: pd.DataFrame, newton: pd.DataFrame, group_size: int) -> pd.DataFrame:
    """Influence and one Newton step against refits, by model and kind of group, with intervals over groups.

    Args:
        influence: rows of `head_removals` for one place and inverse.
        newton: its rows with the filter "newton".
        group_size: images in the groups of more than one.
    """
    rows = []
    for (title, kind), part in influence.groupby(["model", "kind"], sort=False):
        steps = chosen(newton, model=title, kind=kind)
        numbers = {
            "correlation": part["correlation"],
            "predicted / true": part["ratio"],
            "own losses": part["own_ratio"],
            "Newton step, predicted / true": steps["ratio"],
        }
        rows.append(
            {"model": title, "taken away": KINDS[kind] if kind == "single" else f"{group_size} {KINDS[kind]}"}
            | {name: plus_minus(mean_interval(values.to_numpy()), 4) for name, values in numbers.items()}
        )
    return pd.DataFrame(rows)


def gains_over_undamped(table: pd.DataFrame, share: float) -> pd.DataFrame:
    """How much better each cut-off and damping predicts refits than the pseudo-inverse, group by group.

    Args:
        table: rows of `head_removals` at one place, of the models' `joined` tables.
        share: cut-off of the pseudo-inverse that is the reference.

    Returns:
        Columns model, filter, share, mean and half: the paired difference of the correlations with its interval. With
        95 % all of the table's intervals hold at once (Bonferroni), so that the best of them can be looked for.
    """
    tried = table[table["filter"] != "newton"]
    wide = tried.pivot(index=["model", "kind", "group"], columns=["filter", "share"], values="correlation")
    gain = wide.sub(wide[("cutoff", share)], axis=0).drop(columns=[("cutoff", share)])
    by_model = gain.groupby(level="model", sort=False)
    rows = [
        (title, *column, *mean_interval(part[column].to_numpy(), by_model.ngroups * len(gain.columns)))
        for title, part in by_model
        for column in gain.columns
    ]
    return pd.DataFrame(rows, columns=["model", "filter", "share", "mean", "half"])


def agreement_table(agreement: pd.DataFrame) -> pd.DataFrame:
    """Rank agreement of each cut-off and damping with the pseudo-inverse; a row has one model, filter and share."""
    return pd.DataFrame(
        [
            {
                "model": row.model,
                "": {"cutoff": "cut-off", "damping": "damping"}[row.filter],
                "share": f"{row.share:.0e}",
                "influence on test losses": plus_minus((row.influence, 1.96 * row.influence_error), 3),
                "self-influence": f"{row.self_influence:.3f}",
            }
            for row in agreement.itertuples()
        ]
    )


def solvers_table(solvers: pd.DataFrame) -> pd.DataFrame:
    """Every solve: method, products, residual, time and memory."""
    methods = {0.0: "direct", -1.0: "direct, principal directions"}
    return pd.DataFrame(
        [
            {
                "head": row.name_,
                "parameters": f"{row.parameters:,}",
                "method": methods.get(row.tolerance, f"conjugate gradient, {row.tolerance:g}"),
                "products": f"{row.products:,}" if row.products else "",
                "residual": "" if np.isnan(row.residual) else f"{row.residual:.0e}",
                "seconds": f"{row.seconds:.2f}",
                "memory": f"{row.bytes / 1e6:.1f} MB",
                "H alone": f"{8 * row.parameters**2 / 1e6:,.0f} MB",
                "rank agreement": f"{row.agreement:.3f}",
            }
            for row in solvers.rename(columns={"name": "name_"}).itertuples()
        ]
    )


def influenciae_table(found: Mapping[str, Array]) -> pd.DataFrame:
    """The two inverses of influenciae against ours: relative differences of whole matrices, in the Frobenius norm."""
    rows = [
        ("ExactIHVP", "pseudo-inverse with its cut-off", "exact", "exact_same"),
        ("ExactIHVP", "pseudo-inverse on the whole range", "exact", "exact_full"),
        ("ConjugateGradientDescentIHVP", "conjugate gradient, same stop, double precision", "cg", "cg_same"),
        ("ConjugateGradientDescentIHVP", "pseudo-inverse on the whole range", "cg", "cg_full"),
    ]
    return pd.DataFrame(
        [
            {
                "influenciae": theirs,
                "ours": ours,
                "relative difference": float(np.linalg.norm(found[one] - found[other]) / np.linalg.norm(found[other])),
            }
            for theirs, ours, one, other in rows
        ]
    )


def flips_table(flips: pd.DataFrame) -> pd.DataFrame:
    """How well each score finds wrong labels, by model, with intervals over draws."""
    measures = {"AUC": "auc", "average precision": "average_precision", "found among the first": "recall"}
    return pd.DataFrame(
        [
            {"model": title, "score": text}
            | {
                name: plus_minus(mean_interval(chosen(flips, model=title, score=score)[column].to_numpy()), 3)
                for name, column in measures.items()
            }
            for title in flips["model"].unique()
            for score, text in SCORES.items()
        ]
    )
