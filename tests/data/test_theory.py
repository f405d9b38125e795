import numpy as np

from influence_lab.data.theory import theory_data


def test_rows_are_split_not_shared_and_the_same_for_a_seed():
    data, again = theory_data(3), theory_data(3)
    assert all(np.array_equal(data[name], again[name]) for name in data)
    assert len(data["diabetes_y_train"]) + len(data["diabetes_y_test"]) == 442
    train, test = ({row.tobytes() for row in data[f"diabetes_X_{part}"]} for part in ("train", "test"))
    assert not train & test


def test_wine_has_three_classes_and_three_features():
    data = theory_data(0)
    assert data["wine_X_train"].shape == (158, 4)
    assert set(data["wine_y_train"]) == {0.0, 1.0, 2.0}


def test_network_rows_are_rows_of_the_cancer_data():
    data = theory_data(0, network_rows=40)
    known = {row.tobytes() for row in data["cancer_X_train"]}
    assert data["subset_X_train"].shape == (40, 5)
    assert all(row.tobytes() in known for row in data["subset_X_train"])
