import numpy as np
import pytest
import torch
from torch.func import functional_call

from influence_lab.attributions.metering import Cost
from influence_lab.attributions.small_gpt_newton import NewtonScored, gauss_newton_scores
from influence_lab.data.sequences import Sequences
from influence_lab.models.small_gpt import Architecture, SmallGPT
from influence_lab.models.small_gpt_stack import flattened, stack, text_log_probabilities

DECAY = 0.05


def sequences(rng: np.random.Generator, count: int) -> Sequences:
    tokens = rng.integers(5, size=(count, 4))
    weights = np.ones((count, 3))
    weights[0, 2] = 0.0  # a shorter text
    return Sequences(tokens[:, :-1], tokens[:, 1:], weights)


@pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning")  # torch's own, for jvp
def test_scores_are_those_of_the_matrix_formed():
    """G = (1/n) Σ wₜ Jₜᵀ (diag p − ppᵀ) Jₜ explicitly; float64, residual 1e-10, condition number below 1e4."""
    rng, model = np.random.default_rng(0), SmallGPT(Architecture(5, 3, 4, 2, 1), seed=1).double()
    texts, queries = sequences(rng, 6), sequences(rng, 2)
    flat, by_name = flattened(stack([dict(model.named_parameters())]))
    flat = flat[0]

    def logits(parameters: torch.Tensor) -> torch.Tensor:
        named = {name: values[0] for name, values in by_name(parameters[None]).items()}
        return functional_call(model, named, (torch.from_numpy(texts.inputs),))

    jacobian = torch.autograd.functional.jacobian(logits, flat).flatten(0, 1)  # (n T, V, p)
    p = logits(flat).softmax(-1).flatten(0, 1)
    middle = torch.diag_embed(p) - p[:, :, None] * p[:, None]
    weights = torch.from_numpy(texts.weights).flatten() / len(texts)
    matrix = torch.einsum("t,tvp,tvw,twq->pq", weights, jacobian, middle, jacobian) + DECAY * torch.eye(len(flat))

    def gradients(given: Sequences) -> torch.Tensor:
        return torch.autograd.functional.jacobian(
            lambda parameters: text_log_probabilities(model, by_name(parameters[None]), given)[0], flat
        )

    expected = gradients(queries) @ torch.linalg.solve(matrix, gradients(texts).T)
    found = gauss_newton_scores(model, texts, queries, DECAY, tolerance=1e-10)
    np.testing.assert_allclose(found.scores, expected.detach().numpy(), rtol=1e-6, atol=1e-10)


def test_for_more_queries_only_their_solves_are_counted_again():
    scored = NewtonScored(np.zeros((4, 6)), solving=Cost(20.0, 300.0), once=Cost(3.0, 500.0))
    assert scored.cost(4) == Cost(23.0, 500.0)
    assert scored.cost(8) == Cost(43.0, 500.0)
