"""Options of a client: their validation, and the settings made of them. Their defaults are in `_client.py`."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from msgspec import field
from msgspec.structs import replace

from .._auth.environment import GRAPHQL_URL_VARIABLE, REST_URL_VARIABLE, auth_from, url_from
from .._auth.tokens import Auth, TokenAuth
from .._base.arguments import check_int, check_timeout, type_name
from .._base.errors import ConfigurationError
from .._base.rate_limits import LastLimits
from .._base.records import Record
from .._base.times import Timing
from .._base.urls import BaseURL, check_base_url, check_has_no_version, without_names
from .._decoding.decoder import Decoder
from .._policy.retries import OnWait, RetryPolicy
from .connections import Connections
from .library import check_library_timeout
from .request import check_headers, merge_headers, query_pairs

if TYPE_CHECKING:
    from .._policy.pacing import Pacer
    from ..conformance.traffic import TrafficCheck
    from .library import HTTPTimeout

T = TypeVar("T")

BASE_URL: Final = "https://api.buildkite.com"
GRAPHQL_URL: Final = "https://graphql.buildkite.com/v1"
_ORIGIN: Final = ("https", "api.buildkite.com", 443)
_GRAPHQL: Final = BaseURL(GRAPHQL_URL, ("https", "graphql.buildkite.com", 443), "graphql_url")


class Settings(Record, frozen=True):
    """Settings shared by all calls of a client."""

    __hidden__ = frozenset({"headers", "query"})

    base_url: BaseURL
    auth: Auth
    retries: RetryPolicy
    decoder: Decoder
    timing: Timing
    limits: LastLimits = field(default_factory=LastLimits)
    pacer: Pacer | None = None
    on_wait: OnWait | None = None
    graphql_url: BaseURL | None = None
    """URL of the GraphQL API. None for another URL of the API than that of Buildkite, unless it is set too."""
    check: TrafficCheck | None = None
    """Observes all requests and responses but streams."""
    rewrite_next_urls: bool = False
    """Whether the origin of URLs of next pages is replaced by that of `base_url`."""
    timeout: float | HTTPTimeout | None = None
    """Timeout, where it differs from that of the HTTP client. `Library.timeout` has what it limits."""
    headers: Mapping[str, str] = {}
    """Headers of each request of the API, unless an argument of the call has the same name."""
    query: tuple[tuple[str, str], ...] = ()
    """Query parameters of each request of the API, unless an argument of the call has the same name."""


def change_settings(
    settings: Settings,
    *,
    timeout: float | HTTPTimeout | None = None,
    max_retries: int | None = None,
    deadline: float | None = None,
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, object] | None = None,
    extra_fields: bool | None = None,
) -> Settings:
    """Return `settings` with those options that are not None. See `Buildkite.with_options`."""
    if timeout is not None:
        _check_timeout(timeout)
        settings = replace(settings, timeout=timeout)
    if max_retries is not None:
        check_int("max_retries", max_retries, minimum=0)
        settings = replace(settings, retries=replace(settings.retries, max_retries=max_retries))
    if deadline is not None:
        settings = replace(settings, retries=replace(settings.retries, deadline=deadline))
    if extra_fields is not None:
        settings = replace(settings, decoder=settings.decoder.with_extra_fields(extra_fields))
    if headers is not None or query is not None:
        pairs = query_pairs(query)
        settings = replace(
            settings,
            headers=merge_headers(settings.headers, check_headers(headers)),
            query=(*without_names(settings.query, pairs), *pairs),
        )
    return settings


def make_connections(
    client: Any, make: Callable[[float | HTTPTimeout], T], timeout: float | HTTPTimeout
) -> Connections[T]:
    """Return the connections of a new client: those of `client`, or of one that `make` creates.

    Raises:
        ConfigurationError: The environment names a proxy or certificates that cannot be used.
        TypeError: `timeout` is neither a number nor a timeout of the HTTP library.
        ValueError: `timeout` is not greater than 0, or longer than a day.
    """
    _check_timeout(timeout)
    if client is None:
        return Connections(make(timeout), partial(make, timeout))
    return Connections(client, None)


def _check_timeout(timeout: float | HTTPTimeout) -> None:
    if not check_library_timeout(timeout):
        check_timeout("timeout", cast("float", timeout))


def resolve_auth(auth: Auth | str | Callable[[], str] | None) -> Auth:
    """Return the credentials of a client. Raises `ConfigurationError` if they are missing or cannot be used."""
    if auth is None:
        return auth_from(os.environ)
    if not isinstance(auth, str) and hasattr(auth, "authorization") and hasattr(auth, "renew"):
        return cast("Auth", auth)
    if isinstance(auth, str) or callable(auth):
        return TokenAuth(auth)
    raise ConfigurationError(f"auth must be a token, a function that returns one, or JWTAuth(…), not {type_name(auth)}")


def resolve_urls(
    base_url: str | None, graphql_url: str | None, environ: Mapping[str, str]
) -> tuple[BaseURL, BaseURL | None]:
    """Return the URLs of the REST API and of the GraphQL API, from the arguments or else from `environ`.

    A program that passes `base_url` chooses where its credentials are sent: the environment does not change that.
    """
    base_argument, graphql_argument = "base_url", "graphql_url"
    if base_url is None:
        if graphql_url is None and (graphql_url := url_from(environ, GRAPHQL_URL_VARIABLE)) is not None:
            graphql_argument = GRAPHQL_URL_VARIABLE
        if (base_url := url_from(environ, REST_URL_VARIABLE)) is not None:
            base_argument = REST_URL_VARIABLE
    base = parse_base_url(base_argument, BASE_URL if base_url is None else base_url)
    if graphql_url is not None:
        return base, _parse_url(graphql_argument, graphql_url, GRAPHQL_URL)
    return base, _GRAPHQL if base.origin == _ORIGIN else None


def parse_base_url(argument: str, base_url: str) -> BaseURL:
    """Return the URL of the REST API, which messages call `argument`.

    Raises:
        ConfigurationError: It cannot be one, or ends with the version of the API.
    """
    parsed = _parse_url(argument, base_url, BASE_URL)
    try:
        check_has_no_version(argument, base_url)
    except ValueError as error:
        raise ConfigurationError(str(error)) from None
    return replace(parsed, url=parsed.url.rstrip("/"))


def _parse_url(argument: str, url: str, example: str) -> BaseURL:
    """Return the URL of an API. Raises `ConfigurationError` if it cannot be one; see `check_base_url`."""
    try:
        scheme, host, port = check_base_url(argument, url, example)
    except ValueError as error:
        raise ConfigurationError(str(error)) from None
    return BaseURL(url, (scheme, host, port), argument)
