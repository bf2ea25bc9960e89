"""What an organization sends notifications to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import attrs

if TYPE_CHECKING:
    from .accounts import Organization, User

#: States of builds and jobs that a service may tell about, and whether it does unless somebody says otherwise.
BUILD_STATES = {
    "build_passed": True,
    "build_fixed": True,
    "build_failed": True,
    "build_blocked": False,
    "build_canceled": False,
    "build_failing": False,
    "job_activated": False,
}


@attrs.define(kw_only=True, eq=False)
class NotificationService:
    """Something that notifications are sent to. One that has broken sends no more until it is enabled again."""

    id: str
    provider: str
    description: str | None
    created_at: float
    created_by: User | None
    state: Literal["enabled", "disabled", "broken"] = "enabled"
    scope: str = "all"
    scope_uuids: tuple[str, ...] = ()
    branch_configuration: str = ""
    build_states: dict[str, bool] = attrs.field(factory=lambda: dict(BUILD_STATES))
    #: All settings as they were sent, secrets too.
    settings: dict[str, Any] = attrs.field(factory=dict[str, Any], repr=False)
    #: Whether it was connected in a browser, so that its address cannot be changed.
    connected_in_browser: bool = False


def selectable(organization: Organization, scope: str) -> frozenset[str]:
    """Return the ids of what a scope may speak of."""
    match scope:
        case "some_projects":
            return frozenset(pipeline.id for pipeline in organization.pipelines.values())
        case "some_teams":
            return frozenset(organization.teams)
        case "some_clusters":
            return frozenset(organization.clusters)
        case _:
            return frozenset()
