"""Tables of the second half of page 05_functioning_groups, as a reader sees them: means with their 95 % intervals."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.stats import binom

from influence_lab.attributions.functioning_groups import last_layer_features, unit
from influence_lab.evaluations.group_search import (
    KINDS,
    centre_point,
    outcomes,
    random_additions,
    same_choices,
    searches,
)
from influence_lab.evaluations.intervals import bootstrap_interval, mean_interval, plus_minus
from influence_lab.models.logistic_network import LogisticNetwork

Array = np.ndarray


def spread(values: Sequence[float] | Array, digits: int = 2) -> str:
    """A mean over repetitions with its 95 % interval, as text."""
    return plus_minus(mean_interval(np.asarray(values, dtype=float)), digits)


def median_interval(values: Sequence[float]) -> tuple[float, float]:
    """The median, and how far its 95 % interval reaches on its longer side.

    The interval lies between two order statistics, by the binomial distribution of the number of values below the
    true median, without assumptions. It covers less than 95 % for five values or fewer, when it is the whole range.

    >>> median_interval([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0])
    (5.0, 3.0)
    """
    ranked, count = np.sort(np.asarray(values, dtype=float)), len(values)
    rank = max(int(binom.ppf(0.025, count, 0.5)), 1)
    median = float(np.median(ranked))
    return median, float(max(median - ranked[rank - 1], ranked[count - rank] - median))


def likeness_to_dot_product(network: LogisticNetwork, damping: float) -> dict[str, float]:
    r"""How far the last layer's $(G + \lambda I)^{-1}$ is from a multiple of I, as λ outweighs the eigenvalues of G.

    Returns:
        `largest` and `second` eigenvalue of G; `dimension`, its effective dimension $\sum_k w_k/(w_k + \lambda)$; `raw`
        and `cosine`, Pearson's correlations over pairs of points of K with $g_i^\top g_j$ and of their cosines.
    """
    last = network.network.blocks[-1]
    g, w = network.train_gradients[:, last], np.linalg.eigvalsh(network.gauss_newton()[last, last])
    features, pairs = last_layer_features(network, damping), np.triu_indices(len(g), 1)
    found = {"largest": w[-1], "second": w[-2], "dimension": np.sum(w / (w + damping))}
    for name, a, b in (("raw", features, g), ("cosine", unit(features), unit(g))):
        found[name] = np.corrcoef((a @ a.T)[pairs], (b @ b.T)[pairs])[0, 1]
    return {name: float(value) for name, value in found.items()}


def likeness_summary(
    networks: Mapping[str, Sequence[LogisticNetwork]], dampings: Sequence[float], seed: int, steps: int
) -> pd.DataFrame:
    """Of dropout networks `likeness_to_dot_product`, and of all given ones `same_choices`: a row a λ."""
    rows = []
    for damping in dampings:
        each = pd.DataFrame([likeness_to_dot_product(network, damping) for network in networks["dropout"]])
        row = {"λ": damping, "effective dimension": spread(each["dimension"], 1)}
        row |= {f"correlation with g·g, {kind}": spread(each[kind], 3) for kind in KINDS}
        for name, trained in networks.items():
            features = [last_layer_features(network, damping) for network in trained]
            row[f"shared first {steps} points, {name}"] = spread(same_choices(features, seed, steps))
        rows.append(row)
    return pd.DataFrame(rows)


def outcome_summary(tables: Mapping[tuple[str, str], pd.DataFrame]) -> pd.DataFrame:
    """Of `outcomes`, by (network, kind of influence): a row each."""
    return pd.DataFrame(
        [
            {
                "network": name,
                "influence": kind,
                "leaves at size (median)": f"{table['first_outsider'].median():.1f}",
                "of the disc, not yet taken": spread(table["remaining"]),
                "size at the maximum": spread(table["peak"], 0),
                "blue members there": spread(table["blue_peak"]),
                "size where the inequality fails": spread(table["first_fall"], 0),
                "Rand, maximum": spread(table["rand_peak"]),
                "Rand, inequality": spread(table["rand_first_fall"]),
                "Rand, oracle": spread(table["rand_oracle"]),
            }
            for (name, kind), table in tables.items()
        ]
    )


def damping_outcomes(
    data: Mapping[str, Array], networks: Sequence[LogisticNetwork], dampings: Sequence[float], orders: Sequence[Array]
) -> pd.DataFrame:
    """What `outcomes` says of the left disc at each λ, and where random additions in the given orders have the maximum.

    Args:
        data: arrays of `toy_data`.
        networks: trained on it.
        dampings: λ.
        orders: of `cluster_then_other`.
    """
    rows = []
    for damping in dampings:
        features = [last_layer_features(network, damping) for network in networks]
        for kind, traces in searches(features, centre_point(data, 0), "algorithm").items():
            table = outcomes(data, traces, 0)
            points = features if kind == "raw" else [unit(each) for each in features]
            random = [np.mean(random_additions(each, orders).argmax(axis=1) + 1) for each in points]
            rows.append(
                {
                    "λ": damping,
                    "influence": kind,
                    "leaves at size (median)": f"{table['first_outsider'].median():.1f}",
                    "size at the maximum": spread(table["peak"], 0),
                    "blue members there": spread(table["blue_peak"]),
                    "random additions: size at the maximum": spread(random, 0),
                    "Rand, maximum": spread(table["rand_peak"]),
                    "Rand, oracle": spread(table["rand_oracle"]),
                }
            )
    return pd.DataFrame(rows)


def tuning_summary(table: pd.DataFrame, used: Mapping[str, str]) -> pd.DataFrame:
    """Of `tuning`: each method's best and used variants and the range of the others' means, best first."""
    means = table.groupby(["method", "variant"], sort=False)["rand"].mean()
    rows = []
    for method, variant in used.items():
        scores = table.query("method == @method and variant == @variant")["rand"]
        row = {"method": method, "variant used": variant, "its mean": spread(scores, 3)}
        row["best mean"], row["worst mean"] = (f"{end:.3f}" for end in (means[method].max(), means[method].min()))
        rows.append(row | {"variants": len(means[method])})
    return pd.DataFrame(rows).sort_values("its mean", ascending=False, kind="stable")


def paired_gain(scores: pd.DataFrame, first: str, second: str) -> tuple[float, float]:
    """Mean difference of two columns and how far its 95 % interval reaches, bootstrapped over the rows (draws).

    No t interval: most differences may be 0 and the others far from it.
    """
    difference = (scores[first] - scores[second]).to_numpy()
    return bootstrap_interval(lambda rows: rows[..., 0].mean(axis=-1), difference[:, None])


def validation_summary(removals: pd.DataFrame) -> pd.DataFrame:
    """Of `validation`: mean drops in the own region and in the others of the class, a row a class and partition."""
    texts = {
        "functioning": "functioning groups",
        "random": "random groups, same class and size",
        "k-means": "clusters of k-means",
    }
    rows = []
    for red, text in ((True, "red"), (False, "blue")):
        for partition, name in texts.items():
            row = {"class": text, "taken away": name}
            for region, own in (("own region", True), ("other regions of the class", False)):
                drops = per_draw(removals, partition, red, own)
                row["draws"] = len(drops)
                row[region] = spread(drops) if len(drops) > 1 else "too few draws"
            rows.append(row)
    return pd.DataFrame(rows)


def per_draw(removals: pd.DataFrame, partition: str, red: bool, own: bool) -> pd.Series:
    """Mean drop on each draw when groups of a class are taken away, in their own region or in the others."""
    chosen = removals[(removals["partition"] == partition) & (removals["red"] == red)]
    return chosen[(chosen["removed"] == chosen["region"]) == own].groupby("draw")["drop"].mean()
