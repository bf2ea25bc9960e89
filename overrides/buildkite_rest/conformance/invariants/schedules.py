"""Rules for the times of scheduled builds: they are those of the cron line, and the next ones."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .nodes import Node
from .times import time_of

#: Units that start with the next build, by the names of intervals. Other intervals are in minutes.
_INTERVALS: Final[Mapping[str, str]] = {
    "@hourly": "hour",
    **dict.fromkeys(("@daily", "@midnight", "@weekly", "@monthly", "@yearly", "@annually"), "day"),
}
#: Units of a time that are 0 at the start of a larger one.
_SMALLER: Final[Mapping[str, Sequence[str]]] = {
    "day": ("hour", "minute", "second", "microsecond"),
    "hour": ("minute", "second", "microsecond"),
    "minute": ("second", "microsecond"),
}
#: The longest time between two builds of a named interval.
_LONGEST: Final[Mapping[str, timedelta]] = {
    "@hourly": timedelta(hours=1),
    "@daily": timedelta(days=1),
    "@midnight": timedelta(days=1),
    "@weekly": timedelta(days=7),
    "@monthly": timedelta(days=31),
    "@yearly": timedelta(days=366),
    "@annually": timedelta(days=366),
}
_FIELDS: Final[Sequence[str]] = ("minute", "hour", "day", "month", "weekday")
_TOLERANCE: Final = timedelta(minutes=1)
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_NUMBERS: Final = {
    name: number for names, first in ((_MONTHS, 1), (_WEEKDAYS, 0)) for number, name in enumerate(names, first)
}
_NAME: Final = re.compile(r"[a-z]{3}")
_RANGE: Final = re.compile(r"(\*|(\d{1,2})(?:-(\d{1,2}))?)(?:/([1-9]\d?))?")


def schedule_problems(node: Node, now: datetime | None) -> Iterator[str]:
    """Check that the next build of a schedule is at a time of its cron line, and that none is skipped before it."""
    line, time = node.value.get("cronline"), time_of(node.value.get("next_build_at"))
    if not isinstance(line, str) or time is None or node.value.get("enabled") is False:
        return
    label, text = node.label("next_build_at"), node.value["next_build_at"]
    unit = _INTERVALS.get(line, "minute")
    if any(getattr(time, smaller) for smaller in _SMALLER[unit]):
        yield f"{label} is {text}, not at the start of a {unit}"
    *words, zone = line.split() if len(line.split()) > len(_FIELDS) else [*line.split(), "UTC"]
    fields: dict[str, str] = dict(zip(_FIELDS, words, strict=True)) if len(words) == len(_FIELDS) else {}
    if (local := _in_zone(time, zone)) is None:
        return
    found = {"minute": local.minute, "hour": local.hour, "day": local.day, "month": local.month}
    found["weekday"] = local.isoweekday() % 7
    either = {"day", "weekday"} if "*" not in {fields.get("day"), fields.get("weekday")} else set[str]()
    for name, field in fields.items():
        if name not in either and not _allows(name, field, found[name]):
            yield f"{label} is {text}, whose {name} is not in {line!r}"
    longest = _LONGEST.get(line) or _longest(fields)
    if now is not None and longest is not None and time - now > longest + _TOLERANCE:
        yield f"{label} is {text}, although {line!r} has an earlier time"


def _in_zone(time: datetime, name: str) -> datetime | None:
    """Return a time in the zone of a cron line, or None if the zone is unknown."""
    try:
        offset = datetime.strptime(name, "%z").tzinfo if name[0] in "+-" else None
        return time.astimezone(offset or ZoneInfo(name))
    except (ValueError, ZoneInfoNotFoundError):
        return None


def _longest(fields: Mapping[str, str]) -> timedelta | None:
    """Return the longest time between two builds of a line that is valid on each day."""
    if not fields or any(fields[name] != "*" for name in ("day", "month", "weekday")):
        return None
    # An hour is repeated or left out when the clocks change.
    return timedelta(hours=1) if fields["hour"] == "*" else timedelta(hours=25)


def _allows(name: str, field: str, number: int) -> bool:
    """Return whether a field of a cron line has a number. Other forms than numbers and ranges are not checked."""
    parts = [_RANGE.fullmatch(_NAME.sub(_number, part)) for part in field.lower().split(",")]
    return any(part is None or _contains(name, part, number) for part in parts)


def _number(name: re.Match[str]) -> str:
    return str(_NUMBERS.get(name[0], name[0]))


def _contains(name: str, part: re.Match[str], number: int) -> bool:
    whole, first, last, step = part.groups()
    if step is not None:  # days are counted from 1, or from the first of a range
        return whole != "*" or name not in {"minute", "hour"} or number % int(step) == 0
    if whole == "*":
        return True
    low = int(first)
    high = low if last is None else int(last)
    # Sunday is 0 or 7.
    return low <= number <= high or (number == 0 and high == 7) or high < low
