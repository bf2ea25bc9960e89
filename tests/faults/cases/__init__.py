"""All attacks."""

from . import bodies, connection, cunning, downloads, origins, statuses, texts, wire

CASES = (
    *connection.CASES,
    *bodies.CASES,
    *wire.CASES,
    *statuses.CASES,
    *origins.CASES,
    *downloads.CASES,
    *cunning.CASES,
    *texts.CASES,
)
