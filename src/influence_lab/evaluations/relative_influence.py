"""Tables of the page on relative influence: bias towards high losses, repeated explanations, mislabelled points."""

import numpy as np
import pandas as pd

from influence_lab.attributions.relative import SCORES
from influence_lab.attributions.relative_worlds import scores_of
from influence_lab.data.relative_influence import WORLDS
from influence_lab.evaluations.drawn_points import drawn_points
from influence_lab.evaluations.intervals import mean_interval, paired_interval
from influence_lab.evaluations.loss_bias import loss_correlation, loss_correlations, top_points
from influence_lab.evaluations.removal_effects import removal_effects
from influence_lab.evaluations.retrieval import retrieval
from influence_lab.models.relative_influence import load_world

Array = np.ndarray
TOP = 5


def relative_removals(
    data: dict[str, Array], models: dict[str, Array], world: str, cold_points: int
) -> dict[str, Array]:
    """Remove training points and train again: every point from θ̂, and in the toy world some from the random start too.

    The objectives of the other two worlds are convex, so that every start leads to the same minimum.

    Args:
        data: arrays of `relative_data`.
        models: arrays of `train_worlds`.
        world: a key of `WORLDS`.
        cold_points: points of each seed that are removed with training from the random start.

    Returns:
        `warm` (seeds, m, n), changes of the test losses; in the toy world also `cold` (seeds, m, k) and `points`
        (seeds, k).

    Raises:
        NotConvergedError: a training does not end at a minimum.
    """
    warm, cold, points = [], [], []
    for seed, trained in enumerate(load_world(data, models, world)):
        everyone = np.arange(trained.problem.n)
        warm.append(removal_effects(trained, everyone, cold=False))
        if world == "toy":
            points.append(drawn_points(len(everyone), cold_points, seed))
            cold.append(removal_effects(trained, points[-1], cold=True))
    return {"warm": np.stack(warm)} | ({"cold": np.stack(cold), "points": np.stack(points)} if cold else {})


def bias_table(arrays: dict[str, Array], removals: dict[str, dict[str, Array]]) -> pd.DataFrame:
    """Spearman correlations with the training loss, for each world, seed and score.

    Args:
        arrays: of `relative_scores`.
        removals: of `relative_removals`, by world.

    Returns:
        Columns `world`, `seed`, `score`, `bias` (of the size of the score averaged over measurements) and `by_test` (of
        each measurement apart, averaged). Besides the scores of `scores_of`: `warm`, the effect of real removals, all
        points; `cold` and `raw_cold`, real removals from the random start and influence, on the same drawn points.
    """
    rows = []
    for world, effects in removals.items():
        for seed, losses in enumerate(arrays[f"{world}_losses"]):
            scores = scores_of(arrays, world, seed)
            pairs = {name: (values, losses) for name, values in scores.items()}
            pairs["warm"] = effects["warm"][seed], losses
            if "cold" in effects:
                drawn = effects["points"][seed]
                pairs["cold"] = effects["cold"][seed], losses[drawn]
                pairs["raw_cold"] = scores["raw"][:, drawn], losses[drawn]
            rows += [
                (world, seed, name, loss_correlation(*pair), loss_correlations(*pair).mean())
                for name, pair in pairs.items()
            ]
    return pd.DataFrame(rows, columns=["world", "seed", "score", "bias", "by_test"])


def repetition_table(arrays: dict[str, Array]) -> pd.DataFrame:
    """How different the explanations of different test points are, for each world, seed and score.

    Returns:
        Columns `world`, `seed`, `score`, `distinct` (training points that appear among the 5 largest of any test point)
        and `loss_ratio` (mean training loss of these 5, over all test points, relative to that of all points).
    """
    rows = []
    for world in WORLDS:
        for seed, losses in enumerate(arrays[f"{world}_losses"]):
            for name, values in scores_of(arrays, world, seed).items():
                top = top_points(values, TOP)
                rows.append((world, seed, name, len(np.unique(top)), losses[top].mean() / losses.mean()))
    return pd.DataFrame(rows, columns=["world", "seed", "score", "distinct", "loss_ratio"])


def retrieval_table(arrays: dict[str, Array]) -> pd.DataFrame:
    """Mislabelled points found by self-influence, for each world, seed and score (and by the loss itself).

    Returns:
        Columns `world`, `seed`, `score`, `average_precision` and `recall` (among as many points as are wrong).
    """
    rows = [
        (world, seed, name, *retrieval(arrays[f"{world}_self_{name}"][seed], wrong))
        for world in WORLDS
        for seed, wrong in enumerate(arrays[f"{world}_wrong"])
        for name in [*SCORES, "loss"]
    ]
    return pd.DataFrame(rows, columns=["world", "seed", "score", "average_precision", "recall"])


def paired(table: pd.DataFrame, world: str, first: str, second: str, column: str) -> tuple[float, float]:
    """Mean over seeds, with its 95 % half-width, of the difference between two scores of one world."""
    return paired_interval(table[table["world"] == world], column, "score", first, second, "seed")


def by_world(table: pd.DataFrame, column: str, scores: list[str]) -> dict[str, pd.DataFrame]:
    """For each score a table with the columns `world`, `mean` and `half` (95 %, over seeds)."""
    found = {}
    for score in scores:
        rows = [
            (world, *mean_interval(group[column].to_numpy()))
            for world, group in table[table["score"] == score].groupby("world", sort=False)
        ]
        found[score] = pd.DataFrame(rows, columns=["world", "mean", "half"])
    return found
