r"""Influence through several stages of training, each held near the parameters that the stage before it has left.

Stage 1 minimises $J_1(\theta)$, its mean loss and regulariser. Stage k minimises $J_k(\theta, \theta_{k-1})$ from and
near $\theta_{k-1}$; with a proximity term that is $L_k(\theta) + \frac{\alpha_k}2\|\theta - \theta_{k-1}\|^2$. To
up-weight an example z of stage 1 by ε moves every later optimum: differentiating $\nabla_\theta J_k = 0$ gives

$$
\frac{d\theta_1}{d\varepsilon} = -H_1^{-1}\nabla L(z), \qquad
\frac{d\theta_k}{d\varepsilon} = H_k^{-1} C_k \frac{d\theta_{k-1}}{d\varepsilon}, \qquad
H_k = \nabla^2_{\theta\theta} J_k, \quad C_k = -\nabla^2_{\theta\theta_{k-1}} J_k,
$$

with $C_k = \alpha_k I$ for a proximity term alone. For two stages (reference, E5; the blog leaves out −α)

$$I_f(z) = -\alpha\,\nabla f(\theta_2)^\top (\nabla^2 L_2 + \alpha I)^{-1} H_1^{-1} \nabla L(z, \theta_1).$$
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from torch import Tensor

Product = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class LaterStage:
    r"""What carries a change of the parameters through one stage.

    Attributes:
        solve: $v \mapsto H_k^{-1} v$, of shape (p,) or (..., p).
        coupling: $v \mapsto C_k^\top v$, of the same shape.
    """

    solve: Product
    coupling: Product


def near(solve: Product, alpha: float) -> LaterStage:
    """A stage whose only tie to the one before it is the proximity term; `solve` has α in its matrix."""
    return LaterStage(solve, lambda vector: alpha * vector)


def influence_direction(gradient: Tensor, first: Product, later: Sequence[LaterStage]) -> Tensor:
    r"""The vector V with $I_f(z) = \langle V, \nabla L(z, \theta_1)\rangle$ for every example z of stage 1.

    Args:
        gradient: $\nabla f$ at the parameters of the last stage, shape (p,) or (..., p).
        first: $v \mapsto H_1^{-1} v$.
        later: stages 2 to K, in order of training.

    Returns:
        $-H_1^{-1} C_2^\top H_2^{-1} \cdots C_K^\top H_K^{-1} \nabla f$, shape of the gradient.
    """
    for stage in reversed(later):
        gradient = stage.coupling(stage.solve(gradient))
    return -first(gradient)
