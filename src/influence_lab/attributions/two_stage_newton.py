r"""Influence through fine-tuning with the Gauss-Newton matrices of all parameters, by conjugate gradient."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.func import functional_call, jacrev, jvp, vjp, vmap

from influence_lab.attributions.two_stage_ablations import Stages
from influence_lab.curvature.conjugate_gradient import NotSolvedError
from influence_lab.data.sequences import Sequences
from influence_lab.models.small_gpt import SmallGPT
from influence_lab.models.small_gpt_stack import flattened, stack, text_log_probabilities

Array = np.ndarray
Rows = Callable[[Tensor], Tensor]
STEPS = 1000  # of conjugate gradient, at most


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

    def solver(self, texts: Sequences, damping: float, tolerance: float) -> Rows:
        r"""Rows $v \mapsto (G + \lambda I)^{-1} v$, G of the mean loss over the texts; from (m, p) to (m, p).

        Args:
            texts: n.
            damping: λ.
            tolerance: of conjugate gradient, on the relative residuals.

        Raises:
            NotSolvedError: conjugate gradient ended above the tolerance.
        """
        inputs = torch.from_numpy(texts.inputs)
        counts = (torch.from_numpy(texts.weights)[..., None] / len(texts)).to(self._flat.dtype)

        def logits(parameters: Tensor) -> Tensor:
            named = {name: values[0] for name, values in self._by_name(parameters[None]).items()}
            return functional_call(self._model, named, (inputs,))

        outputs, back = vjp(logits, self._flat)
        probabilities = outputs.softmax(-1)

        def product(direction: Tensor) -> Tensor:
            moved = jvp(logits, (self._flat,), (direction,))[1]
            curved = probabilities * (moved - (probabilities * moved).sum(-1, keepdim=True))
            return back(counts * curved)[0] + damping * direction

        return lambda rows: conjugate_gradients(vmap(product), rows, tolerance)


def conjugate_gradients(products: Rows, rows: Tensor, tolerance: float, steps: int = STEPS) -> Tensor:
    r"""$x$ with $Cx = v$ for several v at once: one pass over the model serves all of them.

    Args:
        products: C u of each row, from (m, p) to (m, p); C symmetric and positive definite.
        rows: v, shape (m, p).
        tolerance: on the residuals $\|Cx - v\| / \|v\|$.
        steps: most products to take.

    Returns:
        x, shape (m, p).

    Raises:
        NotSolvedError: a residual is still above the tolerance.
    """
    solution, residual, direction = torch.zeros_like(rows), rows.clone(), rows.clone()
    squared = residual.square().sum(dim=1)
    goal = tolerance**2 * squared
    for _ in range(steps):
        open_rows = squared > goal
        if not open_rows.any():
            return solution
        image = products(direction)
        curvature = (direction * image).sum(dim=1)
        step = torch.where(open_rows, squared / curvature, 0.0)[:, None]
        solution += step * direction
        residual -= step * image
        before, squared = squared, residual.square().sum(dim=1)
        direction = residual + torch.where(open_rows, squared / before, 0.0)[:, None] * direction
    worst = float((squared / (goal / tolerance**2)).max().sqrt())
    raise NotSolvedError(f"relative residual {worst:.1e} after {steps} products, wanted {tolerance:.0e}: add damping")


def newton_ablations(
    pretrained: SmallGPT, tuned: SmallGPT, stages: Stages, alpha: float, decay: float, tolerance: float = 1e-2
) -> dict[str, Array]:
    r"""The scores of `two_stage_ablations.ablations` without its approximations, each of shape (m, n).

    Here the pre-training matrix is $G_{pt} + \lambda I$ with λ the weight decay, and nothing added.

    Args:
        pretrained: before fine-tuning.
        tuned: after it.
        stages: texts of both stages and queries.
        alpha: α of the formula.
        decay: λ.
        tolerance: of conjugate gradient, on the relative residual; ranks do not need more.

    Raises:
        NotSolvedError: conjugate gradient ended above the tolerance.
    """
    before, after = Curved(pretrained), Curved(tuned)
    asked, asked_before = after.gradients(stages.queries), before.gradients(stages.queries)
    held, held_after = before.gradients(stages.texts), after.gradients(stages.texts)
    carried = alpha * after.solver(stages.tuning, alpha, tolerance)(asked)
    first = before.solver(stages.texts, decay, tolerance)
    full, no_tuned, single_pretrained = first(torch.cat([carried, asked, asked_before])).split(len(asked))
    single_tuned = after.solver(stages.texts, decay, tolerance)(asked)
    scores = {
        "full": full @ held.T,
        "no_pretrained": carried @ held.T,
        "no_tuned": no_tuned @ held.T,
        "dot": asked @ held.T,
        "single_tuned": single_tuned @ held_after.T,
        "single_factors": carried @ held_after.T / alpha,
        "single_pretrained": single_pretrained @ held.T,
    }
    return {name: each.numpy() for name, each in scores.items()}


def newton_full(
    pretrained: SmallGPT, tuned: SmallGPT, stages: Stages, alphas: list[float], decay: float, tolerance: float = 1e-2
) -> Array:
    """Scores of the full formula with each of several α, at the same parameters, shape (alphas, m, n)."""
    before, after = Curved(pretrained), Curved(tuned)
    asked, held = after.gradients(stages.queries), before.gradients(stages.texts)
    carried = [alpha * after.solver(stages.tuning, alpha, tolerance)(asked) for alpha in alphas]
    solved = before.solver(stages.texts, decay, tolerance)(torch.cat(carried))
    return (solved @ held.T).unflatten(0, (len(alphas), -1)).numpy()
