"""The small real datasets of the theory pages, from scikit-learn's wheel."""

import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.utils import Bunch

# On these four the classes overlap, so logistic regression without a regulariser has a finite minimiser.
CANCER_FEATURES = ("mean texture", "mean smoothness", "mean symmetry", "mean fractal dimension")
WINE_FEATURES = ("alcohol", "ash", "magnesium")  # the same for softmax regression on three classes


def theory_data(seed: int, test_rows: int = 20, network_rows: int = 150) -> dict[str, np.ndarray]:
    """Training and test rows of four datasets, standardised, with a column of ones.

    `diabetes` (442 rows, 10 features; y standardised) serves linear and ridge regression, `cancer` (569 rows, four
    features; y in {0, 1}) logistic regression, `subset` (rows of `cancer` drawn by the seed) the network, and `wine`
    (178 rows, three features; y in {0, 1, 2}) softmax regression.

    Args:
        seed: draws the test rows and the subset.
        test_rows: rows kept apart for the measurements.
        network_rows: training rows of `subset`.

    Returns:
        Float64 arrays `{name}_{X|y}_{train|test}`; X of shape (rows, features + 1), y of shape (rows,).
    """
    rng = np.random.default_rng(seed)
    X, y = load_diabetes(return_X_y=True)
    arrays = _split("diabetes", X, (y - y.mean()) / y.std(), test_rows, rng)
    cancer = load_breast_cancer()
    arrays |= _split("cancer", _columns(cancer, CANCER_FEATURES), cancer.target, test_rows, rng)
    rows = rng.permutation(len(arrays["cancer_y_train"]))[:network_rows]
    for part in ("X", "y"):
        arrays[f"subset_{part}_train"] = arrays[f"cancer_{part}_train"][rows]
        arrays[f"subset_{part}_test"] = arrays[f"cancer_{part}_test"]
    wine = load_wine()
    return arrays | _split("wine", _columns(wine, WINE_FEATURES), wine.target, test_rows, rng)


def _columns(dataset: Bunch, names: tuple[str, ...]) -> np.ndarray:
    return dataset.data[:, [list(dataset.feature_names).index(name) for name in names]]


def _split(name: str, X: np.ndarray, y: np.ndarray, test_rows: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    X = np.column_stack([np.ones(len(X)), (X - X.mean(axis=0)) / X.std(axis=0)])
    order = rng.permutation(len(X))
    test, train = order[:test_rows], order[test_rows:]
    y = y.astype(float)
    return {
        f"{name}_X_train": X[train],
        f"{name}_y_train": y[train],
        f"{name}_X_test": X[test],
        f"{name}_y_test": y[test],
    }
