"""TRAK on the toy network: many models, several projection dimensions, and the choice between them."""

from collections.abc import Sequence

import numpy as np

from influence_lab.attributions.trak import features, inverse_features, newton_scores, projection, soft_threshold
from influence_lab.evaluations.lds import linear_datamodeling_score
from influence_lab.models.logistic_network import LogisticNetwork

Array = np.ndarray
KEPT_SHARES = (1.0, 0.5, 0.25, 0.1)  # of the scores, after soft-thresholding


def model_numbers(largest: int) -> list[int]:
    """Numbers of models at which TRAK is scored: 1, 2, 5, 10, ... and the largest.

    >>> model_numbers(35)
    [1, 2, 5, 10, 20, 35]
    """
    steps = [first * 10**power for power in range(6) for first in (1, 2, 5)]
    return [*(step for step in steps if step < largest), largest]


def trak_by_models(
    networks: Sequence[LogisticNetwork], X: Array, y: Array, dimensions: Sequence[int]
) -> dict[str, Array]:
    """TRAK's scores before soft-thresholding, from the first model, the first two, and so on.

    Args:
        networks: trained on random subsets, all with the same training points.
        X: inputs of the targets, shape (m, inputs).
        y: their labels, shape (m,).
        dimensions: of the projections, drawn anew for each model.

    Returns:
        `models`, the numbers of models, shape (c,), and `dimensions`. `scores`, shape (dimensions, c, m, n). `newton`,
        shape (dimensions, c, m, n): the same with R and the leverages kept.
    """
    counts, n, wide = model_numbers(len(networks)), len(networks[0].X), max(dimensions)
    shape = (len(dimensions), len(X), n)
    kernels, newton, wrong = np.zeros(shape), np.zeros(shape), np.zeros(n)
    found: dict[str, list[Array]] = {"scores": [], "newton": []}
    for number, network in enumerate(networks, start=1):
        model = features(network, X, y, projection(len(network.theta), wide, seed=number - 1))
        wrong += model.wrong
        for place, dimension in enumerate(dimensions):
            # the first columns of a random matrix are a random matrix; its scale changes no score
            part = model._replace(train=model.train[:, :dimension], targets=model.targets[:, :dimension])
            kernels[place] += part.targets @ inverse_features(part.train)
            newton[place] += newton_scores(part)
        if number in counts:
            found["scores"].append(kernels / number * (wrong / number))
            found["newton"].append(newton / number)
    numbers = {"models": np.array(counts), "dimensions": np.array(dimensions)}
    return numbers | {name: np.stack(arrays, axis=1) for name, arrays in found.items()}


def own_scores(scores: Array, models: Array, masks: Array, outputs: Array) -> Array:
    """LDS of every dimension and threshold on the very models that TRAK has read, so that the choice costs no training.

    Args:
        scores: shape (dimensions, c, m, n).
        models: shape (c,).
        masks: what the models were trained on, shape (M, n).
        outputs: what they give on the targets, shape (M, m).

    Returns:
        Shape (dimensions, c, thresholds), mean over targets.
    """
    return np.array(
        [
            [
                [
                    linear_datamodeling_score(outputs[:count], masks[:count], soft_threshold(one, kept)).mean()
                    for kept in KEPT_SHARES
                ]
                for count, one in zip(models, row, strict=True)
            ]
            for row in scores
        ]
    )
