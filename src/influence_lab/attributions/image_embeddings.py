"""Ways to see an image through the last layer of a model: two of influence, three of what influence is made of."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from influence_lab.attributions.functioning_groups import unit
from influence_lab.attributions.head_influence import Whitening, influence_features, searchable, whitening
from influence_lab.models.softmax_head import SoftmaxHead

Array = np.ndarray

KINDS = {
    "raw": "influence",
    "cosine": "cosine influence",
    "features": "penultimate features",
    "residuals": "residuals",
    "both": "features and residuals",
}


class Views(NamedTuple):
    """Embeddings of the same images, float32.

    Attributes:
        head: what they are made from: the last layer, or its principal part where it is too large.
        white: L of the influence embedding.
        of: by the keys of `KINDS`: Φ; its rows of length 1; the centred features h; the residuals p − e_y of length 1;
            those two side by side, each of length 1.
    """

    head: SoftmaxHead
    white: Whitening
    of: dict[str, Array]


def views(head: SoftmaxHead, images: Mapping[str, float]) -> Views:
    """All embeddings of the training images.

    Args:
        head: the last layer and its training images.
        images: the section `images` of the configuration: cutoff, damping and principal_directions.
    """
    used, damping = searchable(head, int(images["principal_directions"]), float(images["damping"]))
    white = whitening(used.hessian(), images["cutoff"], damping)
    Phi = influence_features(used, white)
    h, r = used.features[:, :-1].astype(np.float32), unit(used.residuals).astype(np.float32)
    h -= h.mean(axis=0)
    return Views(
        used,
        white,
        {
            "raw": Phi,
            "cosine": unit(Phi),
            "features": h,
            "residuals": r,
            "both": np.hstack([unit(h), r]),
        },
    )
