"""Bugs that strangers planted are visible. `make conformance-deep` counts those that the runner finds."""

from __future__ import annotations

import pytest
from tests.conformance.planted.missed import MISSED
from tests.conformance.planted.mutant import Mutants, client, is_visible
from tests.conformance.planted.run import load

MINIMUM = 60
"""Mutants per set."""

pytestmark = [pytest.mark.exhaustive, pytest.mark.timeout(1500)]


@pytest.mark.parametrize("name", MISSED)
def test_a_client_can_see_each_bug(name: str) -> None:
    mutants = load(name)

    assert [mutant.name for mutant in mutants.values() if not is_visible(mutant)] == []
    assert len(mutants) >= MINIMUM


@pytest.mark.parametrize("name", MISSED)
def test_only_known_bugs_are_listed_as_missed(name: str) -> None:
    assert MISSED[name] <= load(name).keys()


def test_a_bug_without_effect_is_not_visible() -> None:
    mutants = Mutants()

    @mutants.plant("bodies", operations="getUser", title="none", source="none", witness=lambda http: None)
    async def none(server, request):  # type: ignore[no-untyped-def]
        return await server.call(request)

    assert not is_visible(mutants["none"])
    with client(None) as http:
        assert http.get("/v2/user").status_code == 200
