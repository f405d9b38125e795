"""Tables of the page on response functions: correlations and distances at each stage, converged problems only."""

import numpy as np
import pandas as pd

from influence_lab.evaluations.agreement import correlations
from influence_lab.evaluations.intervals import mean_interval
from influence_lab.evaluations.response_gaps import GAPS, MEASURED

Array = np.ndarray
Run = dict[str, Array]


def usable(run: Run, setting: int) -> Array:
    """Which left-out points count: both local problems converged, and so did the one with all points; shape (k,)."""
    return run["converged"][setting].all(axis=0) & run["all_converged"][setting]


def convergence_table(runs: list[Run]) -> pd.DataFrame:
    """Over all seeds, how many problems of each setting converged, and the worst gradient norm of those that did.

    Returns:
        Columns `epochs`, `damping`, `problem`, `problems`, `converged`, `worst` and `hessians`.
    """
    rows = []
    for setting, (epochs, damping) in enumerate(zip(runs[0]["epochs"], runs[0]["damping"], strict=True)):
        for place, problem in enumerate(("proximal", "proximal Bregman")):
            converged = np.concatenate([run["converged"][setting, place] for run in runs])
            norms = np.concatenate([run["gradient_norm"][setting, place] for run in runs])
            hessians = sum(int(run["hessians"][setting, place].sum()) for run in runs)
            worst = norms[converged].max() if converged.any() else np.nan
            rows.append((epochs, damping, problem, len(converged), int(converged.sum()), worst, hessians))
    return pd.DataFrame(rows, columns=["epochs", "damping", "problem", "problems", "converged", "worst", "hessians"])


def stage_table(runs: list[Run]) -> pd.DataFrame:
    """Correlation over left-out points of influence with the effects measured at each stage, mean over test points.

    Returns:
        Columns `epochs`, `damping`, `seed`, `stage` (of `MEASURED`, and `lissa`: influence with itself solved by
        LiSSA), `correlation`.
    """
    rows = []
    for seed, run in enumerate(runs):
        for setting, (epochs, damping) in enumerate(zip(run["epochs"], run["damping"], strict=True)):
            kept = usable(run, setting)
            influence, lissa = run["predicted"][setting][..., kept]
            stages = dict(zip(MEASURED, run["effect"][setting][..., kept], strict=True)) | {"lissa": lissa}
            rows += [
                (epochs, damping, seed, stage, correlations(influence, effects).mean())
                for stage, effects in stages.items()
            ]
    return pd.DataFrame(rows, columns=["epochs", "damping", "seed", "stage", "correlation"])


def gap_table(runs: list[Run]) -> pd.DataFrame:
    """Median over left-out points of the parameter distance of each gap.

    Returns:
        Columns `epochs`, `damping`, `seed`, `gap`, `distance`, `paired` (between changes against the run with all
        points).
    """
    rows = []
    for seed, run in enumerate(runs):
        for setting, (epochs, damping) in enumerate(zip(run["epochs"], run["damping"], strict=True)):
            kept = usable(run, setting)
            medians = (np.median(run[name][setting][:, kept], axis=1) for name in ("distance", "paired_distance"))
            rows += [(epochs, damping, seed, *row) for row in zip(GAPS, *medians, strict=True)]
    return pd.DataFrame(rows, columns=["epochs", "damping", "seed", "gap", "distance", "paired"])


def share_table(runs: list[Run]) -> pd.DataFrame:
    """Medians over left-out points of ratios of parameter distances.

    Returns:
        Columns `epochs`, `damping`, `seed`; `linearisation` and `remaining` (linearisation and solver together), each
        over the sum of the first three gaps; `paired`, the linearisation's share with paired distances; `solver`, over
        the linearisation.
    """
    rows = []
    for seed, run in enumerate(runs):
        for setting, (epochs, damping) in enumerate(zip(run["epochs"], run["damping"], strict=True)):
            kept = usable(run, setting)
            distance, paired = (run[name][setting][:, kept] for name in ("distance", "paired_distance"))
            ratios = (
                distance[3] / distance[:3].sum(axis=0),
                run["remaining"][setting][kept] / distance[:3].sum(axis=0),
                paired[3] / paired[:3].sum(axis=0),
                distance[4] / distance[3],
            )
            rows.append((epochs, damping, seed, *map(np.median, ratios)))
    return pd.DataFrame(rows, columns=["epochs", "damping", "seed", "linearisation", "remaining", "paired", "solver"])


def over_seeds(table: pd.DataFrame, by: list[str], column: str) -> pd.DataFrame:
    """Mean over seeds of a column and the half-width of its 95 % interval, in the table's order."""
    rows = [(*key, *mean_interval(group[column])) for key, group in table.groupby(by, sort=False)]
    return pd.DataFrame(rows, columns=[*by, "mean", "half"])


SHARES = {
    "linearisation": "linearisation / first three gaps",
    "paired": "the same, between changes",
    "solver": "solver / linearisation",
    "remaining": "both / first three gaps",
}


def share_summary(shares: pd.DataFrame) -> pd.DataFrame:
    """The ratios of `share_table` as text, mean ± half-width of the 95 % interval over seeds, a row a setting."""
    rows = []
    for (epochs, damping), group in shares.groupby(["epochs", "damping"], sort=False):
        intervals = {text: "{:.2g} ± {:.1g}".format(*mean_interval(group[name])) for name, text in SHARES.items()}
        rows.append({"epochs": f"{epochs:.0f}", "λ": f"{damping:g}"} | intervals)
    return pd.DataFrame(rows)


def by_test_loss(agreement: Array, losses: Array) -> pd.DataFrame:
    """Correlations of test points in three equal groups by their loss, as text: mean ± 95 % half-width over seeds.

    Args:
        agreement: shape (seeds, m).
        losses: of the test points, shape (m,).
    """
    names = ("smallest third of losses", "middle third", "largest third of losses")
    thirds = [agreement[:, part].mean(axis=1) for part in np.array_split(np.argsort(losses), 3)]
    texts = ["{:.3f} ± {:.3f}".format(*mean_interval(values)) for values in thirds]
    return pd.DataFrame({"test points": names, "correlation": texts})
