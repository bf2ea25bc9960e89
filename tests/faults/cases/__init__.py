"""All attacks."""

from . import bodies, connection, cunning, downloads, origins, statuses, texts, uploads, wire

CASES = (
    *connection.CASES,
    *bodies.CASES,
    *wire.CASES,
    *statuses.CASES,
    *origins.CASES,
    *downloads.CASES,
    *uploads.CASES,
    *cunning.CASES,
    *texts.CASES,
)
