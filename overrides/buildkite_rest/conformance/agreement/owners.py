"""Teams that own tests. Others may have deleted them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from attrs import evolve

from ..._base.json_values import as_object
from ..page_items import items_of
from .differences import blank_properties
from .reading import PAGE, Read
from .relations import Get

_OWNERS: Final = "ownership_team_ids"
#: Teams with access to a suite, one of which owns a test of it.
_ENOUGH: Final = 2


def without_unknown_owners(read: Read, gets: Iterable[Get], objects: Sequence[Any]) -> Sequence[Any]:
    """Return objects without the property for their owners if none has any, unless several teams could own them.

    Args:
        read: Reads further objects.
        gets: The requests that have returned the objects, which are in test suites.
        objects: The objects.
    """
    if _OWNERS not in blank_properties(objects) or any(_teams(read, get) >= _ENOUGH for get in gets):
        return objects
    return [{name: value for name, value in as_object(each).items() if name != _OWNERS} for each in objects]


def _teams(read: Read, get: Get) -> int:
    """Return the number of teams with access to the suite of a request."""
    suite, teams = read.other("getTestSuite", get), read.other("listTeams", get, {"per_page": PAGE})
    identifier = None if suite is None else as_object(suite.body).get("id")
    return sum(
        identifier in _suites(read, evolve(get, values={**get.values, "team_uuid": str(as_object(team).get("id"))}))
        for team in items_of(None if teams is None else teams.body) or ()
    )


def _suites(read: Read, get: Get) -> Sequence[Any]:
    """Return the ids of the suites that a team has access to."""
    listed = read.other("listTeamSuites", get)
    return [as_object(each).get("suite_id") for each in items_of(None if listed is None else listed.body) or ()]
