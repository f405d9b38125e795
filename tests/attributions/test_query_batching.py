import pytest
import torch

from influence_lab.attributions.kronfluence_stages import (
    aggregate_lambda,
    eigendecompose,
    fit_covariance,
    fit_lambda,
    pairwise_scores,
)
from influence_lab.attributions.language_factors import read_factors
from influence_lab.attributions.language_task import LanguageTask
from influence_lab.attributions.low_rank import scores_by_rank
from influence_lab.attributions.query_batching import WatchedTask, repetitions, watched_scores
from influence_lab.attributions.token_gradients import token_gradients
from tests.attributions.tiny_llama import QUERIES, TEXTS, tiny_llama

pytestmark = pytest.mark.filterwarnings("ignore:.*GradScaler:FutureWarning")  # kronfluence 1.0.1 under torch 2.13


class GivenLabels(LanguageTask):
    """Labels of the texts where others are sampled: nothing then depends on how the texts are partitioned."""

    def compute_train_loss(self, batch, model, sample=False):
        return super().compute_train_loss(batch, model)


def fit(folder, partitions):
    tail, layers, texts, _ = tiny_llama()
    task = GivenLabels(layers)
    covariances, lambdas = ([folder / f"{stage}_{part}" for part in range(partitions)] for stage in "cl")
    for part, target in enumerate(covariances):
        fit_covariance(tail, task, texts, target, part, partitions)
    eigendecompose(tail, task, covariances, folder / "eigen", torch.float64)
    for part, target in enumerate(lambdas):
        fit_lambda(tail, task, texts, folder / "eigen", target, part, partitions)
    aggregate_lambda(tail, task, folder / "eigen", lambdas, folder / "factors")
    return folder / "factors"


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    return fit(tmp_path_factory.mktemp("one"), 1)


def test_two_partitions_give_the_factors_and_scores_of_one(one, tmp_path):
    """Sums over texts in another order: 1e-8 of the largest leaves room for the eigenvectors of close eigenvalues."""
    tail, layers, texts, queries = tiny_llama()
    two = fit(tmp_path, 2)
    for name, factors in read_factors(one).items():
        other = read_factors(two)[name]
        torch.testing.assert_close(other.ekfac.matrix(), factors.ekfac.matrix(), rtol=1e-8, atol=1e-10)
    task = LanguageTask(layers)
    whole = pairwise_scores(tail, task, queries, texts, one)
    parts = [pairwise_scores(tail, task, queries, texts, two, part, 2) for part in range(2)]
    for name, scores in whole.items():
        together = torch.cat([part[name] for part in parts], dim=1)
        torch.testing.assert_close(together, scores, rtol=1e-5, atol=1e-6 * float(scores.abs().max()))  # float32


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
    """Its scores are in single precision: 1e-5 of the largest leaves room for sums over tokens and layers."""
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
