from numpy.testing import assert_allclose

from influence_lab.evaluations.definition_gaps import definition_gaps
from tests.cases import LOGISTIC


def test_the_vector_points_the_wrong_way_and_the_value_does_not():
    """Central differences at ε = 0.001/n: errors of order ε², below 1e-6; a vector of the wrong sign is 2 away."""
    gaps = definition_gaps(LOGISTIC, count=4, step=0.001)
    assert max(gaps.value, gaps.negated) < 1e-5
    assert_allclose(gaps.vector, 2, rtol=1e-5)
