import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from influence_lab.attributions.language_factors import LayerFactors
from influence_lab.attributions.selection_scores import (
    RETRIEVAL,
    STRATEGIES,
    carriers,
    single_stage_scores,
    text_gradient_norms,
)
from influence_lab.attributions.small_gpt_scores import attributed_layers, fit_factors
from influence_lab.attributions.token_gradients import token_gradients
from influence_lab.attributions.two_stage_ekfac import two_stage_scores
from influence_lab.curvature.ekfac import EigenFactors
from influence_lab.data.selection_pool import question_sequences, selection_world, text_sequences
from influence_lab.data.sequence_dataset import SequenceDataset
from influence_lab.evaluations.data_selection import Selection
from influence_lab.evaluations.selection_choices import GROUPS, NOTHING, POOL, REMOVED, SUMMED
from influence_lab.models.selection_stages import selection_stages
from influence_lab.models.small_gpt_stack import text_log_probabilities, token_log_probabilities

SMALL_GPT = {"width": 8, "heads": 2, "layers": 1, "steps": 10, "learning_rate": 0.02}
VALUES = {
    "base_weight_decay": 0.01,
    "first_steps": 8,
    "first_alpha": 0.05,
    "second_steps": 4,
    "second_alpha": 1.0,
    "reference_steps": 40,
    "learning_rate": 0.01,
}
WORLD = selection_world(0, 2, 1)
pytestmark = pytest.mark.filterwarnings("ignore")  # kronfluence's, of PyTorch's names


@pytest.fixture(scope="module")
def selection():
    return Selection(WORLD, selection_stages(SMALL_GPT, VALUES), seed=0)


def test_a_choice_of_everything_is_the_whole_pool(selection):
    """Choosing all n texts is training on the pool: sums in float32, in another order."""
    n = len(WORLD.pool)
    table = selection.choices([n]).set_index("strategy")
    scores = table.loc[list(STRATEGIES), "score"].to_numpy()
    assert_allclose(scores, np.full(len(scores), table.loc[POOL, "score"]), atol=2e-4)
    assert len(table) == 2 + len(STRATEGIES) + len(SUMMED)
    assert table.loc[NOTHING, "budget"] == 0
    assert (table.loc[POOL, list(GROUPS)].sum()) == n
    assert (table.loc[list(STRATEGIES), "covered"] == 1.0).all()


def test_the_oracle_takes_carriers_first(selection):
    table = selection.choices([4]).set_index(["strategy", "rule"])
    assert table.loc[("oracle", "turns"), "carriers"] == 4
    assert carriers(WORLD).sum(axis=1).tolist() == [5.0, 5.0]


def test_removing_nothing_changes_nothing(selection):
    falls = selection.removals(0, draws=2)
    assert_allclose(falls["fall"], 0.0, atol=2e-4)  # float32
    assert falls["strategy"].tolist() == [*REMOVED, "random", "random"]


def test_the_reference_is_nearer_to_rest_than_a_fine_tuning(selection):
    facts = selection.facts().iloc[0]
    assert facts["first_norm"] < facts["tuned_norm"]
    assert facts["second_norm"] < facts["first_norm"]  # α₂ ≫ α₁


def test_removals_and_the_pool_are_reckoned_alike(selection):
    """Without all but the text of least influence, the predicted fall lacks that text's share of the pool's."""
    facts, n = selection.facts().iloc[0], len(WORLD.pool)
    row = selection.removals(n - 1, draws=1).iloc[0]
    least = selection.scores.scores["ekfac"].mean(axis=0).min() / n
    assert_allclose(row["predicted_ekfac"], facts["predicted_ekfac"] - least, rtol=1e-4)


def test_text_gradients_are_those_of_the_linear_layers(selection):
    """Against autograd, for one text."""
    model = selection.stages.model(selection.base)
    one = selection.pool[np.array([3])]
    trained = [part for layer in attributed_layers(model, "").values() for part in layer.parameters()]
    for part in trained:
        part.requires_grad_(True)
    log_p = token_log_probabilities(model(torch.from_numpy(one.inputs)), torch.from_numpy(one.targets))
    gradients = torch.autograd.grad(-(log_p * torch.from_numpy(one.weights)).sum(), trained)
    expected = torch.stack([gradient.square().sum() for gradient in gradients]).sum().sqrt()
    assert_allclose(text_gradient_norms(model, one), [expected.item()], rtol=1e-4)


def test_strategies_cost_what_they_need(selection):
    """Each one's seconds hold those of what it is built on; retrieval needs no gradient."""
    seconds = {name: cost.seconds for name, cost in selection.scores.costs.items()}
    assert seconds["cosine"] < seconds["ekfac"] < seconds["two_stage"]
    assert max(seconds[name] for name in RETRIEVAL) < seconds["ekfac"]


def test_answers_are_log_probabilities_and_all_their_tokens(selection):
    stages, scored = selection.stages, question_sequences(WORLD.scored, end=False)
    log_p, right = stages.answers(selection.base, scored)
    expected = text_log_probabilities(stages.model(selection.base), selection.base, scored)
    assert_allclose(log_p, expected.detach().numpy(), rtol=1e-5)
    assert not (right & (log_p < 3 * np.log(1 / 61))).any()  # the most probable token has p of 1/61 or more


def test_without_curvature_or_a_second_stage_two_stages_are_one():
    """With no curvature in stage two, α₂ (0 + α₂)⁻¹ = 1 and what is left is stage one's formula."""
    stages = selection_stages(SMALL_GPT, VALUES)
    texts = text_sequences(WORLD.pool["text"].tolist()[:12])
    model = stages.model(stages.base_model(texts, 0))
    layers = attributed_layers(model, "")
    data = SequenceDataset(torch.from_numpy(texts.inputs), texts)
    tokens, (factors, _) = token_gradients(model, layers, data), fit_factors(model, layers, data, 0)
    flat = {name: LayerFactors(_flat(layer.ekfac), _flat(layer.kfac)) for name, layer in factors.items()}
    one = single_stage_scores(tokens, tokens, factors, damping=0.05)
    two = two_stage_scores(tokens, tokens, flat, factors, 3.0, 0.0, 0.05).numpy()
    assert_allclose(two, one, rtol=1e-4, atol=1e-5 * np.abs(one).max())
    assert_allclose(one, one.T, rtol=1e-3, atol=1e-4 * np.abs(one).max())
    assert (one.diagonal() > 0).all()


def _flat(factors: EigenFactors) -> EigenFactors:
    return EigenFactors(factors.a_basis, factors.s_basis, torch.zeros_like(factors.eigenvalues))
