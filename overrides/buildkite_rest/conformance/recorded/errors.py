"""Errors of recordings."""


class RecordingError(Exception):
    """A file cannot be used. The message is a predicate on one line: `is not JSON`."""
