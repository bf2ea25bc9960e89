"""Pipelines and their steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import attrs

if TYPE_CHECKING:
    from .accounts import Organization, User
    from .builds import Build
    from .schedules import PipelineSchedule

StepType = Literal["script", "waiter", "manual", "trigger"]
#: Plugins with their settings: a list of maps with one entry, in the order in which they run, or the older single map.
Plugins: TypeAlias = Sequence[Mapping[str, Any]] | Mapping[str, Any]


@attrs.frozen(kw_only=True)
class Trigger:
    """The build that a trigger step starts."""

    pipeline: str
    branch: str | None = None
    commit: str | None = None
    message: str | None = None
    asynchronous: bool = False


@attrs.frozen(kw_only=True, eq=False)
class Step:
    """One step of a pipeline. A parallel step gives several jobs."""

    type: StepType
    id: str = ""
    key: str | None = None
    name: str | None = None
    command: str | None = None
    artifact_paths: str | None = None
    branch_configuration: str | None = None
    env: Mapping[str, str] = attrs.field(factory=dict[str, str])
    timeout_in_minutes: int | None = None
    agent_query_rules: tuple[str, ...] = ()
    concurrency: int | None = None
    parallelism: int | None = None
    matrix: tuple[Mapping[str, str], ...] = ()
    group_key: str | None = None
    plugins: Plugins | None = None
    soft_fail: bool = False
    retry_after_passing: bool = False
    trigger: Trigger | None = None
    signature: Mapping[str, Any] | None = None


@attrs.define(kw_only=True, eq=False)
class Pipeline:
    """A pipeline, and the builds that were made from it."""

    id: str
    organization: Organization
    slug: str
    name: str
    repository: str
    created_at: float
    created_by: User | None = None
    description: str | None = None
    configuration: str | None = None
    steps: tuple[Step, ...] = ()
    env: Mapping[str, str] | None = None
    cluster_id: str | None = None
    pipeline_template_uuid: str | None = None
    default_branch: str = "main"
    branch_configuration: str | None = None
    skip_queued_branch_builds: bool = False
    skip_queued_branch_builds_filter: str | None = None
    cancel_running_branch_builds: bool = False
    cancel_running_branch_builds_filter: str | None = None
    allow_rebuilds: bool = True
    default_timeout_in_minutes: int | None = None
    maximum_timeout_in_minutes: int | None = None
    clone_mirror_url: str | None = None
    visibility: str = "private"
    tags: tuple[str, ...] | None = None
    emoji: str | None = None
    color: str | None = None
    provider_id: str = "github"
    provider_settings: dict[str, Any] = attrs.field(factory=dict[str, Any])
    archived_at: float | None = None
    webhook_created: bool = False
    webhooks_disabled_at: float | None = None
    webhooks_disabled_by: str | None = None
    builds: dict[int, Build] = attrs.field(factory=dict[int, "Build"], repr=False)
    next_number: int = 1
    schedules: dict[str, PipelineSchedule] = attrs.field(factory=dict[str, "PipelineSchedule"], repr=False)

    def managed_by(self, user: User) -> bool:
        """Tell whether a user has full access: an administrator, a team that has it, or anybody where teams are off."""
        if self.organization.administered_by(user) or not self.organization.teams_enabled:
            return True
        teams = [team for team in self.organization.teams.values() if user.id in team.members]
        accesses = [team.pipelines[self.id] for team in teams if self.id in team.pipelines]
        return any(access.access_level == "manage_build_and_read" for access in accesses)
