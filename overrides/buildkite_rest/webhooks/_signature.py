"""The header that signs a delivery: `timestamp=…,signature=…`."""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from collections.abc import Callable
from typing import Final

from .._base.errors import WebhookError
from ._body import Body, raw_body
from ._clock import read_clock
from ._headers import SIGNATURE
from ._keys import keys

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
