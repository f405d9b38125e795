import numpy as np
import pytest
import torch

from influence_lab.evaluations.scoring_profile import per_token_error, profile_of
from tests.attributions.language_cases import fitted
from tests.models.language_cases import cut_model


def test_time_goes_to_whoever_spends_it():
    """Work in torch modules is the model's; a loop of this file is outside."""
    layer, inputs = torch.nn.Linear(400, 400), torch.ones(400, 400)

    def model() -> None:
        for _ in range(60):
            layer(inputs)

    def own() -> None:
        np.sort([number % 7 for number in range(1_000_000)])

    assert profile_of(model)["share_outside"] < 0.2
    assert profile_of(own)["share_outside"] > 0.9


@pytest.mark.filterwarnings("ignore:.*GradScaler:FutureWarning")  # kronfluence 1.0.1 under torch 2.13
def test_scores_by_token_sum_to_the_scores_of_texts(tmp_path):
    """A sum in another order, float64."""
    tail, layers, data = cut_model()
    fitted(tmp_path, tail, layers, data)
    assert per_token_error(tail, layers, data, data, tmp_path / "factors") < 1e-10
