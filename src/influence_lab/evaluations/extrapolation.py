"""From measured seconds to corpora that nobody will score on this machine."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

Array = np.ndarray
YEAR = 365.25 * 86400.0


@dataclass(frozen=True)
class Line:
    """seconds = start + rate · tokens, with the half-width of the rate's 95 % interval (Student's t)."""

    start: float
    rate: float
    half_width: float


def straight_line(tokens: Array, seconds: Array) -> Line:
    """Least squares of processor time on tokens: what starting takes, and what each token takes.

    >>> line = straight_line(np.array([1.0, 2.0, 3.0, 4.0]), np.array([3.0, 5.0, 7.0, 9.0]))
    >>> round(line.start, 9), round(line.rate, 9)
    (1.0, 2.0)
    """
    fit = stats.linregress(tokens, seconds)
    return Line(float(fit.intercept), float(fit.slope), float(fit.stderr * stats.t.ppf(0.975, len(tokens) - 2)))


@dataclass(frozen=True)
class Accelerator:
    """What a device is assumed to do."""

    peak: float  # FLOP/s
    utilisation: float  # share of the peak that is reached

    def seconds(self, flops: float) -> float:
        """Seconds for so many floating-point operations."""
        return flops / (self.peak * self.utilisation)


def scoring_flops(parameters: float, attributed: float, queries: int) -> float:
    r"""Floating-point operations for a token when its text is scored for a batch of queries.

    The pass forward takes 2 for each parameter, the pass backward to the activations 2 more; the inner product with
    each query's preconditioned gradient V, computed as $\mathcal{D}s^\top V a$, forms no weight gradient and takes 2
    for each number of V.

    Args:
        parameters: of the model.
        attributed: numbers of V: all attributed weights, or at rank r, r · (inputs + outputs) of each layer.
        queries: in the batch.
    """
    return 4.0 * parameters + 2.0 * attributed * queries


def training_flops(parameters: float) -> float:
    """Floating-point operations for a token in training: those of scoring, and 2 a parameter for weight gradients."""
    return 6.0 * parameters


def projections(
    corpora: dict[str, float], models: dict[str, tuple[float, float]], queries: int, device: Accelerator
) -> pd.DataFrame:
    """Device time to score corpora for one batch of queries.

    Args:
        corpora: tokens by name.
        models: parameters, and those attributed, by name.
        queries: in the batch.
        device: assumed.

    Returns:
        Columns model, corpus, tokens, FLOP, device years.
    """
    rows = []
    for model, (parameters, attributed) in models.items():
        for corpus, tokens in corpora.items():
            flops = tokens * scoring_flops(parameters, attributed, queries)
            rows.append((model, corpus, tokens, flops, device.seconds(flops) / YEAR))
    return pd.DataFrame(rows, columns=["model", "corpus", "tokens", "FLOP", "device years"])


def in_words(seconds: float) -> str:
    """A time in the unit that a reader would choose.

    >>> in_words(80.0), in_words(3 * 86400.0), in_words(1.2e10), in_words(4.7e13)
    ('80 seconds', '3 days', '380 years', '1.5 million years')
    """
    units = {
        "million years": 1e6 * YEAR,
        "years": YEAR,
        "days": 86400.0,
        "hours": 3600.0,
        "minutes": 60.0,
        "seconds": 1.0,
    }
    unit, size = next((pair for pair in units.items() if seconds >= 1.4 * pair[1]), ("seconds", 1.0))
    return f"{float(f'{seconds / size:.2g}'):,g} {unit}"
