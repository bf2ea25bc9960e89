"""Limit and error of recordings."""

from typing import Final

MAX_FILE: Final = 1 << 28
"""Bytes of a file."""


class RecordingError(Exception):
    """A file cannot be used. The message is a predicate on one line: `is not JSON`."""
