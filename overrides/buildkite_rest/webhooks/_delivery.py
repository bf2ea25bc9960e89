"""The raw body and the headers of a delivery."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Protocol, TypeAlias

from .._base.arguments import check_int
from .._base.errors import WebhookError

MAX_BYTES: Final = 10_000_000
"""Size of the largest body that is read, unless `max_bytes` is given."""

Body: TypeAlias = bytes | bytearray | memoryview
"""A raw body, as servers and frameworks pass it."""


def raw_body(body: Body) -> bytes:
    """Return the bytes of a body, which cannot change while they are verified and read.

    Raises:
        TypeError: It is not bytes. This is an error of the receiver, not of the sender.
    """
    _check_type(body)
    return bytes(body)


def limited_body(body: Body, max_bytes: int) -> bytes:
    """Return what `raw_body` returns, unless it is too large. Nothing is computed from a body that is.

    Raises:
        WebhookError: It is larger than `max_bytes`.
        TypeError: It is not bytes, or `max_bytes` is not an int.
        ValueError: `max_bytes` is less than 1.
    """
    _check_type(body)
    check_int("max_bytes", max_bytes, least=1)
    size = body.nbytes if isinstance(body, memoryview) else len(body)
    if size > max_bytes:
        raise WebhookError(f"the body has {size} bytes, which is more than the {max_bytes} that are allowed")
    return bytes(body)


def _check_type(body: object) -> None:
    if not isinstance(body, bytes | bytearray | memoryview):
        raise TypeError(f"body must be the raw body of the request, in bytes, not {type(body).__name__}")


EVENT: Final = "X-Buildkite-Event"
SIGNATURE: Final = "X-Buildkite-Signature"
TOKEN: Final = "X-Buildkite-Token"  # noqa: S105 - the name of a header

_MAX_LENGTH: Final = 1000


class Headers(Protocol):
    """Anything with `items()`: a `dict`, the headers of a web framework, the environment of a WSGI server."""

    def items(self) -> Iterable[tuple[object, object]]:
        """Return the names and values. A name that comes twice may come twice here."""
        ...


def header(headers: Headers, name: str) -> str | None:
    """Return the value of the header `name`, or None when there is none.

    Raises:
        TypeError: `headers` are no headers.
        WebhookError: It comes more than once, is very long, or holds something else than printable ASCII.
    """
    if not hasattr(headers, "items"):
        raise TypeError(f"headers must be a mapping or have items(), not {type(headers).__name__}")
    names = {name.lower(), "http_" + name.lower().replace("-", "_")}
    found = [value for key, value in headers.items() if _lower(key) in names]
    if len(found) > 1:
        raise WebhookError(f"{name} comes {len(found)} times")
    return _text(name, found[0]) if found else None


def _lower(key: object) -> str:
    if isinstance(key, bytes):
        key = key.decode("latin-1")
    return key.lower() if isinstance(key, str) else ""


def _text(name: str, value: object) -> str:
    if not isinstance(value, str | bytes):
        raise WebhookError(f"{name} is neither text nor bytes but {type(value).__name__}")
    if len(value) > _MAX_LENGTH:
        raise WebhookError(f"{name} has {len(value)} characters, which is more than {_MAX_LENGTH}")
    text = value.decode("latin-1") if isinstance(value, bytes) else value
    text = text.strip(" \t")
    if not text.isascii() or not text.isprintable():
        raise WebhookError(f"{name} has a character that is no printable ASCII")
    return text
