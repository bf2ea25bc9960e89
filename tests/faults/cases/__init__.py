"""All attacks."""

from . import bodies, connection, downloads, origins, statuses, wire

CASES = (
    *connection.CASES,
    *bodies.CASES,
    *wire.CASES,
    *statuses.CASES,
    *origins.CASES,
    *downloads.CASES,
)
