"""Finds what belongs to a test suite by its path, or answers 404."""

from __future__ import annotations

from ..engine.call import Call
from ..errors import NotFoundError
from ..world.executions import Run
from ..world.runs import find_run
from ..world.suites import Test
from .test_suites import SUITE, suites

RUN = f"{SUITE}/runs/{{run_id}}"
TESTS = f"{SUITE}/tests"
TEST = f"{TESTS}/{{test_id}}"


def run(call: Call) -> Run:
    """Find the run in the path."""
    found = find_run(call.world, suites.find(call), call.params["run_id"])
    if found is None:
        raise NotFoundError("No run found")
    return found


def test(call: Call) -> Test:
    """Find the test in the path."""
    found = suites.find(call).tests.get(call.params["test_id"].lower())
    if found is None:
        raise NotFoundError("No test found")
    return found
