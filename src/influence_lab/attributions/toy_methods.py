"""Every attribution method of the scoreboard on one trained toy network, under one interface."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch
from scipy.linalg import solve_triangular

from influence_lab.attributions.gradients import cosines, dot_products, tracin
from influence_lab.attributions.influence import solve
from influence_lab.attributions.kronecker import ekfac_bases, kfac_bases, kronecker_solve
from influence_lab.attributions.relative import normalisers
from influence_lab.attributions.representers import representers
from influence_lab.attributions.trak import ensemble, features, inverse_features, kernel, projection
from influence_lab.curvature.arnoldi import leading_pairs
from influence_lab.curvature.conjugate_gradient import conjugate_gradient
from influence_lab.curvature.lissa import lissa
from influence_lab.models.logistic_network import LogisticNetwork

Array = np.ndarray


@dataclass(frozen=True)
class Options:
    """Numbers of the configuration's section `toy_scoreboard`; see there."""

    damping: float
    tolerance: float
    depth: int
    steps: int
    rank: int
    representer_decay: float
    trak_dimension: int


@dataclass(frozen=True)
class Setting:
    """What a method may look at. Gradients are computed once and shared by all methods.

    Attributes:
        path: the network at its checkpoints, the last one trained to the end.
        X: test inputs, shape (m, d), whose margins are attributed.
        y: their labels, shape (m,).
        rate: learning rate of the training.
        options: numbers of the methods.
        seed: of what a method draws.
    """

    path: list[LogisticNetwork]
    X: Array
    y: Array
    rate: float
    options: Options
    seed: int

    @property
    def network(self) -> LogisticNetwork:
        """The trained network."""
        return self.path[-1]

    @cached_property
    def tests(self) -> Array:
        """Gradients of the margins of the test points, shape (m, p)."""
        return self.network.margin_gradients(self.X, self.y)

    @cached_property
    def root(self) -> Array:
        r"""F with $G = F^\top F$, from the gradients of the training points' logits, shape (n, p)."""
        p = 1 / (1 + np.exp(-self.network.logits(self.network.X)))
        return np.sqrt(p * (1 - p) / len(p))[:, None] * self.network.logit_gradients(self.network.X)

    def product(self, vectors: Array) -> Array:
        """(G + λI) v without G, for v of shape (p,) or (p, m)."""
        return self.root.T @ (self.root @ vectors) + self.options.damping * vectors

    def share(self) -> None:
        """Compute what all methods share, so that none of them is charged for it."""
        _ = self.tests, self.root, self.network.train_gradients


class Scores(NamedTuple):
    """What a method gives, and None for what it does not define.

    Attributes:
        matrix: shape (m, n): positive where the training point supports the margin of the test point.
        own: shape (n,): how much a training point carries itself; large for points suspected of a wrong label.
    """

    matrix: Array | None
    own: Array | None


Method = Callable[[Setting], Scores]
Inverse = Callable[[Setting, Array], Array]  # approximately C⁻¹B


def by_inverse(inverse: Inverse) -> Method:
    r"""Influence $-\nabla f_i^\top C^{-1} g_j$ and self-influence $g_j^\top C^{-1} g_j$ from a way to solve."""

    def method(setting: Setting) -> Scores:
        gradients = setting.network.train_gradients
        responses = inverse(setting, gradients.T)  # (p, n)
        return Scores(-setting.tests @ responses, np.sum(gradients.T * responses, axis=0))

    return method


def explicit(setting: Setting, right: Array) -> Array:
    """G formed and factorised."""
    return solve(setting.root.T @ setting.root + setting.options.damping * np.eye(len(right)), right)


def exact_hessian(setting: Setting, right: Array) -> Array:
    """H + λI; raises `NotPositiveDefiniteError` where the network is not at a minimum that λ makes convex."""
    return solve(setting.network.hessian() + setting.options.damping * np.eye(len(right)), right)


def by_conjugate_gradient(setting: Setting, right: Array) -> Array:
    """One search a training point."""
    columns = [conjugate_gradient(setting.product, column, setting.options.tolerance) for column in right.T]
    return np.column_stack(columns)


def by_lissa(setting: Setting, right: Array) -> Array:
    """All training points together. The scale is a tenth above the largest eigenvalue."""
    top = leading_pairs(setting.product, np.ones(len(right)), steps=10, rank=1).values[0]
    return lissa(setting.product, right, 1.1 * top, setting.options.depth)


def by_arnoldi(setting: Setting, right: Array) -> Array:
    """Only the directions of the largest eigenvalues; nothing outside them."""
    start = np.random.default_rng(setting.seed).standard_normal(len(right))
    return leading_pairs(setting.product, start, setting.options.steps, setting.options.rank).solve(right)


def by_kfac(setting: Setting, right: Array) -> Array:
    """Kronecker factors, with the same λ."""
    return kronecker_solve(setting.network, kfac_bases, right, setting.options.damping)


def by_ekfac(setting: Setting, right: Array) -> Array:
    """Kronecker factors with fitted eigenvalues, with the same λ."""
    return kronecker_solve(setting.network, ekfac_bases, right, setting.options.damping)


def last_layer(setting: Setting, right: Array) -> Array:
    """The last layer's block of G + λI; all other parameters are held."""
    block = setting.network.network.blocks[-1]
    root = setting.root[:, block]
    solved = np.zeros_like(right)
    solved[block] = solve(root.T @ root + setting.options.damping * np.eye(root.shape[1]), right[block])
    return solved


def relative(name: str) -> Method:
    """θ-RelatIF or ℓ-RelatIF: influence over a normaliser of the training point."""

    def method(setting: Setting) -> Scores:
        scores = by_inverse(explicit)(setting)
        curvature = setting.root.T @ setting.root + setting.options.damping * np.eye(setting.root.shape[1])
        norms = getattr(normalisers(setting.network.train_gradients, curvature), name)
        return Scores(scores.matrix / norms, scores.own / norms)

    return method


def cosine_influence(setting: Setting) -> Scores:
    """Cosines of gradients whitened by G + λI. Every point has cosine 1 with itself."""
    curvature = setting.root.T @ setting.root + setting.options.damping * np.eye(setting.root.shape[1])
    lower = np.linalg.cholesky(curvature)
    whitened = (solve_triangular(lower, g.T, lower=True).T for g in (setting.tests, setting.network.train_gradients))
    return Scores(cosines(*whitened), None)


def dot_product(setting: Setting) -> Scores:
    """Gradients as they are."""
    gradients = setting.network.train_gradients
    return Scores(dot_products(setting.tests, gradients), np.sum(gradients**2, axis=1))


def gradient_cosine(setting: Setting) -> Scores:
    """Gradients of unit length. Every point has cosine 1 with itself."""
    return Scores(cosines(setting.tests, setting.network.train_gradients), None)


def tracin_checkpoints(setting: Setting) -> Scores:
    """Dot products at all checkpoints. The rate is Adam's, whose own steps are not along the gradient."""
    tests = np.stack([network.margin_gradients(setting.X, setting.y) for network in setting.path])
    trains = np.stack([network.train_gradients for network in setting.path])
    rates = np.full(len(trains), setting.rate)
    return Scores(tracin(tests, trains, rates), setting.rate * np.sum(trains**2, axis=(0, 2)))


def representer_points(setting: Setting) -> Scores:
    """The last layer refitted with L2 on the network's features."""
    network = setting.network
    train, test = (hidden_features(network, X) for X in (network.X, setting.X))
    found = representers(train, network.y, setting.options.representer_decay)
    return Scores((2 * setting.y - 1)[:, None] * found.values(test), found.own())


def trak_of_one_model(setting: Setting) -> Scores:
    """TRAK's first four steps with this network alone, trained on all points."""
    network = setting.network
    matrix = projection(len(network.theta), setting.options.trak_dimension, [setting.seed, 4])
    model = features(network, setting.X, setting.y, matrix)
    own = np.sum(model.train * inverse_features(model.train).T, axis=1) * model.wrong
    return Scores(ensemble(kernel(model)[None], model.wrong[None]), own)


def training_loss(setting: Setting) -> Scores:
    """The loss of each training point, with which mislabelled points are commonly found; none for test points."""
    return Scores(None, setting.network.losses(setting.network.X, setting.network.y))


def random_scores(setting: Setting) -> Scores:
    """Standard normal numbers."""
    rng = np.random.default_rng([setting.seed, 2])
    n = len(setting.network.X)
    return Scores(rng.standard_normal((len(setting.X), n)), rng.standard_normal(n))


def hidden_features(network: LogisticNetwork, X: Array) -> Array:
    """What enters the last layer, with its 1, shape (rows, width + 1)."""
    return network.network.trace(torch.as_tensor(network.theta), torch.as_tensor(X))[1][-1].numpy()


METHODS: dict[str, Method] = {
    "influence, G + λI": by_inverse(explicit),
    "influence, H + λI": by_inverse(exact_hessian),
    "conjugate gradient": by_inverse(by_conjugate_gradient),
    "LiSSA": by_inverse(by_lissa),
    "Arnoldi": by_inverse(by_arnoldi),
    "EK-FAC": by_inverse(by_ekfac),
    "K-FAC": by_inverse(by_kfac),
    "last layer": by_inverse(last_layer),
    "θ-RelatIF": relative("theta"),
    "ℓ-RelatIF": relative("ell"),
    "cosine influence": cosine_influence,
    "gradient dot product": dot_product,
    "gradient cosine": gradient_cosine,
    "TracIn": tracin_checkpoints,
    "representer points": representer_points,
    "TRAK, 1 model": trak_of_one_model,
    "training loss": training_loss,
    "random": random_scores,
}
