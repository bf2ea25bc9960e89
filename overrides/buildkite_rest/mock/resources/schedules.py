"""Pipeline schedules and their cron lines: the named intervals, and crontab fields with Buildkite's extensions."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from itertools import pairwise
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


_VALUE = r"-?\d{1,4}|[a-z]+"
_PART = re.compile(
    rf"(?:\*|(?P<first>{_VALUE})(?:-(?P<last>{_VALUE}))?)(?:/(?P<step>\d{{1,4}}))?"
    r"(?:%(?P<modulo>\d{1,4})(?:\+(?P<offset>\d{1,4}))?)?",
    re.ASCII,
)
_WEEKDAYS = {name: number for number, name in enumerate(["sun", "mon", "tue", "wed", "thu", "fri", "sat"])}
#: Day from which weeks are counted for a modulo.
_FIRST_DAY = date(2019, 1, 1)


class InvalidCronlineError(ValueError):
    """An invalid cron line. The message is a predicate: "has an unknown time zone"."""


@attrs.frozen
class Part:
    """A range of numbers with a step, between two commas of a field. Negative ones count from the end of a month."""

    first: int
    last: int
    step: int = 1
    modulo: int = 1
    offset: int = 0

    def numbers(self, low: int, high: int) -> list[int]:
        """Return the numbers. A range wraps around after the highest, but not if it ends with a month."""
        first, last = (number if number >= 0 else high + 1 + number for number in (self.first, self.last))
        if first <= last:
            return list(range(first, last + 1, self.step))
        return [] if self.last < 0 else [*range(first, high + 1), *range(low, last + 1)][:: self.step]


def _parts(text: str, low: int, high: int, names: Mapping[str, int], *, takes: str = "") -> tuple[Part, ...]:
    """Parse a field. It `takes` numbers from the end if that has a `-`, and a modulo if it has a `%`."""

    def value(word: str) -> int:
        number = names[word] if word in names else None if word.isalpha() else int(word)
        if number is None or not (low <= number <= high or ("-" in takes and -high <= number < 0)):
            raise InvalidCronlineError("is not a valid interval")
        return number

    parts: list[Part] = []
    for item in text.split(","):
        match = _PART.fullmatch(item)
        if match is None or (match["modulo"] is not None and "%" not in takes):
            raise InvalidCronlineError("is not a valid interval")
        step, modulo, offset = (int(match[name] or default) for name, default in _NUMBERS)
        if not step or not modulo:
            raise InvalidCronlineError("is not a valid interval")
        first = low if match["first"] is None else value(match["first"])
        last = high if match["first"] is None or match["step"] else first
        parts.append(Part(first, value(match["last"]) if match["last"] else last, step, modulo, offset))
    return tuple(parts)


#: Numbers in a part, and their defaults.
_NUMBERS = (("step", 1), ("modulo", 1), ("offset", 0))


def _numbers(text: str, low: int, high: int, names: Mapping[str, int]) -> set[int]:
    return {number for part in _parts(text, low, high, names) for number in part.numbers(low, high)}


_NAMED = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
}
_MONTHS = {
    name: number
    for number, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1
    )
}
_OFFSET = re.compile(r"([+-])(0\d|1[0-4]):([0-5]\d)", re.ASCII)
_FIELDS = 5
_LONGEST = 255
#: Shortest interval between builds of a schedule.
_SHORTEST_INTERVAL = 10
#: Days to search for the next build: a leap day can take eight years.
_SEARCH_DAYS = 9 * 366


@attrs.frozen
class Cron:
    """A parsed cron line: minutes of the day on matching days. `days` and `weekdays` are None for every day."""

    minutes: tuple[int, ...]
    days: tuple[Part, ...] | None
    months: frozenset[int]
    weekdays: tuple[Part, ...] | None
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
        length = monthrange(day.year, day.month)[1]
        weekday, week = day.isoweekday() % 7, (day - _FIRST_DAY).days // 7 + 1
        matches = [any(day.day in part.numbers(1, length) for part in self.days)] if self.days is not None else []
        if self.weekdays is not None:
            parts = (part for part in self.weekdays if (week - part.offset) % part.modulo == 0)
            matches.append(any(weekday in {number % 7 for number in part.numbers(0, 6)} for part in parts))
        return day.month in self.months and (any(matches) or not matches)

    def _moments(self, day: date) -> Iterator[float]:
        """Yield the times on a day, without those that daylight saving time skips."""
        for minute in self.minutes:
            local_time = datetime.combine(day, time(*divmod(minute, 60)), self.zone)
            moment = local_time.timestamp()
            if datetime.fromtimestamp(moment, self.zone).replace(tzinfo=None) == local_time.replace(tzinfo=None):
                yield moment


@lru_cache(maxsize=1 << 10)
def parse_cronline(line: str) -> Cron:
    """Parse a line, or raise `InvalidCronlineError`."""
    words = _NAMED.get(line.strip(), line).split()
    if len(line) > _LONGEST or len(words) not in {_FIELDS, _FIELDS + 1}:
        raise InvalidCronlineError("is not a valid interval")
    minute, hour, day, month, weekday = (word.lower() for word in words[:_FIELDS])
    hours, minutes = _numbers(hour, 0, 23, {}), _numbers(minute, 0, 59, {})
    cron = Cron(
        minutes=tuple(60 * first + second for first in sorted(hours) for second in sorted(minutes)),
        days=None if day == "*" else _parts(day, 1, 31, {"l": -1, "last": -1}, takes="-"),
        months=frozenset(_numbers(month, 1, 12, _MONTHS)),
        weekdays=None if weekday == "*" else _parts(weekday, 0, 7, _WEEKDAYS, takes="%"),
        zone=_zone(words[_FIELDS]) if len(words) > _FIELDS else UTC,
    )
    if any(second - first < _SHORTEST_INTERVAL for first, second in pairwise(cron.minutes)):
        raise InvalidCronlineError(f"must not be more frequent than every {_SHORTEST_INTERVAL} minutes")
    return cron


def _zone(name: str) -> tzinfo:
    offset = _OFFSET.fullmatch(name)
    if offset is not None:
        distance = timedelta(hours=int(offset[2]), minutes=int(offset[3]))
        return timezone(-distance if offset[1] == "-" else distance)
    try:
        return ZoneInfo(name)
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
