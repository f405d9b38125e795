import numpy as np
import pytest
import torch
from torch.func import functional_call

from influence_lab.attributions.two_stage_ablations import Stages
from influence_lab.attributions.two_stage_newton import Curved, first_stage, newton_ablations, newton_full
from influence_lab.models.small_gpt import Architecture, SmallGPT
from influence_lab.models.small_gpt_stack import flattened, stack, text_log_probabilities
from tests.attributions.test_small_gpt_newton import sequences

pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning")  # torch's own, for jvp
ALPHA, DECAY, STRONG = 0.3, 0.05, 2.0


def world() -> tuple[SmallGPT, SmallGPT, Stages]:
    rng = np.random.default_rng(0)
    before, after = (SmallGPT(Architecture(5, 3, 4, 2, 1), seed).double() for seed in (1, 2))
    return before, after, Stages(sequences(rng, 6), sequences(rng, 2), sequences(rng, 3), 1, 1, 20, 0)


def matrix(model: SmallGPT, texts, damping: float) -> torch.Tensor:
    """(1/n) Σ wₜ Jₜᵀ (diag p − ppᵀ) Jₜ + λI, written out."""
    flat, by_name = flattened(stack([dict(model.named_parameters())]))

    def logits(parameters: torch.Tensor) -> torch.Tensor:
        named = {name: values[0] for name, values in by_name(parameters[None]).items()}
        return functional_call(model, named, (torch.from_numpy(texts.inputs),))

    jacobian = torch.autograd.functional.jacobian(logits, flat[0]).flatten(0, 1)
    p = logits(flat[0]).softmax(-1).flatten(0, 1)
    middle = torch.diag_embed(p) - p[:, :, None] * p[:, None]
    weights = torch.from_numpy(texts.weights).flatten() / len(texts)
    return torch.einsum("t,tvp,tvw,twq->pq", weights, jacobian, middle, jacobian) + damping * torch.eye(len(flat[0]))


def gradients(model: SmallGPT, texts) -> torch.Tensor:
    flat, by_name = flattened(stack([dict(model.named_parameters())]))
    return torch.autograd.functional.jacobian(
        lambda parameters: text_log_probabilities(model, by_name(parameters[None]), texts)[0], flat[0]
    )


def test_scores_are_those_of_the_matrices_formed():
    """Both matrices explicitly, each at its own parameters; float64, residual 1e-10, condition number below 1e4."""
    before, after, stages = world()
    found = newton_ablations(before, after, stages, ALPHA, DECAY, STRONG, tolerance=1e-10)
    first, second = matrix(before, stages.texts, DECAY), matrix(after, stages.tuning, ALPHA)
    asked, held = gradients(after, stages.queries).T, gradients(before, stages.texts).T
    carried = ALPHA * torch.linalg.solve(second, asked)
    wrong, strong = (torch.linalg.solve(matrix(after, stages.texts, each), asked) for each in (DECAY, STRONG))
    expected = {
        "full": torch.linalg.solve(first, carried).T @ held,
        "no_pretrained": carried.T @ held,
        "no_tuned": torch.linalg.solve(first, asked).T @ held,
        "dot": asked.T @ held,
        "single_tuned": wrong.T @ gradients(after, stages.texts).T,
        "single_strong": strong.T @ gradients(after, stages.texts).T,
        "single_factors": torch.linalg.solve(second, asked).T @ gradients(after, stages.texts).T,
        "single_pretrained": torch.linalg.solve(first, gradients(before, stages.queries).T).T @ held,
    }
    assert found.keys() == expected.keys()
    for name, scores in expected.items():
        np.testing.assert_allclose(found[name], scores.detach().numpy(), rtol=1e-6, atol=1e-9, err_msg=name)
    first = first_stage(Curved(before), stages, tolerance=1e-10)
    several = newton_full(first, after, stages, [ALPHA, 2.0], DECAY, tolerance=1e-10)
    np.testing.assert_allclose(several.scores[0], found["full"], rtol=1e-6, atol=1e-9)
    share = carried.norm(dim=0) / asked.norm(dim=0)
    np.testing.assert_allclose(several.survives[0], share.detach().numpy(), rtol=1e-6)


def test_without_proximity_the_gradient_survives_outside_the_range_of_the_matrix():
    """α(G + α)⁻¹ v tends to the part of v in the null space of G; float64, the rest is below α/Λ."""
    before, after, stages = world()
    values, vectors = torch.linalg.eigh(matrix(after, stages.tuning, 0.0))
    null = vectors[:, values < 1e-9]
    assert 0 < null.shape[1] < len(values)
    asked = gradients(after, stages.queries).T
    first = first_stage(Curved(before), stages, tolerance=1e-8)
    found = newton_full(first, after, stages, [1e-7], DECAY, tolerance=1e-8).survives[0]
    expected = (null.T @ asked).norm(dim=0) / asked.norm(dim=0)
    np.testing.assert_allclose(found, expected.detach().numpy(), atol=0.02)


def test_without_a_change_of_parameters_a_strong_proximity_makes_all_single_stage():
    """α/(Λ + α) is 1 but for Λ/α, with Λ below 10."""
    before, _, stages = world()
    found = newton_ablations(before, before, stages, 1e9, DECAY, STRONG, tolerance=1e-10)
    for name in ("no_tuned", "single_tuned", "single_pretrained"):
        np.testing.assert_allclose(found["full"], found[name], rtol=1e-6, atol=1e-8)
