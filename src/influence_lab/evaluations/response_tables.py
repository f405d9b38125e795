"""Tables of the page on response functions: correlations and distances at each stage, converged problems only."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from influence_lab.evaluations.agreement import correlations
from influence_lab.evaluations.intervals import mean_interval
from influence_lab.evaluations.response_gaps import GAPS, MEASURED

Array = np.ndarray
Run = dict[str, Array]
FIT = ("converged", "gradient_norm", "hessians")
FEWEST = 3  # points that a correlation is taken over


def usable(run: Run, setting: int, stage: str | None = None) -> Array:
    """Which left-out points count, shape (k,): those whose problems converged.

    Default and `proximal`: the proximal problem with all points, the one without the point, and the proximal Bregman
    one. Any other stage: the proximal Bregman problem alone, so that stages are compared on the same points.
    """
    proximal, pbrf = run["converged"][setting]
    return pbrf if stage not in (None, "proximal") else proximal & pbrf & run["all_converged"][setting]


def convergence_table(runs: list[Run]) -> pd.DataFrame:
    """Over all seeds, how many problems of each setting converged, and the worst gradient norm of those that did.

    Returns:
        Columns `epochs`, `damping`, `problem`, `problems`, `converged`, `worst`, `hessians` (exact ones formed) and
        `ranks`, where the points of problems that did not converge stand among those of their start by the norm of
        their gradient, 1 the largest.
    """
    rows = []
    for setting, (epochs, damping) in enumerate(zip(runs[0]["epochs"], runs[0]["damping"], strict=True)):
        whole = (np.array([run[f"all_{name}"][setting] for run in runs]) for name in FIT)
        rows.append((epochs, damping, "proximal, all points", *_counts(*whole), ""))
        for place, problem in enumerate(("proximal", "proximal Bregman")):
            fits = (np.concatenate([run[name][setting, place] for run in runs]) for name in FIT)
            ranks = [_ranks(run["point_gradient_norm"][setting], run["converged"][setting, place]) for run in runs]
            rows.append((epochs, damping, problem, *_counts(*fits), ", ".join(map(str, np.concatenate(ranks)))))
    columns = ["epochs", "damping", "problem", "problems", "converged", "worst", "hessians", "ranks"]
    return pd.DataFrame(rows, columns=columns)


def _counts(converged: Array, norms: Array, hessians: Array) -> tuple[int, int, float, int]:
    worst = norms[converged].max() if converged.any() else np.nan
    return len(converged), int(converged.sum()), worst, int(hessians.sum())


def _ranks(norms: Array, converged: Array) -> Array:
    order = np.argsort(np.argsort(-norms)) + 1
    return np.sort(order[~converged])


def stage_table(runs: list[Run]) -> pd.DataFrame:
    """Agreement over left-out points of influence with the effects measured at each stage.

    Returns:
        Columns `epochs`, `damping`, `seed`, `stage` (of `MEASURED`; `lissa`, influence with itself solved by LiSSA;
        `ceiling`, the effects of cold retraining with those in other batches), `correlation`, mean over test points,
        and `slope` of the measured effects on the predicted ones, through the origin. Where fewer than three points
        count there is no row.
    """
    rows = []
    for seed, setting, key, run in _settings(runs):
        influence, lissa = run["predicted"][setting]
        measured = dict(zip(MEASURED, run["effect"][setting], strict=True))
        pairs = {stage: (influence, effects) for stage, effects in (measured | {"lissa": lissa}).items()}
        for stage, pair in (pairs | {"ceiling": (measured["cold"], measured["other batches"])}).items():
            kept = usable(run, setting, stage)
            if kept.sum() < FEWEST:
                continue
            x, y = (values[:, kept] for values in pair)
            rows.append((*key, seed, stage, correlations(x, y).mean(), np.sum(x * y) / np.sum(x**2)))
    return pd.DataFrame(rows, columns=["epochs", "damping", "seed", "stage", "correlation", "slope"])


def gap_table(runs: list[Run]) -> pd.DataFrame:
    """Median over left-out points of the parameter distance of each gap.

    Returns:
        Columns `epochs`, `damping`, `seed`, `gap`, `distance`, `paired` (between changes against the run with all
        points).
    """
    rows = []
    for seed, setting, key, run in _settings(runs):
        kept = usable(run, setting)
        if kept.sum() >= FEWEST:
            medians = (np.median(run[name][setting][:, kept], axis=1) for name in ("distance", "paired_distance"))
            rows += [(*key, seed, *row) for row in zip(GAPS, *medians, strict=True)]
    return pd.DataFrame(rows, columns=["epochs", "damping", "seed", "gap", "distance", "paired"])


SHARES = {  # columns of `share_table` and what readers see of them
    "linearisation": "linearisation / first three gaps",
    "paired": "the same between changes",
    "solver": "solver / linearisation",
    "remaining": "both / first three gaps",
    "paired_remaining": "both, between changes",
    "relative": "linearisation / predicted movement",
    "largest": "the same, largest",
}


def share_table(runs: list[Run]) -> pd.DataFrame:
    """Medians over left-out points of ratios of parameter distances.

    Returns:
        Columns `epochs`, `damping`, `seed`; `linearisation` and `remaining` (linearisation and solver together), each
        over the sum of the first three gaps, and `paired` and `paired_remaining`, the same with paired distances;
        `solver`, over the linearisation; `relative`, the linearisation over how far influence moves the parameters,
        and `largest`, the largest of that instead of the median.
    """
    rows = []
    for seed, setting, key, run in _settings(runs):
        kept = usable(run, setting)
        if kept.sum() < FEWEST:
            continue
        distance, paired = (run[name][setting][:, kept] for name in ("distance", "paired_distance"))
        remaining, relative = run["remaining"][setting][kept], distance[3] / run["moved"][setting][kept]
        ratios = {
            "linearisation": distance[3] / distance[:3].sum(axis=0),
            "paired": paired[3] / paired[:3].sum(axis=0),
            "solver": distance[4] / distance[3],
            "remaining": remaining / distance[:3].sum(axis=0),
            "paired_remaining": remaining / paired[:3].sum(axis=0),
            "relative": relative,
        }
        rows.append((*key, seed, *(np.median(ratios[name]) for name in ratios), relative.max()))
    return pd.DataFrame(rows, columns=["epochs", "damping", "seed", *SHARES])


def _settings(runs: list[Run]) -> Iterator[tuple[int, int, tuple[int, float], Run]]:
    """Seed, setting, its training length and λ, and the run."""
    for seed, run in enumerate(runs):
        for setting, key in enumerate(zip(run["epochs"], run["damping"], strict=True)):
            yield seed, setting, key, run


def over_seeds(table: pd.DataFrame, by: list[str], column: str) -> pd.DataFrame:
    """Mean over seeds of a column and the half-width of its 95 % interval (NaN for one seed), in the table's order."""
    groups = table.groupby(by, sort=False)[column]
    rows = [(*key, *(mean_interval(values) if len(values) > 1 else (*values, np.nan))) for key, values in groups]
    return pd.DataFrame(rows, columns=[*by, "mean", "half"])


def share_summary(shares: pd.DataFrame) -> pd.DataFrame:
    """The ratios of `share_table` as text, mean ± half-width of the 95 % interval over seeds, a row a setting."""
    rows = []
    for (epochs, damping), group in shares.groupby(["epochs", "damping"], sort=False):
        intervals = {
            text: "{:.2g} ± {:.1g}".format(*over_seeds(group, ["epochs", "damping"], name)[["mean", "half"]].iloc[0])
            for name, text in SHARES.items()
        }
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
