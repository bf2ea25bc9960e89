"""Deliveries of webhooks: their body and headers, verification by signature or token, and signing."""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, Protocol, TypeAlias, TypeGuard, overload

from .._base.arguments import check_int, check_total_seconds
from .._base.errors import ConfigurationError, WebhookError

MAX_BYTES: Final = 10_000_000
"""Default size limit of a body, in bytes."""

RawBody: TypeAlias = bytes | bytearray | memoryview
"""The raw body of a request."""
EVENT: Final = "X-Buildkite-Event"
SIGNATURE: Final = "X-Buildkite-Signature"
TOKEN: Final = "X-Buildkite-Token"  # noqa: S105 - the name of a header
_MAX_HEADER_LENGTH: Final = 1000
_TIMESTAMP: Final = re.compile(r"[0-9]{1,12}")
_SIGNATURE: Final = re.compile(r"[0-9a-f]{64}")
_TIMESTAMP_END: Final = 10**12


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


def sign(body: RawBody, *, secret: str, now: Callable[[], float] = time.time) -> dict[str, str]:
    """Return the signature header of a delivery, for tests of a receiver.

    Args:
        body: The raw body of the request: `bytes`, `bytearray` or `memoryview`.
        secret: The token of the webhook.
        now: The clock. Returns seconds since 1970.

    Raises:
        ConfigurationError: The secret is empty or invalid.
        TypeError: An argument has another type.
        ValueError: `now` returns a time that is not a valid timestamp.
    """
    raw = raw_body(body)
    [key] = _keys("secret", [secret])
    timestamp = str(int(_read_clock(now)))
    return {SIGNATURE: f"timestamp={timestamp},signature={_hex_digest(key, timestamp, raw)}"}


def _hex_digest(key: bytes, timestamp: str, body: bytes) -> str:
    """Return the signature of a body with a timestamp."""
    signature = hmac.new(key, f"{timestamp}.".encode(), hashlib.sha256)
    signature.update(body)
    return signature.hexdigest()


def _parse_signature(value: str) -> tuple[str, str]:
    """Return timestamp and signature of a header `timestamp=…,signature=…`. Other parts are ignored.

    Raises:
        WebhookError: One of them is missing, repeated or invalid.
    """
    pairs = [part.partition("=") for part in value.split(",")]
    return (
        _part(pairs, "timestamp", _TIMESTAMP, "a number of seconds"),
        _part(pairs, "signature", _SIGNATURE, "64 lowercase hexadecimal digits"),
    )


def _part(pairs: list[tuple[str, str, str]], name: str, pattern: re.Pattern[str], expected: str) -> str:
    found = [value.strip() for key, _, value in pairs if key.strip() == name]
    if len(found) != 1:
        raise WebhookError(f"{SIGNATURE} must contain {name}= exactly once")
    if pattern.fullmatch(found[0]) is None:
        raise WebhookError(f"{name}= in {SIGNATURE} is not {expected}")
    return found[0]


@overload
def verify(
    headers: Headers,
    body: RawBody,
    *,
    secret: str | Sequence[str],
    tolerance: float = 300,
    now: Callable[[], float] = time.time,
    max_bytes: int = MAX_BYTES,
) -> None: ...
@overload
def verify(headers: Headers, body: RawBody, *, token: str | Sequence[str], max_bytes: int = MAX_BYTES) -> None: ...
def verify(
    headers: Headers,
    body: RawBody,
    *,
    secret: str | Sequence[str] | None = None,
    token: str | Sequence[str] | None = None,
    tolerance: float = 300,
    now: Callable[[], float] = time.time,
    max_bytes: int = MAX_BYTES,
) -> None:
    """Verify that a delivery is genuine.

    Depending on the settings of the webhook, Buildkite either signs deliveries or sends its token with them. Pass the
    token as `secret` or as `token` accordingly. A signature covers the body and the time. The token in a header only
    proves that the sender knows it, and whoever reads one delivery can send others.

    Args:
        headers: The headers of the request.
        body: The raw body of the request: `bytes`, `bytearray` or `memoryview`.
        secret: The token of a webhook that signs deliveries, or several while one replaces another.
        token: The token of a webhook that sends it in clear text, or several while one replaces another.
        tolerance: Seconds that the timestamp of a signature may be before or after now, at least 0.
        now: The clock. Returns seconds since 1970.
        max_bytes: Size limit of the body in bytes, at least 1.

    Raises:
        WebhookError: The delivery is not genuine, is too old, or cannot be verified.
        ConfigurationError: A secret or token is empty or invalid.
        TypeError: An argument has another type, or not exactly one of `secret` and `token` is passed.
        ValueError: `tolerance`, `max_bytes`, or the time that `now` returns is out of range.
    """
    raw = limited_body(body, max_bytes)
    check_total_seconds("tolerance", tolerance)
    if secret is not None and token is None:
        _verify_signature(headers, raw, _keys("secret", secret), tolerance, _read_clock(now))
    elif token is not None and secret is None:
        _verify_token(headers, _keys("token", token))
    else:
        raise TypeError("pass one of secret= and token=, depending on the settings of the webhook")


def _verify_token(headers: Headers, tokens: list[bytes]) -> None:
    given = header(headers, TOKEN)
    if given is None:
        is_signed = header(headers, SIGNATURE) is not None
        raise WebhookError(f"{TOKEN} is missing" + (f". There is {SIGNATURE}, so pass secret=" if is_signed else ""))
    if not _matches_any(given, tokens):
        raise WebhookError(f"{TOKEN} is wrong")


def _verify_signature(headers: Headers, body: bytes, secrets: list[bytes], tolerance: float, now: float) -> None:
    given = header(headers, SIGNATURE)
    if given is None:
        has_token = header(headers, TOKEN) is not None
        hint = f". There is {TOKEN}, so pass token= or let the webhook send a signature" if has_token else ""
        raise WebhookError(f"{SIGNATURE} is missing{hint}")
    timestamp, signature = _parse_signature(given)
    if not _matches_any(signature, [_hex_digest(secret, timestamp, body).encode() for secret in secrets]):
        raise WebhookError(f"the signature in {SIGNATURE} is wrong")
    age = now - int(timestamp)
    if abs(age) > tolerance:
        difference = f"{age:.0f} seconds old" if age > 0 else f"{-age:.0f} seconds in the future"
        raise WebhookError(f"the timestamp in {SIGNATURE} is {difference}; {abs(tolerance):g} are allowed")


def _matches_any(given: str, expected: list[bytes]) -> bool:
    """Compare in constant time with all of them, so that the time does not reveal which one matches."""
    return sum(hmac.compare_digest(given.encode(), each) for each in expected) > 0


def _keys(argument: str, value: str | Sequence[str]) -> list[bytes]:
    """Return the tokens of an argument as keys.

    Raises:
        ConfigurationError: There is none, or one is empty or invalid. Anybody could sign with an empty key.
        TypeError: One is not a str.
    """
    tokens: list[object] = list(value) if _is_iterable(value) else [value]
    if not tokens:
        raise ConfigurationError(f"{argument} is empty. Pass the token of the webhook")
    return [_key(argument, token) for token in tokens]


def _is_iterable(value: object) -> TypeGuard[Iterable[object]]:
    return isinstance(value, Iterable) and not isinstance(value, str | bytes | bytearray | memoryview | Mapping)


def _key(argument: str, token: object) -> bytes:
    if not isinstance(token, str):
        raise TypeError(f"{argument} must be a str or a sequence of str, not {type(token).__name__}")
    if not token or token != token.strip():
        raise ConfigurationError(f"{argument} is empty or has white space around it. Pass the token of the webhook")
    try:
        return token.encode()
    except UnicodeEncodeError:  # with the token in its text
        raise ConfigurationError(f"{argument} contains a character that is not allowed in a token") from None


def _read_clock(now: Callable[[], float]) -> float:
    """Return the seconds since 1970 that `now` returns. Raises `ValueError` for an invalid timestamp, such as NaN."""
    seconds = now()
    if not 0 <= seconds < _TIMESTAMP_END:
        raise ValueError(f"now must return seconds since 1970, at least 0 and less than {_TIMESTAMP_END}")
    return seconds
