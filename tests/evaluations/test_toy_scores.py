import numpy as np
from numpy.testing import assert_allclose

from influence_lab.attributions.datamodels import lasso_datamodels
from influence_lab.attributions.toy_ensembles import disjoint_datamodels
from influence_lab.evaluations.toy_scores import chosen_average, chosen_newton, chosen_trak

RNG = np.random.default_rng(0)


def test_each_variant_is_chosen_by_its_own_models_at_their_number():
    """At 20 models TRAK's second dimension with half of the scores is best, Newton's first, and the third λ."""
    scores = RNG.normal(size=(2, 2, 3, 8))
    own = np.zeros((2, 2, 4))
    own[1, 1, 1] = own[0, 0, 0] = 1
    newton = np.zeros((2, 2, 4))
    newton[0, 1, 0] = 1
    newton[1, 1, 3] = 2  # with a threshold, which the full Newton step does not have
    models = np.array([10, 20])
    trak = {"models": models, "scores": scores, "newton": -scores, "own_scores": own, "own_newton": newton}
    place, kept, chosen = chosen_trak(trak, 20)
    assert (place, kept) == (1, 0.5)
    assert ((chosen != 0).sum(axis=1) == 4).all()
    place, chosen = chosen_newton(trak, 20)
    assert place == 0
    assert_allclose(chosen, -scores[0, 1])
    averaged = {"models": models, "scores": RNG.normal(size=(3, 2, 3, 8)), "own": np.array([[1, 0, 0], [0, 0, 1]])}
    damping, chosen = chosen_average(averaged, 20)
    assert damping == 2
    assert_allclose(chosen, averaged["scores"][2, 1])


def test_blocks_of_subsets_are_disjoint_and_what_is_left_over_is_not_used():
    masks = (RNG.random((65, 6)) < 0.5).astype(float)
    outputs = masks @ RNG.normal(size=(6, 2)) + 0.1 * RNG.normal(size=(65, 2))
    blocks = disjoint_datamodels(masks, outputs, 30)
    assert blocks.shape == (2, 2, 6)
    assert_allclose(blocks[1], lasso_datamodels(masks[30:60], outputs[30:60]).weights)
