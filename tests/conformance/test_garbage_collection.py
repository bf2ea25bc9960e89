"""A run changes the garbage collection of its process only meanwhile."""

import gc

import pytest

from buildkite_rest.conformance.garbage_collection import rare_collections


@pytest.fixture(autouse=True)
def _usual_collections():
    """Collect as usual, and then again as `tests/conftest.py` says."""
    former = gc.get_threshold()
    gc.unfreeze()
    gc.set_threshold(700, 10, 10)
    yield
    gc.set_threshold(*former)
    gc.freeze()


def test_objects_are_excluded_meanwhile():
    with rare_collections():
        assert gc.get_freeze_count() > 0
        assert gc.get_threshold() > (700, 10, 10)
    assert gc.get_freeze_count() == 0
    assert gc.get_threshold() == (700, 10, 10)


def test_objects_that_the_caller_excluded_remain_so():
    gc.freeze()
    before = gc.get_freeze_count()
    with rare_collections():
        pass
    assert gc.get_freeze_count() >= before > 0
