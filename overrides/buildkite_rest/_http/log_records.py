"""Redaction of the log records of the HTTP library about requests of this client.

httpx logs whole URLs, and that of a next page or of a download may contain a credential. At the level DEBUG httpcore
writes the `repr` of received headers into the text of a record. A header may contain any byte, so that text is not
searched: only the name of the event is logged.
"""

from __future__ import annotations

import logging
from contextvars import ContextVar
from urllib.parse import unquote

from .._base.safe_text import hide_everywhere, safe_excerpt, without_credential
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
    """Remove all but the first word, the name of the event, from a record with headers or the password of a proxy.

    A record about a body, which is read outside the block, has them only if a server returns a credential.
    """
    if isinstance(record.msg, str) and (own_request.get() or without_credential(record.msg) != record.msg):
        record.msg, record.args = record.msg.partition(" ")[0], ()
    return True


def hide_proxy_passwords() -> None:
    """Hide the passwords of the proxies that the HTTP library reads from the environment in all safe texts.

    A proxy may return what it was sent: the password, or user and password in Base64.
    """
    from base64 import b64encode  # noqa: PLC0415 - the HTTP library imports both
    from urllib.request import getproxies  # noqa: PLC0415

    for url in getproxies().values():
        userinfo = (url.partition("://")[2] or url).rpartition("@")[0]
        user, _, password = (unquote(part) for part in userinfo.partition(":"))
        if userinfo:
            hide_everywhere(password or user)
            hide_everywhere(f"{user}:{password}")
            hide_everywhere(b64encode(f"{user}:{password}".encode(errors="replace")).decode())
