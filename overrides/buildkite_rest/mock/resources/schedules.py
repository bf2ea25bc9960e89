"""Pipeline schedules and their cron lines: the named intervals, and crontab fields with a time zone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from itertools import pairwise
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from .. import lookup
from ..clock import iso
from ..http.call import Call
from ..http.errors import validation_failed
from ..lookup import pipeline_url
from ..undo import stored
from ..values import strings
from .resource import Resource, Values, field
from .users import User

if TYPE_CHECKING:
    from .pipelines import Pipeline


_NAMED = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
}
#: Shortest interval between builds of a schedule.
_SHORTEST_INTERVAL = 10


def next_time(line: str, now: float) -> float:
    """Return the first time of a cron line after another time, or raise 422."""
    fields = _NAMED.get(line.strip(), line).split()
    try:
        cron = CronSim(" ".join(fields[:5]), datetime.fromtimestamp(now, _zone(" ".join(fields[5:]))))
    except (CronSimError, ValueError) as error:
        raise validation_failed("Cronline is not a valid interval") from error
    if any(second - first < _SHORTEST_INTERVAL for first, second in pairwise(sorted(cron.minutes))):
        raise validation_failed(f"Cronline must not be more frequent than every {_SHORTEST_INTERVAL} minutes")
    moment = next(cron, None)
    if moment is None:
        raise validation_failed("Cronline never matches a date")
    return moment.timestamp()


def _zone(name: str) -> tzinfo:
    try:
        return datetime.strptime(name, "%z").tzinfo or UTC if name[:1] in {"+", "-"} else ZoneInfo(name or "UTC")
    except (LookupError, OSError, ValueError) as error:
        raise validation_failed("Cronline has an unknown time zone") from error


@stored
class PipelineSchedule:
    """A schedule of a pipeline, with the attributes of its builds."""

    id: str
    owner: Pipeline = field(hidden=True)
    cronline: str = field(settable=True)
    label: str | None = field(default=None, settable=True)
    message: str | None = field(default=None, settable=True)
    commit: str = field(default="HEAD", settable=True)
    branch: str = field(settable=True)
    env: Mapping[str, str] = field(factory=dict[str, str], settable=True)
    enabled: bool = field(default=True, settable=True)
    failed_message: str | None = None
    failed_at: float | None = None
    created_at: float
    created_by: User | None = None


def _prepare(call: Call, values: Values, schedule: PipelineSchedule | None) -> None:
    """Check the cron line, and complete values. Builds are by default of `HEAD` of the default branch."""
    pipeline = lookup.pipeline(call)
    if pipeline.archived_at is not None:
        raise validation_failed("Archived pipelines are read-only")
    if "cronline" in values:
        next_time(values["cronline"], call.now)
    if schedule is None:
        values |= {"owner": pipeline, "commit": values.get("commit"), "branch": values.get("branch")}
    elif values.get("enabled") and not schedule.enabled:
        values |= {"failed_message": None, "failed_at": None}
    for name, default in (("commit", "HEAD"), ("branch", pipeline.default_branch)):
        if name in values:
            values[name] = values[name] or default
    if "env" in values:
        values["env"] = strings(values["env"])


def _next_build_at(call: Call, schedule: PipelineSchedule) -> str | None:
    """Return the time of the next build, or None if there is none."""
    builds = schedule.enabled and schedule.owner.archived_at is None
    return iso(next_time(schedule.cronline, call.now)) if builds else None


schedules = Resource(
    type=PipelineSchedule,
    computed={
        "next_build_at": _next_build_at,
        "pipeline": lambda call, item: {
            "id": item.owner.id,
            "slug": item.owner.slug,
            "url": pipeline_url(call, item.owner),
        },
    },
    path=f"{lookup.PIPELINE}/schedules",
    key="schedule_id",
    objects=lambda call: lookup.pipeline(call).schedules,
    scope="pipelines",
    update_methods=("PUT", "PATCH"),
    select=lambda _, schedules: schedules[::-1],
    prepare=_prepare,
)
