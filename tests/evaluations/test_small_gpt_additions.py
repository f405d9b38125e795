import numpy as np
import pytest
from numpy.testing import assert_allclose

from influence_lab.data.small_corpus import split_of
from influence_lab.evaluations.small_gpt_additions import measured_effects, predicted_effects
from influence_lab.models.small_gpt_experiment import small_gpt_model
from tests.models.small_gpt_cases import ARRAYS, small_experiment


def test_adding_a_training_text_again_is_training_with_its_weight_doubled():
    """ε = +1/n: the mean stays over the old n."""
    experiment = small_experiment()
    added = measured_effects(experiment, experiment.texts[[3]], seed=0)
    weights = np.ones((2, len(experiment.texts)))
    weights[1, 3] = 2.0
    outputs = experiment.outputs(experiment.train(weights, 0).parameters)
    assert added.shape == (len(experiment.queries), 1)
    assert_allclose(added[:, 0], outputs[1] - outputs[0], atol=2e-5)  # sums in float32, in another order


@pytest.mark.filterwarnings("ignore")  # kronfluence's, of PyTorch's names
def test_a_query_added_as_a_text_is_predicted_to_help_itself():
    """The prediction is a squared norm in the damped inverse curvature where query and text are one."""
    experiment = small_experiment()
    model = small_gpt_model(experiment.base_model(0), heads=2)
    predicted = predicted_effects(model, experiment.texts, experiment.queries, experiment.queries, seed=0)
    assert (predicted.diagonal() > 0).all()
    assert_allclose(predicted, predicted.T, rtol=1e-3, atol=1e-3 * np.abs(predicted).max())
    assert predicted_effects(model, experiment.texts, split_of(ARRAYS, "new"), experiment.queries, seed=0).shape == (
        len(experiment.queries),
        len(split_of(ARRAYS, "new")),
    )
