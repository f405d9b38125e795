r"""Functioning groups (report, section 3): greedy search for groups of training points that influence each other.

With whitened gradients $\phi_i = L^\top g_i$, where $C^{-1} = L L^\top$, the influence of two groups on each other is
$K(A, B) = \sum_{i \in A}\sum_{j \in B} g_i^\top C^{-1} g_j = \Phi_A^\top\Phi_B$ with $\Phi_A = \sum_{i\in A}\phi_i$.
So each step of a greedy search is one matrix-vector product, and the n × n matrix K is never formed.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.linalg import solve_triangular

from influence_lab.attributions.influence import NotPositiveDefiniteError
from influence_lab.models.logistic_network import LogisticNetwork

Array = np.ndarray

RULES = ("algorithm", "definition")


class Trace(NamedTuple):
    """What a greedy search did; arrays with one entry a step, and the group's required members before them.

    Attributes:
        start: required members, shape (m,).
        chosen: the point added at each step, shape (t,).
        influence: K(G, G) after each step, the start before all of them, shape (t + 1,).
        size: #G likewise, shape (t + 1,).
        on_group: K(x, G) of the chosen point and the group before it, shape (t,).
        itself: K(x, x) of the chosen point, shape (t,).
    """

    start: Array
    chosen: Array
    influence: Array
    size: Array
    on_group: Array
    itself: Array

    @property
    def members(self) -> Array:
        """The whole group in the order of joining, shape (m + t,)."""
        return np.concatenate([self.start, self.chosen])

    @property
    def per_member(self) -> Array:
        """K(G, G) / #G after each step, shape (t + 1,): what a functioning group maximises (Definition 3.1)."""
        return self.influence / self.size

    @property
    def raises(self) -> Array:
        r"""Whether $2K(x, G) + K(x, x) > K(G, G)/\#G$ at each step, shape (t,): exactly then K(G, G)/#G grows."""
        return 2 * self.on_group + self.itself > self.per_member[:-1]

    @property
    def ratio(self) -> Array:
        r"""$(2K(x, G) + K(x, x)) / (K(G, G)/\#G)$ at each step, shape (t,): above 1 where K(G, G)/#G grows."""
        return (2 * self.on_group + self.itself) / self.per_member[:-1]

    @property
    def peak(self) -> int:
        """Size of the group at the maximum of influence per member, the stop that the report proposes."""
        return int(self.size[np.argmax(self.per_member)])

    @property
    def first_fall(self) -> int:
        """Size of the group when the inequality fails for the first time; the last size where it never does."""
        falls = np.flatnonzero(~self.raises)
        return int(self.size[falls[0]] if len(falls) else self.size[-1])


def whitened(gradients: Array, curvature: Array) -> Array:
    r"""Φ with $\Phi\Phi^\top = g\,C^{-1}g^\top$, by the Cholesky factor $C = RR^\top$: $\Phi^\top = R^{-1}g^\top$.

    Args:
        gradients: g, shape (n, p).
        curvature: C, symmetric positive definite, shape (p, p).

    Returns:
        Shape (n, p).

    Raises:
        NotPositiveDefiniteError: C has no Cholesky factor; add damping.
    """
    try:
        factor = np.linalg.cholesky(curvature)
    except np.linalg.LinAlgError:
        raise NotPositiveDefiniteError("the curvature has an eigenvalue ≤ 0: add damping (curvature + λI)") from None
    return solve_triangular(factor, gradients.T, lower=True).T


def last_layer_features(network: LogisticNetwork, damping: float) -> Array:
    r"""Whitened gradients Φ of the last layer's parameters: $\Phi\Phi^\top = g\,(G + \lambda I)^{-1}g^\top$.

    In these parameters alone the loss is convex and its Hessian is G exactly. λ does more than stand in for directions
    that the points do not fix: it outweighs every eigenvalue of G below it, and for λ far above the largest, K is the
    dot product of gradients over λ.

    Args:
        network: trained.
        damping: λ.

    Returns:
        Shape (n, 17) for 16 units in the last hidden layer.
    """
    last = network.network.blocks[-1]
    G = network.gauss_newton()[last, last]
    return whitened(network.train_gradients[:, last], G + damping * np.eye(len(G)))


def unit(features: Array) -> Array:
    r"""Rows of length 1, so that K becomes cosine influence, $K_{ij}/\sqrt{K_{ii}K_{jj}}$; zero rows stay zero."""
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    return features / np.where(lengths > 0, lengths, 1)


def grow(
    features: Array, required: Sequence[int], steps: int, rule: str = "algorithm", excluded: Sequence[int] = ()
) -> Trace:
    r"""Add the best point to the group, again and again, one matrix-vector product a step.

    `rule="algorithm"` is the report's Algorithm 1, which adds $\arg\max_x K(x, G)$. `rule="definition"` is its
    Definition 3.2, which adds the point that maximises $K(G + x, G + x)$, so $\arg\max_x 2K(x, G) + K(x, x)$. Of equal
    points the first is taken.

    Args:
        features: Φ, shape (n, p); `unit(Φ)` for cosine influence.
        required: x₁ … x_m, members from the start (Definition 3.1), at least one, each once.
        steps: points to add; fewer are added where no candidates remain.
        rule: "algorithm" or "definition".
        excluded: x′₁ … x′_m′, points that may never join.

    Returns:
        Every step.

    Raises:
        ValueError: an unknown rule, no required member, one named twice, or one that is excluded too.
    """
    if rule not in RULES:
        raise ValueError(f"rule is {rule!r}; allowed: {', '.join(RULES)}")
    start = np.array(required, dtype=int)
    if not len(start) or len(set(start.tolist())) < len(start) or set(start.tolist()) & set(excluded):
        raise ValueError("required needs one point or more, each once, and none of them excluded")
    itself = np.einsum("ij,ij->i", features, features)  # K(x, x)
    open_ = np.ones(len(features), dtype=bool)
    open_[start] = open_[list(excluded)] = False
    total = features[start].sum(axis=0)  # Φ_G
    rows: list[tuple[int, float, float]] = []
    influence = [float(total @ total)]
    for _ in range(min(steps, int(open_.sum()))):
        on_group = features @ total  # K(x, G) of every point
        score = on_group if rule == "algorithm" else 2 * on_group + itself
        x = int(np.argmax(np.where(open_, score, -np.inf)))
        rows.append((x, float(on_group[x]), float(itself[x])))
        influence.append(influence[-1] + 2 * rows[-1][1] + rows[-1][2])
        total = total + features[x]
        open_[x] = False
    chosen, gained, own = (np.array(column) for column in zip(*rows, strict=True)) if rows else (np.array([]),) * 3
    size = len(start) + np.arange(len(rows) + 1)
    return Trace(start, chosen.astype(int), np.array(influence), size, gained, own)
