"""The clients `Buildkite` and `AsyncBuildkite`."""

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
from ._base.urls import BaseURL, origin_of, with_host
from ._decoding.decoder import Decoder
from ._http.attempts import Settings
from ._http.library import ascii_host, default_async_client, default_client
from ._http.log_redaction import hide_proxy_passwords
from ._http.pool import Connections
from ._http.raw import RawResponse, no_response, record_responses
from ._http.request import path_segment
from ._http.transport import AsyncHTTPPort, HTTPPort
from ._policy.pacing import Pacer, RateLimitPacing
from ._policy.retries import RetryPolicy
from ._policy.wait_notices import OnWait

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
    """Common parts of both clients."""

    _http: Port
    _port: Any
    _organization: str | None
    _owns_connections: bool = True

    @property
    def rate_limits(self) -> RateLimits:
        """The rate limits in the last response to any thread or task. No request is sent."""
        return self._http.settings.limits.read()

    def with_options(self, *, timeout: float | None = None, max_retries: int | None = None) -> Self:
        """Return a client with other options over the same connections: `client.with_options(timeout=5).builds.get(…)`.

        Closing the returned client does not close the connections.

        Args:
            timeout: Seconds to wait for each chunk of a response.
            max_retries: Number of retries of a request.

        Raises:
            TypeError: `timeout` is not a number, or `max_retries` is not an int.
            ValueError: `timeout` is not greater than 0 or longer than a day, or `max_retries` is negative.
        """
        client = copy(self)
        for name in [name for name in vars(client) if isinstance(getattr(type(self), name, None), cached_property)]:
            delattr(client, name)  # resources with the previous options
        client._owns_connections = False
        settings = _change_settings(self._http.settings, timeout, max_retries)
        client._port = client._http = self._http.with_settings(settings)
        return client


class Buildkite(_Client[HTTPPort], Resources):
    """A client of the Buildkite REST API. Every resource is an attribute: `client.builds.list("acme", "web")`.

    It can be shared by threads and by forked processes, which open their own connections. Close it with `close()` or
    use it in a `with` statement.

    Args:
        auth: An access token, a function that returns one, a `JWTAuth` or another `Auth`. By default the token is read
            from `BUILDKITE_API_TOKEN`, or requests are signed with `BUILDKITE_API_TOKEN_UUID` and
            `BUILDKITE_API_PRIVATE_KEY_PATH` (a PEM file) or `BUILDKITE_API_PRIVATE_KEY` (its text), and
            `BUILDKITE_API_PRIVATE_KEY_PASSPHRASE` for an encrypted key.
        organization: Default slug of `organization()`.
        base_url: URL of the API. Credentials are only sent to its origin.
        timeout: Seconds to wait for each chunk of a response. Does not apply to a passed `http_client`.
        retries: Retry policy for failed requests.
        pacing: Slows down before a rate limit is exhausted, rather than wait after a 429.
        on_wait: Called with a `Wait` before each pause of the client, in the thread or task that pauses. Pauses are
            also logged to the logger `buildkite_rest`.
        strict: Raise `DecodeError` for a response that does not match the spec, instead of decoding it leniently.
        rewrite_next_urls: Replace the origin of the URL of a next page by that of `base_url`. For a proxy that does not
            rewrite response bodies and `Link` headers.
        http_client: A client of httpx or httpx2, for proxies, certificates or tests. `close()` closes it too. It can
            only be used in the process that created the `Buildkite` client: in a forked one, calls raise
            `ConfigurationError`.
        timing: Clocks and sleep functions, for tests.

    Raises:
        ConfigurationError: There is no token, a key cannot be used, `base_url` is not an HTTP URL, `http_client` is not
            a client of httpx or httpx2, or the environment sets an invalid proxy or certificate file.
        TypeError: An argument has another type, or `on_wait` is a coroutine function.
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
        settings = _make_settings(
            auth=auth,
            base_url=base_url,
            retries=retries,
            pacing=pacing,
            on_wait=on_wait,
            timing=timing,
            strict=strict,
            rewrite_next_urls=rewrite_next_urls,
        )
        connections = _connections(http_client, default_client, timeout)
        self._port = self._http = HTTPPort(settings, connections)
        self._organization = _check_slug(organization)

    @cached_property
    def builds(self) -> Builds:
        """Builds of pipelines."""
        from ._resources.builds import Builds  # noqa: PLC0415 - a resource is imported when it is first used

        return Builds(self._http)

    @cached_property
    def artifacts(self) -> Artifacts:
        """Artifacts: files uploaded by jobs."""
        from ._resources.artifacts import Artifacts  # noqa: PLC0415

        return Artifacts(self._http)

    @cached_property
    def jobs(self) -> Jobs:
        """Jobs of a build, with their logs and environment variables."""
        from ._resources.jobs import Jobs  # noqa: PLC0415

        return Jobs(self._http)

    def organization(self, slug: str | None = None) -> OrganizationClient:
        """Return a client of one organization: `client.organization("acme").builds.list("web")`.

        Its resources have the same methods without the argument `org`, and use the same connections.

        Args:
            slug: Slug of the organization. By default `organization` of the client, or
                `$BUILDKITE_ORGANIZATION_SLUG`.

        Raises:
            ConfigurationError: There is no organization, or the slug in the environment is invalid.
            TypeError: The slug is not a str.
            ValueError: The slug is empty, or would change the path of a request.
        """
        from ._organization import OrganizationClient, resolve_slug  # noqa: PLC0415

        return OrganizationClient(self, resolve_slug(slug, self._organization))

    def with_raw_response(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> RawResponse[T]:
        """Call a method and return its result together with the status, headers and body of the response.

        `client.with_raw_response(client.builds.get, "acme", "web", 42).status`. The headers of lists are in their
        `.pages()`, those of streams in the stream.

        Raises:
            TypeError: `call` is not a method of a resource, or returns a list or a stream. No request was sent.
        """
        _check_call(call, HTTPPort)
        with record_responses() as recorder:
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
    """An asynchronous client of the Buildkite REST API: `await client.builds.get("acme", "web", 42)`.

    It has the arguments and methods of `Buildkite`. Close it with `aclose()` or use it in an `async with` statement.
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
        settings = _make_settings(
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
        self._organization = _check_slug(organization)

    @cached_property
    def builds(self) -> AsyncBuilds:
        """Builds of pipelines."""
        from ._resources.builds import AsyncBuilds  # noqa: PLC0415

        return AsyncBuilds(self._http)

    @cached_property
    def artifacts(self) -> AsyncArtifacts:
        """Artifacts: files uploaded by jobs."""
        from ._resources.artifacts import AsyncArtifacts  # noqa: PLC0415

        return AsyncArtifacts(self._http)

    @cached_property
    def jobs(self) -> AsyncJobs:
        """Jobs of a build, with their logs and environment variables."""
        from ._resources.jobs import AsyncJobs  # noqa: PLC0415

        return AsyncJobs(self._http)

    def organization(self, slug: str | None = None) -> AsyncOrganizationClient:
        """Return a client of one organization: `await client.organization("acme").builds.get("web", 42)`.

        See `Buildkite.organization`.
        """
        from ._organization import AsyncOrganizationClient, resolve_slug  # noqa: PLC0415

        return AsyncOrganizationClient(self, resolve_slug(slug, self._organization))

    async def with_raw_response(
        self, call: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> RawResponse[T]:
        """Call a method and return its result together with the status, headers and body of the response.

        `raw = await client.with_raw_response(client.builds.get, "acme", "web", 42)`. See `Buildkite.with_raw_response`.
        """
        _check_call(call, AsyncHTTPPort)
        with record_responses() as recorder:
            result = call(*args, **kwargs)
            if not isawaitable(result):  # a list or a stream
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


def _make_settings(
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
    _check_optional("retries", retries, RetryPolicy)
    _check_optional("pacing", pacing, RateLimitPacing)
    _check_optional("timing", timing, Timing)
    check_callback("on_wait", on_wait)
    check_type("strict", strict, bool, "a bool")
    check_type("rewrite_next_urls", rewrite_next_urls, bool, "a bool")
    return Settings(
        base_url=_parse_base_url(base_url),
        auth=_resolve_auth(auth),
        retries=RetryPolicy() if retries is None else retries,
        decoder=Decoder(strict=strict),
        timing=Timing() if timing is None else timing,
        pacer=None if pacing is None else Pacer(pacing),
        on_wait=on_wait,
        rewrite_next_urls=rewrite_next_urls,
    )


def _check_call(call: Callable[..., object], port: type) -> None:
    """Raise `TypeError` if `call` is not a method of a resource that uses this type of port."""
    check_function("call", call)
    # A method for one organization is a `partial` of the method of the resource.
    resource = getattr(call.func if isinstance(call, partial) else call, "__self__", None)
    if isinstance(resource, _Client) or not isinstance(getattr(resource, "_port", None), port):
        kind = " of an AsyncBuildkite" if port is AsyncHTTPPort else ""
        raise TypeError(f"call must be a method of a resource{kind}, such as client.builds.get")


def _connections(client: Any, make: Callable[[float], T], timeout: float) -> Connections[T]:
    check_timeout("timeout", timeout)
    if client is None:
        return Connections(make(timeout), partial(make, timeout))
    if getattr(client, "trust_env", False):
        hide_proxy_passwords()
    return Connections(client, None)


def _check_optional(name: str, value: object, kind: type) -> None:
    if value is not None:
        check_type(name, value, kind, f"a {kind.__name__}")


def _check_slug(organization: str | None) -> str | None:
    _check_optional("organization", organization, str)
    if organization is not None:
        path_segment("organization", organization)
    return organization


def _resolve_auth(auth: Auth | str | Callable[[], str] | None) -> Auth:
    if auth is None:
        return auth_from(os.environ)
    if not isinstance(auth, str) and hasattr(auth, "authorization") and hasattr(auth, "renew"):
        custom = cast("Auth", auth)
        check_callback("authorization of auth", custom.authorization)
        check_callback("renew of auth", custom.renew)
        return custom
    if isinstance(auth, str) or callable(auth):
        return TokenAuth(auth)
    raise ConfigurationError(f"auth must be a token, a function that returns one, or JWTAuth(…), not {type_name(auth)}")


def _parse_base_url(base_url: str) -> BaseURL:
    check_type("base_url", base_url, str, "a str")
    try:
        scheme, host, port = origin_of(base_url)
    except ValueError:
        scheme, host, port = "", "", None
    printable = base_url.isprintable() and " " not in base_url
    if scheme not in ("http", "https") or not host or not printable or any(mark in base_url for mark in "?#@\\"):
        raise ConfigurationError(f"base_url must be a URL such as {BASE_URL}, without user, query or fragment")
    if base_url.rstrip("/").endswith("/v2"):
        raise ConfigurationError("base_url ends with /v2, which each path starts with. Remove it")
    sent_host = ascii_host(base_url)
    if not sent_host:
        raise ConfigurationError(f"the host of base_url is not a valid host name or IP address, as in {BASE_URL}")
    if not host.isascii():  # URLs of next pages, and those of responses, have the encoded form.
        base_url, host = with_host(base_url, sent_host), sent_host
    return BaseURL(base_url.rstrip("/"), (scheme, host, port))


def _change_settings(settings: Settings, timeout: float | None, max_retries: int | None) -> Settings:
    if timeout is not None:
        check_timeout("timeout", timeout)
    if max_retries is not None:
        check_int("max_retries", max_retries, minimum=0)
    retries = settings.retries if max_retries is None else evolve(settings.retries, max_retries=max_retries)
    return evolve(settings, retries=retries, timeout=settings.timeout if timeout is None else timeout)
