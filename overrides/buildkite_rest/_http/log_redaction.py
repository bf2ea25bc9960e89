"""Redaction of log records of the HTTP library, and of the passwords of its proxies.

httpx logs whole URLs, and that of a next page or of a download may contain a credential. At the level DEBUG httpcore
writes the `repr` of received headers into the text of a record. A header may contain any byte, so that text is not
searched: only the name of the event is logged.
"""

from __future__ import annotations

import logging
from contextvars import ContextVar
from typing import Final
from urllib.parse import unquote

from .._base.safe_text import hide_everywhere, safe_excerpt, without_credential
from .._base.urls import without_query

_CORE_LOGGERS: Final = ("http11", "http2", "socks")
"""Loggers of httpcore whose records contain headers or the password of a proxy."""
_HPACK_LOGGERS: Final = ("hpack.hpack", "hpack.table")
"""Loggers of the HTTP/2 header compression, whose records contain headers."""

_own_request: ContextVar[bool] = ContextVar("buildkite_rest_request", default=False)


def add_log_filters(library: str) -> None:
    """Add the filters for `redact_library_logs` to the loggers of the `library` httpx or httpx2."""
    logging.getLogger(library).addFilter(_redact_urls)
    for part in _CORE_LOGGERS:
        logging.getLogger(f"{library.replace('httpx', 'httpcore')}.{part}").addFilter(_redact_core_record)
    for name in _HPACK_LOGGERS:
        logging.getLogger(name).addFilter(_redact_hpack_record)


class redact_library_logs:  # noqa: N801 - a context manager, and cheaper than a generator on the path of every call
    """Remove queries of URLs and headers from the log records of the library in this block."""

    __slots__ = ("_token",)

    def __enter__(self) -> None:
        self._token = _own_request.set(True)

    def __exit__(self, *_: object) -> None:
        _own_request.reset(self._token)


def _redact_urls(record: logging.LogRecord) -> bool:
    if _own_request.get() and isinstance(record.args, tuple):
        record.args = tuple(_redact_value(value) for value in record.args)
    return True


def _redact_value(value: object) -> object:
    if type(value).__name__ == "URL":
        return without_query(str(value))
    return safe_excerpt(value) if isinstance(value, str) else value


def _redact_core_record(record: logging.LogRecord) -> bool:
    if isinstance(record.msg, str) and (_own_request.get() or _shows_credential(record.msg)):
        redact_event(record)
    return True


def _shows_credential(text: str) -> bool:
    """Whether a record about a body, which is read outside the block, contains a credential."""
    return without_credential(text) != text


def redact_event(record: logging.LogRecord) -> None:
    """Remove all but the name of the event from a record of httpcore."""
    record.msg, record.args = record.msg.partition(" ")[0], ()


def _redact_hpack_record(record: logging.LogRecord) -> bool:
    """Replace the text of a record of hpack, which contains a header."""
    if _own_request.get():
        record.msg, record.args = "an HTTP/2 header, which is not logged", ()
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
