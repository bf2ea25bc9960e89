"""Looks whether a run makes sense before it starts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from attrs import frozen

from .. import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    Buildkite,
    BuildkiteError,
    RetryPolicy,
)
from .options import Options
from .problems import CannotRunError

_LIMITS: Final = ("RateLimit-Limit", "RateLimit-User-Limit")
#: How much of a limit a run takes. The rest is for whoever else uses the token.
_SHARE: Final = 0.8
#: From this many requests a minute on a limit is none: no run is as fast as that.
_UNLIMITED: Final = 60_000


@frozen
class Server:
    """What the server says about the token."""

    scopes: frozenset[str]
    pace: str | None
    """How fast requests may be sent, as schemathesis writes it, or None for as fast as they can be made."""


def probe(options: Options) -> Server:
    """Ask the server who it is, whether the token is good and how fast requests may come.

    Raises:
        CannotRunError: It is not there, it is something else, or it refuses the token.
    """
    url = options.base_url
    with _client(options, strict=True) as client:
        try:
            client.meta.get()
        except (APIConnectionError, APITimeoutError) as error:
            raise CannotRunError(f"{url} cannot be reached: {_reason(error)}") from None
        except BuildkiteError as error:
            raise CannotRunError(f"{url} is not the Buildkite REST API: {error}") from None
    with _client(options, strict=False) as client:
        try:
            token = client.access_token.get()
        except AuthenticationError as error:
            raise CannotRunError(f"{url} refuses the token: {error}") from None
        except BuildkiteError as error:
            raise CannotRunError(f"{url} does not tell what the token may do: {error}") from None
        return Server(frozenset(token.scopes or ()), options.rate_limit or _pace(client))


def _client(options: Options, *, strict: bool) -> Buildkite:
    retries = RetryPolicy(max_retries=0)
    return Buildkite(options.auth, base_url=options.base_url, timeout=10.0, retries=retries, strict=strict)


def _reason(error: Exception) -> str:
    """Return what went wrong, without the name of the operation."""
    return str(error).partition(": ")[2]


def _pace(client: Buildkite) -> str | None:
    try:
        headers = next(iter(client.organizations.list(max_items=1).pages())).headers
    except APIStatusError as error:
        headers = error.headers
    limit = min(_limits(headers), default=_UNLIMITED)
    return None if limit >= _UNLIMITED else f"{max(1, int(limit * _SHARE))}/m"


def _limits(headers: Mapping[str, str]) -> list[int]:
    return [int(value) for name in _LIMITS if (value := headers.get(name, "")).isdecimal()]
