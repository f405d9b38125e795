import pytest
import torch

from influence_lab.attributions.kronfluence_stages import pairwise_scores
from influence_lab.attributions.language_factors import read_factors
from influence_lab.attributions.language_task import LanguageTask
from influence_lab.attributions.low_rank import scores_by_rank
from influence_lab.attributions.query_batching import WatchedTask, repetitions, watched_scores
from influence_lab.attributions.token_gradients import token_gradients
from tests.attributions.language_cases import fitted
from tests.attributions.tiny_llama import QUERIES, TEXTS, tiny_llama

pytestmark = pytest.mark.filterwarnings("ignore:.*GradScaler:FutureWarning")  # kronfluence 1.0.1 under torch 2.13


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    tail, layers, texts, _ = tiny_llama()
    return fitted(tmp_path_factory.mktemp("one"), tail, layers, texts)


@pytest.mark.parametrize(("at_once", "passes"), [(QUERIES, 1), (1, QUERIES)])
def test_each_batch_of_queries_pays_one_pass_over_the_texts(one, at_once, passes):
    tail, layers, texts, queries = tiny_llama()
    task = WatchedTask(layers)
    pairwise_scores(tail, task, queries, texts, one, queries_at_once=at_once)
    assert repetitions(task) == [passes] * TEXTS
    assert task.held == at_once  # the queries' gradients, while the texts stream past
    assert task.held_now() == 0


@pytest.mark.parametrize("rank", [1, 5, 15])
def test_kronfluence_cuts_to_the_rank_that_we_cut_to(one, rank):
    """Its singular values are in single precision: 1e-5 of the largest leaves room for sums over tokens and layers."""
    tail, layers, texts, queries = tiny_llama()
    theirs = pairwise_scores(tail, LanguageTask(layers), queries, texts, one, rank=rank, full_svd=True)
    train, asked = (token_gradients(tail, layers, data) for data in (texts, queries))
    ours = scores_by_rank(asked, train, read_factors(one), list(range(QUERIES)), [rank])["scores"][0]
    total = sum(theirs.values()).to(ours.dtype)
    torch.testing.assert_close(total, ours, rtol=0, atol=1e-5 * float(ours.abs().max()))


def test_what_was_watched_is_told_for_all_queries_at_once_and_one_by_one(one):
    tail, layers, texts, queries = tiny_llama()
    facts, scores = watched_scores(tail, list(layers), queries, texts, one, rank=15)
    together, single = facts["batches"]
    assert (together["held"], together["passes"]) == (QUERIES, [1, 1])
    assert (single["held"], single["passes"]) == (1, [QUERIES, QUERIES])
    assert together["held_after"] == single["held_after"] == 0
    assert scores.shape == (QUERIES, TEXTS)
