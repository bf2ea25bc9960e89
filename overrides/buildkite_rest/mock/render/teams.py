"""Teams, and what belongs to them, as JSON."""

from __future__ import annotations

from ..clock import iso
from ..ids import graphql_id
from ..world.accounts import Organization
from ..world.teams import TEAM_PERMISSIONS, Team, TeamMember, TeamPipeline, TeamSuite
from .accounts import user_or_none
from .view import Json, View


def team(item: Team) -> Json:
    """Write a team."""
    return {
        **team_in_short(item),
        "name": item.name,
        "description": item.description,
        "privacy": item.privacy,
        "default": item.default,
        "default_member_role": item.default_member_role,
        **{name: getattr(item, name) for name in TEAM_PERMISSIONS},
        "created_at": iso(item.created_at),
        "created_by": user_or_none(item.created_by),
    }


def team_in_short(item: Team) -> Json:
    """Write what tells which team it is."""
    return {"id": item.id, "graphql_id": graphql_id("Team", item.id), "slug": item.slug}


def team_member(member: TeamMember) -> Json:
    """Write a member of a team."""
    return {
        "user_id": member.user.id,
        "user_name": member.user.name,
        "role": member.role,
        "created_at": iso(member.created_at),
    }


def team_pipeline(view: View, access: TeamPipeline) -> Json:
    """Write the access of a team to a pipeline."""
    return {
        "pipeline_id": access.pipeline.id,
        "pipeline_url": view.pipeline_url(access.pipeline),
        "access_level": access.access_level,
        "created_at": iso(access.created_at),
    }


def team_suite(view: View, organization: Organization, access: TeamSuite) -> Json:
    """Write the access of a team to a test suite."""
    return {
        "suite_id": access.suite.id,
        "suite_url": f"{view.base_url}/v2/analytics/organizations/{organization.slug}/suites/{access.suite.slug}",
        "access_level": list(access.access_level),
        "created_at": iso(access.created_at),
    }
