r"""The shortest change of a linear head that takes every member of a group to a given class: a quadratic programme.

$\min_{\Delta W} \|\Delta W\|$ subject to $(e_{k_i} - e_{c_i})^\top (W + \Delta W) h_i \ge 0$ for each member i, with
its class $c_i$ and target $k_i$. The solution is $\sum_i \alpha_i (e_{k_i} - e_{c_i}) h_i^\top$ with $\alpha \ge 0$.
"""

import numpy as np
from scipy.optimize import nnls

from influence_lab.attributions.group_boundary import Members

Array = np.ndarray


def least_change(gram: Array, logits: Array, predictions: Array, targets: Array) -> tuple[Array, float]:
    r"""Solve it for one group, by non-negative least squares (Lawson and Hanson 1974, chapter 23).

    With $Q_{ij} = h_i^\top h_j\,(e_{k_i} - e_{c_i})^\top(e_{k_j} - e_{c_j}) = (RR^\top)_{ij}$ and the gaps
    $g_i = f_{c_i} - f_{k_i}$, the problem is $\min\|z\|$ subject to $Rz \ge g$, and the residual of
    $\min_{u\ge0}\|[R\; g]^\top u - e_{r+1}\|$ gives z.

    Args:
        gram: inner products of the features, shape (m, m).
        logits: shape (m, K).
        predictions: c, shape (m,).
        targets: k, shape (m,), each another class.

    Returns:
        Coefficients of the change as in `Members`, shape (m, K), and its norm; infinite where no change does it (the
        same features, opposite targets).
    """
    members = np.arange(len(gram))
    along = np.eye(logits.shape[1])[targets] - np.eye(logits.shape[1])[predictions]  # (m, K)
    gaps = logits[members, predictions] - logits[members, targets]
    scale = np.abs(gaps).max() or 1.0
    values, vectors = np.linalg.eigh(gram * (along @ along.T))
    kept = values > 1e-12 * values[-1]
    factor = vectors[:, kept] * np.sqrt(values[kept])  # R
    spread = np.sqrt(values[-1])
    system = np.vstack([factor.T / spread, gaps / scale])
    u, _ = nnls(system, np.append(np.zeros(kept.sum()), 1.0))
    slack = 1 - u @ gaps / scale  # minus the last residual, ‖residual‖² at the solution
    if slack < 1e-12:
        return np.full_like(along, np.nan), np.inf
    alpha = u / slack * scale / spread**2
    return alpha[:, None] * along, float(np.linalg.norm(factor.T @ alpha))


def least_changes(members: Members, targets: Array) -> Array:
    """Norms of the shortest changes of many groups, shape (G,), for targets of shape (G, m)."""
    problems = zip(members.gram, members.logits, members.predictions, targets, strict=True)
    return np.array([least_change(*problem)[1] for problem in problems])


def nearest_targets(members: Members, change: Array | None = None) -> Array:
    """The strongest class besides each member's own, before or after a change, shape (G, m)."""
    logits = (members.logits if change is None else members.moved(change)).copy()
    np.put_along_axis(logits, members.predictions[..., None], -np.inf, axis=2)
    return logits.argmax(axis=2)
