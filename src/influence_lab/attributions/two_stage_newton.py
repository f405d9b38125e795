r"""Influence through fine-tuning with the Gauss-Newton matrices of all parameters, by conjugate gradient."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.func import functional_call, jacrev, vmap

from influence_lab.attributions.two_stage_ablations import Stages
from influence_lab.curvature.conjugate_gradients import conjugate_gradients, sketched
from influence_lab.curvature.token_gauss_newton import token_gauss_newton_product
from influence_lab.data.sequences import Sequences
from influence_lab.models.small_gpt import SmallGPT
from influence_lab.models.small_gpt_stack import flattened, stack, text_log_probabilities

Array = np.ndarray
Solve = Callable[[Tensor, float], Tensor]  # rows v (m, p) and a damping λ to (G + λI)⁻¹ v
STEPS = 1000  # of conjugate gradient, at most
TOLERANCE = 1e-2  # on relative residuals; ranks do not need more


class Curved:
    """A small GPT at its parameters: gradients and Gauss-Newton solves of all of them, in the parameters' precision.

    Args:
        model: its parameters are copied.
    """

    def __init__(self, model: SmallGPT) -> None:
        self._model = model
        flat, self._by_name = flattened(stack([dict(model.named_parameters())]))
        self._flat = flat[0]

    def gradients(self, sequences: Sequences) -> Tensor:
        """The gradient of each sequence's log p, shape (n, p)."""

        def log_probabilities(parameters: Tensor) -> Tensor:
            return text_log_probabilities(self._model, self._by_name(parameters[None]), sequences)[0]

        return jacrev(log_probabilities, chunk_size=16)(self._flat)

    def solver(self, texts: Sequences, rank: int, tolerance: float = TOLERANCE) -> Solve:
        r"""$v, \lambda \mapsto (G + \lambda I)^{-1} v$ by rows, G of the mean loss over the texts, sketched once.

        Args:
            texts: n.
            rank: of the sketch.
            tolerance: of conjugate gradient, on the relative residuals; a solve above it is a `NotSolvedError`.
        """
        products = vmap(self._product(texts))
        sketch = sketched(products, len(self._flat), rank, self._flat.dtype)

        def solve(rows: Tensor, damping: float) -> Tensor:
            def damped(moved: Tensor) -> Tensor:
                return products(moved) + damping * moved

            return conjugate_gradients(damped, rows, tolerance, sketch.preconditioner(damping), STEPS)

        return solve

    def _product(self, texts: Sequences) -> Callable[[Tensor], Tensor]:
        """Shape (p,) to (p,): G u."""
        inputs = torch.from_numpy(texts.inputs)
        counts = (torch.from_numpy(texts.weights)[..., None] / len(texts)).to(self._flat.dtype)

        def logits(parameters: Tensor) -> Tensor:
            named = {name: values[0] for name, values in self._by_name(parameters[None]).items()}
            return functional_call(self._model, named, (inputs,))

        return token_gauss_newton_product(logits, self._flat, counts)


@dataclass(frozen=True)
class FirstStage:
    """The pre-training texts at one set of parameters.

    Attributes:
        held: gradients of their log p, shape (n, p).
        solve: with the matrix of their mean loss there.
    """

    held: Tensor
    solve: Solve


def first_stage(model: Curved, stages: Stages, tolerance: float = TOLERANCE) -> FirstStage:
    """Gradients of the pre-training texts, and the solve with their matrix."""
    return FirstStage(model.gradients(stages.texts), model.solver(stages.texts, stages.sketch, tolerance))


def newton_ablations(
    pretrained: SmallGPT,
    tuned: SmallGPT,
    stages: Stages,
    alpha: float,
    decay: float,
    strong: float,
    tolerance: float = TOLERANCE,
) -> dict[str, Array]:
    r"""The scores of `two_stage_ablations.ablations` without its approximations, each of shape (m, n).

    Here the pre-training matrix is $G_{pt} + \lambda I$ with λ the weight decay, and nothing added. One more,
    `single_strong`, is `single_tuned` with another λ.

    Args:
        pretrained: before fine-tuning.
        tuned: after it.
        stages: texts of both stages and queries.
        alpha: α of the formula.
        decay: λ.
        strong: λ of `single_strong`.
        tolerance: of conjugate gradient, on the relative residual.

    Raises:
        NotSolvedError: conjugate gradient ended above the tolerance.
    """
    before, after = Curved(pretrained), Curved(tuned)
    asked, asked_before = after.gradients(stages.queries), before.gradients(stages.queries)
    here, there = first_stage(before, stages, tolerance), first_stage(after, stages, tolerance)
    carried = alpha * after.solver(stages.tuning, stages.sketch, tolerance)(asked, alpha)
    solved = here.solve(torch.cat([carried, asked, asked_before]), decay)
    full, no_tuned, single_pretrained = solved.split(len(asked))
    scores = {
        "full": full @ here.held.T,
        "no_pretrained": carried @ here.held.T,
        "no_tuned": no_tuned @ here.held.T,
        "dot": asked @ here.held.T,
        "single_tuned": there.solve(asked, decay) @ there.held.T,
        "single_strong": there.solve(asked, strong) @ there.held.T,
        "single_factors": carried @ there.held.T / alpha,
        "single_pretrained": single_pretrained @ here.held.T,
    }
    return {name: each.numpy() for name, each in scores.items()}


@dataclass(frozen=True)
class NewtonFull:
    r"""Scores of the full formula with each of several α at the same parameters.

    Attributes:
        scores: shape (alphas, m, n).
        survives: $\|\alpha(G_{ft} + \alpha)^{-1}\nabla f\| / \|\nabla f\|$, shape (alphas, m).
    """

    scores: Array
    survives: Array


def newton_full(
    first: FirstStage, tuned: SmallGPT, stages: Stages, alphas: list[float], decay: float, tolerance: float = TOLERANCE
) -> NewtonFull:
    """The full formula with each of several α, at the same parameters.

    Args:
        first: at the pre-trained parameters.
        tuned: after fine-tuning.
        stages: texts of fine-tuning and queries.
        alphas: α of the formula.
        decay: λ.
        tolerance: of conjugate gradient, on the relative residual.

    Raises:
        NotSolvedError: conjugate gradient ended above the tolerance.
    """
    after = Curved(tuned)
    asked, solve = after.gradients(stages.queries), after.solver(stages.tuning, stages.sketch, tolerance)
    carried = torch.cat([alpha * solve(asked, alpha) for alpha in alphas])
    shape = (len(alphas), len(asked))
    scores = (first.solve(carried, decay) @ first.held.T).unflatten(0, shape)
    survives = carried.norm(dim=1).unflatten(0, shape) / asked.norm(dim=1)
    return NewtonFull(scores.numpy(), survives.numpy())
