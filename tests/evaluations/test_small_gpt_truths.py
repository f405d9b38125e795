import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from influence_lab.data.small_corpus import corpus_arrays, small_corpus
from influence_lab.evaluations.small_gpt_truths import leave_one_out_truth, leave_out_truth, subset_truth
from influence_lab.models.small_gpt_experiment import small_gpt_experiment
from tests.models.small_gpt_cases import VALUES, small_experiment

EXPERIMENT = small_experiment(steps=8)
N = len(EXPERIMENT.texts)


def test_leaving_out_one_text_is_leaving_out_a_group_of_one():
    single = leave_one_out_truth(EXPERIMENT, 0, 4)
    assert len(set(single["removed"].tolist())) == 4
    groups = leave_out_truth(EXPERIMENT, 0, [[row] for row in single["removed"].tolist()])
    assert_array_equal(groups["outputs"], single["outputs"])
    assert_array_equal(groups["base"], single["base"])
    assert single["gradient_norms"].shape == (5,)


def test_all_texts_are_left_out_where_more_are_asked_for():
    assert_array_equal(leave_one_out_truth(EXPERIMENT, 0, 1000)["removed"], np.arange(N))


def test_removed_texts_and_subsets_are_the_same_for_each_seed_and_outputs_are_not():
    one, other = (leave_one_out_truth(EXPERIMENT, seed, 3) for seed in (0, 1))
    assert_array_equal(one["removed"], other["removed"])
    assert not np.allclose(one["outputs"], other["outputs"], rtol=1e-3)
    one, other = (subset_truth(EXPERIMENT, seed, 0.5, 3) for seed in (0, 1))
    assert_array_equal(one["masks"], other["masks"])
    assert not np.allclose(one["outputs"], other["outputs"], rtol=1e-3)


def test_a_subset_is_the_corpus_without_the_rest():
    subsets = subset_truth(EXPERIMENT, 0, 0.5, 2)
    assert (subsets["masks"].sum(axis=1) == round(N / 2)).all()
    rest = [np.flatnonzero(mask == 0).tolist() for mask in subsets["masks"]]
    assert_allclose(leave_out_truth(EXPERIMENT, 0, rest)["outputs"], subsets["outputs"], rtol=1e-4)


@pytest.mark.parametrize("seed", [0, 1])
def test_a_fact_is_learnt_and_lost_without_the_texts_that_carry_it(seed):
    """What a query measures falls by nats when its carriers go, and by less when as many other texts go."""
    table = small_corpus(seed=0, compounds=8, statements=3, misled=1, properties=2, elements=2, new=3)
    experiment = small_gpt_experiment(corpus_arrays(table), VALUES | {"width": 32, "heads": 4, "steps": 150})
    train, query = (table[table["split"] == split].reset_index(drop=True) for split in ("train", "query"))
    compound = train[train["kind"] == "direct"]["carries"].iloc[0]
    carriers = np.flatnonzero(train["carries"] == compound)
    others = np.flatnonzero(train["compound"] != compound)[: len(carriers)]
    asked = int(np.flatnonzero(query["carries"] == compound)[0])
    truth = leave_out_truth(experiment, seed, [carriers.tolist(), others.tolist()])
    effects = truth["outputs"][:, asked] - truth["base"][asked]
    assert truth["base"][asked] > -1  # three tokens; by chance among twelve elements it would be below -5
    assert effects[0] < -2
    assert abs(effects[1]) < 0.5
