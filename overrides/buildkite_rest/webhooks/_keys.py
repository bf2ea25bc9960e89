"""The tokens of webhooks that a receiver knows."""

from __future__ import annotations

from collections.abc import Sequence

from .._errors import ConfigurationError


def keys(argument: str, value: str | Sequence[str]) -> list[bytes]:
    """Return the tokens that a caller has passed. An empty one would let everybody sign.

    Raises:
        ConfigurationError: There is none, or one of them cannot be the token of a webhook.
    """
    tokens = [value] if isinstance(value, str | bytes) else list(value)
    if not tokens:
        raise ConfigurationError(f"{argument} holds no token of a webhook")
    return [_key(argument, token) for token in tokens]


def _key(argument: str, token: str) -> bytes:
    if not isinstance(token, str):  # pyright: ignore[reportUnnecessaryIsInstance] - not everybody checks types
        raise TypeError(f"{argument} must be text or several texts, not {type(token).__name__}")
    if not token or token != token.strip():
        raise ConfigurationError(f"{argument} is empty or has white space around it; pass the token of the webhook")
    try:
        return token.encode()
    except UnicodeEncodeError:  # Its message shows the token.
        raise ConfigurationError(f"{argument} holds a character that no token has") from None
