"""RawBody and headers of a delivery, in the types that servers use."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Protocol, TypeAlias

from .._base.arguments import check_int
from .._base.errors import WebhookError

MAX_BYTES: Final = 10_000_000
"""Default size limit of a body, in bytes."""

RawBody: TypeAlias = bytes | bytearray | memoryview
"""The raw body of a request."""


def raw_body(body: RawBody) -> bytes:
    """Copy a body to bytes, which cannot change while they are verified and parsed. Raises `TypeError`."""
    _check_type(body)
    return bytes(body)


def limited_body(body: RawBody, max_bytes: int) -> bytes:
    """Copy a body to bytes, unless it is too large.

    Raises:
        WebhookError: It is larger than `max_bytes`.
        TypeError: It is not bytes, or `max_bytes` is not an int.
        ValueError: `max_bytes` is less than 1.
    """
    _check_type(body)
    check_int("max_bytes", max_bytes, minimum=1)
    size = body.nbytes if isinstance(body, memoryview) else len(body)
    if size > max_bytes:
        raise WebhookError(f"the body has {size} bytes, more than the maximum of {max_bytes}")
    return bytes(body)


def _check_type(body: object) -> None:
    if not isinstance(body, bytes | bytearray | memoryview):
        raise TypeError(f"body must be the raw body of the request, in bytes, not {type(body).__name__}")


EVENT: Final = "X-Buildkite-Event"
SIGNATURE: Final = "X-Buildkite-Signature"
TOKEN: Final = "X-Buildkite-Token"  # noqa: S105 - the name of a header

_MAX_HEADER_LENGTH: Final = 1000


class Headers(Protocol):
    """An object with `items()`: a `dict`, the headers of a web framework, the environment of a WSGI server."""

    def items(self) -> Iterable[tuple[object, object]]:
        """Return the names and values. A name may be in several pairs."""
        ...


def header(headers: Headers, name: str) -> str | None:
    """Return the value of the header `name`, or None if it is missing.

    Raises:
        TypeError: `headers` has no `items()`.
        WebhookError: The header is repeated, is too long, or is not printable ASCII.
    """
    if not hasattr(headers, "items"):
        raise TypeError(f"headers must be a mapping or have items(), not {type(headers).__name__}")
    names = {name.lower(), "http_" + name.lower().replace("-", "_")}
    found = [value for key, value in headers.items() if _lower(key) in names]
    if len(found) > 1:
        raise WebhookError(f"{name} is in the request {len(found)} times")
    return _text(name, found[0]) if found else None


def _lower(key: object) -> str:
    if isinstance(key, bytes):
        key = key.decode("latin-1")
    return key.lower() if isinstance(key, str) else ""


def _text(name: str, value: object) -> str:
    if not isinstance(value, str | bytes):
        raise WebhookError(f"{name} must be str or bytes, not {type(value).__name__}")
    if len(value) > _MAX_HEADER_LENGTH:
        raise WebhookError(f"{name} has {len(value)} characters, more than the maximum of {_MAX_HEADER_LENGTH}")
    text = value.decode("latin-1") if isinstance(value, bytes) else value
    text = text.strip(" \t")
    if not text.isascii() or not text.isprintable():
        raise WebhookError(f"{name} has a character that is not printable ASCII")
    return text
