"""Teams: who is in them, and what they may do with pipelines and test suites."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from .accounts import User
    from .pipelines import Pipeline
    from .suites import Suite

#: What the members of a team may do in it, each of which a team allows or not.
TEAM_PERMISSIONS = (
    "members_can_create_pipelines",
    "members_can_create_suites",
    "members_can_create_registries",
    "members_can_destroy_registries",
    "members_can_destroy_packages",
)


@attrs.define(kw_only=True, eq=False)
class TeamMember:
    """A user in a team."""

    user: User
    role: str
    created_at: float


@attrs.define(kw_only=True, eq=False)
class TeamPipeline:
    """The access of a team to a pipeline."""

    pipeline: Pipeline
    access_level: str
    created_at: float


@attrs.define(kw_only=True, eq=False)
class TeamSuite:
    """The access of a team to a test suite."""

    suite: Suite
    access_level: tuple[str, ...]
    created_at: float


@attrs.define(kw_only=True, eq=False)
class Team:
    """Users with the same access. Members, pipelines and suites are found by their own ids."""

    id: str
    slug: str
    name: str
    description: str | None = None
    privacy: str = "visible"
    default: bool = False
    default_member_role: str = "member"
    members_can_create_pipelines: bool = False
    members_can_create_suites: bool = False
    members_can_create_registries: bool = False
    members_can_destroy_registries: bool = False
    members_can_destroy_packages: bool = False
    created_at: float
    created_by: User | None = None
    members: dict[str, TeamMember] = attrs.field(factory=dict[str, TeamMember])
    pipelines: dict[str, TeamPipeline] = attrs.field(factory=dict[str, TeamPipeline])
    suites: dict[str, TeamSuite] = attrs.field(factory=dict[str, TeamSuite])

    def maintained_by(self, user: User) -> bool:
        """Tell whether a user is a maintainer of the team."""
        member = self.members.get(user.id)
        return member is not None and member.role == "maintainer"
