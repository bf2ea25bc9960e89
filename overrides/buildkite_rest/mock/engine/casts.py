"""Text that spells a boolean, an integer or a time, read as Rails casts it."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_TRUE = frozenset({"true", "t", "1", "yes", "y", "on"})
_FALSE = frozenset({"false", "f", "0", "no", "n", "off"})
_INTEGER = re.compile(r"[+-]?\d{1,100}", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d{1,100}(?:\.\d{1,100})?", re.ASCII)


def boolean(text: str) -> bool | None:
    """Return the boolean that a text spells in any case, or None."""
    word = text.strip().lower()
    return word in _TRUE if word in _TRUE | _FALSE else None


def integer(text: str) -> int | None:
    """Return the integer that a text spells, or None."""
    return int(text) if _INTEGER.fullmatch(text.strip()) else None


def number(text: str) -> float | None:
    """Return the number that a text spells, or None."""
    return float(text) if _NUMBER.fullmatch(text.strip()) else None


def moment(text: str) -> datetime | None:
    """Return the time that a text in ISO 8601 spells, or None. A date is its first moment, UTC the default offset.

    The API's own second form, `2026-02-01 10:00:00 UTC`, is read too.
    """
    try:
        read = datetime.fromisoformat(text.strip().upper().removesuffix(" UTC"))
    except ValueError:
        return None
    return read.replace(tzinfo=read.tzinfo or UTC)
