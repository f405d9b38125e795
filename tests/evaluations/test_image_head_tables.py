import numpy as np
import pandas as pd

from influence_lab.evaluations.image_head_tables import (
    joined,
    mean_by,
    suspects,
    trained_models,
)


def test_models_are_those_of_the_tables_in_their_order():
    table = joined({("cnn", 10): pd.DataFrame({"value": [1.0, 2.0]}), ("resnet", 0): pd.DataFrame({"value": [3.0]})})
    assert table.columns.tolist() == ["trained", "model", "value"]
    assert table["value"].tolist() == [1.0, 2.0, 3.0]
    assert trained_models(table) == {"cnn_10": "CNN, seed 10", "resnet_0": "ResNet, seed 0"}


def test_suspects_are_doubted_by_all_models():
    one, other = np.array([-9.0, -8.0, 1.0, 2.0]), np.array([5.0, -3.0, -1.0, 2.0])
    assert suspects({"a": one, "b": other}, 2).tolist() == [1, 0]


def test_means_are_those_of_each_group():
    table = pd.DataFrame(
        {"model": ["a"] * 4, "score": ["x", "y"] * 2, "seed": [0, 0, 1, 1], "value": [1.0, 0.5, 3.0, 2.5]}
    )
    assert mean_by(table, ["model", "score"], "value")["mean"].tolist() == [2.0, 1.5]
