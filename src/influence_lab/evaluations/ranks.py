"""How well even a perfect predictor would rank against a truth that training noise blurs."""

from itertools import combinations

import numpy as np

from influence_lab.evaluations.lds import rank_correlation

Array = np.ndarray


def half_correlations(repeats: Array) -> Array:
    """Mean correlation of each row between two disjoint halves of the repeats, over splits; shape (m,).

    Args:
        repeats: shape (R, m, n), R ≥ 2; where R is odd one repeat is left out of each split. At most 200 splits.
    """
    half = len(repeats) // 2
    pairs = []
    for chosen in combinations(range(len(repeats)), 2 * half):
        for others in combinations(chosen[1:], half - 1):
            one = [chosen[0], *others]
            pairs.append((one, [index for index in chosen if index not in one]))
    pairs = pairs[:: max(len(pairs) // 200, 1)]
    return np.mean([rank_correlation(repeats[a].mean(0).T, repeats[b].mean(0).T) for a, b in pairs], axis=0)


def ceiling(half_correlation: Array | float, repeats: int) -> Array:
    r"""Correlation of the noiseless truth with the mean of R repeats, from the correlation r of halves.

    A half of k repeats has reliability r, so one repeat has $r_1 = r/(k - (k - 1) r)$ and the mean of R has
    $r_R = R r_1/(1 + (R - 1) r_1)$ (Spearman and Brown); the truth correlates with it by $\sqrt{r_R}$. Derived for
    Pearson's correlation; with ranks it is an approximation. 0 where halves do not agree at all.

    >>> float(ceiling(0.5, 2).round(3)), float(ceiling(1.0, 10))
    (0.816, 1.0)
    """
    r, k = np.clip(half_correlation, 0.0, 1.0), repeats // 2
    single = r / (k - (k - 1) * r)
    return np.sqrt(repeats * single / (1 + (repeats - 1) * single))
