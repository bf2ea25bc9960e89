"""Pipeline schedules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from .. import lookup
from ..clock import iso_or_none
from ..http.call import Call
from ..http.errors import validation_failed
from ..http.routing import Routes
from ..ids import Kind
from ..rendering import pipeline_url
from ..undo import stored
from ..values import Json, strings
from .cron import InvalidCronlineError, parse_cronline
from .resource import Resource, Values, field, shown
from .users import User

if TYPE_CHECKING:
    from .pipelines.pipeline import Pipeline


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

    @shown
    def next_build_at(self, call: Call) -> str | None:
        """Time of the next build, or None if there is none."""
        builds = self.enabled and self.owner.archived_at is None
        return iso_or_none(parse_cronline(self.cronline).next_after(call.now) if builds else None)

    @shown
    def pipeline(self, call: Call) -> Json:
        """The pipeline."""
        url = pipeline_url(call, self.owner)
        return {"id": self.owner.id, "slug": self.owner.slug, "url": url}


def _prepare(call: Call, values: Values, schedule: PipelineSchedule | None) -> None:
    """Check the cron line, and complete values. Builds are by default of `HEAD` of the default branch."""
    pipeline = lookup.pipeline(call)
    if pipeline.archived_at is not None:
        raise validation_failed("Archived pipelines are read-only")
    if "cronline" in values:
        try:
            cron = parse_cronline(values["cronline"])
        except InvalidCronlineError as error:
            raise validation_failed(f"Cronline {error}") from error
        if cron.next_after(call.now) is None:
            raise validation_failed("Cronline never matches a date")
    if schedule is None:
        values |= {"owner": pipeline, "commit": values.get("commit"), "branch": values.get("branch")}
    elif values.get("enabled") and not schedule.enabled:
        values |= {"failed_message": None, "failed_at": None}
    for name, default in (("commit", "HEAD"), ("branch", pipeline.default_branch)):
        if name in values:
            values[name] = values[name] or default
    if "env" in values:
        values["env"] = strings(values["env"])


routes = Routes()
schedules = Resource(
    routes=routes,
    type=PipelineSchedule,
    noun="pipeline schedule",
    path=f"{lookup.PIPELINE}/schedules",
    key="schedule_id",
    id_kind=Kind.SCHEDULE,
    graphql_type="PipelineSchedule",
    objects=lambda call: lookup.pipeline(call).schedules,
    read="read_pipelines",
    write="write_pipelines",
    update_methods=("PUT", "PATCH"),
    select=lambda _, schedules: schedules[::-1],
    prepare=_prepare,
)
