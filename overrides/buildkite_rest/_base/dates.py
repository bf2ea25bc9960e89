"""The dates of HTTP headers and of requests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

_MINUTE: Final = timedelta(minutes=1)


def check_zone(name: str, value: datetime) -> None:
    """Raise `ValueError` if the argument `name` has no time zone, or one that does not have an offset for it."""
    if value.utcoffset() is None:
        raise ValueError(f"{name} has no time zone; write datetime(…, tzinfo=UTC) or value.astimezone()")


def timestamp(name: str, value: datetime) -> str:
    """Return the argument `name` as text, in UTC if its offset has seconds, which RFC 3339 does not allow.

    Raises:
        ValueError: It has no time zone, or UTC has a year for it that a datetime cannot have.
    """
    check_zone(name, value)
    offset = value.utcoffset()
    if offset is not None and offset % _MINUTE:
        try:
            value = value.astimezone(UTC)
        except OverflowError:
            raise ValueError(f"{name} is outside the years 1 to 9999 in UTC") from None
    return value.isoformat()


def http_date(text: str | None) -> float | None:
    """Return the moment that a header tells, in seconds since 1970, or None when it tells none."""
    if text is None:
        return None
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - few answers have a date that matters

    try:
        told = parsedate_to_datetime(text)
        # A date of HTTP is in GMT, whether or not it says so.
        return (told if told.tzinfo else told.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
