import numpy as np
import pandas as pd
import pytest
import torch

from influence_lab.models.adaptation import Adaptation, adapt, losses
from influence_lab.models.language_tuning import gradient_norm, question_sequences, stage_losses, tune, weights_of
from influence_lab.models.token_losses import sequence_losses
from tests.models.language_cases import MARKED, cut_model

FREE = Adaptation(epochs=30, batch_size=100, learning_rate=1e-2, seed=0)


def how(alpha):
    return Adaptation(FREE.epochs, FREE.batch_size, FREE.learning_rate, FREE.seed, proximity=alpha)


def moved(alpha):
    tail, layers, data = cut_model()
    return tune(tail, layers, {"tuning": data}, how(alpha)).facts


def test_no_proximity_is_adaptation_bit_by_bit():
    runs = []
    for settings in (FREE, how(0.0)):
        tail, layers, data = cut_model()
        adapt(tail, layers, data, {}, settings)
        runs.append(weights_of(layers))
    assert all(np.array_equal(runs[0][name], runs[1][name]) for name in runs[0])


def test_a_stronger_proximity_keeps_the_weights_nearer():
    distances = [moved(alpha)["moved"] for alpha in (0.0, 1.0, 100.0)]
    assert distances[0] > distances[1] > distances[2] > 0


def test_the_gradient_is_that_of_the_whole_objective():
    """The mean loss plus (α/2)‖θ − θ_pt‖² written out and differentiated at once; Llama's norms are in float32."""
    tail, layers, data = cut_model()
    start = {name: layer.weight.detach() - 0.1 for name, layer in layers.items()}
    alpha = 0.7
    norm = gradient_norm(tail, layers, data, start, alpha, batch_size=2)
    apart = sum((layer.weight - start[name]).square().sum() for name, layer in layers.items())
    mean = sequence_losses(tail(data.inputs), data.targets, data.weights).mean()
    whole = torch.autograd.grad(mean + alpha / 2 * apart, [layer.weight for layer in layers.values()])
    assert norm == pytest.approx(float(torch.cat([part.flatten() for part in whole]).norm()), rel=1e-6)


def test_fine_tuning_comes_near_a_minimum():
    """A strong proximity makes the objective nearly quadratic; full batches, no noise."""
    facts = moved(10.0)
    assert facts["gradient_after"] < 0.2 * facts["gradient_before"]


def test_losses_are_those_of_each_stage():
    tail, layers, data = cut_model()
    first = weights_of(layers)
    tuned = tune(tail, layers, {"tuning": data, "other": data}, how(1.0))
    found = stage_losses(tail, layers, {"all": data}, {"first": first, "tuned": tuned.weights})
    assert found["all_tuned"].mean() < found["all_first"].mean()
    np.testing.assert_array_equal(found["all_tuned"], losses(tail, data).numpy())
    assert set(tuned.history["split"]) == {"train", "other"}


def test_answers_count_with_a_full_stop_where_they_are_learned():
    table = pd.DataFrame(
        {
            "id": ["a", "b"],
            "prompt": ["w1 w2", "w1 w2"],
            "answer": ["w3 w4", "w3 w4"],
            "split": ["tuning", "query"],
        }
    )
    found = question_sequences(MARKED, table, 32)
    assert found["tuning"].weights.sum() == 3
    assert found["query"].weights.sum() == 2
    np.testing.assert_array_equal(found["tuning"].inputs[0, :3], found["query"].inputs[0, :3])
