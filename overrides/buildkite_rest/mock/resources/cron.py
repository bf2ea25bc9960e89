"""Cron lines: the named intervals, and crontab fields with Buildkite's extensions."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import attrs

_VALUE = r"-?\d{1,4}|[a-z]+"
_PART = re.compile(
    rf"(?:\*|(?P<first>{_VALUE})(?:-(?P<last>{_VALUE}))?)(?:/(?P<step>\d{{1,4}}))?"
    r"(?:%(?P<modulo>\d{1,4})(?:\+(?P<offset>\d{1,4}))?)?",
    re.ASCII,
)
_WEEKDAYS = {name: number for number, name in enumerate(["sun", "mon", "tue", "wed", "thu", "fri", "sat"])}
#: Day from which weeks are counted for a modulo.
_FIRST_DAY = date(2019, 1, 1)
_NO_NAMES: Mapping[str, int] = {}


class InvalidCronlineError(ValueError):
    """An invalid cron line. The message is a predicate: "has an unknown time zone"."""


@attrs.frozen
class Part:
    """A range of numbers with a step, between two commas of a field."""

    first: int
    last: int
    step: int
    modulo: tuple[int, int] | None

    def numbers(self, low: int, high: int) -> list[int]:
        """Return the numbers. A range wraps around after the highest."""
        if self.first <= self.last:
            return list(range(self.first, self.last + 1, self.step))
        return [*range(self.first, high + 1), *range(low, self.last + 1)][:: self.step]


@attrs.frozen
class Field:
    """Syntax of a field: range of numbers, and names for them."""

    low: int
    high: int
    names: Mapping[str, int] = _NO_NAMES
    counts_from_end: bool = False
    takes_modulo: bool = False

    def parts(self, text: str) -> list[Part]:
        """Parse a field into ranges."""
        return [self._part(part) for part in text.split(",")]

    def numbers(self, text: str) -> set[int]:
        """Parse a field into numbers."""
        return {number for part in self.parts(text) for number in part.numbers(self.low, self.high)}

    def _part(self, text: str) -> Part:
        match = _PART.fullmatch(text)
        if match is None or (match["modulo"] is not None and not self.takes_modulo):
            raise InvalidCronlineError("is not a valid interval")
        step = int(match["step"] or 1)
        modulo = None if match["modulo"] is None else (int(match["modulo"]), int(match["offset"] or 0))
        if step == 0 or (modulo is not None and modulo[0] == 0):
            raise InvalidCronlineError("is not a valid interval")
        if match["first"] is None:
            return Part(self.low, self.high, step, modulo)
        first = self._value(match["first"])
        if match["last"] is not None:
            return Part(first, self._value(match["last"]), step, modulo)
        return Part(first, first if match["step"] is None else self.high, step, modulo)

    def _value(self, text: str) -> int:
        number = self.names.get(text)
        if number is None and not text.isalpha():
            number = int(text)
        positive = number is not None and self.low <= number <= self.high
        if number is None or not (positive or (self.counts_from_end and -self.high <= number <= -1)):
            raise InvalidCronlineError("is not a valid interval")
        return number


_DAYS = Field(1, 31, {"l": -1, "last": -1}, counts_from_end=True)
_WEEK = Field(0, 7, _WEEKDAYS, takes_modulo=True)


@attrs.frozen
class Days:
    """Days of the month. Negative numbers count from its end."""

    every: bool
    parts: tuple[Part, ...]

    @classmethod
    def parse(cls, text: str) -> Days:
        """Parse the field."""
        return cls(text == "*", tuple(_DAYS.parts(text)))

    def has(self, day: date) -> bool:
        """Return whether a day matches."""
        length = monthrange(day.year, day.month)[1]

        def counted(number: int) -> int:
            return number if number > 0 else length + 1 + number

        parts = [attrs.evolve(part, first=counted(part.first), last=counted(part.last)) for part in self.parts]
        return any(
            day.day in part.numbers(1, length)
            for part, written in zip(parts, self.parts, strict=True)
            if part.first <= part.last or written.last > 0
        )


@attrs.frozen
class Weekdays:
    """Days of the week, of every week or of every n-th week since 2019."""

    every: bool
    parts: tuple[Part, ...]

    @classmethod
    def parse(cls, text: str) -> Weekdays:
        """Parse the field. Sunday is 0 and 7."""
        return cls(text == "*", tuple(_WEEK.parts(text)))

    def has(self, day: date) -> bool:
        """Return whether a day matches."""
        weekday, week = day.isoweekday() % 7, (day - _FIRST_DAY).days // 7 + 1
        return any(
            weekday in {number % 7 for number in part.numbers(0, 6)} and _matches_modulo(week, part.modulo)
            for part in self.parts
        )


def _matches_modulo(week: int, modulo: tuple[int, int] | None) -> bool:
    return modulo is None or week % modulo[0] == modulo[1] % modulo[0]


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
    """A parsed cron line: minutes of the day on matching days."""

    minutes: tuple[int, ...]
    days: Days
    months: frozenset[int]
    weekdays: Weekdays
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
        if day.month not in self.months:
            return False
        if self.days.every:
            return self.weekdays.has(day)
        return self.days.has(day) or (not self.weekdays.every and self.weekdays.has(day))

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
    hours = Field(0, 23).numbers(hour)
    minutes = Field(0, 59).numbers(minute)
    cron = Cron(
        minutes=tuple(60 * first + second for first in sorted(hours) for second in sorted(minutes)),
        days=Days.parse(day),
        months=frozenset(Field(1, 12, _MONTHS).numbers(month)),
        weekdays=Weekdays.parse(weekday),
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
