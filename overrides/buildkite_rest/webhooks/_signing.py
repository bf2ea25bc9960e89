"""Deliveries of webhooks: their body and headers, verification by signature or token, and signing."""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Final, Protocol, TypeAlias

from .._base.errors import ConfigurationError, WebhookError

RawBody: TypeAlias = bytes | bytearray | memoryview
"""The raw body of a request."""
SIGNATURE: Final = "X-Buildkite-Signature"
TOKEN: Final = "X-Buildkite-Token"  # noqa: S105 - the name of a header
_PARTS: Final = re.compile(r"(?:^|,)\s*(\w+)=([^,]*)")
_TIMESTAMP: Final = re.compile(r"[0-9]{1,12}")
_SIGNATURE: Final = re.compile(r"[0-9a-f]{64}")


class Headers(Protocol):
    """An object with `items()`: a `dict`, the headers of a web framework, the environment of a WSGI server."""

    def items(self) -> Iterable[tuple[object, object]]:
        """Return the names and values. A name may be in several pairs."""
        ...


def header(headers: Headers, name: str) -> str | None:
    """Return the value of the header `name`, or None if it is missing.

    Raises:
        WebhookError: The header is repeated or is not ASCII.
    """
    names = {name.lower(), "http_" + name.lower().replace("-", "_")}
    found = [value for key, value in headers.items() if _text(key).lower() in names]
    if len(found) > 1:
        raise WebhookError(f"{name} is in the request {len(found)} times")
    if not found:
        return None
    text = _text(found[0]).strip(" \t")
    if not text.isascii():
        raise WebhookError(f"{name} has a character that is not ASCII")
    return text


def _text(value: object) -> str:
    """Return a name or value of a header as text. Values of other types, as in a WSGI environment, are empty."""
    return value.decode("latin-1") if isinstance(value, bytes) else value if isinstance(value, str) else ""


def sign(body: RawBody, *, secret: str, now: Callable[[], float] = time.time) -> dict[str, str]:
    """Return the signature header of a delivery, for tests of a receiver.

    Args:
        body: The raw body of the request: `bytes`, `bytearray` or `memoryview`.
        secret: The token of the webhook.
        now: The clock. Returns seconds since 1970.

    Raises:
        ConfigurationError: The secret is empty or invalid.
    """
    [key] = _keys("secret", secret)
    timestamp = str(int(now()))
    return {SIGNATURE: f"timestamp={timestamp},signature={_hex_digest(key, timestamp, body)}"}


def _hex_digest(key: bytes, timestamp: str, body: RawBody) -> str:
    """Return the signature of a body with a timestamp."""
    signature = hmac.new(key, f"{timestamp}.".encode(), hashlib.sha256)
    signature.update(body)
    return signature.hexdigest()


def verify(
    headers: Headers,
    body: RawBody,
    *,
    secret: str | Sequence[str] | None = None,
    token: str | Sequence[str] | None = None,
    tolerance: float = 300,
    now: Callable[[], float] = time.time,
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
        tolerance: Seconds that the timestamp of a signature may be before or after now.
        now: The clock. Returns seconds since 1970.

    Raises:
        WebhookError: The delivery is not genuine, is too old, or cannot be verified.
        ConfigurationError: A secret or token is empty or invalid.
        TypeError: Not exactly one of `secret` and `token` is passed.
    """
    if secret is not None and token is None:
        _verify_signature(headers, body, _keys("secret", secret), tolerance, now())
    elif token is not None and secret is None:
        _verify_token(headers, _keys("token", token))
    else:
        raise TypeError("pass one of secret= and token=, depending on the settings of the webhook")


def _verify_token(headers: Headers, tokens: list[bytes]) -> None:
    if not _matches_any(_required(headers, TOKEN), tokens):
        raise WebhookError(f"{TOKEN} is wrong")


def _verify_signature(headers: Headers, body: RawBody, secrets: list[bytes], tolerance: float, now: float) -> None:
    parts: dict[str, str] = dict(_PARTS.findall(_required(headers, SIGNATURE)))
    timestamp, signature = parts.get("timestamp", ""), parts.get("signature", "")
    if _TIMESTAMP.fullmatch(timestamp) is None or _SIGNATURE.fullmatch(signature) is None:
        raise WebhookError(f"{SIGNATURE} is not of the form timestamp=…,signature=…")
    if not _matches_any(signature, [_hex_digest(secret, timestamp, body).encode() for secret in secrets]):
        raise WebhookError(f"the signature in {SIGNATURE} is wrong")
    age = now - int(timestamp)
    if not abs(age) <= tolerance:  # also if one of them is NaN
        difference = f"{age:.0f} seconds old" if age > 0 else f"{-age:.0f} seconds in the future"
        raise WebhookError(f"the timestamp in {SIGNATURE} is {difference}; {tolerance:g} are allowed")


def _required(headers: Headers, name: str) -> str:
    """Return the value of the header `name`. Raises `WebhookError` if it is missing."""
    value = header(headers, name)
    if value is None:
        other, argument = (SIGNATURE, "secret") if name == TOKEN else (TOKEN, "token")
        hint = f". There is {other}, so pass {argument}=" if header(headers, other) is not None else ""
        raise WebhookError(f"{name} is missing{hint}")
    return value


def _matches_any(given: str, expected: list[bytes]) -> bool:
    """Compare in constant time with all of them, so that the time does not reveal which one matches."""
    return sum(hmac.compare_digest(given.encode(), each) for each in expected) > 0


def _keys(argument: str, value: str | Sequence[str]) -> list[bytes]:
    """Return the tokens of an argument as keys.

    Raises:
        ConfigurationError: There is none, or one is empty or invalid. Anybody could sign with an empty key.
    """
    tokens = [value] if isinstance(value, str) else list(value)
    if not tokens or not all(token and token.isascii() and token == token.strip() for token in tokens):
        raise ConfigurationError(
            f"{argument} is empty or has a character that no token has. Pass the token of the webhook"
        )
    return [token.encode() for token in tokens]
