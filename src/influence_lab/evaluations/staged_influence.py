"""Influence of pre-training texts through up to three stages of a small GPT, against training all stages again."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.func import grad, jacrev

from influence_lab.attributions.multi_stage import LaterStage, influence_direction
from influence_lab.models.held_newton import solve
from influence_lab.models.staged_gpt import StagedGPT
from influence_lab.models.staged_training import Stage

Array = np.ndarray


@dataclass(frozen=True)
class Trained:
    """A stage at its minimum.

    Attributes:
        stage: what was minimised.
        before: θ₋, shape (p,).
        theta: the minimum, shape (p,).
        factor: Cholesky factor of the Hessian there, shape (p, p).
    """

    stage: Stage
    before: Tensor
    theta: Tensor
    factor: Tensor

    def later(self, with_reference: bool = True) -> LaterStage:
        """How a change of θ₋ comes through; without the reference term only the proximity carries it."""
        coupling = self.stage.coupling(self.theta, self.before)
        if not with_reference:
            coupling = self._proximity
        return LaterStage(lambda vector: solve(self.factor, vector), coupling)

    def _proximity(self, vector: Tensor) -> Tensor:
        return self.stage.alpha * vector


def trained(stage: Stage, before: Tensor) -> Trained:
    """Train one stage to its minimum."""
    theta = stage.minimum(before)
    return Trained(stage, before, theta, stage.factor(theta, before))


def staged_influence(
    gpt: StagedGPT, decay: float, tuning_alpha: float, preference_alphas: Sequence[float], beta: float, epsilon: float
) -> dict[str, Array]:
    r"""Influence on the mean log p of the queries after one, two and three stages, by formula and by training again.

    Args:
        gpt: model and texts.
        decay: λ of pre-training.
        tuning_alpha: α of fine-tuning.
        preference_alphas: α of preference tuning, each tried, k of them.
        beta: of DPO.
        epsilon: of the differences, see `difference`.

    Returns:
        `one`, `two`, shape (n,), and `three`, shape (k, n): the formula, on the model after that stage.
        `one_measured`, `two_measured`, `three_measured`: the differences. `three_without`, shape (k, n): without the
        reference's part of the coupling. `parameters`: p. `least`, shape (2 + k,): smallest eigenvalue of every
        Hessian.
    """
    first = trained(gpt.pretraining(decay), gpt.start)
    second = trained(gpt.fine_tuning(tuning_alpha), first.theta)
    thirds = [trained(gpt.preference(alpha, beta), second.theta) for alpha in preference_alphas]
    losses = jacrev(lambda theta: -gpt.log_p(theta, gpt.texts))(first.theta)  # (n, p)

    def formula(last: Trained, later: Sequence[LaterStage]) -> Array:
        gradient = grad(lambda theta: gpt.log_p(theta, gpt.queries).mean())(last.theta)
        return (losses @ influence_direction(gradient, lambda vector: solve(first.factor, vector), later)).numpy()

    through = second.later()
    measured = np.stack([difference(gpt, first, second, thirds, text, epsilon) for text in range(len(gpt.texts))])
    every = [first, second, *thirds]
    return {
        "one": formula(first, []),
        "two": formula(second, [through]),
        "three": np.stack([formula(third, [through, third.later()]) for third in thirds]),
        "three_without": np.stack([formula(third, [through, third.later(with_reference=False)]) for third in thirds]),
        "one_measured": measured[:, 0],
        "two_measured": measured[:, 1],
        "three_measured": measured[:, 2:].T,
        "parameters": np.array(len(gpt.start)),
        "least": np.array([float(torch.linalg.eigvalsh(one.factor @ one.factor.T)[0]) for one in every]),
    }


def difference(
    gpt: StagedGPT, first: Trained, second: Trained, thirds: Sequence[Trained], text: int, epsilon: float
) -> Array:
    """Change of f a unit of ε where the loss of one text is up-weighted and all stages are trained again.

    Central differences with 2ε and ε, and Richardson's combination of the two, whose error is of order ε⁴.

    Returns:
        After stage 1, stage 2 and every version of stage 3, shape (2 + k,).
    """

    def measured(weight: float) -> Array:
        theta = first.stage.moved(
            first.before, first.theta, first.factor, lambda values: -weight * gpt.log_p(values, gpt.texts)[text]
        )
        tuned = second.stage.moved(theta, second.theta, second.factor)
        last = [third.stage.moved(tuned, third.theta, third.factor) for third in thirds]
        return np.array([float(gpt.log_p(values, gpt.queries).mean()) for values in (theta, tuned, *last)])

    narrow, wide = ((measured(step) - measured(-step)) / (2 * step) for step in (epsilon, 2 * epsilon))
    return (4 * narrow - wide) / 3
