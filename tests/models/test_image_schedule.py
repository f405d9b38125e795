"""Steps of an image training."""

import numpy as np
import pytest

from influence_lab.models.image_schedule import Schedule

SCHEDULE = Schedule(images=23, seed=3, epochs=4, batch_size=5, learning_rate=1e-3, final_learning_rate=1e-5)


def epoch_of(schedule, epoch):
    first = epoch * schedule.steps_per_epoch
    return [schedule.rows(step) for step in range(first, first + schedule.steps_per_epoch)]


def test_every_image_comes_once_an_epoch():
    for epoch in range(SCHEDULE.epochs):
        batches = epoch_of(SCHEDULE, epoch)
        assert [len(batch) for batch in batches] == [5, 5, 5, 5, 3]
        assert sorted(np.concatenate(batches)) == list(range(23))


def test_each_epoch_and_each_seed_has_its_own_order():
    other = Schedule(23, 4, 4, 5, 1e-3, 1e-5)
    orders = [np.concatenate(epoch_of(schedule, epoch)) for schedule in (SCHEDULE, other) for epoch in range(4)]
    assert len({order.tobytes() for order in orders}) == 8


def test_batches_do_not_depend_on_the_steps_before():
    """Asked in any order, as a training that goes on from a checkpoint asks."""
    forwards = [SCHEDULE.rows(step) for step in range(SCHEDULE.steps)]
    backwards = [SCHEDULE.rows(step) for step in reversed(range(SCHEDULE.steps))][::-1]
    assert all(np.array_equal(one, other) for one, other in zip(forwards, backwards, strict=True))


def test_learning_rate_falls_geometrically_between_its_ends():
    rates = np.array([SCHEDULE.rate(step) for step in range(SCHEDULE.steps)])
    assert SCHEDULE.steps == 20
    assert rates[0] == 1e-3
    assert rates[-1] == pytest.approx(1e-5, rel=1e-14)
    assert rates[1:] / rates[:-1] == pytest.approx(0.01 ** (1 / 19), rel=1e-13)


def test_a_training_of_one_step_has_the_first_rate():
    assert Schedule(5, 0, 1, 8, 1e-3, 1e-5).rate(0) == 1e-3
