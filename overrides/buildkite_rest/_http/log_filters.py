"""Redaction of the log records of the HTTP library about requests of this client.

httpx logs whole URLs, and that of a next page or of a download may contain a credential. At the level DEBUG httpcore
writes the `repr` of received headers into the text of a record. A header may contain any byte, so that text is not
searched: only the name of the event is logged.
"""

from __future__ import annotations

import logging
from contextvars import ContextVar

from .._base.safe_text import safe_excerpt
from .._base.urls import without_query

own_request: ContextVar[bool] = ContextVar("buildkite_rest_request", default=False)
"""Whether the library works for this client, whose URLs and headers are removed from its log records."""


def add_log_filters(library: str) -> None:
    """Add the filters for requests of this client to the loggers of the `library` httpx or httpx2."""
    logging.getLogger(library).addFilter(_redact_urls)
    core = library.replace("httpx", "httpcore")
    for name in (f"{core}.http11", f"{core}.http2", f"{core}.socks", "hpack.hpack", "hpack.table"):
        logging.getLogger(name).addFilter(_redact_event)


def _redact_urls(record: logging.LogRecord) -> bool:
    if own_request.get() and isinstance(record.args, tuple):
        record.args = tuple(_redact_value(value) for value in record.args)
    return True


def _redact_value(value: object) -> object:
    if type(value).__name__ == "URL":
        return without_query(str(value))
    return safe_excerpt(value) if isinstance(value, str) else value


def _redact_event(record: logging.LogRecord) -> bool:
    """Remove all but the first word, the name of the event, from a record with headers."""
    if own_request.get() and isinstance(record.msg, str):
        record.msg, record.args = record.msg.partition(" ")[0], ()
    return True
