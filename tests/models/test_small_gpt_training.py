import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from torch.nn import functional as F

from influence_lab.models.small_gpt import SmallGPT
from influence_lab.models.small_gpt_stack import flattened, text_log_probabilities
from influence_lab.models.small_gpt_training import Objective, train
from tests.models.small_gpt_cases import rows, small_experiment, some_weights, starts

EXPERIMENT = small_experiment()
TEXTS = EXPERIMENT.texts
N = len(TEXTS)
WEIGHTS = some_weights(3, len(TEXTS))


def plain_objective(parameters, texts, weights, documents, decay):
    """One model, text by text, with torch's own cross-entropy."""
    model = SmallGPT(EXPERIMENT.architecture).double()
    model.load_state_dict(parameters)
    total = sum(values.square().sum() for values in model.parameters()) * decay / 2
    for row, weight in enumerate(weights):
        counts = texts.weights[row] == 1
        logits = model(torch.tensor(texts.inputs[row : row + 1]))[0]
        loss = F.cross_entropy(logits[counts], torch.tensor(texts.targets[row][counts]), reduction="sum")
        total = total + weight * loss / documents
    return total, torch.cat([slope.flatten() for slope in torch.autograd.grad(total, list(model.parameters()))])


def trained(weights, starting, texts=TEXTS, documents=N, experiment=EXPERIMENT):
    return train(experiment.architecture, experiment.training, texts, weights, starting, documents)


def only(parameters, model):
    return {name: values[model : model + 1] for name, values in parameters.items()}


def assert_same(one, other, **tolerance):
    for name in one:
        assert_allclose(one[name], other[name], **tolerance)


def test_objective_and_gradient_are_those_of_plain_autograd():
    """Sums of a hundred terms in double precision."""
    parameters, documents, decay = starts(EXPERIMENT, [0, 1, 2]), 20, 0.3
    flat, by_name = flattened(parameters)
    flat.requires_grad_()
    objective = Objective(EXPERIMENT.architecture, TEXTS, WEIGHTS, documents, decay, parameters)
    value = objective(by_name(flat))
    gradient = torch.autograd.grad(value, flat)[0]
    expected = [
        plain_objective({name: v[0] for name, v in only(parameters, k).items()}, TEXTS, weights, documents, decay)
        for k, weights in enumerate(WEIGHTS)
    ]
    assert_allclose(value.item(), sum(value.item() for value, _ in expected), rtol=1e-12)
    assert_allclose(gradient, torch.stack([slope for _, slope in expected]), rtol=1e-9, atol=1e-12)


def test_the_gradient_norm_reported_is_that_at_the_end():
    end = trained(WEIGHTS, starts(EXPERIMENT, [0, 1, 2]))
    decay = EXPERIMENT.training.weight_decay
    for model, weights in enumerate(WEIGHTS):
        parameters = {name: values[0] for name, values in only(end.parameters, model).items()}
        gradient = plain_objective(parameters, TEXTS, weights, len(TEXTS), decay)[1]
        assert_allclose(end.gradient_norms[model], gradient.norm(), rtol=1e-8)


def test_models_trained_side_by_side_are_those_trained_alone():
    """Rounding of 1e-16, amplified by twelve steps of Adam."""
    together = trained(WEIGHTS, starts(EXPERIMENT, [0, 1, 2])).parameters
    for model in range(3):
        alone = trained(WEIGHTS[model : model + 1], starts(EXPERIMENT, [model])).parameters
        assert_same(only(together, model), alone, rtol=1e-8, atol=1e-10)


def test_a_text_of_weight_0_is_absent():
    """Trained without it in the data at all, with the same n in the mean."""
    weights = WEIGHTS[:1]
    left_out = trained(weights, starts(EXPERIMENT, [0])).parameters
    kept = weights[0] != 0
    assert 0 < kept.sum() < len(TEXTS)
    absent = trained(weights[:, kept], starts(EXPERIMENT, [0]), rows(TEXTS, kept)).parameters
    assert_same(left_out, absent, rtol=1e-8, atol=1e-10)


def test_the_mean_is_over_the_documents_given_not_over_those_present():
    half = trained(WEIGHTS[:1], starts(EXPERIMENT, [0]), documents=2 * len(TEXTS)).parameters
    same = trained(WEIGHTS[:1] / 2, starts(EXPERIMENT, [0])).parameters
    assert_same(half, same, rtol=1e-9, atol=1e-12)


def test_training_starts_where_it_is_told_and_leaves_its_starts_as_they_are():
    starting = starts(EXPERIMENT, [0])
    before = {name: values.clone() for name, values in starting.items()}
    end = trained(WEIGHTS[:1], starting)
    assert_same(starting, before, rtol=0)
    again = trained(WEIGHTS[:1], end.parameters, experiment=small_experiment(steps=0))
    assert_same(again.parameters, end.parameters, rtol=0)
    assert_allclose(again.gradient_norms, end.gradient_norms, rtol=1e-12)


def test_long_training_comes_to_rest():
    """Adam with a rate that falls to 0: what is left of the gradient is far below the start's."""
    experiment = small_experiment(steps=300)
    weights = np.ones((1, len(TEXTS)))
    still = small_experiment(steps=0)
    at_start = trained(weights, starts(experiment, [0]), experiment=still).gradient_norms[0]
    at_end = trained(weights, starts(experiment, [0]), experiment=experiment).gradient_norms[0]
    assert at_end < 0.05 * at_start


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_log_probabilities_are_minus_torch_s_cross_entropy(dtype):
    parameters, queries = starts(EXPERIMENT, [0, 1], dtype), EXPERIMENT.queries
    found = text_log_probabilities(SmallGPT(EXPERIMENT.architecture), parameters, queries)
    assert found.shape == (2, len(queries))
    model = SmallGPT(EXPERIMENT.architecture, seed=1).to(dtype)
    for row in range(len(queries)):
        counts = torch.tensor(queries.weights[row] == 1)
        logits = model(torch.tensor(queries.inputs[row : row + 1]))[0][counts]
        loss = F.cross_entropy(logits, torch.tensor(queries.targets[row])[counts], reduction="sum")
        assert_allclose(found[1, row], -loss.detach(), rtol=1e-5 if dtype == torch.float32 else 1e-12)
