"""Test suites that teams have access to."""

from __future__ import annotations

from ..engine.call import Call
from ..engine.collection import Collection
from ..engine.routes import Routes
from ..errors import UnprocessableError
from ..render.teams import team_suite
from ..world.teams import TeamSuite
from . import lookup
from .teams import TEAM, check_maintainer, team

routes = Routes()
_suites = Collection(
    noun="team suite",
    path=f"{TEAM}/suites",
    key="suite_uuid",
    shelf=lambda call: team(call).suites,
    render=lambda call, access: team_suite(lookup.view(call), lookup.organization(call), access),
)
_suites.lists(routes, scope="read_teams")
_suites.reads(routes, scope="read_teams")
_suites.deletes(routes, scope="write_teams", before=lambda call, _: check_maintainer(call))


@_suites.creates(routes, scope="write_teams")
def create_team_suite(call: Call) -> tuple[str, TeamSuite]:
    """Give the team access to a test suite."""
    check_maintainer(call)
    wanted = call.body["suite_id"].lower()
    suite = next((one for one in lookup.organization(call).suites.values() if one.id == wanted), None)
    if suite is None:
        raise UnprocessableError("Validation failed: Suite must exist")
    if wanted in team(call).suites:
        raise UnprocessableError("Validation failed: Suite has already been taken")
    return wanted, TeamSuite(suite=suite, access_level=_access_level(call), created_at=call.now)


@_suites.updates(routes, "PATCH", scope="write_teams")
def update_team_suite(call: Call, access: TeamSuite) -> None:
    """Change what the team may do with the test suite."""
    check_maintainer(call)
    access.access_level = _access_level(call)


def _access_level(call: Call) -> tuple[str, ...]:
    """Return what the body says that the team may do, each once."""
    levels = tuple(dict.fromkeys(call.body["access_level"]))
    if not levels:
        raise UnprocessableError("Validation failed: Access level can't be blank")
    return levels
