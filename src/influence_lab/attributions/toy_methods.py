"""Every attribution method of the scoreboard on one trained toy network, under one interface."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch
from scipy.special import expit

from influence_lab.attributions.gradients import cosines, dot_products, tracin
from influence_lab.attributions.influence import solve
from influence_lab.attributions.kronecker import ekfac_bases, kfac_bases, kronecker_solve
from influence_lab.attributions.representers import representers
from influence_lab.attributions.trak import Features, ensemble, inverse_features, kernel, projection
from influence_lab.curvature.arnoldi import leading_pairs
from influence_lab.curvature.conjugate_gradient import conjugate_gradient
from influence_lab.curvature.lissa import lissa
from influence_lab.models.logistic_network import LogisticNetwork

Array = np.ndarray


@dataclass(frozen=True)
class Options:
    """Numbers of the configuration's section `toy_scoreboard`, see there; and λ*, chosen on trained subsets."""

    damping: float
    fitted_damping: float
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
    def logits(self) -> Array:
        """Gradients of the training points' logits, shape (n, p)."""
        return self.network.logit_gradients(self.network.X)

    @cached_property
    def p(self) -> Array:
        """Probability of the label 1 at the training points, shape (n,)."""
        return expit(self.network.logits(self.network.X))

    @cached_property
    def trains(self) -> Array:
        """Gradients of the training losses, shape (n, p)."""
        return (self.p - self.network.y)[:, None] * self.logits

    @cached_property
    def root(self) -> Array:
        r"""F with $G = F^\top F$, shape (n, p)."""
        return np.sqrt(self.p * (1 - self.p) / len(self.p))[:, None] * self.logits

    @cached_property
    def earlier(self) -> list[tuple[Array, Array]]:
        """Gradients of margins and of training losses at the checkpoints before the last."""
        return [(network.margin_gradients(self.X, self.y), network.train_gradients) for network in self.path[:-1]]

    def curvature(self, damping: float) -> Array:
        """G + λI, shape (p, p)."""
        return self.root.T @ self.root + damping * np.eye(self.root.shape[1])

    def product(self, vectors: Array) -> Array:
        """(G + λI) v without G, for v of shape (p,) or (p, m)."""
        return self.root.T @ (self.root @ vectors) + self.options.damping * vectors

    def share(self) -> None:
        """Compute the gradients at the trained network, which are timed by themselves."""
        _ = self.tests, self.root, self.trains


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
        responses = inverse(setting, setting.trains.T)  # (p, n)
        return Scores(-setting.tests @ responses, np.sum(setting.trains.T * responses, axis=0))

    return method


def explicit(damping: str) -> Inverse:
    """G formed and factorised, with the option of that name for λ."""

    def inverse(setting: Setting, right: Array) -> Array:
        return solve(setting.curvature(getattr(setting.options, damping)), right)

    return inverse


def exact_hessian(damping: str) -> Inverse:
    """H + λI; raises `NotPositiveDefiniteError` where λ does not make the network's Hessian positive definite."""

    def inverse(setting: Setting, right: Array) -> Array:
        return solve(setting.network.hessian() + getattr(setting.options, damping) * np.eye(len(right)), right)

    return inverse


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


def theta_relative(setting: Setting) -> Scores:
    r"""θ-RelatIF: influence over $\|C^{-1}g_j\|$."""
    responses = explicit("damping")(setting, setting.trains.T)
    norms = np.linalg.norm(responses, axis=0)
    return Scores(-setting.tests @ responses / norms, np.sum(setting.trains.T * responses, axis=0) / norms)


def ell_relative(setting: Setting) -> Scores:
    r"""ℓ-RelatIF: influence over $\sqrt{g_j^\top C^{-1}g_j}$, the cosine of whitened gradients times a length of z."""
    scores = by_inverse(explicit("damping"))(setting)
    norms = np.sqrt(scores.own)
    return Scores(scores.matrix / norms, norms)


def dot_product(setting: Setting) -> Scores:
    """Gradients as they are."""
    return Scores(dot_products(setting.tests, setting.trains), np.sum(setting.trains**2, axis=1))


def gradient_cosine(setting: Setting) -> Scores:
    """Gradients of unit length. Every point has cosine 1 with itself."""
    return Scores(cosines(setting.tests, setting.trains), None)


def tracin_checkpoints(setting: Setting) -> Scores:
    """Dot products at all checkpoints. The rate is Adam's, whose own steps are not along the gradient."""
    pairs = [*setting.earlier, (setting.tests, setting.trains)]
    tests, trains = (np.stack(part) for part in zip(*pairs, strict=True))
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
    matrix = projection(setting.logits.shape[1], setting.options.trak_dimension, [setting.seed, 4])
    signs = 2 * setting.network.y - 1
    wrong = expit(-signs * setting.network.logits(setting.network.X))
    model = Features(signs[:, None] * setting.logits @ matrix, setting.tests @ matrix, wrong)
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
    "influence, G + λI": by_inverse(explicit("damping")),
    "influence, G + λ*I": by_inverse(explicit("fitted_damping")),
    "influence, H + λI": by_inverse(exact_hessian("damping")),
    "influence, H + λ*I": by_inverse(exact_hessian("fitted_damping")),
    "conjugate gradient": by_inverse(by_conjugate_gradient),
    "LiSSA": by_inverse(by_lissa),
    "Arnoldi": by_inverse(by_arnoldi),
    "EK-FAC": by_inverse(by_ekfac),
    "K-FAC": by_inverse(by_kfac),
    "last layer": by_inverse(last_layer),
    "θ-RelatIF": theta_relative,
    "ℓ-RelatIF": ell_relative,
    "gradient dot product": dot_product,
    "gradient cosine": gradient_cosine,
    "TracIn": tracin_checkpoints,
    "representer points": representer_points,
    "TRAK, 1 model": trak_of_one_model,
    "training loss": training_loss,
    "random": random_scores,
}
