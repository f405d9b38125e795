import numpy as np
import pandas as pd

from influence_lab.evaluations.image_head_tables import (
    hover_texts,
    joined,
    mean_by,
    paired,
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


def test_hover_gives_the_rank_from_the_largest():
    arrays = {
        "predictions": np.array([1, 0, 1]),
        "losses": np.array([0.1, 3.0, 2.0]),
        "self_influence": np.array([10.0, 20.0, 3000.0]),
    }
    (text,) = hover_texts(np.array([2]), np.array(["cat", "dog"]), np.array([0, 1, 0]), arrays, "losses")
    assert text == (
        "image 2<br>label: cat<br>prediction: dog<br>loss: 2.00 nats<br>self-influence: 3,000<br>rank in losses: 2 of 3"
    )


def test_means_and_paired_differences_have_intervals():
    table = pd.DataFrame(
        {"model": ["a"] * 4, "score": ["x", "y"] * 2, "seed": [0, 0, 1, 1], "value": [1.0, 0.5, 3.0, 2.5]}
    )
    assert mean_by(table, ["model", "score"], "value")["mean"].tolist() == [2.0, 1.5]
    assert paired(table, "score", "x", "y", "value", "seed") == (0.5, 0.0)
