"""Times in responses, and that of a response by the clock of the server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Final

#: Offsets from UTC, the first with minutes.
_OFFSETS: Final = (timedelta(hours=5, minutes=30), timedelta(hours=-3))


def server_time(headers: Mapping[str, str]) -> datetime:
    """Return the time of a response: the header `Date`, or else the time of this machine."""
    try:
        found = parsedate_to_datetime(headers.get("Date", ""))
    except ValueError:
        return datetime.now(UTC)
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def parse_time(value: object) -> datetime | None:
    """Return a time in ISO 8601, or in the form `2026-02-01 10:00:00 UTC`."""
    try:
        moment = datetime.fromisoformat(str(value).removesuffix(" UTC"))
    except ValueError:
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC)


def in_other_offsets(value: object) -> Iterator[str]:
    """Yield the same time with other offsets from UTC, or nothing for another value."""
    time = parse_time(value)
    if time is None:
        return
    for offset in _OFFSETS:
        local = time.astimezone(timezone(offset))
        yield local.isoformat(timespec="milliseconds" if local.microsecond else "seconds")


def just_after(value: object) -> Iterator[str]:
    """Yield the time a millisecond later, if a time has fractions of a second."""
    time = parse_time(value)
    if time is not None and "." in str(value):
        yield (time + timedelta(milliseconds=1)).isoformat(timespec="milliseconds")
