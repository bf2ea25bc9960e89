"""The two clients."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from copy import copy
from functools import cached_property, partial
from inspect import isawaitable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Generic, ParamSpec, Self, TypeVar, cast

from attrs import evolve

from _buildkite_rest.resources import AsyncResources, Resources

from ._auth.environment import auth_from
from ._auth.tokens import Auth, TokenAuth
from ._base.arguments import check_callback, check_function, check_int, check_timeout, check_type, type_name
from ._base.clock import Timing
from ._base.errors import ConfigurationError
from ._base.rate_limits import RateLimits
from ._base.urls import BaseURL, origin_of
from ._decoding.decoder import Decoder
from ._http.attempts import Settings
from ._http.library import default_async_client, default_client, has_valid_host
from ._http.pool import Connections
from ._http.proxies import hide_proxy_passwords
from ._http.raw import RawResponse, no_response, recording
from ._http.request import path_segment
from ._http.transport import AsyncHTTPPort, HTTPPort
from ._policy.notices import OnWait
from ._policy.pacing import Pacer, RateLimitPacing
from ._policy.retries import RetryPolicy

if TYPE_CHECKING:
    from ._http.library import AsyncHTTPClient, HTTPClient
    from ._organization import AsyncOrganizationClient, OrganizationClient
    from ._resources.artifacts import Artifacts, AsyncArtifacts
    from ._resources.builds import AsyncBuilds, Builds
    from ._resources.jobs import AsyncJobs, Jobs

P = ParamSpec("P")
T = TypeVar("T")
Port = TypeVar("Port", HTTPPort, AsyncHTTPPort)

BASE_URL: Final = "https://api.buildkite.com"


class _Client(Generic[Port]):
    """What both clients have in common."""

    _http: Port
    _port: Any
    _organization: str | None
    _owns_connections: bool = True

    @property
    def rate_limits(self) -> RateLimits:
        """The limits that the last answer told, to any thread or task. Nothing is sent."""
        return self._http.settings.limits.read()

    def with_options(self, *, timeout: float | None = None, max_retries: int | None = None) -> Self:
        """Return a client with other options over the same connections: `client.with_options(timeout=5).builds.get(…)`.

        The connections stay with the client that was asked; to close the one that is returned leaves them open.

        Args:
            timeout: Seconds to wait for a piece of an answer.
            max_retries: How often a request is sent again at most.

        Raises:
            TypeError: `timeout` is not a number, or `max_retries` is not an int.
            ValueError: `timeout` is not greater than 0 or longer than a day, or `max_retries` is negative.
        """
        client = copy(self)
        for name in [name for name in vars(client) if isinstance(getattr(type(self), name, None), cached_property)]:
            delattr(client, name)  # resources that know the other options
        client._owns_connections = False
        client._port = client._http = self._http.with_settings(_changed(self._http.settings, timeout, max_retries))
        return client


class Buildkite(_Client[HTTPPort], Resources):
    """A client of the Buildkite REST API. Every resource is an attribute: `client.builds.list("acme", "web")`.

    May be shared by threads, and by forked processes, which open connections of their own. Close it with
    `close()` or use it in a `with` statement.

    Args:
        auth: An access token, a function that returns one, `JWTAuth` or any object like it. Without it the environment
            is asked: `BUILDKITE_API_TOKEN`, or to sign requests `BUILDKITE_API_TOKEN_UUID` and
            `BUILDKITE_API_PRIVATE_KEY_PATH` (a PEM file; its text may stand in `BUILDKITE_API_PRIVATE_KEY` instead),
            and for a key that is encrypted `BUILDKITE_API_PRIVATE_KEY_PASSPHRASE`.
        organization: Slug of the organization that `organization()` gives when it names none.
        base_url: Where the API is. Credentials are sent to this origin only.
        timeout: Seconds to wait for a piece of an answer. Not for a client of your own.
        retries: When a failed request is sent again.
        pacing: Slow down before a rate limit is exhausted, rather than wait after a 429.
        on_wait: Is called with a `Wait` before each pause of the client, in the thread or task that pauses. Pauses are
            also logged, to the logger `buildkite_rest`.
        strict: Raise `DecodeError` for an answer that does not match the description, instead of reading it leniently.
        rewrite_next_urls: Replace the origin of a next page's URL by `base_url`. For a proxy that does not rewrite
            response bodies and `Link` headers.
        http_client: A client of your own, of httpx or of httpx2, for proxies, certificates or tests. `close()` closes
            it too. It belongs to the process in which the `Buildkite` client is made: in a process that is forked from
            that, calls raise `ConfigurationError`.
        timing: The clock and the ways to sleep, for tests.

    Raises:
        ConfigurationError: There is no token, a key cannot be used, `base_url` is no HTTP address, `http_client` is no
            client of httpx or httpx2, or the environment names a proxy or certificates that cannot be used.
        TypeError: Another argument is not of its type, or `on_wait` is a coroutine function.
        ValueError: `organization` is empty or would change the path of a request, or `timeout` is not greater than 0 or
            longer than a day.
    """

    def __init__(
        self,
        auth: Auth | str | Callable[[], str] | None = None,
        *,
        organization: str | None = None,
        base_url: str = BASE_URL,
        timeout: float = 30.0,
        retries: RetryPolicy | None = None,
        pacing: RateLimitPacing | None = None,
        on_wait: OnWait | None = None,
        strict: bool = False,
        rewrite_next_urls: bool = False,
        http_client: HTTPClient | None = None,
        timing: Timing | None = None,
    ) -> None:
        settings = _settings(
            auth=auth,
            base_url=base_url,
            retries=retries,
            pacing=pacing,
            on_wait=on_wait,
            timing=timing,
            strict=strict,
            rewrite_next_urls=rewrite_next_urls,
        )
        self._port = self._http = HTTPPort(settings, _connections(http_client, default_client, timeout))
        self._organization = _checked(organization)

    @cached_property
    def builds(self) -> Builds:
        """Builds, single runs of a pipeline."""
        from ._resources.builds import Builds  # noqa: PLC0415 - a resource is imported when it is first used

        return Builds(self._http)

    @cached_property
    def artifacts(self) -> Artifacts:
        """Files that jobs have uploaded."""
        from ._resources.artifacts import Artifacts  # noqa: PLC0415

        return Artifacts(self._http)

    @cached_property
    def jobs(self) -> Jobs:
        """Jobs of a build, their logs and their environment."""
        from ._resources.jobs import Jobs  # noqa: PLC0415

        return Jobs(self._http)

    def organization(self, slug: str | None = None) -> OrganizationClient:
        """Return the resources of one organization: `client.organization("acme").builds.list("web")`.

        They have the same methods without the argument `org`, over the same connections, and `with_options` and
        `with_raw_response` too.

        Args:
            slug: Slug of the organization. Without it the one that the client was made with, or else
                `$BUILDKITE_ORGANIZATION_SLUG`.

        Raises:
            ConfigurationError: No organization is named in any of these ways.
            TypeError: The slug is not a str.
            ValueError: The slug is empty, or would change the path of a request.
        """
        from ._organization import OrganizationClient, known  # noqa: PLC0415

        return OrganizationClient(self, known(slug, self._organization))

    def with_raw_response(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> RawResponse[T]:
        """Call a method and return its result together with the response: status, headers and bytes.

        `client.with_raw_response(client.builds.get, "acme", "web", 42).status`. Not for lists, whose `.pages()` have
        their headers, nor for streams, which have them too.

        Raises:
            TypeError: `call` is not a method of a resource, or one that returns a list or a stream. Nothing was sent.
        """
        _check_call(call, HTTPPort)
        with recording() as recorder:
            return recorder.wrap(call(*args, **kwargs))

    def close(self) -> None:
        """Close all connections. The client cannot be used afterwards."""
        if self._owns_connections:
            self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class AsyncBuildkite(_Client[AsyncHTTPPort], AsyncResources):
    """A client of the Buildkite REST API that does not block: `await client.builds.get("acme", "web", 42)`.

    The same words as `Buildkite`, which describes the arguments. Close it with `aclose()` or use it in an
    `async with` statement.
    """

    def __init__(
        self,
        auth: Auth | str | Callable[[], str] | None = None,
        *,
        organization: str | None = None,
        base_url: str = BASE_URL,
        timeout: float = 30.0,
        retries: RetryPolicy | None = None,
        pacing: RateLimitPacing | None = None,
        on_wait: OnWait | None = None,
        strict: bool = False,
        rewrite_next_urls: bool = False,
        http_client: AsyncHTTPClient | None = None,
        timing: Timing | None = None,
    ) -> None:
        settings = _settings(
            auth=auth,
            base_url=base_url,
            retries=retries,
            pacing=pacing,
            on_wait=on_wait,
            timing=timing,
            strict=strict,
            rewrite_next_urls=rewrite_next_urls,
        )
        connections = _connections(http_client, default_async_client, timeout)
        self._port = self._http = AsyncHTTPPort(settings, connections)
        self._organization = _checked(organization)

    @cached_property
    def builds(self) -> AsyncBuilds:
        """Builds, single runs of a pipeline."""
        from ._resources.builds import AsyncBuilds  # noqa: PLC0415

        return AsyncBuilds(self._http)

    @cached_property
    def artifacts(self) -> AsyncArtifacts:
        """Files that jobs have uploaded."""
        from ._resources.artifacts import AsyncArtifacts  # noqa: PLC0415

        return AsyncArtifacts(self._http)

    @cached_property
    def jobs(self) -> AsyncJobs:
        """Jobs of a build, their logs and their environment."""
        from ._resources.jobs import AsyncJobs  # noqa: PLC0415

        return AsyncJobs(self._http)

    def organization(self, slug: str | None = None) -> AsyncOrganizationClient:
        """Return the resources of one organization: `await client.organization("acme").builds.get("web", 42)`.

        See `Buildkite.organization`.
        """
        from ._organization import AsyncOrganizationClient, known  # noqa: PLC0415

        return AsyncOrganizationClient(self, known(slug, self._organization))

    async def with_raw_response(
        self, call: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> RawResponse[T]:
        """Call a method and return its result together with the response: status, headers and bytes.

        `raw = await client.with_raw_response(client.builds.get, "acme", "web", 42)`. See `Buildkite.with_raw_response`.
        """
        _check_call(call, AsyncHTTPPort)
        with recording() as recorder:
            result = call(*args, **kwargs)
            if not isawaitable(result):  # a list or a stream, whatever the types say
                raise no_response()
            return recorder.wrap(await result)

    async def aclose(self) -> None:
        """Close all connections. The client cannot be used afterwards."""
        if self._owns_connections:
            await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()


def _settings(
    *,
    auth: Auth | str | Callable[[], str] | None,
    base_url: str,
    retries: RetryPolicy | None,
    pacing: RateLimitPacing | None,
    on_wait: OnWait | None,
    timing: Timing | None,
    strict: bool,
    rewrite_next_urls: bool,
) -> Settings:
    _check_kind("retries", retries, RetryPolicy)
    _check_kind("pacing", pacing, RateLimitPacing)
    _check_kind("timing", timing, Timing)
    check_callback("on_wait", on_wait)
    check_type("strict", strict, bool, "a bool")
    check_type("rewrite_next_urls", rewrite_next_urls, bool, "a bool")
    return Settings(
        base_url=_checked_base_url(base_url),
        auth=_auth(auth),
        retries=RetryPolicy() if retries is None else retries,
        decoder=Decoder(strict=strict),
        timing=Timing() if timing is None else timing,
        pacer=None if pacing is None else Pacer(pacing),
        on_wait=on_wait,
        rewrite_next_urls=rewrite_next_urls,
    )


def _check_call(call: Callable[..., object], port: type) -> None:
    """Raise `TypeError` if `call` is not a method of a resource that sends over a `port`."""
    check_function("call", call)
    # The methods of an organization are functions of the resources' own.
    resource = getattr(call.func if isinstance(call, partial) else call, "__self__", None)
    if isinstance(resource, _Client) or not isinstance(getattr(resource, "_port", None), port):
        kind = " of an AsyncBuildkite" if port is AsyncHTTPPort else ""
        raise TypeError(f"call must be a method of a resource{kind}, such as client.builds.get")


def _connections(given: Any, make: Callable[[float], T], timeout: float) -> Connections[T]:
    check_timeout("timeout", timeout)
    if given is None:
        return Connections(make(timeout), partial(make, timeout))
    if getattr(given, "trust_env", False):
        hide_proxy_passwords()
    return Connections(given, None)


def _check_kind(name: str, value: object, kind: type) -> None:
    if value is not None:
        check_type(name, value, kind, f"a {kind.__name__}")


def _checked(organization: str | None) -> str | None:
    _check_kind("organization", organization, str)
    if organization is not None:
        path_segment("organization", organization)
    return organization


def _auth(auth: Auth | str | Callable[[], str] | None) -> Auth:
    if auth is None:
        return auth_from(os.environ)
    if not isinstance(auth, str) and hasattr(auth, "authorization") and hasattr(auth, "renew"):
        own = cast("Auth", auth)
        check_callback("authorization of auth", own.authorization)
        check_callback("renew of auth", own.renew)
        return own
    if isinstance(auth, str) or callable(auth):
        return TokenAuth(auth)
    raise ConfigurationError(f"auth must be a token, a function that returns one, or JWTAuth(…), not {type_name(auth)}")


def _checked_base_url(base_url: str) -> BaseURL:
    check_type("base_url", base_url, str, "a str")
    try:
        origin = scheme, host, _ = origin_of(base_url)
    except ValueError:
        origin = scheme, host, _ = "", "", None
    printable = base_url.isprintable() and " " not in base_url
    if scheme not in ("http", "https") or not host or not printable or any(mark in base_url for mark in "?#@\\"):
        raise ConfigurationError(f"base_url must be an address such as {BASE_URL}, without user, query or fragment")
    if base_url.rstrip("/").endswith("/v2"):
        raise ConfigurationError("base_url ends with /v2, which each path begins with; leave that out")
    if not has_valid_host(base_url):
        raise ConfigurationError(f"the host of base_url is not a valid host name or IP address, as in {BASE_URL}")
    return BaseURL(base_url.rstrip("/"), origin)


def _changed(settings: Settings, timeout: float | None, max_retries: int | None) -> Settings:
    if timeout is not None:
        check_timeout("timeout", timeout)
    if max_retries is not None:
        check_int("max_retries", max_retries, least=0)
    retries = settings.retries if max_retries is None else evolve(settings.retries, max_retries=max_retries)
    return evolve(settings, retries=retries, timeout=settings.timeout if timeout is None else timeout)
