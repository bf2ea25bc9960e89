"""The times of a schedule: the six named intervals, and crontab lines with the extensions that the API knows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import attrs

from .cron_fields import Days, Field, InvalidCronlineError, Weekdays

_NAMED = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_OFFSET = re.compile(r"([+-])(0\d|1[0-4]):([0-5]\d)", re.ASCII)
_FIELDS = 5
_LONGEST = 255
#: A schedule may not build more often than this.
_CLOSEST_MINUTES = 10
#: Days in which a schedule has to come round: a leap day can take eight years.
_FURTHEST = 9 * 366


@attrs.frozen
class Cron:
    """Times that come round: minutes of the day, on the days that fit."""

    minutes: tuple[int, ...]
    days: Days
    months: frozenset[int]
    weekdays: Weekdays
    zone: tzinfo

    def next_after(self, now: float) -> float | None:
        """Return the first of the times after a moment, or None if it would be many years from then."""
        today = datetime.fromtimestamp(now, self.zone).date()
        for day in (today + timedelta(days=number) for number in range(_FURTHEST)):
            if self._falls_on(day):
                found = next((moment for moment in self._moments(day) if moment > now), None)
                if found is not None:
                    return found
        return None

    def _falls_on(self, day: date) -> bool:
        """Tell whether a day fits. One that fits in the month or in the week does, where both are given."""
        if day.month not in self.months:
            return False
        if self.days.every:
            return self.weekdays.has(day)
        return self.days.has(day) or (not self.weekdays.every and self.weekdays.has(day))

    def _moments(self, day: date) -> Iterator[float]:
        """Tell the times on a day, without those that daylight saving time leaves out."""
        for minute in self.minutes:
            wanted = datetime.combine(day, time(*divmod(minute, 60)), self.zone)
            moment = wanted.timestamp()
            if datetime.fromtimestamp(moment, self.zone).replace(tzinfo=None) == wanted.replace(tzinfo=None):
                yield moment


@lru_cache(maxsize=1 << 10)
def parse_cronline(line: str) -> Cron:
    """Read a line, or raise InvalidCronlineError."""
    words = _NAMED.get(line.strip(), line).split()
    if len(line) > _LONGEST or len(words) not in {_FIELDS, _FIELDS + 1}:
        raise InvalidCronlineError("is not a valid interval")
    minute, hour, day, month, weekday = (word.lower() for word in words[:_FIELDS])
    hours = Field(0, 23).numbers(hour)
    minutes = Field(0, 59).numbers(minute)
    cron = Cron(
        minutes=tuple(60 * first + second for first in sorted(hours) for second in sorted(minutes)),
        days=Days.parse(day),
        months=frozenset(Field(1, 12, _numbered(_MONTHS, 1)).numbers(month)),
        weekdays=Weekdays.parse(weekday),
        zone=_zone(words[_FIELDS]) if len(words) > _FIELDS else UTC,
    )
    if any(second - first < _CLOSEST_MINUTES for first, second in pairwise(cron.minutes)):
        raise InvalidCronlineError(f"must not be more frequent than every {_CLOSEST_MINUTES} minutes")
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


def _numbered(names: tuple[str, ...], first: int) -> Mapping[str, int]:
    return {name: number for number, name in enumerate(names, first)}
