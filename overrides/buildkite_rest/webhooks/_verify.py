"""Tells whether a delivery is genuine."""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable, Sequence
from typing import overload

from .._base.errors import WebhookError
from .._base.numbers import total_seconds
from ._body import MAX_BYTES, Body, limited_body
from ._clock import read_clock
from ._headers import SIGNATURE, TOKEN, Headers, header
from ._keys import keys
from ._signature import digest, parts


@overload
def verify(
    headers: Headers,
    body: Body,
    *,
    secret: str | Sequence[str],
    tolerance: float = 300,
    now: Callable[[], float] = time.time,
    max_bytes: int = MAX_BYTES,
) -> None: ...
@overload
def verify(headers: Headers, body: Body, *, token: str | Sequence[str], max_bytes: int = MAX_BYTES) -> None: ...
def verify(
    headers: Headers,
    body: Body,
    *,
    secret: str | Sequence[str] | None = None,
    token: str | Sequence[str] | None = None,
    tolerance: float = 300,
    now: Callable[[], float] = time.time,
    max_bytes: int = MAX_BYTES,
) -> None:
    """Return when a delivery is genuine.

    Buildkite either signs deliveries or sends the token of the webhook with them, as the webhook is set up. Say which
    by passing the token of the webhook as `secret` or as `token`. A signature also covers the body and the time; the
    token in a header proves only that the sender knows it, and whoever reads one delivery can send others.

    Args:
        headers: The headers of the request.
        body: The raw body of the request: `bytes`, `bytearray` or `memoryview`.
        secret: The token of the webhook that signs, or several of them while one takes the place of another.
        token: The token of the webhook that is sent, or several of them.
        tolerance: Seconds that the timestamp of a signature may be before or after now, at least 0.
        now: The clock, in seconds since 1970.
        max_bytes: Size of the largest body that is read, at least 1.

    Raises:
        WebhookError: It is not genuine, is too old, or cannot be told.
        ConfigurationError: A secret or token is empty or cannot be one.
        TypeError: An argument has another type. This is an error of the receiver.
        ValueError: `tolerance`, `max_bytes`, or the time that `now` returns is not in its range.
    """
    raw = limited_body(body, max_bytes)
    total_seconds("tolerance", tolerance)
    if secret is not None and token is None:
        _verify_signature(headers, raw, keys("secret", secret), tolerance, read_clock(now))
    elif token is not None and secret is None:
        _verify_token(headers, keys("token", token))
    else:
        raise TypeError("pass one of secret= and token=, as the webhook is set up")


def _verify_token(headers: Headers, tokens: list[bytes]) -> None:
    given = header(headers, TOKEN)
    if given is None:
        signed = header(headers, SIGNATURE) is not None
        raise WebhookError(f"{TOKEN} is missing" + (f"; there is {SIGNATURE}, so pass secret=" if signed else ""))
    if not _is_any(given, tokens):
        raise WebhookError(f"{TOKEN} is wrong")


def _verify_signature(headers: Headers, body: bytes, secrets: list[bytes], tolerance: float, now: float) -> None:
    given = header(headers, SIGNATURE)
    if given is None:
        sent = header(headers, TOKEN) is not None
        hint = f"; there is {TOKEN}, so pass token= or let the webhook send a signature" if sent else ""
        raise WebhookError(f"{SIGNATURE} is missing{hint}")
    timestamp, signature = parts(given)
    if not _is_any(signature, [digest(secret, timestamp, body).encode() for secret in secrets]):
        raise WebhookError(f"the signature in {SIGNATURE} is wrong")
    age = now - int(timestamp)
    if abs(age) > tolerance:
        place = f"{age:.0f} seconds old" if age > 0 else f"{-age:.0f} seconds in the future"
        raise WebhookError(f"the timestamp in {SIGNATURE} is {place}; {tolerance:g} are allowed")


def _is_any(given: str, expected: list[bytes]) -> bool:
    """All are compared, so that the time it takes does not tell which one was right."""
    return sum(hmac.compare_digest(given.encode(), each) for each in expected) > 0
