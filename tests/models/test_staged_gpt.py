import numpy as np
import pytest
import torch
from torch.func import grad
from torch.testing import assert_close

from influence_lab.models.small_gpt_stack import stack, text_log_probabilities
from influence_lab.models.staged_gpt import rows_about
from tests.models.small_gpt_cases import TABLE, staged_case

ALPHA, BETA = 0.4, 0.3


@pytest.fixture(scope="module")
def gpt():
    return staged_case()


def test_the_texts_are_those_about_the_compounds_of_the_questions(gpt):
    assert [len(part) for part in (gpt.texts, gpt.tuning, gpt.preferred, gpt.refused, gpt.queries)] == [6, 2, 2, 2, 1]
    train = TABLE[TABLE["split"] == "train"]
    rows = rows_about(train, ["salt", "water"], 2)
    assert train["compound"].iloc[rows].tolist() == ["salt"] * 2 + ["water"] * 2


def test_log_p_is_that_of_the_stacked_models(gpt):
    found = gpt.log_p(gpt.start, gpt.texts)
    expected = text_log_probabilities(gpt.model, stack([dict(gpt.model.named_parameters())]), gpt.texts)[0]
    assert_close(found, expected.detach())


def test_the_first_two_stages_do_not_read_the_one_before_but_through_the_proximity(gpt):
    vector = torch.ones_like(gpt.start)
    for stage in (gpt.pretraining(ALPHA), gpt.fine_tuning(ALPHA)):
        assert_close(stage.coupling(gpt.start, 1.1 * gpt.start)(vector), ALPHA * vector)


def test_dpo_starts_at_log_2_and_couples_by_its_closed_form(gpt):
    r"""$C = \alpha I + \beta^2\,\sigma(\beta m)\sigma(-\beta m)\,\nabla\Delta(\theta)\nabla\Delta(\theta_-)^\top$."""
    stage = gpt.preference(ALPHA, BETA)
    assert float(stage.objective(gpt.start, gpt.start)) == pytest.approx(np.log(2), abs=1e-14)
    theta = gpt.start + 0.1 * torch.sin(torch.arange(len(gpt.start), dtype=torch.float64))

    def lead(values, pair):
        pick = slice(pair, pair + 1)
        return (gpt.log_p(values, gpt.preferred[pick]) - gpt.log_p(values, gpt.refused[pick]))[0]

    C = ALPHA * torch.eye(len(theta), dtype=torch.float64)
    for pair in range(2):
        m = lead(theta, pair) - lead(gpt.start, pair)
        share = BETA**2 * torch.sigmoid(BETA * m) * torch.sigmoid(-BETA * m) / 2
        C += share * torch.outer(*(grad(lead)(values, pair) for values in (theta, gpt.start)))
    vector = torch.cos(theta)
    assert_close(stage.coupling(theta, gpt.start)(vector), C.T @ vector)
