"""Teams of `acme`, one of them secret. `globex` has not enabled teams."""

from __future__ import annotations

from ..ids import Kind
from ..world.team_edits import add_everyone
from ..world.teams import Team, TeamMember, TeamPipeline, TeamSuite
from ..world.world import World
from .accounts import DAY, EPOCH

_TEAMS = (
    ("Frontend", "What runs in a browser", "visible", {"ada": "maintainer", "grace": "member", "juergen": "member"}),
    ("Backend", None, "secret", {"barbara": "maintainer", "edsger": "member"}),
    ("Release managers", "Those who ship", "visible", {"edsger": "maintainer", "barbara": "member"}),
)
_PIPELINES = {
    "Frontend": {"web": "manage_build_and_read", "ios": "manage_build_and_read", "docs": "build_and_read"},
    "Backend": {"api": "manage_build_and_read", "nightly": "build_and_read", "zoo": "read_only"},
    "Release managers": {"deploy": "manage_build_and_read", "ios": "read_only"},
}
_ACCESS_LEVELS = (("read",), ("read", "edit"))


def add_teams(world: World) -> None:
    """Add a team of everyone and three more."""
    acme = world.organizations["acme"]
    add_everyone(world, acme, EPOCH - 590 * DAY)
    people = {user.email.partition("@")[0]: user for user in acme.members}
    for number, (name, description, privacy, roles) in enumerate(_TEAMS):
        created_at = EPOCH - (300 - number) * DAY
        team = Team(
            id=world.new_id(Kind.TEAM),
            slug=name.lower().replace(" ", "-"),
            name=name,
            description=description,
            privacy=privacy,
            default_member_role="maintainer" if number == 1 else "member",
            members_can_create_pipelines=number == 0,
            members_can_create_suites=number == 0,
            created_at=created_at,
            created_by=people["ada"],
        )
        for person, role in roles.items():
            team.members[people[person].id] = TeamMember(user=people[person], role=role, created_at=created_at)
        for slug, level in _PIPELINES[name].items():
            pipeline = acme.pipelines[slug]
            team.pipelines[pipeline.id] = TeamPipeline(pipeline=pipeline, access_level=level, created_at=created_at)
        for index, suite in enumerate(list(acme.suites.values())[number:]):
            access_level = _ACCESS_LEVELS[(number + index) % len(_ACCESS_LEVELS)]
            team.suites[suite.id] = TeamSuite(suite=suite, access_level=access_level, created_at=created_at)
        acme.teams[team.id] = team
