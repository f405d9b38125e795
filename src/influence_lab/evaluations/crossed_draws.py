"""Bootstrap samples of random starts, queries and retrainings at once, and intervals that know how few starts are."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from influence_lab.evaluations.bootstrap_scores import interval
from influence_lab.evaluations.intervals import mean_interval

Array = np.ndarray


@dataclass(frozen=True)
class Draws:
    """Bootstrap samples of starts, queries and retrainings, all at once; the first is everything, once each.

    Attributes:
        starts: rows of starts, shape (1 + draws, S).
        queries: likewise, (1 + draws, m).
        retrainings: how often each is in a sample, (1 + draws, k).
    """

    starts: Array
    queries: Array
    retrainings: Array

    @classmethod
    def of(cls, starts: int, queries: int, retrainings: int, draws: int, seed: int) -> "Draws":
        """The same for the same numbers and seed: differences of methods are paired."""
        rng = np.random.default_rng(seed)
        rows, columns = (
            np.concatenate([np.arange(size)[None], rng.integers(size, size=(draws, size))])
            for size in (starts, queries)
        )
        counts = rng.multinomial(retrainings, np.full(retrainings, 1 / retrainings), size=draws)
        return cls(rows, columns, np.concatenate([np.ones((1, retrainings)), counts]))

    def mean(self, values: Array) -> Array:
        """Means over the starts and queries of each sample, of values (1 + draws, S, m); shape (1 + draws,)."""
        rows = np.arange(len(values))[:, None, None]
        return values[rows, self.starts[:, :, None], self.queries[:, None, :]].mean(axis=(1, 2))


def drawn_correlations(predicted: Array, happened: Array, counts: Array) -> Array:
    """Correlation of ranks over retrainings drawn `counts` times each, shape (draws, m); 0 where one is constant.

    Ranks are those among all retrainings: to rank each sample anew would change little and take 100 times as long.

    Args:
        predicted: shape (k, m).
        happened: shape (k, m).
        counts: shape (draws, k), rows that sum to k.
    """
    one, other = (rankdata(values, axis=0) - (len(values) + 1) / 2 for values in (predicted, happened))
    share = counts / len(one)
    means, others = share @ one, share @ other
    lengths = np.sqrt((share @ one**2 - means**2).clip(0) * (share @ other**2 - others**2).clip(0))
    return np.divide(share @ (one * other) - means * others, lengths, out=np.zeros_like(lengths), where=lengths > 1e-9)


def widest(samples: Array, by_seed: Array) -> tuple[float, float, float]:
    """A value with the wider, at each end, of two 95 % intervals: bootstrap, and Student's t over the seeds alone.

    The bootstrap draws seeds, queries and retrainings; of a few seeds it is too short.

    Args:
        samples: the value first, then bootstrap samples.
        by_seed: the value of each seed, shape (S,).
    """
    value, low, high = interval(samples)
    if len(by_seed) < 2:
        return value, low, high
    middle, half = mean_interval(by_seed)
    return value, min(low, middle - half), max(high, middle + half)
