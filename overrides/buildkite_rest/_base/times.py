"""Clocks and sleep functions, and dates: RFC 3339 in requests, HTTP dates in headers."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from .records import Record

_MINUTE: Final = timedelta(minutes=1)


async def _async_sleep(seconds: float) -> None:
    import asyncio  # noqa: PLC0415 - not needed by the blocking client

    await asyncio.sleep(seconds)


class Timing(Record, frozen=True):
    """The clocks and sleep functions of a client, which a test can replace."""

    monotonic: Callable[[], float] = time.monotonic
    """Returns seconds since an arbitrary moment."""
    sleep: Callable[[float], None] = time.sleep
    """Sleeps for a number of seconds, in `Buildkite`."""
    async_sleep: Callable[[float], Awaitable[None]] = _async_sleep
    """Sleeps for a number of seconds, in `AsyncBuildkite`."""
    now: Callable[[], float] = time.time
    """Returns seconds since 1970. Used for a response with a date in `Retry-After` but no `Date` header."""


REAL_TIME: Final = Timing()
"""The clocks and sleep functions of Python."""


def check_zone(name: str, value: datetime) -> None:
    """Raise `ValueError` if the argument `name` has no time zone, or one without an offset at that time."""
    if value.utcoffset() is None:
        raise ValueError(f"{name} has no time zone. Write datetime(…, tzinfo=UTC) or value.astimezone()")


def timestamp(name: str, value: datetime) -> str:
    """Return the argument `name` in the format of RFC 3339.

    RFC 3339 does not allow seconds in an offset. A time with such an offset is converted to UTC.

    Raises:
        ValueError: It has no time zone, or is outside the years 1 to 9999 in UTC.
    """
    check_zone(name, value)
    offset = value.utcoffset()
    if offset is not None and offset % _MINUTE:
        try:
            value = value.astimezone(UTC)
        except OverflowError:
            raise ValueError(f"{name} is outside the years 1 to 9999 in UTC") from None
    return value.isoformat().replace("+00:00", "Z")


def http_date(text: str | None) -> float | None:
    """Return an HTTP date in seconds since 1970, or None if it is missing or invalid."""
    if text is None:
        return None
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - few responses need it

    try:
        date = parsedate_to_datetime(text)
        # An HTTP date is in GMT, even if it does not name the zone.
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
