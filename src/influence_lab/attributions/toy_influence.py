"""Influence on margins of the toy network, as datamodels: which points, which damping."""

from collections.abc import Sequence

import numpy as np
from scipy.special import expit

from influence_lab.attributions.datamodels import influence_weights
from influence_lab.attributions.influence import influence
from influence_lab.attributions.toy_trak import model_numbers
from influence_lab.evaluations.lds import linear_datamodeling_score
from influence_lab.models.logistic_network import LogisticNetwork

Array = np.ndarray


def equal_parts(clusters: Array, allowed: Sequence[int], count: int) -> Array:
    """Indices of the first points of each allowed cluster, equally many of each, sorted.

    >>> equal_parts(np.array([0, 0, 1, -1, 0, 1]), [0, 1], 4).tolist()
    [0, 1, 2, 5]
    """
    each = count // len(allowed)
    return np.sort(np.concatenate([np.flatnonzero(clusters == cluster)[:each] for cluster in allowed]))


def chosen_points(data: dict[str, Array], targets: int, embedded: int) -> dict[str, Array]:
    """`targets`, indices of test points of every cluster; `embedded`, indices of training points of the discs."""
    discs = list(range(len(data["centres"])))
    return {
        "targets": equal_parts(data["cluster_test"], [*discs, -1], targets),
        "embedded": equal_parts(data["cluster_train"], discs, embedded),
    }


def margin_influences(networks: Sequence[LogisticNetwork], X: Array, y: Array, dampings: Sequence[float]) -> Array:
    r"""Datamodel weights by influence on margins, $\tau_i(z) = -\nabla f(z)^\top(G + \lambda I)^{-1}g_i/n$.

    G + λI stands for the Hessian: the networks are not at a minimum, and those of ReLUs have no smooth one.

    Args:
        networks: trained from different starts.
        X: inputs of the points whose margins are measured, shape (m, inputs).
        y: their labels, shape (m,).
        dampings: λ.

    Returns:
        Shape (dampings, networks, m, n).
    """
    scores = np.empty((len(dampings), len(networks), len(X), len(networks[0].X)))
    for place, network in enumerate(networks):
        gradients, curvature = network.margin_gradients(X, y), network.gauss_newton()
        for number, damping in enumerate(dampings):
            damped = curvature + damping * np.eye(len(curvature))
            scores[number, place] = influence_weights(influence(gradients, network.train_gradients, damped))
    return scores


def influence_by_root(tests: Array, logits: Array, p: Array, y: Array, dampings: Sequence[float]) -> Array:
    r"""Influence $-\nabla f(z)^\top(G + \lambda I)^{-1}g_i$ for several λ from one n × n decomposition.

    With $G = F^\top F$ and $FF^\top = U \mathrm{diag}(s) U^\top$ (Woodbury)
    $(G + \lambda I)^{-1} = \frac1\lambda\bigl(I - F^\top U\,\mathrm{diag}\frac{1}{s + \lambda}\,U^\top F\bigr)$.

    Args:
        tests: ∇f of the targets, shape (m, p).
        logits: gradients of the training points' logits, shape (n, p).
        p: probability of the label 1 at the training points, shape (n,).
        y: their labels, shape (n,).
        dampings: λ.

    Returns:
        Shape (dampings, m, n).
    """
    trains, root = (p - y)[:, None] * logits, np.sqrt(p * (1 - p) / len(p))[:, None] * logits
    sizes, basis = np.linalg.eigh(root @ root.T)
    left, right, plain = tests @ root.T @ basis, basis.T @ (root @ trains.T), tests @ trains.T
    return np.stack([(left / (sizes + damping) @ right - plain) / damping for damping in dampings])


def influence_by_models(
    networks: Sequence[LogisticNetwork], X: Array, y: Array, dampings: Sequence[float]
) -> dict[str, Array]:
    """The same weights averaged over the first network, the first two, and so on, as TRAK averages its kernels.

    Args:
        networks: trained on random subsets, all given with the same n training points.
        X: inputs of the targets, shape (m, inputs).
        y: their labels, shape (m,).
        dampings: λ.

    Returns:
        `models`, the numbers of networks, shape (c,); `scores`, shape (dampings, c, m, n).
    """
    counts, n = model_numbers(len(networks)), len(networks[0].X)
    total, found = np.zeros((len(dampings), len(X), n)), []
    for number, network in enumerate(networks, start=1):
        logits, p = network.logit_gradients(network.X), expit(network.logits(network.X))
        total += influence_by_root(network.margin_gradients(X, y), logits, p, network.y, dampings)
        if number in counts:
            found.append(influence_weights(total / number))
    return {"models": np.array(counts), "scores": np.stack(found, axis=1)}


def damping_scores(weights: Array, masks: Array, outputs: Array) -> Array:
    """LDS of each damping and network on the subsets that datamodels are fitted on, mean over targets.

    Args:
        weights: shape (dampings, networks, m, n).
        masks: shape (k, n).
        outputs: shape (k, m).

    Returns:
        Shape (dampings, networks).
    """
    return np.array([[linear_datamodeling_score(outputs, masks, one).mean() for one in row] for row in weights])
