import numpy as np
import pytest

from influence_lab.attributions.metering import Cost, metered


def test_costs_one_after_the_other_add_seconds_and_keep_the_larger_memory():
    assert Cost(1.0, 50.0).after(Cost(2.0, 30.0)) == Cost(3.0, 50.0)


def test_memory_that_is_given_back_is_seen():
    """300 MB written and freed within the work, read twenty times so that it lives longer than the interval."""

    def work() -> float:
        block = np.ones(300_000_000 // 8)
        return sum(float(block.sum()) for _ in range(20))

    _, before = metered(lambda: None)
    total, cost = metered(work)
    assert total == 20 * (300_000_000 // 8)
    assert cost.peak_mb > before.peak_mb + 250
    assert cost.seconds > 0


def test_an_error_of_the_work_comes_through():
    with pytest.raises(ZeroDivisionError):
        metered(lambda: 1 / 0)
