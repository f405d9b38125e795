"""Tables of page 09_weights_boundary, as a reader sees them."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from influence_lab.attributions.simple_boundary import score
from influence_lab.evaluations.boundary_draws import KINDS
from influence_lab.evaluations.boundary_summaries import DRAW, class_difference, flip_gain, over_seeds, success
from influence_lab.evaluations.intervals import mean_interval, plus_minus
from influence_lab.evaluations.shares import wilson
from influence_lab.models.softmax_head import SoftmaxHead

Array = np.ndarray

METHODS = {
    "batch": "batch, as the library averages",
    "remaining": "batch over members not yet flipped",
    "sequential": "sequential, “universal”",
    "simple": "simple, labels' cross-entropy",
    "simple_predicted": "simple, predicted class's cross-entropy",
}
READINGS = {
    "network": ("all layers", "labels"),
    "network_predicted": ("all layers", "predicted classes"),
    "simple": ("last layer", "labels"),
    "simple_predicted": ("last layer", "predicted classes"),
}
SAME = ["model", "seed", *DRAW, "kind", "size"]  # one group and one model


def methods_table(table: pd.DataFrame) -> pd.DataFrame:
    """Every method on groups of the last layer: failures, length over the least change, steps, time."""
    least, rows = table[table["method"] == "least"].set_index(SAME)["norm"], []
    for method, text in METHODS.items():
        part = table[table["method"] == method].set_index(SAME)
        ratio = (part["norm"] / least)[part["succeeded"] & np.isfinite(least)]
        rows.append(
            {
                "method": text,
                "failures": f"{1 - part['succeeded'].mean():.1%}",
                "members flipped": f"{part['share_flipped'].mean():.0%}",
                "‖Δw‖ over the least, median": f"{ratio.median():.2f}" if len(ratio) else "none flipped",
                "steps, median": part["steps"].median(),
                "ms a group": 1000 * part["seconds"].mean(),
            }
        )
    return pd.DataFrame(rows)


def in_order(table: pd.DataFrame, slack: float = 1e-3) -> tuple[int, int]:
    """Groups with hardest member ≤ least change ≤ sequential, up to a share `slack`, and all that were compared.

    The sequence stops up to a tie of 1e-6 logits before its boundary, so it may be a little shorter than the least.
    """
    least = table[table["method"] == "least"].set_index(SAME)["norm"]
    ended = table[(table["method"] == "sequential") & table["succeeded"]].set_index(SAME)
    least, more = least.loc[ended.index], 1 + slack
    holds = (ended["hardest"] <= more * least) & (least <= more * ended["norm"])
    return int(holds.sum()), len(holds)


def readings_table(table: pd.DataFrame, names: Sequence[str], high: int, low: int) -> pd.DataFrame:
    """The simple boundary by layers, cross-entropy and size: the share of groups of two classes that flip."""
    rows = []
    for method, (layers, classes) in READINGS.items():
        for size, part in table[table["method"] == method].groupby("size"):
            share = {k: part.loc[part["class"] == k, "succeeded"].mean() for k in (high, low)}
            rows.append(
                {"weights that move": layers, "cross-entropy of": classes, "images": size}
                | {names[k]: f"{share[k]:.0%}" for k in (high, low)}
                | {f"{names[high]} minus {names[low]}": plus_minus(class_difference(part, high, low), 2, "+")}
            )
    return pd.DataFrame(rows)


def classes_table(network: pd.DataFrame, names: Sequence[str], order: Sequence[int]) -> pd.DataFrame:
    """How the simple boundary of all layers ended for groups of every class and kind, and what these groups are like.

    Args:
        network: groups of one size.
        names: of the classes.
        order: classes, as the rows are to be.
    """
    rows = []
    for k in order:
        for kind in KINDS:
            part = network[(network["class"] == k) & (network["kind"] == kind)]
            share = over_seeds(part, "succeeded")
            low, high = wilson(float(share.mean()), len(share))
            rows.append(
                {
                    "class": names[k],
                    "groups": f"{len(share)} {kind}",
                    "flip": f"{share.mean():.0%} ({low:.0%} to {high:.0%})",
                    "score, median": np.median(score(part["norm"], part["succeeded"])),
                    "seconds a group": part["seconds"].mean(),
                    "predicted right": f"{part['right'].mean():.0%}",
                    "hardest member's ρ": part["hardest"].mean(),
                    "mean ρ": part["typical"].mean(),
                    "‖h‖": part["length"].mean(),
                }
            )
    return pd.DataFrame(rows)


def greedy_table(head: SoftmaxHead, grown: Mapping[str, Array], ways: Mapping[str, str], rho: Array) -> pd.DataFrame:
    """Purity and mean ρ of groups, without their seed images; groups by way, seed image first, shape (seeds, size)."""
    rows = []
    for way, text in ways.items():
        start, members = grown[way][:, :1], grown[way][:, 1:]
        rows.append(
            {
                "group by": text,
                "groups of": f"{len(members)} × {members.shape[1] + 1}",
                "of the seed's class": f"{np.mean(head.labels[members] == head.labels[start]):.0%}",
                "of the seed's prediction": f"{np.mean(head.predictions[members] == head.predictions[start]):.0%}",
                "mean ρ of the members added": rho[members].mean(),
            }
        )
    return pd.DataFrame(rows)


def flips_table(flips: pd.DataFrame, groups: Mapping[str, str], boundaries: Mapping[str, str]) -> pd.DataFrame:
    """What decides flips, by group, and the cosine group's share minus the group's, paired over seed images."""
    minimal, rows = flips[flips["boundary"] == "minimal"], []
    for name, text in groups.items():
        part = minimal[minimal["group"] == name]
        rows.append(
            {
                "group": text,
                "inner product": part["pull"].mean(),
                "gap": part["gap"].mean(),
                "same prediction": f"{part['same_prediction'].mean():.0%}",
                "same class": f"{part['same_class'].mean():.0%}",
            }
            | {
                text_of: "" if name == "cosine" else plus_minus(flip_gain(flips, one, "cosine", name), 3, "+")
                for one, text_of in boundaries.items()
            }
        )
    return pd.DataFrame(rows)


def caught_table(flips: pd.DataFrame, groups: Mapping[str, str]) -> pd.DataFrame:
    """Of the images that flip under the shortest change, the share in each group, and that of all images; paired."""
    minimal, rows = flips[flips["boundary"] == "minimal"].dropna(subset=["caught"]), []
    for name, text in groups.items():
        part = minimal[minimal["group"] == name]
        shares = {column: mean_interval(over_seeds(part, column, ["image"])) for column in ("caught", "chance")}
        more = mean_interval(over_seeds(part.assign(more=part["caught"] - part["chance"]), "more", ["image"]))
        rows.append(
            {
                "group": text,
                "of those that flip (%)": plus_minus(100 * np.array(shares["caught"])),
                "of all (%)": plus_minus(100 * np.array(shares["chance"])),
                "difference (%)": plus_minus(100 * np.array(more), 2, "+"),
            }
        )
    return pd.DataFrame(rows)


def failure_texts(table: pd.DataFrame, label: Mapping[tuple, str]) -> str:
    """Each model's failures by batch and by sequence, in words."""
    rows = success(table, ["model", "seed", "method"]).set_index(["model", "seed", "method"])["mean"]
    return "; ".join(
        f"{text} {1 - rows[(*key, 'batch')]:.1%} and {1 - rows[(*key, 'sequential')]:.1%}"
        for key, text in label.items()
    )
