"""The runner finds bugs that its authors had not seen when they wrote it.

A sample is run here; `make conformance-deep` runs all.
"""

from __future__ import annotations

import pytest
from tests.conformance.planted.missed import MISSED
from tests.conformance.planted.mutant import Mutants, client, is_visible
from tests.conformance.planted.run import load, run_all

SETS = ("first_set", "second_set")
#: One in so many mutants is run.
STEP = 12
MINIMUM = 60
"""Mutants per set."""

pytestmark = [pytest.mark.exhaustive, pytest.mark.timeout(1500)]


@pytest.mark.parametrize("name", SETS)
def test_a_client_can_see_each_bug(name: str) -> None:
    mutants = load(name)

    assert [mutant.name for mutant in mutants.values() if not is_visible(mutant)] == []
    assert len(mutants) >= MINIMUM


@pytest.mark.parametrize("name", SETS)
def test_a_sample_of_the_bugs_is_found(name: str) -> None:
    sample = [each for each in list(load(name))[::STEP] if each not in MISSED[name]]

    assert [result.mutant.name for result in run_all(name, sample) if not result.is_found] == []


@pytest.mark.parametrize("name", SETS)
def test_at_least_95_percent_are_found(name: str) -> None:
    """`missed.py` names the others. `make conformance-deep` compares it with a run."""
    mutants = load(name)

    assert MISSED[name].keys() <= mutants.keys()
    assert len(MISSED[name]) <= 0.05 * len(mutants)


def test_a_bug_without_effect_is_not_visible() -> None:
    mutants = Mutants()

    @mutants.plant("bodies", operations="getUser", title="none", source="none", witness=lambda http: None)
    async def none(server, request):  # type: ignore[no-untyped-def]
        return await server.call(request)

    assert not is_visible(mutants["none"])
    with client(None) as http:
        assert http.get("/v2/user").status_code == 200
