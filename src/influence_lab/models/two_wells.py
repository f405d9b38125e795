"""One parameter, two minima: refits and proximal Bregman responses as roots of polynomials, exact to rounding."""

from dataclasses import dataclass

import numpy as np
from numpy.polynomial import Polynomial

Array = np.ndarray
THETA = Polynomial([0.0, 1.0])


@dataclass(frozen=True)
class TwoWells:
    r"""Two points with the outputs θ² and aθ and squared error, $R = \frac12\sum_i \frac12(h_i(\theta) - y_i)^2$.

    The first is content with θ = 1 and θ = −1, so that R has two minima; the second breaks the tie, and it is
    the point that is up-weighted.

    Attributes:
        slope: a.
        target: y of the second point.
    """

    slope: float = 0.5
    target: float = -0.4

    @property
    def loss(self) -> Polynomial:
        """L(z, θ) = ½(aθ − y)² of the up-weighted point."""
        return 0.5 * (self.slope * THETA - self.target) ** 2

    def upweighted(self, epsilon: float) -> Polynomial:
        r"""$R(\theta) + \varepsilon L(z, \theta)$."""
        return 0.5 * (0.5 * (THETA**2 - 1) ** 2 + self.loss) + epsilon * self.loss

    def bregman(self, epsilon: float, anchor: float, damping: float) -> Polynomial:
        r"""$\frac12\sum_i \frac12(h_i - h_i^s)^2 + \varepsilon L(z, \theta) + \frac\lambda2(\theta - \theta^s)^2$.

        For squared error the Bregman divergence is half the squared distance of the outputs.
        """
        moved = (THETA**2 - anchor**2) ** 2 + (self.slope * (THETA - anchor)) ** 2
        return 0.25 * moved + epsilon * self.loss + damping / 2 * (THETA - anchor) ** 2

    def gauss_newton(self, theta: float) -> float:
        """G = ½((2θ)² + a²), the mean squared slope of the outputs."""
        return 0.5 * ((2 * theta) ** 2 + self.slope**2)


def minima(objective: Polynomial) -> Array:
    """Local minima in increasing order: real roots of the derivative where the second derivative is positive."""
    roots = objective.deriv().roots()
    real = np.sort(roots[np.abs(roots.imag) < 1e-9].real)
    return real[objective.deriv(2)(real) > 0]


def lowest(objective: Polynomial) -> float:
    """The global minimiser."""
    found = minima(objective)
    return float(found[np.argmin(objective(found))])


def nearest(objective: Polynomial, place: float) -> float:
    """The local minimum nearest to a place."""
    found = minima(objective)
    return float(found[np.argmin(np.abs(found - place))])


def followed(objectives: list[Polynomial], start: float, leap: float = 0.3) -> Array:
    """The minimum that moves continuously from one objective to the next; NaN from where it has vanished.

    Args:
        objectives: for a fine grid of ε, beginning where `start` is a minimum.
        start: that minimum.
        leap: a longer step between neighbours means that the minimum is another.
    """
    path, place = np.full(len(objectives), np.nan), start
    for index, objective in enumerate(objectives):
        found = nearest(objective, place)
        if abs(found - place) > leap:
            break
        path[index] = place = found
    return path


def response_paths(wells: TwoWells, anchor: float, epsilon: Array, damping: float) -> list[Array]:
    """θ(ε) five times: global refit, refit of the minimum nearby, −H⁻¹g, proximal Bregman response, −(G + λ)⁻¹g.

    Args:
        wells: the model.
        anchor: θ^s, at a minimum or not.
        epsilon: increasing, with 0 among them.
        damping: λ.

    Returns:
        Five arrays of the shape of ε; NaN where a minimum has vanished.
    """
    zero = int(np.argmin(np.abs(epsilon)))

    def both_ways(objectives: list[Polynomial], start: float) -> Array:
        left = followed(objectives[zero::-1], start)[::-1]
        return np.concatenate([left[:-1], followed(objectives[zero:], start)])

    refits = [wells.upweighted(one) for one in epsilon]
    g, curvature = wells.loss.deriv()(anchor), refits[zero].deriv(2)(anchor)
    return [
        np.array([lowest(one) for one in refits]),
        both_ways(refits, nearest(refits[zero], anchor)),
        anchor - epsilon * g / curvature,
        both_ways([wells.bregman(one, anchor, damping) for one in epsilon], anchor),
        anchor - epsilon * g / (wells.gauss_newton(anchor) + damping),
    ]


def tangent_errors(wells: TwoWells, minimum: float, epsilon: Array) -> Array:
    """Distance of the refitted minimum from its tangent −H⁻¹g, geometric mean over ±ε, shape of ε."""
    rate = -wells.loss.deriv()(minimum) / wells.upweighted(0.0).deriv(2)(minimum)

    def error(one: float) -> float:
        return abs(nearest(wells.upweighted(one), minimum) - minimum - one * rate)

    return np.array([np.sqrt(error(one) * error(-one)) for one in epsilon])
