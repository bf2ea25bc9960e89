"""Mistakes are planted into the mock, and into the description that the runner takes, and the runner must find them."""

import pytest
from tests.conformance.mutants.run import MUTANTS, Found, run_all

KINDS = {"server": 40, "description": 20}
"""How many mutants there are of each kind at least."""
SHARE = 0.95
"""The part of all mutants that can be found."""

# A guard against a run that hangs. All of them take a sixth of it on an idle machine.
pytestmark = [pytest.mark.exhaustive, pytest.mark.timeout(1500)]


@pytest.fixture(scope="module")
def found() -> dict[str, Found]:
    return {result.name: result for result in run_all()}


@pytest.mark.parametrize("name", [name for name, mutant in MUTANTS.items() if mutant.check is not None])
def test_planted_bug_is_found(name: str, found: dict[str, Found]) -> None:
    result = found[name]

    assert (result.mutant.operation, result.mutant.check) in result.checks, result.out
    assert result.status == 1, result.out


@pytest.mark.parametrize("name", [name for name, mutant in MUTANTS.items() if mutant.check is None])
def test_what_cannot_be_found_is_still_not_found(name: str, found: dict[str, Found]) -> None:
    """If it is found one day, the list of what cannot be found becomes shorter."""
    assert found[name].status == 0, found[name].out
    assert found[name].mutant.why


def test_bugs_are_many_and_most_are_found() -> None:
    found = [mutant for mutant in MUTANTS.values() if mutant.check is not None]

    assert len(found) >= SHARE * len(MUTANTS)
    for kind, least in KINDS.items():
        assert len([mutant for mutant in MUTANTS.values() if mutant.kind == kind]) >= least


def test_failures_come_with_the_requests_that_show_them(found: dict[str, Found]) -> None:
    shown = found["server: there after its removal"].out

    assert "getTeam  GET " in shown
    assert "BK105 Removed is gone" in shown
    assert shown.count("curl -i") >= 3
