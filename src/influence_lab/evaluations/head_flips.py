"""Give some images wrong labels, refit the last layer, and see which score finds them."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from influence_lab.attributions.head_influence import self_influence, whitening
from influence_lab.evaluations.retrieval import retrieval
from influence_lab.models.head_refit import refit
from influence_lab.models.softmax_head import SoftmaxHead

Array = np.ndarray
SCORES = {"self_influence": "self-influence", "loss": "training loss", "margin": "minus the margin"}


def head_flips(head: SoftmaxHead, images: int, share: float, seeds: int, ridge: float, cutoff: float) -> pd.DataFrame:
    """Flip a share of the labels at random, refit, and rank all images by each score.

    The features stay those that the layers before learnt with the right labels.

    Args:
        head: all training images.
        images: drawn for each seed, all where there are fewer.
        share: of labels that become one of the other classes.
        seeds: draws of images and flips.
        ridge: ρ of the refit.
        cutoff: of the pseudo-inverse.

    Returns:
        Columns seed, score, auc, average_precision and recall (among as many images as are flipped).
    """
    rows: list[dict[str, Any]] = []
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        drawn = head.rows(rng.choice(head.n, min(images, head.n), replace=False))
        flipped, wrong = with_flips(drawn, share, rng)
        at = flipped.at(refit(flipped, ridge).theta)
        for score, values in scores_of(at, cutoff).items():
            precision, recall = retrieval(values, wrong)
            auc = float(roc_auc_score(wrong, values))
            rows.append({"seed": seed, "score": score, "auc": auc, "average_precision": precision, "recall": recall})
    return pd.DataFrame(rows)


def with_flips(head: SoftmaxHead, share: float, rng: np.random.Generator) -> tuple[SoftmaxHead, Array]:
    """The head with wrong labels for a share of its images, at least one, and which they are, shape (n,), bool."""
    chosen = rng.choice(head.n, max(1, round(share * head.n)), replace=False)
    labels = head.labels.copy()
    labels[chosen] = (labels[chosen] + rng.integers(1, head.classes, len(chosen))) % head.classes
    return SoftmaxHead(head.features, head.logits, labels), np.isin(np.arange(head.n), chosen)


def scores_of(head: SoftmaxHead, cutoff: float) -> dict[str, Array]:
    """Each score of every image, larger where a label is more suspect, shape (n,)."""
    white = whitening(head.hessian(), cutoff)
    return {"self_influence": self_influence(head, white), "loss": head.losses, "margin": -head.margins}
