"""The dates of HTTP."""

from __future__ import annotations

from datetime import UTC


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
