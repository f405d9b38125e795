"""Weights boundaries of single images by the closed form, by DeepFool and by the simple method, beside other scores."""

import numpy as np

from influence_lab.attributions.head_influence import influence_features, whitening
from influence_lab.attributions.simple_boundary import simple_boundary
from influence_lab.attributions.weights_boundary import closed_form, deepfool
from influence_lab.models.image_heads import ImageHeads

Array = np.ndarray


def single_scores(
    heads: ImageHeads, sample: int, seed: int, cutoff: float, rate: float, steps: int, norm: float
) -> dict[str, Array]:
    """Scores of a random sample of training images in the last layer.

    Args:
        heads: the last layer.
        sample: images, at most all.
        seed: draws them.
        cutoff: of the pseudo-inverse Hessian, for self-influence.
        rate: learning rate of the simple boundary.
        steps: its limit.
        norm: its limit.

    Returns:
        images, closed, deepfool, deepfool_steps, simple, succeeded, self_influence, margin and loss, shape (sample,)
        each.
    """
    head = heads.train
    images = np.sort(np.random.default_rng(seed).permutation(head.n)[:sample])
    part = head.rows(images)
    weights = np.column_stack([heads.kernel.T, heads.bias])
    descent = deepfool(weights, part.features)
    ascent = simple_boundary(part.features[:, None], part.logits[:, None], part.labels[:, None], rate, steps, norm)
    phi = influence_features(part, whitening(head.hessian(), cutoff), dtype=np.float64)
    return {
        "images": images,
        "closed": closed_form(part.features, part.logits).norm,
        "deepfool": descent.norm,
        "deepfool_steps": descent.steps,
        "simple": ascent.score,
        "succeeded": ascent.succeeded,
        "self_influence": np.einsum("np,np->n", phi, phi),
        "margin": part.margins,
        "loss": part.losses,
    }
