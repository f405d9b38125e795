"""The three small worlds of the page on relative influence, drawn anew for each seed."""

import numpy as np
from sklearn.datasets import load_breast_cancer

from influence_lab.data.digits import small_digits
from influence_lab.data.theory import CANCER_FEATURES

WORLDS = {"toy": "Toy set, tanh network", "cancer": "Breast cancer, logistic", "digits": "Digits, softmax"}
RED_CENTRES = np.array([[-2.0, 0.0], [2.0, 0.0]])
RED_RADIUS, BLUE_RADIUS = 1.0, 1.25


def two_discs(rows: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    r"""The report's toy set (its Fig. 4): half the points blue in the middle, a quarter red in each of two discs.

    Points are uniform in discs: blue (y = 0) of radius 1.25 around the origin, red (y = 1) of radius 1 around (±2, 0).
    The colours overlap a little, so that some points are badly learnt.

    Args:
        rows: number of points, rounded down to a multiple of 4.
        rng: draws them.

    Returns:
        X of shape (rows, 3), its first column ones, and y of shape (rows,), in random order.

    >>> X, y = two_discs(40, np.random.default_rng(0))
    >>> X.shape, y.mean()
    ((40, 3), np.float64(0.5))
    """
    quarter = rows // 4
    radius = np.sqrt(rng.random(4 * quarter)) * np.repeat([RED_RADIUS, BLUE_RADIUS], 2 * quarter)
    angle = 2 * np.pi * rng.random(4 * quarter)
    centres = np.concatenate([np.repeat(RED_CENTRES, quarter, axis=0), np.zeros((2 * quarter, 2))])
    points = centres + radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    y = np.repeat([1.0, 0.0], 2 * quarter)
    order = rng.permutation(4 * quarter)
    return np.column_stack([np.ones(4 * quarter), points])[order], y[order]


def relative_data(seeds: int, train_rows: int, test_rows: int, flipped_share: float) -> dict[str, np.ndarray]:
    """Training and test rows of each world for each seed, and training labels of which some are wrong.

    `toy` is `two_discs`; `cancer` draws rows of the breast cancer data (four features whose classes overlap); `digits`
    draws scikit-learn's digits at 4 × 4 pixels. Inputs begin with a column of ones.

    Args:
        seeds: number of draws, numbered from 0.
        train_rows: training rows of each draw, a multiple of 4.
        test_rows: test rows, likewise.
        flipped_share: share of the training labels that are replaced by a wrong class, drawn uniformly.

    Returns:
        `{world}_{X|y}_{train|test}` of shapes (seeds, rows, ...); `{world}_y_flipped` (seeds, train_rows).

    Raises:
        ValueError: more rows asked for than a data set has.
    """
    arrays: dict[str, np.ndarray] = {}
    draws = {"toy": _toy, "cancer": _cancer, "digits": _digits}
    for world, draw in draws.items():
        parts = [draw(seed, train_rows, test_rows) for seed in range(seeds)]
        for column, name in enumerate(("X_train", "y_train", "X_test", "y_test")):
            arrays[f"{world}_{name}"] = np.stack([part[column] for part in parts])
        arrays[f"{world}_y_flipped"] = np.stack(
            [wrong_labels(y, flipped_share, seed) for seed, y in enumerate(arrays[f"{world}_y_train"])]
        )
    return arrays


def wrong_labels(y: np.ndarray, share: float, seed: int) -> np.ndarray:
    """Replace a share of the labels by another class of `y`, drawn uniformly.

    >>> wrong_labels(np.array([0.0, 1.0, 1.0, 0.0]), 0.5, seed=0).tolist()
    [0.0, 0.0, 1.0, 1.0]
    """
    rng = np.random.default_rng([seed, len(y)])
    classes = np.unique(y)
    chosen = rng.choice(len(y), round(share * len(y)), replace=False)
    shift = rng.integers(1, len(classes), size=len(chosen))
    flipped = y.copy()
    flipped[chosen] = classes[(np.searchsorted(classes, y[chosen]) + shift) % len(classes)]
    return flipped


def _toy(seed: int, train: int, test: int) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(seed)
    return (*two_discs(train, rng), *two_discs(test, rng))


def _cancer(seed: int, train: int, test: int) -> tuple[np.ndarray, ...]:
    source = load_breast_cancer()
    if train + test > len(source.target):
        raise ValueError(f"asked for {train} + {test} rows, there are {len(source.target)}")
    X = source.data[:, [list(source.feature_names).index(name) for name in CANCER_FEATURES]]
    X = np.column_stack([np.ones(len(X)), (X - X.mean(axis=0)) / X.std(axis=0)])
    order = np.random.default_rng(seed).permutation(len(X))
    y = source.target.astype(float)
    first, second = order[:train], order[train : train + test]
    return X[first], y[first], X[second], y[second]


def _digits(seed: int, train: int, test: int) -> tuple[np.ndarray, ...]:
    drawn = small_digits(train, test, seed)
    ones = [np.column_stack([np.ones(len(images)), images]) for images in (drawn.train_images, drawn.test_images)]
    return ones[0], drawn.train_labels.astype(float), ones[1], drawn.test_labels.astype(float)
