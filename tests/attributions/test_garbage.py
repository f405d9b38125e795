import gc
import weakref

import pytest

from influence_lab.attributions.garbage import apart_from_older_objects


class Ring:
    """Refers to itself, so that only a collection removes it."""

    def __init__(self):
        self.itself = self


@pytest.fixture(autouse=True)
def no_collection_of_its_own():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def test_garbage_of_the_work_is_collected_and_older_garbage_left_for_later():
    older = weakref.ref(Ring())

    @apart_from_older_objects
    def work():
        made = weakref.ref(Ring())
        gc.collect()
        assert made() is None
        return weakref.ref(Ring())

    assert work()() is None
    assert older() is not None
    gc.collect()
    assert older() is None


def test_after_an_error_nothing_stays_frozen():
    @apart_from_older_objects
    def work():
        raise ValueError("an error")

    with pytest.raises(ValueError, match="an error"):
        work()
    assert gc.get_freeze_count() == 0
