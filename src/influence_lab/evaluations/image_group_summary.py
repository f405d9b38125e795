"""What page 07_image_groups says of the table of groups: means over seed images with their intervals."""

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import pandas as pd

from influence_lab.attributions.image_groups import DEFAULT
from influence_lab.evaluations.intervals import interval_table, mean_interval
from influence_lab.models.image_heads import MODELS

Array = np.ndarray
Trained = tuple[str, int]  # model and training seed
Pair = tuple[float, float]

METHODS = {
    "raw_algorithm": "raw influence, Algorithm 1",
    "raw_definition": "raw influence, Definition 3.2",
    "cosine": "cosine influence, either rule",
    "embedding_l2": "nearest in the embedding, L2",
    "embedding_cosine": "nearest in the embedding, cosine",
    "largest_gradients": "largest gradients",
    "largest_self_influence": "largest self-influence",
    "random_class": "random, of the class",
    "random": "random",
}
WITHIN = "same training"  # how the names of comparisons within one training begin
OWN_CLASS = f"{WITHIN}, another image of the class"
LEAST = 50  # seed images that a verdict needs


def trained_models(table: pd.DataFrame) -> list[Trained]:
    """All models and training seeds, in the table's order."""
    return list(table[["model", "training_seed"]].drop_duplicates().itertuples(index=False, name=None))


def rows_of(table: pd.DataFrame, trained: Trained, method: str, setting: str = DEFAULT) -> pd.DataFrame:
    """The rows of one kind of group in one trained model, by seed image."""
    own = (table["model"] == trained[0]) & (table["training_seed"] == trained[1])
    return table[own & (table["method"] == method) & (table["setting"] == setting)].set_index("image")


def of_model(table: pd.DataFrame, model: str, method: str, column: str, setting: str = DEFAULT) -> pd.Series:
    """A measure by seed image, mean over the training seeds of a model."""
    kind = (table["model"] == model) & (table["method"] == method) & (table["setting"] == setting)
    return table[kind].groupby("image", sort=False)[column].mean()


def overlaps(table: pd.DataFrame, one: Trained, other: Trained, method: str, setting: str = DEFAULT) -> pd.Series:
    """Overlap of the groups of two trained models, by seed image."""
    return rows_of(table, one, method, setting)[f"overlap_{other[0]}_{other[1]}"]


def training_overlap(table: pd.DataFrame, model: str, method: str, setting: str = DEFAULT) -> Array | None:
    """Overlap between training seeds of a model, mean over their pairs, by seed image; None with one training."""
    pairs = list(combinations([trained for trained in trained_models(table) if trained[0] == model], 2))
    return np.mean([overlaps(table, *pair, method, setting) for pair in pairs], axis=0) if pairs else None


def model_overlap(table: pd.DataFrame, one: str, other: str, method: str, setting: str = DEFAULT) -> Array | None:
    """Overlap between two models, mean over all pairs of their trainings, by seed image; None where one is missing."""
    found = trained_models(table)
    pairs = [(a, b) for a in found for b in found if (a[0], b[0]) == (one, other)]
    return np.mean([overlaps(table, *pair, method, setting) for pair in pairs], axis=0) if pairs else None


def by_class(table: pd.DataFrame, values: pd.Series) -> pd.Series:
    """The mean of a measure by seed image in each of their classes, by label."""
    label = table.drop_duplicates("image").set_index("image")["label"]
    return values.groupby(label).mean()


def of_pairs(means: Array) -> Pair:
    r"""A mean over pairs of seed images with its 95 % interval, from each image's mean over its pairs.

    Each pair counts with both its images. So the mean over pairs varies twice as much as that of as many independent
    images would (Hoeffding 1948: variance $4\sigma_1^2/m$ in place of $\sigma_1^2/m$).
    """
    value, half = mean_interval(means)
    return value, 2 * half


def spread_of_trainings(table: pd.DataFrame, model: str, column: str, method: str = "raw_algorithm") -> Pair:
    """By how much a measure differs between the first two trainings of a model, paired by seed image."""
    first, second = [one for one in trained_models(table) if one[0] == model][:2]
    difference = rows_of(table, second, method)[column] - rows_of(table, first, method)[column]
    return mean_interval(difference.to_numpy())


def comparisons(table: pd.DataFrame, mine: Trained, method: str) -> dict[str, Array]:
    """Overlaps by seed image for each comparison of one kind of group that the table has, by its name on the page.

    Args:
        table: of all groups.
        mine: the training within which groups are compared.
        method: a key of `METHODS`.
    """
    models = list(dict.fromkeys(model for model, _ in trained_models(table)))
    found = {retrained(model): training_overlap(table, model, method) for model in models}
    found |= {crossed(*pair): model_overlap(table, *pair, method) for pair in combinations(models, 2)}
    own = rows_of(table, mine, method)
    found[f"{WITHIN}, from the nearest image"] = own["overlap_neighbour"]
    for setting in table.loc[table["setting"] != DEFAULT, "setting"].unique():
        found[f"{WITHIN}, λ = {setting} λmax"] = rows_of(table, mine, method, setting)["overlap_default"]
    found[OWN_CLASS] = own["overlap_own"]
    whole = {name: np.asarray(values, dtype=float) for name, values in found.items() if values is not None}
    return {name: values for name, values in whole.items() if len(values) and np.isfinite(values).all()}


def overlap_intervals(found: Mapping[str, Array]) -> pd.DataFrame:
    """Means of `comparisons` with their 95 % intervals: columns comparison, mean, half."""
    table = interval_table("comparison", list(found), list(found.values()))
    pairs = table["comparison"] == OWN_CLASS
    return table.assign(half=table["half"].where(~pairs, [of_pairs(values)[1] for values in found.values()]))


def retrained(model: str) -> str:
    """The name of the comparison of a model's trainings."""
    return f"{MODELS[model]}, two training seeds"


def crossed(one: str, other: str) -> str:
    """The name of the comparison of two models."""
    return f"{MODELS[one]} and {MODELS[other]}"


def cnn_gain(table: pd.DataFrame, column: str, setting: str = DEFAULT) -> pd.Series:
    """A measure of the CNN minus that of the ResNet by seed image, each a mean over trainings; raw, Algorithm 1."""
    cnn, resnet = (of_model(table, model, "raw_algorithm", column, setting) for model in ("cnn", "resnet"))
    return cnn - resnet


def by_method(table: pd.DataFrame, column: str) -> dict[Trained, pd.DataFrame]:
    """Means of a measure with intervals over seed images, by trained model: columns method, mean, half."""
    return {
        trained: interval_table(
            "method", list(METHODS.values()), [rows_of(table, trained, method)[column] for method in METHODS]
        )
        for trained in trained_models(table)
    }


def growth(traces: Array) -> pd.DataFrame:
    """Influence per member by size: its geometric mean over seed images, and the 95 % interval of that.

    Args:
        traces: K(G, G) at sizes 1 … size, shape (m, size).

    Returns:
        Columns size, mean, low, high.
    """
    sizes = np.arange(1, traces.shape[1] + 1)
    pairs = np.array([mean_interval(column) for column in np.log(traces / sizes).T])
    ends = {"mean": pairs[:, 0], "low": pairs[:, 0] - pairs[:, 1], "high": pairs[:, 0] + pairs[:, 1]}
    return pd.DataFrame({"size": sizes} | {name: np.exp(values) for name, values in ends.items()})


def verdict_values(table: pd.DataFrame, setting: str = DEFAULT) -> pd.DataFrame:
    """What the checks of claim B22 are means of: raw influence and Algorithm 1, a column a check, by seed image.

    The slope is a mean over each model's trainings, and then over models.

    Raises:
        ValueError: two trainings of the CNN or one of the ResNet are not there.
    """
    method = "raw_algorithm"
    if lacking := lacking_models(table):
        raise ValueError(f"claim B22: {lacking}")
    candidates = [
        training_overlap(table, "cnn", method, setting),
        model_overlap(table, "cnn", "resnet", method, setting),
    ]
    models = list(dict.fromkeys(model for model, _ in trained_models(table)))
    exponents = [of_model(table, model, method, "exponent", setting) for model in models]
    gain = cnn_gain(table, "purity", setting)
    columns = {
        "group_overlap": max(candidates, key=np.mean),
        "cnn_purity_gain": gain,
        "size_exponent": np.mean(exponents, axis=0),
    }
    return pd.DataFrame(columns, index=gain.index)


def verdict_numbers(table: pd.DataFrame, setting: str = DEFAULT) -> dict[str, Pair]:
    """The checks of claim B22, means over seed images with 95 % intervals; errors as of `verdict_values`."""
    return {check: mean_interval(values.to_numpy()) for check, values in verdict_values(table, setting).items()}


def lacking_models(table: pd.DataFrame) -> str | None:
    """Which trainings claim B22 lacks; None where all are there."""
    counts = pd.Series([model for model, _ in trained_models(table)]).value_counts()
    enough = counts.get("cnn", 0) >= 2 and counts.get("resnet", 0) >= 1
    return None if enough else "two trainings of the CNN and one of the ResNet are needed"


def what_is_missing(table: pd.DataFrame) -> str | None:
    """Why claim B22 cannot be judged from these groups, whatever they say; None where it can."""
    images = table["image"].nunique()
    few = f"{images} seed images were used, and {LEAST} are needed" if images < LEAST else None
    return lacking_models(table) or few
