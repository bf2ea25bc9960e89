"""Errors of connections as words for a person, without names of classes and the password of a proxy."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from http.client import RemoteDisconnected
from socket import gaierror
from typing import Final

import requests

_DEPTH: Final = 8
#: Errors before there is a connection.
_UNCONNECTED: Final = (ConnectionRefusedError, gaierror, requests.ConnectTimeout)
_UNREACHABLE: Final = frozenset({errno.EHOSTUNREACH, errno.ENETUNREACH})
#: Classes of errors, the most specific first, with their descriptions.
_REASONS: Final = (
    (requests.exceptions.ProxyError, "cannot connect to the proxy"),
    (requests.Timeout, "timed out"),
    (ConnectionRefusedError, "connection refused"),
    (RemoteDisconnected, "connection closed without a response"),
    (ConnectionResetError, "connection reset"),
    (BrokenPipeError, "connection reset"),
    (requests.exceptions.SSLError, "the TLS handshake failed"),
    (requests.exceptions.InvalidURL, "the URL or that of the proxy is invalid"),
    (requests.exceptions.InvalidHeader, "invalid header"),
    (requests.exceptions.TooManyRedirects, "too many redirects"),
    (requests.exceptions.ChunkedEncodingError, "the response is incomplete"),
    (requests.exceptions.ContentDecodingError, "the response cannot be decoded"),
    (requests.ConnectionError, "connection failed"),
)


def reason_of(error: requests.RequestException) -> str:
    """Return the reason of an error: `connection refused`, for example."""
    errors = list(_chain(error))
    for kind, reason in _REASONS:
        if any(isinstance(each, kind) for each in errors):
            return reason
    return "the request failed"


def may_have_been_sent(error: requests.RequestException) -> bool:
    """Return whether a server may have received a request: not if there was no connection to it."""
    return not any(
        isinstance(each, _UNCONNECTED) or (isinstance(each, OSError) and each.errno in _UNREACHABLE)
        for each in _chain(error)
    )


def _chain(error: object, depth: int = _DEPTH) -> Iterator[BaseException]:
    """Yield an error and those that caused it, which libraries keep in arguments and attributes."""
    if not isinstance(error, BaseException) or not depth:
        return
    yield error
    for each in (*error.args, getattr(error, "reason", None), error.__cause__, error.__context__):
        yield from _chain(each, depth - 1)
