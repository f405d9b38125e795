import numpy as np
from numpy.testing import assert_allclose

from influence_lab.attributions.head_influence import influence_features, whitening
from influence_lab.attributions.weights_boundary import closed_form
from influence_lab.evaluations.boundary_flips import (
    GROUPS,
    FlipLaw,
    flip_law,
    flip_table,
    groups_around,
    minimal_logits,
    seed_images,
)
from influence_lab.evaluations.boundary_summaries import flip_gain, flip_shares
from tests.attributions.boundary_cases import head_case

HEAD, WEIGHTS = head_case(n=200)
PHI = influence_features(HEAD, whitening(HEAD.hessian(), 1e-10))
NEAREST = closed_form(HEAD.features, HEAD.logits)


def test_minimal_logits_are_those_of_the_shortest_change():
    for image in range(5):
        h, c, k = HEAD.features[image], HEAD.predictions[image], NEAREST.target[image]
        change = np.zeros_like(WEIGHTS)
        change[k], change[c] = h, -h
        change *= NEAREST.norm[image] / np.linalg.norm(change)
        assert_allclose(minimal_logits(HEAD, image), HEAD.features @ (WEIGHTS + change).T, atol=1e-12)


def test_an_image_of_the_same_prediction_is_overtaken_exactly_where_gap_is_below_gap_times_inner_product():
    """With the shortest change added to the weights by hand; images that a third class wins are no contradiction."""
    for image in range(20):
        h, c, k = HEAD.features[image], HEAD.predictions[image], NEAREST.target[image]
        law, change = flip_law(HEAD, image), np.zeros_like(WEIGHTS)
        change[k], change[c] = h, -h
        change *= NEAREST.norm[image] / np.linalg.norm(change)
        moved = HEAD.features[law.images] @ (WEIGHTS + change).T
        assert law.images.tolist() == [j for j in range(HEAD.n) if HEAD.predictions[j] == c and j != image]
        assert (law.overtaken == (moved[:, k] > moved[:, c])).all()
        assert (law.flipped == (moved.argmax(axis=1) != c)).all()
        assert law.errors == 0


def test_a_prediction_that_contradicts_the_law_is_counted():
    law = flip_law(HEAD, 0)
    assert law._replace(overtaken=~law.overtaken).errors > 0
    third = FlipLaw(*np.zeros((3, 1)), np.array([False]), np.array([True]), np.array([False]))
    assert third.errors == 0
    assert third._replace(to_target=np.array([True])).errors == 1


def test_groups_leave_their_seed_out_and_matched_images_have_the_gap_of_the_members():
    seeds = seed_images(HEAD.labels, HEAD.classes, 8, 0)
    groups = groups_around(HEAD, PHI, seeds, 5, class_draws=10, matches=3, seed=0)
    assert groups.keys() == GROUPS.keys()
    for number, image in enumerate(seeds):
        assert all(image not in members[number] for members in groups.values())
        drawn, cosine = groups["class"][number], groups["cosine"][number]
        assert (HEAD.labels[drawn] == HEAD.labels[image]).all()
        assert len(set(drawn)) == len(drawn)
        assert not np.isin(np.append(drawn, groups["matched"][number]), cosine).any()
        matched = HEAD.predictions[groups["matched"][number]].reshape(4, 3)
        assert (matched == HEAD.predictions[groups["cosine"][number]][:, None]).all()


def test_images_nearest_to_the_same_boundary_flip_first():
    """Their gaps are the smallest there are, and all inner products are positive here."""
    seeds = seed_images(HEAD.labels, HEAD.classes, 20, 0)
    groups = groups_around(HEAD, PHI, seeds, 4, class_draws=20, matches=3, seed=0)
    flips = flip_table(HEAD, PHI, seeds, groups, rate=1e-3, steps=20, norm=1.0).assign(seed=0)
    shares = flip_shares(flips).set_index(["boundary", "group"])["mean"]
    assert shares["minimal", "boundary"] >= shares["minimal", "class"]
    gain, half = flip_gain(flips, "minimal", "boundary", "class")
    assert_allclose(gain, shares["minimal", "boundary"] - shares["minimal", "class"])
    assert half > 0


def test_what_flips_is_described_among_all_images_of_the_seeds_prediction():
    """A group of every image catches all that flips, and the kinship is the difference of two means of cosines."""
    seeds = seed_images(HEAD.labels, HEAD.classes, 20, 0)
    everything = {"all": np.tile(np.arange(HEAD.n), (len(seeds), 1)), "none": seeds[:, None]}
    flips = flip_table(HEAD, PHI, seeds, everything, rate=1e-3, steps=20, norm=1.0).query("boundary == 'minimal'")
    known = flips.dropna(subset=["kinship"])
    assert len(known)
    assert (known[known["group"] == "all"][["caught", "chance"]] == 1).all(axis=None)
    assert (known[known["group"] == "none"][["caught", "chance"]] == 0).all(axis=None)
    row = known.iloc[0]
    image = int(row["image"])
    alike = (HEAD.predictions == HEAD.predictions[image]) & (np.arange(HEAD.n) != image)
    moved = minimal_logits(HEAD, image).argmax(axis=1) != HEAD.predictions
    cosine = PHI @ PHI[image] / (np.linalg.norm(PHI, axis=1) * np.linalg.norm(PHI[image]))
    assert row["flipped"] == (alike & moved).sum()
    assert_allclose(row["kinship"], cosine[alike & moved].mean() - cosine[alike & ~moved].mean(), atol=1e-5)
