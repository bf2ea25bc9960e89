"""Nearly all planted bugs are found, and the first failure names the operation at fault."""

import pytest
from tests.conformance.bugs import all_bugs
from tests.conformance.bugs.run import find
from tests.conformance.bugs.table import KINDS

FOUND = 0.93
NAMED = 0.9
LEAST = {"bodies": 100, "lists": 90, "state": 110, "headers": 80, "errors": 90, "access": 70}
"""Bugs of each kind."""


def test_each_bug_has_a_name_of_its_own_and_all_kinds_have_many() -> None:
    bugs = all_bugs()

    assert len({each.name for each in bugs}) == len(bugs)
    assert {kind for kind in KINDS if sum(each.kind == kind for each in bugs) < LEAST[kind]} == set()


@pytest.mark.exhaustive
@pytest.mark.timeout(7200)
def test_nearly_all_bugs_are_found() -> None:
    results = find(all_bugs())
    found = [each for each in results if each.is_found]

    assert len(found) >= FOUND * len(results), [each.bug.name for each in results if not each.is_found]
    assert sum(each.is_named for each in found) >= NAMED * len(found)
