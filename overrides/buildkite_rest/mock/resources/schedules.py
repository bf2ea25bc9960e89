"""Pipeline schedules and their cron lines: the named intervals, and crontab fields with a time zone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from itertools import pairwise, product
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import attrs

from .. import lookup
from ..clock import iso_or_none
from ..http.call import Call
from ..http.errors import validation_failed
from ..http.routing import Routes
from ..ids import Kind
from ..lookup import pipeline_url
from ..undo import stored
from ..values import Json, strings
from .resource import Resource, Values, field, shown
from .users import User

if TYPE_CHECKING:
    from .pipelines import Pipeline


_VALUE = r"\d{1,2}|[a-z]{3}"
_PART = re.compile(rf"(?:\*|(?P<first>{_VALUE})(?:-(?P<last>{_VALUE}))?)(?:/(?P<step>[1-9]\d?))?", re.ASCII)
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_MONTHS = ("", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
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
#: Days to search for the next build: a leap day can take eight years.
_SEARCH_DAYS = 9 * 366


class InvalidCronlineError(ValueError):
    """An invalid cron line. The message is a predicate: "has an unknown time zone"."""


def _numbers(text: str, low: int, high: int, names: Sequence[str] = ()) -> frozenset[int]:
    """Parse a field."""
    numbers: set[int] = set()
    for part in text.split(","):
        match = _PART.fullmatch(part)
        if match is None:
            raise InvalidCronlineError("is not a valid interval")
        first = low if match["first"] is None else _number(match["first"], names)
        last = high if match["first"] is None or match["step"] else first
        last = _number(match["last"], names) if match["last"] else last
        if not low <= first <= last <= high:
            raise InvalidCronlineError("is not a valid interval")
        numbers.update(range(first, last + 1, int(match["step"] or 1)))
    return frozenset(numbers)


def _number(word: str, names: Sequence[str]) -> int:
    if word.isdigit():
        return int(word)
    return names.index(word) if word in names else -1


@attrs.frozen
class Cron:
    """A parsed cron line: minutes of the day on matching days. `days` and `weekdays` are None for every day."""

    minutes: tuple[int, ...]
    #: Days of the month. 0 is the last one.
    days: frozenset[int] | None
    months: frozenset[int]
    #: Days of the week. 7 is Sunday.
    weekdays: frozenset[int] | None
    zone: tzinfo

    def next_after(self, now: float) -> float | None:
        """Return the first match after a time, or None if there is none within nine years."""
        today = datetime.fromtimestamp(now, self.zone).date()
        for day in (today + timedelta(days=number) for number in range(_SEARCH_DAYS)):
            if self._falls_on(day):
                following = next((moment for moment in self._moments(day) if moment > now), None)
                if following is not None:
                    return following
        return None

    def _falls_on(self, day: date) -> bool:
        """Return whether a day matches. If days of month and of week are both given, one of them is enough."""
        matches = [] if self.days is None else [day.day in self.days or (0 in self.days and _is_last(day))]
        matches += [] if self.weekdays is None else [day.isoweekday() in self.weekdays]
        return day.month in self.months and (any(matches) or not matches)

    def _moments(self, day: date) -> Iterator[float]:
        """Yield the times on a day, without those that daylight saving time skips."""
        for minute in self.minutes:
            local_time = datetime.combine(day, time(*divmod(minute, 60)), self.zone)
            moment = local_time.timestamp()
            if datetime.fromtimestamp(moment, self.zone).replace(tzinfo=None) == local_time.replace(tzinfo=None):
                yield moment


def _is_last(day: date) -> bool:
    return (day + timedelta(days=1)).day == 1


@lru_cache(maxsize=1 << 10)
def parse_cronline(line: str) -> Cron:
    """Parse a line, or raise `InvalidCronlineError`."""
    match _NAMED.get(line.strip(), line).lower().split():
        case [minute, hour, day, month, weekday, *zone] if len(zone) <= 1:
            times = product(sorted(_numbers(hour, 0, 23)), sorted(_numbers(minute, 0, 59)))
            cron = Cron(
                minutes=tuple(60 * hours + minutes for hours, minutes in times),
                days=None if day == "*" else frozenset({0}) if day == "l" else _numbers(day, 1, 31),
                months=_numbers(month, 1, 12, _MONTHS),
                weekdays=None if weekday == "*" else frozenset(day or 7 for day in _numbers(weekday, 0, 7, _WEEKDAYS)),
                zone=_zone(line.rsplit(maxsplit=1)[-1]) if zone else UTC,
            )
        case _:
            raise InvalidCronlineError("is not a valid interval")
    if any(second - first < _SHORTEST_INTERVAL for first, second in pairwise(cron.minutes)):
        raise InvalidCronlineError(f"must not be more frequent than every {_SHORTEST_INTERVAL} minutes")
    return cron


def _zone(name: str) -> tzinfo:
    try:
        return datetime.strptime(name, "%z").tzinfo or UTC if name[0] in "+-" else ZoneInfo(name)
    except (LookupError, OSError, ValueError) as error:
        raise InvalidCronlineError("has an unknown time zone") from error


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
