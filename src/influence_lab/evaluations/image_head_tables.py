"""Tables of page 07_head_influence, from the artifacts of every image model of the run."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from influence_lab.artifacts import read_arrays, read_table
from influence_lab.evaluations.intervals import mean_interval
from influence_lab.locations import artifact

Array = np.ndarray
MODELS = {"cnn": "CNN", "resnet": "ResNet", "vgg19": "VGG19"}


def trained_models(folder: Path) -> dict[str, str]:
    """Models with a last layer in a folder: the name of each as a reader sees it, by the name in its artifacts.

    Raises:
        FileNotFoundError: there is none.
    """
    found = {
        f"{model}_{seed}": f"{name}, seed {seed}"
        for model, name in MODELS.items()
        for seed in sorted(int(path.stem.rsplit("_", 1)[1]) for path in folder.glob(f"image_head_{model}_[0-9]*.npz"))
    }
    if not found:
        raise FileNotFoundError(
            "no last layer is there yet; make them with: snakemake results/notebooks/07_head_influence.ipynb"
        )
    return found


def read_by_model(pattern: str, models: Mapping[str, str]) -> dict[str, dict[str, Array]]:
    """Arrays of each model by its title; `pattern` is below `results/`, with `{}` for the model."""
    return {title: read_arrays(artifact(pattern.format(name))) for name, title in models.items()}


def table_of_models(pattern: str, models: Mapping[str, str]) -> pd.DataFrame:
    """The tables of all models below each other, with a first column `model`."""
    parts = [read_table(artifact(pattern.format(name))).assign(model=title) for name, title in models.items()]
    table = pd.concat(parts, ignore_index=True)
    return table[["model", *table.columns.drop("model")]]


def chosen(table: pd.DataFrame, **values: object) -> pd.DataFrame:
    """The rows in which each named column has its value."""
    for column, value in values.items():
        table = table[table[column] == value]
    return table


def mean_by(table: pd.DataFrame, by: Sequence[str], value: str) -> pd.DataFrame:
    """Means with 95 % intervals (Student's t) of a column, in the order of the table: columns of `by`, mean, half."""
    rows = [
        dict(zip(by, key, strict=True))
        | dict(zip(("mean", "half"), mean_interval(group[value].to_numpy()), strict=True))
        for key, group in table.groupby(list(by), sort=False)
    ]
    return pd.DataFrame(rows)


def paired(table: pd.DataFrame, column: str, first: str, second: str, value: str, by: str) -> tuple[float, float]:
    """Mean and half-width of `value` where `column` is `first` minus where it is `second`, paired over `by`."""
    wide = table.pivot(index=by, columns=column, values=value)
    return mean_interval((wide[first] - wide[second]).to_numpy())


def suspects(margins: Mapping[str, Array], count: int) -> Array:
    """Images whose labels the models doubt most: the smallest mean rank of their margins over the models."""
    ranks = np.mean([np.argsort(np.argsort(values)) for values in margins.values()], axis=0)
    return np.argsort(ranks, kind="stable")[:count]


def hover_texts(
    indices: Array, classes: Array, labels: Array, of_model: Mapping[str, Array], rank_of: str = "self_influence"
) -> list[str]:
    """What a reader sees of each image: its number, label, prediction, loss, self-influence and rank in it.

    Args:
        indices: the images.
        classes: names.
        labels: of all images, shape (n,).
        of_model: `predictions`, `losses` and `self_influence` of all images.
        rank_of: the one whose rank is given, 1 for the largest.
    """
    ranks = len(labels) - np.argsort(np.argsort(of_model[rank_of]))
    return [
        f"image {i}<br>label: {classes[labels[i]]}<br>prediction: {classes[of_model['predictions'][i]]}<br>"
        f"loss: {of_model['losses'][i]:.2f} nats<br>self-influence: {of_model['self_influence'][i]:,.0f}<br>"
        f"rank in {rank_of.replace('_', '-')}: {ranks[i]:,} of {len(labels):,}"
        for i in indices
    ]
