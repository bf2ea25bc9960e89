"""What happens to teams when organizations change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..ids import Kind
from .accounts import Organization, User
from .teams import Team, TeamMember, TeamPipeline

if TYPE_CHECKING:
    from .pipelines import Pipeline
    from .world import World


def visible_to(organization: Organization, team: Team, user: User) -> bool:
    """Tell whether a user sees a team. Only its members and administrators know of a secret one."""
    return team.privacy == "visible" or user.id in team.members or organization.administered_by(user)


def add_everyone(world: World, organization: Organization, now: float) -> None:
    """Add a team that has all members and all pipelines, so that nobody loses access."""
    everyone = Team(
        id=world.new_id(Kind.TEAM),
        slug="everyone",
        name="Everyone",
        default=True,
        members_can_create_pipelines=True,
        members_can_create_suites=True,
        members_can_create_registries=True,
        created_at=now,
    )
    for user in organization.members:
        everyone.members[user.id] = TeamMember(user=user, role="member", created_at=now)
    for pipeline in organization.pipelines.values():
        access = TeamPipeline(pipeline=pipeline, access_level="manage_build_and_read", created_at=now)
        everyone.pipelines[pipeline.id] = access
    organization.teams[everyone.id] = everyone


def give_access(pipeline: Pipeline, body: Mapping[str, Any], now: float) -> None:
    """Give the teams that a body names access to a new pipeline. Teams that nobody knows are ignored."""
    levels = {**dict.fromkeys(body.get("team_uuids", []), "manage_build_and_read"), **body.get("teams", {})}
    for team_id, level in levels.items():
        team = pipeline.organization.teams.get(team_id.lower())
        if team is not None:
            team.pipelines[pipeline.id] = TeamPipeline(pipeline=pipeline, access_level=level, created_at=now)


def remove_member(organization: Organization, user: User) -> None:
    """Remove a user from an organization and from its teams."""
    del organization.memberships[user.id]
    for team in organization.teams.values():
        team.members.pop(user.id, None)
