"""Places of a request, other than the header `Authorization`, in which a token must not be accepted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from attrs import field, frozen

#: Parameters that other APIs accept a token in. Links in Buildkite's documentation show the second.
_PARAMETERS: Final = ("access_token", "api_key")
#: Headers that other APIs and proxies accept a token in.
_HEADERS: Final = ("X-Api-Key", "X-Auth-Token", "Private-Token")
_SCHEME_HEADERS: Final = ("Proxy-Authorization", "X-Authorization", "X-Forwarded-Authorization")
#: Cookies of other APIs.
_COOKIES: Final = ("access_token", "token")


@frozen
class TokenPlace:
    """A place, with what a request has there."""

    name: str
    query: Mapping[str, str] = field(factory=dict[str, str])
    headers: Mapping[str, str] = field(factory=dict[str, str])


def token_places(authorization: str, *, is_first: bool) -> Iterator[TokenPlace]:
    """Yield the places for a token: those that differ by operation, and for the first one also all others."""
    token = authorization.removeprefix("Bearer ")
    for name in _PARAMETERS:
        yield TokenPlace(f"the parameter {name}", query={name: token})
    for name in _HEADERS if is_first else ():
        yield TokenPlace(f"the header {name}", headers={name: token})
    for name in _SCHEME_HEADERS if is_first else ():
        yield TokenPlace(f"the header {name}", headers={name: f"Bearer {token}"})
    for name in _COOKIES if is_first else ():
        yield TokenPlace(f"the cookie {name}", headers={"Cookie": f"{name}={token}"})
