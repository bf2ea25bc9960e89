"""The raw body of a delivery."""

from __future__ import annotations

from typing import Final

from .._errors import WebhookError
from .._numbers import whole

MAX_BYTES: Final = 10_000_000
"""Size of the largest body that is looked at, unless told otherwise."""


def check_body(body: bytes, max_bytes: int) -> None:
    """Refuse a body that is too large, before anything is computed from it.

    Raises:
        WebhookError: It is larger than `max_bytes`.
        TypeError: It is not bytes. This is a mistake of the receiver, not of the sender.
    """
    if not isinstance(body, bytes):  # pyright: ignore[reportUnnecessaryIsInstance] - not everybody checks types
        raise TypeError(f"body must be the raw body of the request, in bytes, not {type(body).__name__}")
    whole("max_bytes", max_bytes, least=1)
    if len(body) > max_bytes:
        raise WebhookError(f"the body has {len(body)} bytes, which is more than the {max_bytes} that are allowed")
