r"""Functioning groups of images from many seed images: raw and cosine influence, both rules, and plain baselines.

Influence features Φ have $\phi_i^\top\phi_j = K_{ij} = g_i^\top H^+ g_j$ (`head_influence`), so that a group's
influence is $K(G, G) = \|\sum_{i\in G}\phi_i\|^2$. With rows of length 1 both greedy rules are the
same, since K(x, x) = 1.
"""

from typing import NamedTuple

import numpy as np

from influence_lab.attributions.functioning_groups import unit
from influence_lab.attributions.head_influence import grow_groups, influence_features, searchable, whitening
from influence_lab.attributions.image_group_baselines import baselines, nearest_of_class
from influence_lab.models.softmax_head import SoftmaxHead

Array = np.ndarray

INFLUENCE = {  # how a group grows: name, normalisation and rule
    "raw_algorithm": ("raw", "algorithm"),
    "raw_definition": ("raw", "definition"),
    "cosine": ("cosine", "algorithm"),
}
SWEPT = ("raw_algorithm", "cosine")  # grown with other dampings and from a neighbour of the seed image as well
DEFAULT = "default"


class Space(NamedTuple):
    """Influence features of all training images of one model.

    Attributes:
        features: Φ, float32, shape (n, r).
        eigenvalues: of H in the kept directions, in decreasing order, shape (r,).
        damping: λ that Φ was made with.
    """

    features: Array
    eigenvalues: Array
    damping: float

    def damped(self, share: float) -> Array:
        r"""Φ with $\lambda = $ share · $\lambda_{\max}$, from the same gradients: columns are scaled, shape (n, r)."""
        values = self.eigenvalues
        scale = np.sqrt((values + self.damping) / (values + share * values[0]))
        return self.features * scale.astype(self.features.dtype)


def influence_space(head: SoftmaxHead, cutoff: float, damping: float, directions: int) -> Space:
    """Φ by the pseudo-inverse; of heads that are too large, with damping and on principal features only.

    Args:
        head: the last layer on its training images.
        cutoff: eigenvalues below this share of the largest count as zero.
        damping: λ for heads that are too large.
        directions: principal features kept of such heads.
    """
    used, added = searchable(head, directions, damping)
    white = whitening(used.hessian(), cutoff, added)
    return Space(influence_features(used, white), white.eigenvalues[: white.rank], added)


def draw_seed_images(labels: Array, per_class: int, seed: int) -> Array:
    """Training images that groups grow from, class by class, drawn without replacement.

    Args:
        labels: shape (n,).
        per_class: images of each class.
        seed: draws them.

    Raises:
        ValueError: a class has fewer images.
    """
    rng = np.random.default_rng(seed)
    classes, counts = np.unique(labels, return_counts=True)
    if counts.min() < per_class:
        rarest = classes[counts.argmin()]
        raise ValueError(f"class {rarest} has {counts.min()} images, need per_class = {per_class} or more")
    return np.concatenate([rng.choice(np.flatnonzero(labels == one), per_class, replace=False) for one in classes])


def influence_trace(chosen: Array) -> Array:
    r"""K(G, G) of the first 1, 2, … members of each group, $\|\Phi_G\|^2$.

    Args:
        chosen: Φ of the members in the order of joining, float64, shape (m, size, r).

    Returns:
        Shape (m, size).
    """
    totals = np.cumsum(chosen, axis=1)
    return np.einsum("msr,msr->ms", totals, totals)


def grown(features: Array, seeds: Array, size: int, method: str) -> Array:
    """Members of the groups grown from the seed images, shape (m, size); `method` is a key of `INFLUENCE`."""
    normalisation, rule = INFLUENCE[method]
    return grow_groups(unit(features) if normalisation == "cosine" else features, seeds, size, rule).members


def model_groups(
    head: SoftmaxHead, space: Space, seeds: Array, size: int, shares: list[float], seed: list[int]
) -> dict[str, Array]:
    """All groups of one trained model.

    Args:
        head: the last layer on its training images.
        space: its influence features.
        seeds: seed images, shape (m,).
        size: images in a group, the seed image included.
        shares: other dampings, λ/λmax.
        seed: draws the random groups.

    Returns:
        Arrays with one entry a kind of group first: `method`, `setting` ("default" or λ/λmax as text), `members`
        (kinds, m, size), `influence` K(G, G) at sizes 1 … size, `cosine_influence` likewise of rows of length 1,
        `itself` K(x, x) of the members; and `neighbours` (m,), the seed images of the kinds whose name ends in
        `_neighbour`; `predictions` (n,).

    Raises:
        ValueError: a class has fewer than `size` images.
    """
    rarest = np.bincount(head.labels)[np.unique(head.labels)].min()
    if rarest < size:
        raise ValueError(f"the rarest class has {rarest} images, need size = {size} or more")
    near = nearest_of_class(head.features[:, :-1], head.labels, seeds)
    kinds = [(DEFAULT, name, grown(space.features, seeds, size, name)) for name in INFLUENCE]
    kinds += [(DEFAULT, f"{name}_neighbour", grown(space.features, near, size, name)) for name in SWEPT]
    kinds += [(DEFAULT, *one) for one in baselines(head, space.features, seeds, size, seed).items()]
    traces = [_traces(space.features, members) for _, _, members in kinds]
    for share in shares:
        features = space.damped(share)
        new = [(f"{share:g}", name, grown(features, seeds, size, name)) for name in SWEPT]
        traces += [_traces(features, members) for _, _, members in new]
        kinds += new
    setting, method, members = zip(*kinds, strict=True)
    return {
        "setting": np.array(setting),
        "method": np.array(method),
        "members": np.stack(members).astype(np.int32),
        **{name: np.stack([trace[name] for trace in traces]) for name in traces[0]},
        "seeds": seeds,
        "neighbours": near,
        "predictions": head.predictions,
    }


def _traces(features: Array, members: Array) -> dict[str, Array]:
    chosen = features[members].astype(float)  # (m, size, r)
    itself = np.einsum("msr,msr->ms", chosen, chosen)
    lengths = np.sqrt(itself)[:, :, None]
    cosine = influence_trace(chosen / np.where(lengths > 0, lengths, 1))
    return {"influence": influence_trace(chosen), "cosine_influence": cosine, "itself": itself}
