import numpy as np
import torch

from influence_lab.evaluations.scoring_profile import profile_of


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
