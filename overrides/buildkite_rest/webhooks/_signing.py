"""Signatures and tokens of deliveries."""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, TypeGuard, overload

from .._base.arguments import check_total_seconds
from .._base.errors import ConfigurationError, WebhookError
from ._delivery import MAX_BYTES, SIGNATURE, TOKEN, Body, Headers, header, limited_body, raw_body

_TIMESTAMP: Final = re.compile(r"[0-9]{1,12}")
_SIGNATURE: Final = re.compile(r"[0-9a-f]{64}")


def sign(body: Body, *, secret: str, now: Callable[[], float] = time.time) -> dict[str, str]:
    """Return the header that Buildkite would sign a delivery with, for tests of a receiver.

    Args:
        body: The raw body of the request: `bytes`, `bytearray` or `memoryview`.
        secret: The token of the webhook.
        now: The clock, in seconds since 1970.

    Raises:
        ConfigurationError: The secret is empty or cannot be one.
        TypeError: An argument has another type.
        ValueError: The time that `now` returns is not in the range of timestamps.
    """
    raw = raw_body(body)
    [key] = keys("secret", [secret])
    timestamp = str(int(read_clock(now)))
    return {SIGNATURE: f"timestamp={timestamp},signature={digest(key, timestamp, raw)}"}


def digest(key: bytes, timestamp: str, body: bytes) -> str:
    """Return the signature, in hexadecimal, of a body that is sent at the time `timestamp`."""
    signature = hmac.new(key, f"{timestamp}.".encode(), hashlib.sha256)
    signature.update(body)
    return signature.hexdigest()


def parts(value: str) -> tuple[str, str]:
    """Return timestamp and signature. Other parts, which may come one day, are left alone: they prove nothing.

    Raises:
        WebhookError: One of them is missing, comes twice, or cannot be one.
    """
    pairs = [part.partition("=") for part in value.split(",")]
    return (
        _part(pairs, "timestamp", _TIMESTAMP, "a number of seconds"),
        _part(pairs, "signature", _SIGNATURE, "64 lowercase hexadecimal digits"),
    )


def _part(pairs: list[tuple[str, str, str]], name: str, pattern: re.Pattern[str], what: str) -> str:
    found = [value.strip() for key, _, value in pairs if key.strip() == name]
    if len(found) != 1:
        raise WebhookError(f"{SIGNATURE} has {name}= {len(found)} times, and should have it once")
    if pattern.fullmatch(found[0]) is None:
        raise WebhookError(f"{name}= in {SIGNATURE} is not {what}")
    return found[0]


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
    check_total_seconds("tolerance", tolerance)
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


def keys(argument: str, value: str | Sequence[str]) -> list[bytes]:
    """Return the tokens that a caller has passed. An empty one would let everybody sign.

    Raises:
        ConfigurationError: There is none, or one of them cannot be the token of a webhook.
    """
    tokens: list[object] = list(value) if _are_several(value) else [value]
    if not tokens:
        raise ConfigurationError(f"{argument} holds no token of a webhook")
    return [_key(argument, token) for token in tokens]


def _are_several(value: object) -> TypeGuard[Iterable[object]]:
    return isinstance(value, Iterable) and not isinstance(value, str | bytes | bytearray | memoryview | Mapping)


def _key(argument: str, token: object) -> bytes:
    if not isinstance(token, str):
        raise TypeError(f"{argument} must be text or several texts, not {type(token).__name__}")
    if not token or token != token.strip():
        raise ConfigurationError(f"{argument} is empty or has white space around it; pass the token of the webhook")
    try:
        return token.encode()
    except UnicodeEncodeError:  # Its message shows the token.
        raise ConfigurationError(f"{argument} holds a character that no token has") from None


_END = 10**12  # a timestamp has at most 12 digits


def read_clock(now: Callable[[], float]) -> float:
    """Return the seconds since 1970 that `now` returns.

    Raises:
        TypeError: `now` is not callable, or what it returns is not an int or float.
        ValueError: It returns a number that is not in the range of timestamps.
    """
    if not callable(now):
        raise TypeError(f"now must be a function that returns seconds since 1970, not {type(now).__name__}")
    seconds = now()
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"now must return seconds since 1970, not {type(seconds).__name__}")
    if not 0 <= seconds < _END:
        raise ValueError(f"now must return seconds since 1970, at least 0 and less than {_END}")
    return seconds
