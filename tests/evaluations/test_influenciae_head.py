import numpy as np
from numpy.testing import assert_allclose

from influence_lab.attributions.influenciae_head import InfluenciaeHead, group_influence, keras_order
from influence_lab.evaluations.influenciae_head import STOP, influenciae_head
from tests.evaluations.test_image_head import heads


def test_influenciae_agrees_with_the_same_cut_off_and_the_same_stop():
    """Single precision: 1.2e-7 times the condition number above the cut-off, some 40 here.

    Conjugate gradient stops at a residual of 1e-3; where rounding makes one of the two stop a step earlier, they differ
    by about that much. A looser or tighter stop differs by the condition number times as much at most, as does H⁺.
    """
    found = influenciae_head(heads(), 60, 6, 30, 2, 60, seed=0)
    values = found["eigenvalues"]
    condition = values[0] / values[values > found["cutoff"] * values[0]][-1]
    scale = np.abs(found["exact_same"]).max()
    assert_allclose(found["exact"], found["exact_same"], rtol=0, atol=np.finfo(np.float32).eps * condition * scale)
    assert found["cg"].shape == (2, 30)
    assert_allclose(found["cg"], found["cg_same"], rtol=0, atol=2 * STOP * np.abs(found["cg_same"]).max())


def test_group_call_and_orders_of_parameters():
    whole = heads()
    train = whole.train
    table = np.vstack([whole.kernel, whole.bias])  # (d + 1, K), as Keras has them
    assert_allclose(table.T.ravel()[keras_order(train)], table.ravel())
    library = InfluenciaeHead(whole)
    damped = train.hessian() + 0.1 * np.eye(train.size)
    inverse = library.exact_inverse(train, damped)
    total = train.rows(slice(5)).gradients().sum(axis=0)
    expected = total @ np.linalg.solve(damped, total)
    assert_allclose(group_influence(library.calculator(train, inverse), train.rows(slice(5))), expected, rtol=1e-4)
    assert_allclose(
        library.solved(train.rows(slice(5)), inverse)[:, 0],
        np.linalg.solve(damped, train.gradients()[0])[keras_order(train)],
        rtol=1e-3,
        atol=1e-4,
    )
