r"""Influence on the small GPT with the Gauss-Newton matrix itself, of all parameters, by conjugate gradient."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.func import functional_call, grad

from influence_lab.attributions.metering import Cost, metered
from influence_lab.curvature.conjugate_gradient import conjugate_gradient
from influence_lab.curvature.token_gauss_newton import damped, token_gauss_newton_product
from influence_lab.data.sequences import Sequences
from influence_lab.models.small_gpt import SmallGPT
from influence_lab.models.small_gpt_stack import flattened, stack, text_log_probabilities

Array = np.ndarray


@dataclass(frozen=True)
class NewtonScored:
    """Scores with what they took.

    Attributes:
        scores: influence on log p, shape (m, n): positive where a text helped.
        solving: of the m queries' gradients and solves, proportional to m.
        once: of the texts' gradients, needed once whatever m.
    """

    scores: Array
    solving: Cost
    once: Cost

    def cost(self, queries: int) -> Cost:
        """The cost for another number of queries, extrapolated: each query is a solve of its own."""
        share = queries / len(self.scores)
        return self.once.after(Cost(self.solving.seconds * share, self.solving.peak_mb))


def gauss_newton_scores(
    model: SmallGPT, texts: Sequences, queries: Sequences, decay: float, tolerance: float = 1e-2
) -> NewtonScored:
    r"""$\nabla f_q^\top (G + \lambda I)^{-1} \nabla(-L_i)$ for f the queries' log p: what EK-FAC stands in for.

    G is that of the mean loss over texts, of all parameters, embeddings included, and λ the weight decay that the model
    was trained with, so that G + λI is the curvature of its objective but for the residuals' part.

    Args:
        model: trained on the texts.
        texts: n.
        queries: m.
        decay: λ.
        tolerance: of conjugate gradient, on the relative residual; ranks do not need more.

    Raises:
        NotSolvedError: conjugate gradient ended above the tolerance.
    """
    model = model.double()
    flat, by_name = flattened(stack([dict(model.named_parameters())]))
    flat = flat[0]
    inputs, counts = torch.from_numpy(texts.inputs), torch.from_numpy(texts.weights)[..., None] / len(texts)

    def logits(parameters: Tensor) -> Tensor:
        named = {name: values[0] for name, values in by_name(parameters[None]).items()}
        return functional_call(model, named, (inputs,))

    product = damped(token_gauss_newton_product(logits, flat, counts), decay)

    def gradients(sequences: Sequences) -> Array:
        def log_probability(parameters: Tensor, row: int) -> Tensor:
            one = sequences[row : row + 1]
            return text_log_probabilities(model, by_name(parameters[None]), one)[0, 0]

        return torch.stack([grad(log_probability)(flat, row) for row in range(len(sequences))]).numpy()

    def solve() -> Array:
        return np.stack([conjugate_gradient(product, one, tolerance, 500) for one in gradients(queries)])

    (solved, solving), (held, once) = metered(solve), metered(lambda: gradients(texts))
    return NewtonScored(solved @ held.T, solving, once)
