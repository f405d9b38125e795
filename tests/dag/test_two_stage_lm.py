"""The language model's second stage in the smoke run."""

import numpy as np
import pytest

from influence_lab.artifacts import read_arrays, read_facts, read_table
from influence_lab.attributions.two_stage_names import VARIANTS
from influence_lab.evaluations.two_stage_costs import ratios

pytestmark = pytest.mark.dag


def test_fine_tuning_learns_its_answers(smoke):
    losses = read_arrays(smoke.path / "results/models/language_tuning_losses.npz")
    assert losses["tuning_tuned"].mean() < losses["tuning_pretrained"].mean()
    facts = read_facts(smoke.path / "results/models/language_tuning.json")
    assert facts["moved"] > 0


def test_every_variant_scores_every_text_and_no_two_are_alike(smoke):
    results = smoke.path / "results"
    questions = read_table(results / "data/language_questions.parquet")
    texts = read_table(results / "data/chemistry.parquet")
    found = read_arrays(results / "attributions/language_two_stage.npz")
    shape = (questions["split"].eq("query").sum(), texts["split"].eq("train").sum())
    assert all(found[name].shape == shape and np.isfinite(found[name]).all() for name in VARIANTS)
    variants = np.stack([found[name].ravel() for name in VARIANTS])
    assert (np.abs(np.corrcoef(variants) - np.eye(len(VARIANTS))) < 1 - 1e-9).all()


def test_more_of_the_directions_are_decided_where_alpha_is_weak(smoke):
    found = read_arrays(smoke.path / "results/attributions/language_two_stage.npz")
    order = np.argsort(found["alphas"])
    assert (np.diff(found["decided"][order]) < 0).all()
    assert found["decided"].max() < found["directions"]


def test_a_second_stage_costs_more_than_none(smoke):
    table = ratios(read_table(smoke.path / "results/attributions/language_two_stage_cost.parquet"))
    assert (table["seconds"] > 1).all()
    assert len(table) == 1


def test_labels_are_drawn_more_than_once_in_one_fit(smoke):
    table = read_table(smoke.path / "results/attributions/language_two_stage_cost.parquet")
    second = table[table["part"] == "second factors"].set_index("way")
    assert (second[["trace", "decided"]] > 0).all(axis=None)
    assert list(second.index) == ["two", "draws"]
