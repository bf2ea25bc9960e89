"""The clients that ask the server something besides the requests that the runner makes up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Final

from attrs import frozen

from .. import (
    APIConnectionError,
    APIStatusError,
    AuthenticationError,
    Buildkite,
    BuildkiteError,
    NotFoundError,
    RateLimitPacing,
    RetryPolicy,
)
from .._http.library import default_client
from .errors import CannotRunError
from .options import Options
from .pacing import Pace
from .spec import Operation


def client_of(
    options: Options,
    pace: Pace,
    *,
    retries: RetryPolicy,
    timeout: float = 30.0,
    pacing: RateLimitPacing | None = None,
    strict: bool = False,
) -> Buildkite:
    """Return a client whose requests wait for their turn."""
    connections = default_client(timeout)
    # Requests are signed after this, when they are about to be sent.
    connections.event_hooks = {"request": [partial(_wait, pace)]}
    return Buildkite(
        options.auth,
        base_url=options.base_url,
        retries=retries,
        pacing=pacing,
        strict=strict,
        http_client=connections,
    )


def _wait(pace: Pace, _request: object) -> None:
    pace.wait_for_turn()


#: Seconds that the server has to show what it is.
_PATIENCE: Final = 90


_RETRIES: Final = 2


#: Scopes that are named when all are missing.
_NAMED: Final = 5


_LIMITS: Final = ("RateLimit-Limit", "RateLimit-User-Limit")


#: From this many requests a minute on a limit is none: no run is as fast as that.
_UNLIMITED: Final = 60_000


@frozen
class Server:
    """What the server says about the token."""

    scopes: frozenset[str]
    limit: int | None
    """How many requests it allows in a minute, or None where it does not limit them."""


def probe(options: Options, chosen: Iterable[Operation], pace: Pace) -> Server:
    """Ask the server who it is, whether the token is good for anything that is chosen, and how fast requests may come.

    Raises:
        CannotRunError: It is not there, it is something else, or it refuses the token.
    """
    url = options.base_url
    with _client(options, pace, strict=True) as client:
        try:
            client.meta.get()
        except APIConnectionError as error:
            raise CannotRunError(f"{url} cannot be reached: {_reason(error)}") from None
        except NotFoundError:
            raise CannotRunError(
                f"{url} does not look like the Buildkite REST API: it answers 404 to GET /v2/meta"
            ) from None
        except BuildkiteError as error:
            raise CannotRunError(f"{url} is not the Buildkite REST API: {error}") from None
    with _client(options, pace, strict=False) as client:
        try:
            token = client.access_token.get()
        except AuthenticationError as error:
            raise CannotRunError(f"{url} refuses the token: {error}") from None
        except BuildkiteError as error:
            raise CannotRunError(f"{url} does not tell what the token may do: {error}") from None
        _check_scopes(frozenset(token.scopes or ()), chosen)
        if options.organization is not None:
            _check_organization(client, options.organization)
        return Server(frozenset(token.scopes or ()), _limit(client))


def _check_scopes(scopes: frozenset[str], chosen: Iterable[Operation]) -> None:
    needed = sorted({scope for operation in chosen for scope in operation.scopes})
    if needed and scopes.isdisjoint(needed):
        more = f" and {len(needed) - _NAMED} more" if len(needed) > _NAMED else ""
        raise CannotRunError(f"the token has none of the scopes that are needed: {', '.join(needed[:_NAMED])}{more}")


def _check_organization(client: Buildkite, slug: str) -> None:
    try:
        client.organizations.get(slug)
    except NotFoundError:
        raise CannotRunError(f"the token knows no organization {slug}") from None
    except APIStatusError:
        return  # which the run will tell


def _client(options: Options, pace: Pace, *, strict: bool) -> Buildkite:
    # A server that fails now and then is there all the same. Waits for a turn are not its fault.
    retries = RetryPolicy(max_retries=_RETRIES, deadline=_PATIENCE + (_RETRIES + 1) * options.interval)
    return client_of(options, pace, timeout=10.0, retries=retries, strict=strict)


def _reason(error: Exception) -> str:
    """Return the reason of a connection error, without operation, method and host."""
    return str(error).split(": ", 2)[-1]


def _limit(client: Buildkite) -> int | None:
    try:
        headers = next(iter(client.organizations.list(max_items=1).pages())).headers
    except APIStatusError as error:
        headers = error.headers
    limit = min(_limits(headers), default=_UNLIMITED)
    return None if limit >= _UNLIMITED else limit


def _limits(headers: Mapping[str, str]) -> list[int]:
    return [int(value) for name in _LIMITS if (value := headers.get(name, "")).isdecimal()]
