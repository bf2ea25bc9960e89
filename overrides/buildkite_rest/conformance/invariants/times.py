"""Rules for timestamps: the events in the life of an object are in order."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final

from .nodes import Node, is_number

#: Events in order. Any may be missing.
_ORDERS: Final = (
    ("created_at", "started_at", "finished_at"),
    ("runnable_at", "started_at"),
    ("scheduled_at", "started_at"),
    ("started_at", "failing_at", "finished_at"),
    ("started_at", "promised_exit_status_at", "finished_at"),
    ("runnable_at", "finished_at"),
    ("accepted_at", "finished_at"),
    ("attached_at", "detached_at"),
)
#: Times that are unrelated to the creation of the object that has them.
_UNRELATED: Final = frozenset({"created_at", "reset_at", "scheduled_at"})
#: Objects inside another one that begin after it.
_PARTS: Final = frozenset({"jobs"})
#: Beginnings of the names of times that may be in the future.
_PLANNED: Final = ("expires", "next_", "reset", "scheduled", "runnable", "available")
#: Difference of a time and that of the response, which is in whole seconds.
_CLOCK_TOLERANCE: Final = timedelta(minutes=1)
#: Longest time for which credentials without an id, which cannot be revoked, are valid.
_LONGEST: Final = timedelta(days=1)
#: Difference of the clocks of two machines.
_TOLERANCE: Final = timedelta(seconds=1)


def time_problems(node: Node) -> Iterator[str]:
    """Check the order of the times of an object, and of its parts."""
    times = _times(node)
    reported: set[str] = set()
    for order in _ORDERS:
        for earlier, later in pairwise([name for name in order if name in times]):
            if times[later] < times[earlier] and later not in reported:
                reported.add(later)
                yield f"{node.label(later)} is before {earlier}: {node.value[later]} < {node.value[earlier]}"
    created = times.get("created_at")
    if created is None:
        return
    for name, time in times.items():
        if name not in _UNRELATED and name not in reported and time + _TOLERANCE < created:
            yield f"{node.label(name)} is before created_at: {node.value[name]} < {node.value['created_at']}"
    parent = node.parent
    outer = None if parent is None or node.name not in _PARTS else time_of(parent.value.get("created_at"))
    if parent is not None and outer is not None and created + _TOLERANCE < outer:
        label, own, other = parent.label("created_at"), node.value["created_at"], parent.value["created_at"]
        yield f"{node.label('created_at')} is before {label}: {own} < {other}"


def clock_problems(node: Node, now: datetime) -> Iterator[str]:
    """Check the times of an object against that of the response: events are over, and `timestamp` is the present."""
    for name, time in _times(node).items():
        if not name.startswith(_PLANNED) and time - now > _CLOCK_TOLERANCE:
            yield f"{node.label(name)} is in the future: {node.value[name]}"
    seconds = node.value.get("timestamp")
    if is_number(seconds) and abs(seconds - now.timestamp()) > _CLOCK_TOLERANCE.total_seconds():
        yield f"{node.label('timestamp')} is {seconds} at {now.timestamp():.0f} seconds since 1970"


def expiry_problems(node: Node, now: datetime) -> Iterator[str]:
    """Check that new credentials, which are not an object with an id, are valid, and only for a short time."""
    time = _times(node).get("expires_at")
    if time is None or "id" in node.value:
        return
    if time < now:  # both are by the clock of the server, which truncates that of the response to seconds
        yield f"{node.label('expires_at')} is in the past: {node.value['expires_at']}"
    if time > now + _LONGEST:
        yield f"{node.label('expires_at')} is more than a day ahead: {node.value['expires_at']}"


def _times(node: Node) -> dict[str, datetime]:
    times = {name: time_of(value) for name, value in node.value.items() if name.endswith("_at")}
    return {name: time for name, time in times.items() if time is not None}


def time_of(value: object) -> datetime | None:
    """Return a timestamp. Some of the API's are `2013-09-03 13:24:38 UTC`."""
    if not isinstance(value, str):
        return None
    try:
        time = datetime.fromisoformat(value.removesuffix(" UTC"))
    except ValueError:
        return None
    return time if time.tzinfo is not None else time.replace(tzinfo=UTC)
