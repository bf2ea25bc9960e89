"""Timestamps in bodies."""

from __future__ import annotations

from datetime import UTC, datetime


def time_of(value: object) -> datetime | None:
    """Return a timestamp. Some of the API's are `2013-09-03 13:24:38 UTC`."""
    if not isinstance(value, str):
        return None
    try:
        time = datetime.fromisoformat(value.removesuffix(" UTC"))
    except ValueError:
        return None
    return time if time.tzinfo is not None else time.replace(tzinfo=UTC)
