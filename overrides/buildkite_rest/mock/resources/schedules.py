"""Pipeline schedules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs

from .. import lookup
from ..backend import DAY, Backend
from ..clock import iso, iso_or_none
from ..http.call import Call
from ..http.collection import Collection
from ..http.errors import validation_failed
from ..http.routing import Routes
from ..ids import Kind, graphql_id
from ..rendering import RenderContext
from ..undo import stored
from ..values import Json, strings
from .cron import InvalidCronlineError, parse_cronline
from .users import User, user_json_or_none

if TYPE_CHECKING:
    from .pipelines.pipeline import Pipeline


@stored
class PipelineSchedule:
    """A schedule of a pipeline, with the attributes of its builds."""

    id: str
    pipeline: Pipeline
    cronline: str
    label: str | None = None
    message: str | None = None
    commit: str
    branch: str
    env: Mapping[str, str] = attrs.field(factory=dict[str, str])
    enabled: bool = True
    failed_message: str | None = None
    failed_at: float | None = None
    created_at: float
    created_by: User | None = None

    def enable(self, *, enabled: bool) -> None:
        """Enable or disable the schedule. Enabling it clears its last failure."""
        if enabled and not self.enabled:
            self.failed_message = self.failed_at = None
        self.enabled = enabled

    def next_build_at(self, now: float) -> float | None:
        """Return the time of the next build, or None if there is none."""
        builds = self.enabled and self.pipeline.archived_at is None
        return parse_cronline(self.cronline).next_after(now) if builds else None


def schedule_json(context: RenderContext, schedule: PipelineSchedule, now: float) -> Json:
    """Return a schedule as JSON, with the time of its next build."""
    pipeline_url = context.pipeline_url(schedule.pipeline)
    return {
        "id": schedule.id,
        "graphql_id": graphql_id("PipelineSchedule", schedule.id),
        "url": f"{pipeline_url}/schedules/{schedule.id}",
        "label": schedule.label,
        "cronline": schedule.cronline,
        "message": schedule.message,
        "commit": schedule.commit,
        "branch": schedule.branch,
        "env": dict(schedule.env),
        "enabled": schedule.enabled,
        "next_build_at": iso_or_none(schedule.next_build_at(now)),
        "failed_message": schedule.failed_message,
        "failed_at": iso_or_none(schedule.failed_at),
        "created_at": iso(schedule.created_at),
        "created_by": user_json_or_none(schedule.created_by),
        "pipeline": {"id": schedule.pipeline.id, "slug": schedule.pipeline.slug, "url": pipeline_url},
    }


routes = Routes()
_HEAD = "HEAD"
_schedules = Collection(
    noun="pipeline schedule",
    path=f"{lookup.PIPELINE}/schedules",
    key="schedule_id",
    objects=lambda call: lookup.pipeline(call).schedules,
    render=lambda call, schedule: schedule_json(lookup.render_context(call), schedule, call.now),
)
_schedules.add_list_route(routes, scope="read_pipelines", select=lambda _, schedules: schedules[::-1])
_schedules.add_read_route(routes, scope="read_pipelines")
_schedules.add_delete_route(routes, scope="write_pipelines")


@_schedules.add_create_route(routes, scope="write_pipelines")
def create_pipeline_schedule(call: Call) -> tuple[str, PipelineSchedule]:
    """Create a schedule, by default for `HEAD` of the default branch."""
    _check_schedule(call)
    pipeline = lookup.pipeline(call)
    schedule = PipelineSchedule(
        id=call.backend.new_id(Kind.SCHEDULE),
        pipeline=pipeline,
        cronline=call.body["cronline"],
        label=call.body.get("label"),
        message=call.body.get("message"),
        commit=call.body.get("commit") or _HEAD,
        branch=call.body.get("branch") or pipeline.default_branch,
        env=strings(call.body.get("env")),
        enabled=call.body.get("enabled", True),
        created_at=call.now,
        created_by=call.token.user,
    )
    return schedule.id, schedule


@_schedules.add_update_route(routes, "PUT", scope="write_pipelines", alias_methods=("PATCH",))
def update_pipeline_schedule(call: Call, schedule: PipelineSchedule) -> None:
    _check_schedule(call)
    defaults = {"commit": _HEAD, "branch": schedule.pipeline.default_branch}
    for name in ("cronline", "label", "message", "commit", "branch"):
        if name in call.body:
            setattr(schedule, name, call.body[name] or defaults.get(name, call.body[name]))
    if "env" in call.body:
        schedule.env = strings(call.body["env"])
    if "enabled" in call.body:
        schedule.enable(enabled=call.body["enabled"])


def _check_schedule(call: Call) -> None:
    """Raise 422 if the pipeline is archived or the cron line is invalid."""
    if lookup.pipeline(call).archived_at is not None:
        raise validation_failed("Archived pipelines are read-only")
    if "cronline" not in call.body:
        return
    try:
        cron = parse_cronline(call.body["cronline"])
    except InvalidCronlineError as error:
        raise validation_failed(f"Cronline {error}") from error
    if cron.next_after(call.now) is None:
        raise validation_failed("Cronline never matches a date")


_SEEDED_SCHEDULES: dict[str, tuple[dict[str, Any], ...]] = {
    "web": (
        {"label": "Weekdays", "cronline": "30 6 * * mon-fri Europe/Berlin", "message": "Morning", "env": {"A": "1"}},
        {"label": "Weekly", "cronline": "@weekly", "enabled": False},
        {"label": "Month's end", "cronline": "0 22 L * * -05:00", "commit": "4f2d1e"},
        {
            "label": "Old release",
            "cronline": "0 3 * * *",
            "branch": "release/0.9",
            "enabled": False,
            "failed_message": "There is no branch release/0.9",
        },
    ),
    "nightly": ({"cronline": "@daily", "message": "Nightly"},),
    "upkeep": ({"label": "Vacuum", "cronline": "0 4 * * sun%2+1"}, {"label": "Hourly", "cronline": "@hourly"}),
    "legacy": ({"label": "Archived", "cronline": "@monthly"},),
}


def add_schedules(backend: Backend) -> None:
    """Add schedules to some pipelines of `acme`."""
    acme = backend.organizations["acme"]
    for slug, schedules in _SEEDED_SCHEDULES.items():
        pipeline = acme.pipelines[slug]
        for number, values in enumerate(schedules):
            attributes: dict[str, Any] = {"commit": "HEAD", "branch": pipeline.default_branch, **values}
            if "failed_message" in values:
                attributes["failed_at"] = backend.epoch - 5 * DAY
            schedule = PipelineSchedule(
                id=backend.new_id(Kind.SCHEDULE),
                pipeline=pipeline,
                created_at=backend.epoch - (200 - number) * DAY,
                created_by=pipeline.created_by,
                **attributes,
            )
            pipeline.schedules[schedule.id] = schedule
