"""The tokens of webhooks that a receiver knows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeGuard

from .._base.errors import ConfigurationError


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
