import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from influence_lab.attributions.functioning_groups import unit
from influence_lab.attributions.head_influence import influence_features, whitening
from influence_lab.attributions.influence_partition import cohesion, objective_share
from influence_lab.evaluations.image_components import components, explained, extremes
from influence_lab.evaluations.image_head import Heads
from influence_lab.evaluations.image_partition import partition_arrays
from influence_lab.evaluations.intervals import jackknife_interval
from influence_lab.evaluations.partition_agreement import agreement, agreement_table, partners, purity, within
from influence_lab.evaluations.partition_removals import controls, removal, removal_table, trained
from influence_lab.evaluations.partition_summaries import (
    felt,
    log_correlation,
    objective_table,
    over_starts,
    ratio,
)
from influence_lab.evaluations.similar_images import nearest, similarity_table
from influence_lab.models.head_refit import refit
from influence_lab.models.softmax_head import SoftmaxHead

RNG = np.random.default_rng(0)
N, D, CLASSES = 60, 3, 3
FEATURES = np.column_stack([RNG.normal(size=(N, D)), np.ones(N)])
TRUTH = RNG.normal(size=(CLASSES, D + 1))
LABELS = np.array([RNG.choice(CLASSES, p=np.exp(z) / np.exp(z).sum()) for z in FEATURES @ TRUTH.T])
DECAY = 1e-3
START = SoftmaxHead(FEATURES, np.zeros((N, CLASSES)), LABELS)
HEAD = START.at(refit(START, DECAY).theta)
PHI = influence_features(HEAD, whitening(HEAD.hessian(), 1e-10), np.float64)
SECTION = {
    "seed": 0,
    "counts": [3, 5],
    "groups": 5,
    "restarts": 3,
    "steps": 5,
    "final_steps": 3,
    "start_images": 30,
    "subsets": 2,
    "subset_images": 20,
    "subset_groups": 4,
    "queries": 6,
    "nearest": 4,
    "components": 2,
    "pictures": 4,
}
IMAGES = {"cutoff": 1e-10, "damping": 1e-3, "principal_directions": 2}


def test_one_group_of_all_images_holds_nothing_at_an_optimum():
    head = START.at(refit(START, 1e-9).theta)
    Phi = influence_features(head, whitening(head.hessian(), 1e-10), np.float64)
    assert objective_share(Phi, np.zeros(N, dtype=int)) < 1e-12


def test_first_order_prediction_is_exact_in_the_limit_of_a_light_group():
    """One image out of many copies of the data: K(G, G)/n grows exact as 1/n."""
    errors = []
    for copies in (1, 10, 100):
        train = SoftmaxHead(np.tile(FEATURES, (copies, 1)), np.tile(HEAD.logits, (copies, 1)), np.tile(LABELS, copies))
        change = removal(trained(Heads(train, HEAD), DECAY), np.array([0]))
        errors.append(abs(change["measured"] / change["predicted"] - 1))
        assert abs(change["measured"] / change["newton"] - 1) < errors[-1]
    assert errors[2] < 0.02 * errors[0]


def test_removal_measures_the_losses_at_the_minimum_without_the_group():
    """That of the others alone with the decay λn/(n − #G), whose objective is the same but for a factor."""
    at, group = trained(Heads(START, START), DECAY), np.arange(7)
    rest = START.rows(np.arange(7, N))
    alone = refit(rest, DECAY * N / rest.n).theta
    change = removal(at, group)
    losses = START.at(alone).losses - HEAD.losses
    assert_allclose(change["measured"], losses[:7].sum(), rtol=1e-5)  # the refit stops at 1e-6
    assert_allclose(change["others"], losses[7:].mean(), rtol=1e-5)
    assert_allclose(change["test"], losses.mean(), rtol=1e-5)


def test_controls_have_the_size_and_one_of_them_the_labels_of_the_group():
    group = np.flatnonzero(LABELS == 1)[:5]
    made = controls(group, LABELS, np.random.default_rng(0))
    assert {len(members) for members in made.values()} == {5}
    assert (LABELS[made["same labels"]] == 1).all()
    assert all(len(np.unique(members)) == 5 for members in made.values())
    assert not np.isin(np.concatenate([made["random"], made["same labels"]]), group).any()


def test_there_is_no_control_with_the_labels_of_a_group_that_has_most_images_of_a_class():
    rarest = np.bincount(LABELS).argmin() == LABELS
    of_class = np.flatnonzero(rarest)
    half = len(of_class) // 2
    assert set(controls(of_class[:half], LABELS, RNG)["same labels"]) <= set(of_class[half:])
    assert set(controls(of_class[: len(of_class) - half + 1], LABELS, RNG)) == {"functioning", "random"}
    table = removal_table(Heads(START, START), rarest.astype(int), 2, DECAY, 0)
    assert set(table["kind"]) == {"functioning", "random"}
    assert felt(table).empty


def test_groups_are_compared_only_where_every_effect_is_positive():
    kinds, effect = ["functioning", "random", "same labels"] * 2, [3.0, 1.0, 2.0, 3.0, -1e-18, 2.0]
    table = pd.DataFrame(
        {"group": [4] * 3 + [7] * 3, "kind": kinds, "measured": effect, "predicted": 1.0, "newton": 2.0}
    )
    (row,) = felt(table).reset_index().to_dict("records")
    assert (row["group"], row["measured"], row["same labels"], row["random"]) == (4, 3.0, 2.0, 1.0)


def test_moments_are_one_where_the_empirical_fisher_is_the_hessian():
    """Labels drawn from the model in their exact proportions: (1/n)ΦᵀΦ = I, and mean self-influence is the rank."""
    probabilities = HEAD.probabilities
    residuals = probabilities[:, None, :] - np.eye(CLASSES)  # (n, label, K)
    gradients = (residuals[..., None] * FEATURES[:, None, None, :]).reshape(N * CLASSES, -1)
    white = whitening(HEAD.hessian(), 1e-10)
    weighted = np.sqrt(probabilities.reshape(-1, 1)) * (gradients @ white.factor) * np.sqrt(CLASSES)
    found = components(weighted, 2)
    assert_allclose(found.moments, np.ones(white.rank), rtol=1e-8)
    assert_allclose((weighted**2).sum() / len(weighted), white.rank, rtol=1e-8)


def test_component_ends_are_the_largest_and_smallest_coordinates():
    found = components(PHI, 2)
    top, bottom = extremes(found.scores, 3)
    for place in range(2):
        ordered = np.sort(found.scores[:, place])
        assert_allclose(found.scores[top[place], place], ordered[::-1][:3])
        assert_allclose(found.scores[bottom[place], place], ordered[:3])
    assert_allclose(found.shares, (found.scores**2).sum(axis=0) / (PHI**2).sum(), rtol=1e-10)


def test_a_component_that_is_a_residual_is_explained_by_it_alone():
    shares = explained(HEAD.residuals[:, :1], LABELS, HEAD.predictions, HEAD.residuals, FEATURES)
    assert_allclose(shares["residual"], 1, atol=1e-10)
    assert shares["feature"] < 1
    assert shares["label"] <= shares["pair"] + 1e-12


def test_nearest_leaves_the_query_out_and_orders_by_similarity():
    queries = np.array([3, 8])
    product = nearest(PHI, queries, 5, "product")
    distance = nearest(PHI, queries, 5, "distance")
    for place, query in enumerate(queries):
        assert query not in product[place]
        others = np.delete(np.arange(N), query)
        assert_array_equal(product[place], others[np.argsort(-(PHI[others] @ PHI[query]))][:5])
        assert_array_equal(distance[place], others[np.argsort(((PHI[others] - PHI[query]) ** 2).sum(axis=1))][:5])


def test_the_same_answers_overlap_completely_and_unit_rows_make_product_and_distance_equal():
    queries, rows = np.arange(4), unit(PHI)
    found = {by: nearest(rows, queries, 5, by) for by in ("product", "distance")}
    table = similarity_table(found, queries, LABELS, HEAD.predictions)
    assert_allclose(table["overlap_product"], 1)
    assert_allclose(table["overlap_distance"], 1)
    assert (table["same_pair"] <= table[["same_label", "same_prediction"]].min(axis=1)).all()


def test_agreement_ignores_the_names_of_groups():
    groups = np.arange(N) % 4
    renamed = np.array([2, 3, 0, 1])[groups]
    assert_allclose(agreement(groups, renamed), 1)
    assert_allclose(within(groups, renamed, np.arange(N) % 2, least=5), 1)
    assert np.isnan(within(groups, renamed, groups, least=N))


def test_what_parts_have_in_common_does_not_count_within_them():
    parts = np.repeat([0, 1], N // 2)
    rng = np.random.default_rng(1)
    first, second = (parts * 2 + rng.integers(2, size=N) for _ in range(2))
    assert agreement(first, second) > 0.2
    assert abs(within(first, second, parts, least=5)) < 0.15  # about 0 ± 2/30


def test_purity_is_one_for_labels_and_the_commonest_class_for_one_group():
    assert purity(LABELS, LABELS) == 1
    assert purity(np.zeros(N, dtype=int), LABELS) == np.bincount(LABELS).max() / N


def test_partners_are_another_seed_and_another_model():
    runs = [("cnn", 0), ("cnn", 1), ("resnet", 0)]
    assert partners(runs[0], runs) == {"other seed": ("cnn", 1), "other model": ("resnet", 0)}
    assert partners(runs[2], runs) == {"other model": ("cnn", 0)}


@pytest.fixture(scope="module")
def arrays():
    return partition_arrays(HEAD, SECTION, IMAGES)


def test_the_artifact_holds_the_shares_of_its_own_partitions(arrays):
    Phi = PHI.astype(np.float32)
    for restart, groups in enumerate(arrays["groups_raw_5"].astype(int)):
        assert_allclose(arrays["share_raw_raw_5"][restart], objective_share(Phi, groups), rtol=1e-4)
    assert_allclose(arrays["cohesion_cosine"], cohesion(PHI, arrays["groups_cosine_5"][0].astype(int), 5), rtol=1e-4)


def test_central_images_are_members_of_their_group(arrays):
    groups = arrays["groups_cosine_5"][0]
    for number, central in enumerate(arrays["central_cosine"]):
        assert (groups[central[central >= 0]] == number).all()
        assert (central >= 0).sum() == min(4, (groups == number).sum())


def test_table_and_curves_are_of_all_partitions(arrays):
    table = agreement_table({("cnn", 0): arrays, ("cnn", 1): arrays}, [3, 5], 5, N, 0)
    same = table.query("measure == 'ami other seed' and kind == 'cosine' and k == 5")
    assert_allclose(same["value"], 1)  # the other seed is the same run
    assert np.isfinite(over_starts(table, "cosine", 5, "ami labels", "cnn", 0)).all()
    assert np.isnan(over_starts(table, "cosine", 5, "ami other model", "cnn", 0)).all()
    assert objective_table(arrays, "cosine", [3, 5])["k"].tolist() == [3, 5]


def test_more_images_in_a_subset_than_there_are_is_refused():
    with pytest.raises(ValueError, match="lower subset_images"):
        partition_arrays(HEAD, SECTION | {"subset_images": N + 1}, IMAGES)


def test_log_correlation_is_one_for_any_power_law():
    x = np.linspace(1, 5, 9)
    assert_allclose(log_correlation(np.column_stack([x, 3 * x**2.5])), 1)


def test_interval_of_the_agreement_between_starts_is_the_jackknife_over_starts():
    pairs = RNG.random((5, 5))
    pairs = pairs + pairs.T
    place = {"kind": "raw", "k": 5, "measure": "ami restart", "model": "cnn", "seed": 0}
    table = pd.DataFrame([place | {"value": np.delete(pairs[start], start).mean()} for start in range(5)])

    def mean_pair(kept):
        return pairs[np.ix_(kept, kept)][np.triu_indices(len(kept), 1)].mean()

    expected = jackknife_interval(mean_pair, np.arange(5))
    assert_allclose(over_starts(table, "raw", 5, "ami restart", "cnn", 0), expected, rtol=1e-10)


def test_interval_of_a_ratio_is_the_spread_of_ratios():
    draws = RNG.normal([[0.5], [0.8]], [[0.01], [0.02]], (2, 100_000))
    assert_allclose(ratio((0.5, 0.01), (0.8, 0.02))[1], (draws[0] / draws[1]).std(), rtol=0.02)  # 1 % by chance
