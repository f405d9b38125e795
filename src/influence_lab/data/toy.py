"""The report's two-dimensional toy data: a red class in separate discs, a blue class around them."""

from collections.abc import Sequence

import numpy as np


def toy_data(
    seed: int,
    red_points: Sequence[int],
    red_x: Sequence[float],
    red_y: Sequence[float],
    red_radii: Sequence[float],
    blue_points: int,
    margin: float,
    gap: float,
    test_points: int,
) -> dict[str, np.ndarray]:
    """Draw red points (label 1) uniformly in discs, and blue points (label 0) uniformly around the discs.

    Blue points lie in the rectangle that reaches `margin` beyond the discs, at least `gap` away from every disc
    (report, Fig. 4, which shows the layout and gives no sizes). Test points are another draw in the same proportions.

    Args:
        seed: of both draws.
        red_points: training points in each disc.
        red_x: first coordinate of the discs' centres.
        red_y: second coordinate of the discs' centres.
        red_radii: radius of each disc.
        blue_points: training points of the blue class.
        margin: width of the blue class's rectangle beyond the discs.
        gap: least distance of a blue point from a disc; negative values make the classes overlap.
        test_points: points kept apart, in the proportions of the training points.

    Returns:
        For `train` and `test`: `X_{part}` of shape (rows, 2), `y_{part}` of shape (rows,) with 1 for red and 0 for
        blue, both float64, and `cluster_{part}`, int64: the number of the disc from 0, and −1 for blue. The rows are
        shuffled. `centres` of shape (discs, 2).

    Raises:
        ValueError: the discs' lists differ in length, or there is no room for blue points.

    >>> data = toy_data(0, [75, 75], [-1.0, 1.0], [0.0, 0.0], [0.5, 0.5], 150, 0.5, 0.05, 10)
    >>> data["X_train"].shape, int(data["y_train"].sum()), data["X_test"].shape
    ((300, 2), 150, (10, 2))
    """
    if not len(red_points) == len(red_x) == len(red_y) == len(red_radii):
        raise ValueError("red_points, red_x, red_y and red_radii need one entry a disc each")
    centres, radii = np.column_stack([red_x, red_y]).astype(float), np.asarray(red_radii, dtype=float)
    counts = np.array([*red_points, blue_points])
    arrays = {"centres": centres}
    for part, stream, sizes in (("train", 0, counts), ("test", 1, _proportional(counts, test_points))):
        rng = np.random.default_rng([seed, stream])
        discs = [_disc(rng, *disc) for disc in zip(sizes[:-1], centres, radii, strict=True)]
        X = np.concatenate([*discs, _around(rng, sizes[-1], centres, radii, margin, gap)])
        cluster = np.repeat([*range(len(centres)), -1], sizes)
        order = rng.permutation(len(X))
        arrays |= {f"X_{part}": X[order], f"cluster_{part}": cluster[order]}
        arrays[f"y_{part}"] = (cluster[order] >= 0).astype(float)
    return arrays


def _disc(rng: np.random.Generator, points: int, centre: np.ndarray, radius: float) -> np.ndarray:
    angle, distance = 2 * np.pi * rng.random(points), radius * np.sqrt(rng.random(points))
    return centre + distance[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])


def _around(
    rng: np.random.Generator, points: int, centres: np.ndarray, radii: np.ndarray, margin: float, gap: float
) -> np.ndarray:
    """Uniform in the rectangle around the discs, by rejection."""
    low, high = (centres - radii[:, None]).min(0) - margin, (centres + radii[:, None]).max(0) + margin
    found, drawn = np.empty((0, 2)), 0
    while len(found) < points:
        candidates = rng.uniform(low, high, (2 * points, 2))
        distances = np.linalg.norm(candidates[:, None] - centres, axis=2)
        found = np.concatenate([found, candidates[(distances >= radii + gap).all(1)]])
        drawn += len(candidates)
        if drawn > 1000 * points:
            raise ValueError(f"no room for {points} blue points {gap} away from the discs; raise margin or lower gap")
    return found[:points]


def _proportional(counts: np.ndarray, total: int) -> np.ndarray:
    """Whole numbers with a given sum, as near to the proportions of `counts` as they come (largest remainders)."""
    shares = counts * total / counts.sum()
    whole = np.floor(shares).astype(int)
    whole[np.argsort(whole - shares, kind="stable")[: total - whole.sum()]] += 1
    return whole
