"""Tables of page 07_head_influence, from the artifacts of every image model of the run."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from influence_lab.artifacts import read_arrays
from influence_lab.evaluations.intervals import mean_interval
from influence_lab.locations import artifact
from influence_lab.models.image_heads import named

Array = np.ndarray


def joined(tables: Mapping[tuple[str, int], pd.DataFrame]) -> pd.DataFrame:
    """The tables of all trained models below each other.

    Args:
        tables: by the model's name and training seed, such as ("cnn", 0).

    Returns:
        With two columns before the others: `trained`, as in the names of artifacts ("cnn_0"), and `model`, as a reader
        sees it ("CNN, seed 0").
    """
    parts = [
        table.assign(trained=f"{model}_{seed}", model=named((model, seed))) for (model, seed), table in tables.items()
    ]
    table = pd.concat(parts, ignore_index=True)
    return table[["trained", "model", *table.columns.drop(["trained", "model"])]]


def trained_models(table: pd.DataFrame) -> dict[str, str]:
    """The models of this run, from a `joined` table: as a reader sees them, by their names in artifacts.

    Never from the files that lie about: those of an earlier configuration stay in the results.
    """
    return dict(zip(table["trained"], table["model"], strict=True))


def read_by_model(pattern: str, models: Mapping[str, str]) -> dict[str, dict[str, Array]]:
    """Arrays of each model by its title; `pattern` is below `results/`, with `{}` for the model."""
    return {title: read_arrays(artifact(pattern.format(name))) for name, title in models.items()}


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


def suspects(margins: Mapping[str, Array], count: int) -> Array:
    """Images whose labels the models doubt most: the smallest mean rank of their margins over the models."""
    ranks = np.mean([np.argsort(np.argsort(values)) for values in margins.values()], axis=0)
    return np.argsort(ranks, kind="stable")[:count]
