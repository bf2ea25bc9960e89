"""Schedules of pipelines."""

from __future__ import annotations

from ..engine.call import Call
from ..engine.collection import Collection
from ..engine.routes import Routes
from ..errors import UnprocessableError
from ..ids import Kind
from ..render.schedules import pipeline_schedule
from ..world.cron import parse_cronline
from ..world.cron_fields import InvalidCronlineError
from ..world.schedules import PipelineSchedule
from ..world.steps import strings
from . import lookup

routes = Routes()
_HEAD = "HEAD"
_schedules = Collection(
    noun="pipeline schedule",
    path=f"{lookup.PIPELINE}/schedules",
    key="schedule_id",
    shelf=lambda call: lookup.pipeline(call).schedules,
    render=lambda call, schedule: pipeline_schedule(lookup.view(call), schedule, call.now),
)
_schedules.lists(routes, scope="read_pipelines", select=lambda _, schedules: schedules[::-1])
_schedules.reads(routes, scope="read_pipelines")
_schedules.deletes(routes, scope="write_pipelines")


@_schedules.creates(routes, scope="write_pipelines")
def create_pipeline_schedule(call: Call) -> tuple[str, PipelineSchedule]:
    """Create a schedule, which builds the newest commit of the default branch unless the request says otherwise."""
    _check(call)
    pipeline = lookup.pipeline(call)
    schedule = PipelineSchedule(
        id=call.world.new_id(Kind.SCHEDULE),
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


@_schedules.updates(routes, "PUT", scope="write_pipelines", alias_methods=("PATCH",))
def update_pipeline_schedule(call: Call, schedule: PipelineSchedule) -> None:
    """Change what the body names."""
    _check(call)
    defaults = {"commit": _HEAD, "branch": schedule.pipeline.default_branch}
    for name in ("cronline", "label", "message", "commit", "branch"):
        if name in call.body:
            setattr(schedule, name, call.body[name] or defaults.get(name, call.body[name]))
    if "env" in call.body:
        schedule.env = strings(call.body["env"])
    if "enabled" in call.body:
        schedule.enable(enabled=call.body["enabled"])


def _check(call: Call) -> None:
    """Refuse a schedule of an archived pipeline, and a line that tells no times."""
    if lookup.pipeline(call).archived_at is not None:
        raise UnprocessableError("Validation failed: Archived pipelines are read-only")
    if "cronline" not in call.body:
        return
    try:
        cron = parse_cronline(call.body["cronline"])
    except InvalidCronlineError as error:
        raise UnprocessableError(f"Validation failed: Cronline {error}") from error
    if cron.next_after(call.now) is None:
        raise UnprocessableError("Validation failed: Cronline never comes round")
