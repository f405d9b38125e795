r"""Training in stages, each to the last digits of a minimum near the parameters that the stage before it has left."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from scipy.optimize import minimize
from torch import Tensor
from torch.func import grad, jacrev

from influence_lab.models.held_newton import NotConvergedError, held_newton

COLUMNS = 128  # of a Hessian, computed together
DESCENT = 20_000  # steps of L-BFGS at most
GRADIENT_NORMS = (1e-4, 1e-5, 1e-6, 1e-7, 1e-8)  # largest entry of the gradient where Newton's method is tried


@dataclass(frozen=True)
class Stage:
    r"""$J(\theta, \theta_-) = L(\theta, \theta_-) + \frac\alpha2\|\theta - \theta_-\|^2$, $\theta_-$ the one before.

    Attributes:
        loss: L of two vectors, each of shape (p,); in fine-tuning it ignores the second, in preference tuning that
            one gives the reference policy.
        alpha: α > 0.
    """

    loss: Callable[[Tensor, Tensor], Tensor]
    alpha: float

    def objective(self, theta: Tensor, before: Tensor) -> Tensor:
        """J, a scalar."""
        return self.loss(theta, before) + self.alpha / 2 * (theta - before).square().sum()

    def factor(self, theta: Tensor, before: Tensor) -> Tensor:
        r"""Cholesky factor of $\nabla^2_{\theta\theta} J$, shape (p, p).

        Raises:
            NotConvergedError: the Hessian has an eigenvalue ≤ 0, so that θ is no strict minimum.
        """
        hessian = jacrev(grad(lambda values: self.objective(values, before)), chunk_size=COLUMNS)(theta)
        factor, failed = torch.linalg.cholesky_ex(hessian)
        if failed:
            raise NotConvergedError(f"the Hessian is not positive definite: take a larger α than {self.alpha}")
        return factor

    def coupling(self, theta: Tensor, before: Tensor) -> Callable[[Tensor], Tensor]:
        r"""$v \mapsto C^\top v$ with $C = -\nabla^2_{\theta\theta_-} J$: the proximity's αI and what the loss adds."""
        return lambda vector: (
            -grad(lambda values: grad(lambda own: self.objective(own, values))(theta) @ vector)(before)
        )

    def minimum(self, before: Tensor) -> Tensor:
        """The minimum that L-BFGS from θ₋ leads to, polished by Newton's method; shape (p,).

        L-BFGS is slow over the last digits and a Hessian is dear, so that Newton's method is tried again and again
        from nearer by.

        Raises:
            NotConvergedError: no strict minimum was found.
        """
        theta, failure = before, None
        for tolerance in GRADIENT_NORMS:
            theta = self._descend(before, theta, tolerance)
            try:
                found = self.moved(before, theta, self.factor(theta, before))
                self.factor(found, before)
                return found
            except NotConvergedError as error:
                failure = error
        raise NotConvergedError(f"no strict minimum within {DESCENT} steps of L-BFGS: {failure}")

    def moved(
        self,
        before: Tensor,
        start: Tensor,
        factor: Tensor,
        extra: Callable[[Tensor], Tensor] | None = None,
    ) -> Tensor:
        """The minimum near `start` after a small change of θ₋ or of the loss, by Newton's method with curvature held.

        Args:
            before: θ₋, changed or not.
            start: the minimum before the change, shape (p,).
            factor: of the curvature there.
            extra: added to J, for instance ε times the loss of one text.

        Raises:
            NotConvergedError: the change is too large for that.
        """
        slope = grad(lambda values: self.objective(values, before) + (0.0 if extra is None else extra(values)))
        return held_newton(slope, start, factor)

    def _descend(self, before: Tensor, start: Tensor, tolerance: float) -> Tensor:
        """L-BFGS until the largest entry of the gradient is below the tolerance."""

        def value_and_gradient(point: np.ndarray) -> tuple[float, np.ndarray]:
            watched = torch.tensor(point, requires_grad=True)
            value = self.objective(watched, before)
            return float(value.detach()), torch.autograd.grad(value, watched)[0].numpy()

        options = {"maxiter": DESCENT, "maxfun": 2 * DESCENT, "maxcor": 50, "ftol": 0.0, "gtol": tolerance}
        found = minimize(value_and_gradient, start.numpy(), jac=True, method="L-BFGS-B", options=options)
        return torch.from_numpy(found.x)
