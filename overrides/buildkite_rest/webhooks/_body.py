"""The raw body of a delivery."""

from __future__ import annotations

from typing import Final, TypeAlias

from .._base.errors import WebhookError
from .._base.numbers import whole

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
    size = body.nbytes if isinstance(body, memoryview) else len(body)
    if size > whole("max_bytes", max_bytes, least=1):
        raise WebhookError(f"the body has {size} bytes, which is more than the {max_bytes} that are allowed")
    return bytes(body)


def _check_type(body: object) -> None:
    if not isinstance(body, bytes | bytearray | memoryview):
        raise TypeError(f"body must be the raw body of the request, in bytes, not {type(body).__name__}")
