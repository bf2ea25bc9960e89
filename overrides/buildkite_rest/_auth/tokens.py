"""Credentials for the `Authorization` header, and access tokens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from .._base.arguments import type_name
from .._base.errors import ConfigurationError
from .._base.safe_text import hide_credential


class Auth(Protocol):
    """Credentials that can be renewed. Any object with these two methods can be passed as `auth`."""

    def authorization(self) -> str:
        """Return the value of the `Authorization` header for a request that is sent now."""
        ...

    def renew(self, date: str | None) -> bool:
        """Renew the credentials after a 401 with this `Date` header. Return whether a retry may succeed."""
        ...


def authorization_of(auth: Auth) -> str:
    """Return the value of the `Authorization` header, which is masked in messages from then on.

    Raises:
        ConfigurationError: It is not a valid value. The error of the HTTP library would show it.
    """
    value = auth.authorization()
    if not isinstance(value, str):  # pyright: ignore[reportUnnecessaryIsInstance] - the class may be the caller's
        kind = type(auth).__name__
        raise ConfigurationError(f"authorization() of {kind} must return a str, not {type(value).__name__}")
    if not value.isascii() or not value.isprintable():
        raise ConfigurationError("the credentials have a line break or another character that is not valid in a header")
    if not value or value[0] == " " or value[-1] == " ":
        raise ConfigurationError("the credentials are empty, or start or end with a space")
    hide_credential(value)
    return value


class TokenAuth:
    """An API access token.

    Args:
        token: The token, or a function that returns it and is called for each request, for tokens that rotate.

    Raises:
        ConfigurationError: The token is not valid.
        TypeError: `token` is neither a str nor a function.
    """

    __slots__ = ("__weakref__", "_token")

    def __init__(self, token: str | Callable[[], str]) -> None:
        if isinstance(token, str):
            check_token(token)
        elif not callable(token):  # such as None, which `os.environ.get` returns
            raise TypeError(f"token must be a str or a function, not {type_name(token)}")
        self._token = token

    def __eq__(self, other: object) -> bool:
        return self._token == other._token if isinstance(other, TokenAuth) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._token)

    def __repr__(self) -> str:
        return "TokenAuth(_token=***)"

    def authorization(self) -> str:
        """Return `Bearer` and the token. Raises `ConfigurationError` if a function returned an invalid one."""
        token = self._token
        return f"Bearer {token if isinstance(token, str) else check_token(token())}"

    def renew(self, date: str | None) -> bool:
        """Return whether a function may return another token."""
        return not isinstance(self._token, str)


def check_token(token: str, name: str = "the token") -> str:
    """Return `token`. Raises `ConfigurationError` if it cannot be sent; the message calls it `name`."""
    if not isinstance(token, str):  # pyright: ignore[reportUnnecessaryIsInstance] - the result of a caller's function
        raise ConfigurationError(f"{name} must be a str, not {type_name(token)}")
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise ConfigurationError(f"{name} is empty, or has a space, a line break or another character of no token")
    return token
