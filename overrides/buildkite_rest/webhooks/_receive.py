"""Verification and parsing in one call."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, overload

from ._delivery import MAX_BYTES, Headers, RawBody, limited_body
from ._events import UnknownEvent, parse
from ._signing import verify

if TYPE_CHECKING:
    from _buildkite_rest.models import WebhookEvent


@overload
def receive(
    headers: Headers,
    body: RawBody,
    *,
    secret: str | Sequence[str],
    tolerance: float = 300,
    now: Callable[[], float] = time.time,
    strict: bool = False,
    max_bytes: int = MAX_BYTES,
) -> WebhookEvent | UnknownEvent: ...
@overload
def receive(
    headers: Headers,
    body: RawBody,
    *,
    token: str | Sequence[str],
    strict: bool = False,
    max_bytes: int = MAX_BYTES,
) -> WebhookEvent | UnknownEvent: ...
def receive(
    headers: Headers,
    body: RawBody,
    *,
    secret: str | Sequence[str] | None = None,
    token: str | Sequence[str] | None = None,
    tolerance: float = 300,
    now: Callable[[], float] = time.time,
    strict: bool = False,
    max_bytes: int = MAX_BYTES,
) -> WebhookEvent | UnknownEvent:
    """Verify a delivery and return its event. The body is only decoded after it was verified.

    Args:
        headers: The headers of the request.
        body: The raw body of the request: `bytes`, `bytearray` or `memoryview`.
        secret: The token of a webhook that signs deliveries, or several while one replaces another.
        token: The token of a webhook that sends it in clear text, or several while one replaces another.
        tolerance: Seconds that the timestamp of a signature may be before or after now, at least 0.
        now: The clock. Returns seconds since 1970.
        strict: Raise `WebhookError` for a known event that does not match the spec, instead of decoding it leniently.
        max_bytes: Size limit of the body in bytes, at least 1.

    Raises:
        WebhookError: The delivery is not genuine, or `parse` cannot decode it.
        ConfigurationError: A secret or token is empty or invalid.
        TypeError: An argument has another type, or not exactly one of `secret` and `token` is passed.
        ValueError: `tolerance`, `max_bytes`, or the time that `now` returns is out of range.
    """
    raw = limited_body(body, max_bytes)
    if secret is not None and token is None:
        verify(headers, raw, secret=secret, tolerance=tolerance, now=now, max_bytes=max_bytes)
    elif token is not None and secret is None:
        verify(headers, raw, token=token, max_bytes=max_bytes)
    else:
        raise TypeError("pass one of secret= and token=, depending on the settings of the webhook")
    return parse(raw, headers=headers, strict=strict, max_bytes=max_bytes)
