"""The runner finds bugs that are planted into the mock server and into the spec."""

import pytest
from tests.conformance.mutants.run import MUTANTS, Found, run_all

KINDS = {"server": 40, "spec": 20}
"""Minimum number of mutants of each kind."""
SHARE = 0.95
"""Minimum share of detectable mutants."""

# Against a run that hangs. All mutants take a third of it on an idle machine.
pytestmark = [pytest.mark.exhaustive, pytest.mark.timeout(3000)]


@pytest.fixture(scope="module")
def found() -> dict[str, Found]:
    return {result.name: result for result in run_all()}


@pytest.mark.parametrize("name", [name for name, mutant in MUTANTS.items() if mutant.check is not None])
def test_planted_bug_is_found(name: str, found: dict[str, Found]) -> None:
    result = found[name]

    assert (result.mutant.operation, result.mutant.check) in result.checks, result.out
    assert result.is_right, result.out  # its exit status too


@pytest.mark.parametrize("name", [name for name, mutant in MUTANTS.items() if mutant.check is None])
def test_undetectable_bug_is_not_found(name: str, found: dict[str, Found]) -> None:
    """If the runner learns to find it, the mutant gets a check."""
    assert found[name].status == 0, found[name].out
    assert found[name].mutant.why


def test_most_bugs_are_detectable() -> None:
    found = [mutant for mutant in MUTANTS.values() if mutant.check is not None]

    assert len(found) >= SHARE * len(MUTANTS)
    for kind, least in KINDS.items():
        assert len([mutant for mutant in MUTANTS.values() if mutant.kind == kind]) >= least


def test_failures_have_the_requests_that_reproduce_them(found: dict[str, Found]) -> None:
    shown = found["server: readable after its deletion"].out

    assert "getTeam  GET " in shown
    assert "BK105 Deleted object found" in shown
    assert shown.count("curl -i") >= 3
