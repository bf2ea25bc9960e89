"""Times in responses, and that of a response by the clock of the server."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


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
