r"""A stopping criterion for the greedy search that needs no oracle, and the partition into groups that it makes.

Two points of a class are linked, $x \sim y$, when each is among the other's k nearest by cosine influence $\hat K$ and
no point of another class lies between them:

$$x \in N_k(y), \quad y \in N_k(x), \quad \max_{z:\,c_z \ne c_x}\min(|\hat K(x, z)|, |\hat K(y, z)|) \le \hat K(x, y).$$

The search takes the linked point with the largest $\hat K(x, G)$ and stops as soon as no point outside is linked to a
member. What is left over in groups of k points or fewer joins the larger group that holds its nearest point.
"""

from collections.abc import Sequence

import numpy as np

from influence_lab.attributions.functioning_groups import unit

Array = np.ndarray


def pooled(features: Sequence[Array]) -> Array:
    r"""Features whose K is the mean cosine influence of several networks, $\hat K = \frac1M\sum_m \hat K_m$.

    Args:
        features: for each network Φ, of shape (n, p).

    Returns:
        Shape (n, M p).
    """
    return np.concatenate([unit(each) for each in features], axis=1) / np.sqrt(len(features))


def links(features: Array, classes: Array, neighbours: int) -> Array:
    """Which points are linked: near to each other by cosine influence, with no point of another class between.

    Args:
        features: Φ, shape (n, p).
        classes: class of each point, shape (n,).
        neighbours: k; of equally near points the first counts.

    Returns:
        Truth values, symmetric, False on the diagonal, shape (n, n).
    """
    cosine = unit(features) @ unit(features).T
    same = classes[:, None] == classes
    within = np.where(same & ~np.eye(len(cosine), dtype=bool), cosine, -np.inf)
    nearest = np.argsort(-within, axis=1, kind="stable")[:, :neighbours]
    near = np.zeros(cosine.shape, dtype=bool)
    np.put_along_axis(near, nearest, True, axis=1)
    near &= np.isfinite(within)  # a class with k points or fewer
    linked = near & near.T
    others = np.where(same, 0.0, np.abs(cosine))  # |K̂| with the points of other classes
    x, y = np.nonzero(linked)
    between = np.minimum(others[x], others[y]).max(axis=1)  # (links, n) → (links,)
    linked[x, y] = between <= np.minimum(cosine[x, y], cosine[y, x])  # one rounding for (x, y) and (y, x)
    return linked


def linked_group(features: Array, linked: Array, seed: int, free: Array) -> Array:
    r"""Greedy search with the stop: add $\arg\max_x \hat K(x, G)$ of the free points linked to G, until there is none.

    Args:
        features: Φ, shape (n, p).
        linked: as `links` gives it.
        seed: the first member.
        free: which points may join, truth values of shape (n,).

    Returns:
        Members in the order of joining.
    """
    cosine = unit(features)
    members, total = [seed], cosine[seed]
    frontier = linked[seed] & free
    frontier[seed] = False
    while frontier.any():
        x = int(np.argmax(np.where(frontier, cosine @ total, -np.inf)))
        members.append(x)
        total = total + cosine[x]
        frontier = (frontier | linked[x]) & free
        frontier[members] = False
    return np.array(members)


def functioning_partition(features: Array, classes: Array, neighbours: int) -> Array:
    r"""Divide all points into groups: again and again seed, grow, stop, remove; then share out what is left over.

    The seed is the free point with the largest $\hat K(x, F_c)$, where $F_c$ are the free points of its class. The
    groups are the connected parts of the links, so seeds decide no more than their order.

    Args:
        features: Φ, shape (n, p).
        classes: class of each point, shape (n,).
        neighbours: k of the links.

    Returns:
        Number of each point's group, from 0 without gaps, shape (n,), int64.
    """
    cosine, linked = unit(features), links(features, classes, neighbours)
    group, number = np.full(len(features), -1), 0
    for one in np.unique(classes):
        while (free := (group < 0) & (classes == one)).any():
            typical = cosine @ cosine[free].sum(axis=0)
            seed = int(np.argmax(np.where(free, typical, -np.inf)))
            group[linked_group(features, linked, seed, free)] = number
            number += 1
    return _without_leftovers(cosine, classes, group, neighbours)


def _without_leftovers(cosine: Array, classes: Array, group: Array, neighbours: int) -> Array:
    """Points in groups of k or fewer join the larger group of their class that holds their nearest point, if any."""
    large = np.bincount(group)[group] > neighbours
    for x in np.flatnonzero(~large):
        hosts = np.flatnonzero(large & (classes == classes[x]))
        if len(hosts):
            group[x] = group[hosts[np.argmax(cosine[hosts] @ cosine[x])]]
    return np.unique(group, return_inverse=True)[1]
