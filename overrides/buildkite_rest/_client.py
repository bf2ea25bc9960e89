"""The clients `Buildkite` and `AsyncBuildkite`."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping
from copy import copy
from inspect import isawaitable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, Self, TypeVar

from _buildkite_rest.cached_property import cached_property
from _buildkite_rest.resources import AsyncResources, Resources

from ._auth.tokens import Auth
from ._base.rate_limits import RateLimits
from ._base.times import Timing
from ._decoding.decoder import Decoder
from ._http.any_endpoint import AnyEndpoint, AsyncAnyEndpoint
from ._http.library import default_async_client, default_client
from ._http.options import Settings, change_settings, make_connections, resolve_auth, resolve_urls
from ._http.port import AsyncHTTPPort, HTTPPort
from ._http.raw import RawResponse, no_response, raw_response, record_responses
from ._http.request import path_segment
from ._policy.retries import OnWait, RetryPolicy

if TYPE_CHECKING:
    from ._http.library import AsyncHTTPClient, HTTPClient, HTTPTimeout
    from ._organization import AsyncOrganizationClient, OrganizationClient
    from ._policy.pacing import Pacer, RateLimitPacing
    from ._resources.artifacts import Artifacts, AsyncArtifacts
    from ._resources.builds import AsyncBuilds, Builds
    from ._resources.jobs import AsyncJobs, Jobs
    from .conformance.traffic import TrafficCheck

P = ParamSpec("P")
T = TypeVar("T")
Port = TypeVar("Port", HTTPPort, AsyncHTTPPort)
HTTP = TypeVar("HTTP")


class _BaseClient(Generic[Port, HTTP]):
    """Common parts of both clients, and their private attributes, which editors list last."""

    _http: Port
    _port: Any
    _organization: str | None
    _owns_connections: bool = True

    def __init__(
        self,
        auth: Auth | str | Callable[[], str] | None = None,
        *,
        organization: str | None = None,
        base_url: str | None = None,
        graphql_url: str | None = None,
        timeout: float | HTTPTimeout = 30.0,
        max_retries: int | None = None,
        retries: RetryPolicy | None = None,
        headers: Mapping[str, str] | None = None,
        pacing: RateLimitPacing | None = None,
        on_wait: OnWait | None = None,
        http_client: HTTP | None = None,
        strict: bool = False,
        extra_fields: bool = False,
        rewrite_next_urls: bool = False,
        check: TrafficCheck | None = None,
        timing: Timing | None = None,
    ) -> None:
        base, graphql = resolve_urls(base_url, graphql_url, os.environ)
        settings = Settings(
            base_url=base,
            auth=resolve_auth(auth),
            retries=RetryPolicy() if retries is None else retries,
            decoder=Decoder(strict=strict, extra_fields=extra_fields),
            timing=Timing() if timing is None else timing,
            pacer=None if pacing is None else _pacer(pacing),
            on_wait=on_wait,
            graphql_url=graphql,
            rewrite_next_urls=rewrite_next_urls,
            check=check,
        )
        settings = change_settings(settings, max_retries=max_retries, headers=headers)
        self._port = self._http = self._make_port(settings, http_client, timeout)
        if organization is not None:
            path_segment("organization", organization)
        self._organization = organization

    @staticmethod
    def _make_port(settings: Settings, http_client: HTTP | None, timeout: float | HTTPTimeout) -> Port:
        raise NotImplementedError  # each of the two clients has a port of its own kind

    def __repr__(self) -> str:
        settings = self._http.settings
        return f"{type(self).__name__}(base_url={settings.base_url.url!r}, auth={type(settings.auth).__name__})"

    @property
    def rate_limits(self) -> RateLimits:
        """The rate limits in the last response to any thread or task. No request is sent."""
        return self._http.settings.limits.read()

    def with_options(
        self,
        *,
        timeout: float | HTTPTimeout | None = None,
        max_retries: int | None = None,
        deadline: float | None = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, object] | None = None,
        extra_fields: bool | None = None,
    ) -> Self:
        """Return a client with other options over the same connections: `client.with_options(timeout=5).builds.get(…)`.

        Closing the returned client does not close the connections. Options that are not passed are those of this
        client, to whose `headers` and `query` further ones are added.

        Args:
            timeout: Seconds to wait for each chunk of a response, and to connect, but at most 10; or an
                `httpx.Timeout` or `httpx2.Timeout`.
            max_retries: Number of retries of a request.
            deadline: Seconds after which a call ends; see `RetryPolicy`.
            headers: Headers that are added to each request of the API, including `graphql`. They replace those with the
                same name, in any case, of this client, and those that it sends by default, such as `Accept`. An
                argument of a call replaces them. They are not sent to the storage of artifacts.
            query: Query parameters that are added to each request of the API, except `graphql`. They replace those with
                the same name of this client, and the default `per_page`. An argument of a call replaces them, and the
                URL of a next page keeps its own. A list is written as `name[]=…`, a mapping as `name[key]=…`. `None` is
                not sent.
            extra_fields: Keep the fields that the spec lacks, or do not.

        Raises:
            TypeError: An option has another type.
            ValueError: `timeout` or `deadline` is not greater than 0 or longer than a day, or `max_retries` is
                negative. A header cannot be sent or is one that the client sets, such as `Authorization`. A parameter
                cannot be written in a query string.
        """
        client = copy(self)
        for name in [name for name in vars(client) if isinstance(getattr(type(self), name, None), cached_property)]:
            delattr(client, name)  # resources with the previous options
        client._owns_connections = False
        settings = change_settings(
            self._http.settings,
            timeout=timeout,
            max_retries=max_retries,
            deadline=deadline,
            headers=headers,
            query=query,
            extra_fields=extra_fields,
        )
        client._port = client._http = self._http.with_settings(settings)
        return client


class _Client(_BaseClient[HTTPPort, "HTTPClient"]):
    @staticmethod
    def _make_port(settings: Settings, http_client: HTTPClient | None, timeout: float | HTTPTimeout) -> HTTPPort:
        return HTTPPort(settings, make_connections(http_client, default_client, timeout))


class _AsyncClient(_BaseClient[AsyncHTTPPort, "AsyncHTTPClient"]):
    @staticmethod
    def _make_port(
        settings: Settings, http_client: AsyncHTTPClient | None, timeout: float | HTTPTimeout
    ) -> AsyncHTTPPort:
        return AsyncHTTPPort(settings, make_connections(http_client, default_async_client, timeout))


class Buildkite(AnyEndpoint, _Client, Resources):
    """A client of the Buildkite REST API. Every resource is an attribute: `client.builds.list("acme", "web")`.

    It can be shared by threads and by forked processes, which open their own connections. Close it with `close()` or
    use it in a `with` statement.

    Args:
        auth: An access token, a function that returns one, a `JWTAuth` or another `Auth`. By default the token is read
            from `BUILDKITE_API_TOKEN`, or requests are signed with `BUILDKITE_API_TOKEN_UUID` and
            `BUILDKITE_API_PRIVATE_KEY_PATH` (a PEM file) or `BUILDKITE_API_PRIVATE_KEY` (its text), and
            `BUILDKITE_API_PRIVATE_KEY_PASSPHRASE` for an encrypted key.
        organization: Default slug of `organization()`.
        base_url: URL of the API. By default that of `BUILDKITE_REST_URL`, or `https://api.buildkite.com`. Credentials
            are only sent to its origin, and those of `graphql` to that of `graphql_url`.
        graphql_url: URL of the GraphQL API. By default that of `BUILDKITE_GRAPHQL_URL`, unless `base_url` is passed. If
            neither is set, `https://graphql.buildkite.com/v1`, if the URL of the API is that of Buildkite.
        timeout: Seconds to wait for each chunk of a response, and to connect, but at most 10; or an `httpx.Timeout` or
            `httpx2.Timeout`. Does not apply to a passed `http_client`.
        max_retries: Number of retries of a request, in place of that of `retries`.
        retries: Retry policy for failed requests.
        headers: Headers that are added to each request of the API; see `with_options`.
        pacing: Slows down before a rate limit is exhausted, rather than wait after a 429.
        on_wait: Called with a `Wait` before each pause of a call, in the thread or task that pauses. Pauses are
            also logged to the logger `buildkite_rest`.
        http_client: A client of httpx or httpx2, for proxies, certificates or tests. `close()` closes it too. It can
            only be used in the process that created the `Buildkite` client: in a forked one, calls raise
            `ConfigurationError`.
        strict: Raise `DecodeError` for a response that does not match the spec, instead of decoding it leniently.
        extra_fields: Keep the fields that the spec lacks, in `extra_fields` of each object. Decoding takes longer.
        rewrite_next_urls: Replace the origin of the URL of a next page, or of one passed to `request`, by that of
            `base_url`. For a proxy that does not rewrite response bodies and `Link` headers.
        check: A `buildkite_rest.conformance.traffic.TrafficCheck`, which compares requests and responses with the spec.
            It does not see streams, such as logs and artifacts. Needs the extra `conformance`.
        timing: Clocks and sleep functions, for tests.

    Raises:
        ConfigurationError: There is no token, a key cannot be used, `base_url` or `graphql_url`, or the variable that
            it is read from, is not an HTTP URL, `http_client` is not a client of httpx or httpx2, or the environment
            sets an invalid proxy or certificate file.
        TypeError: An argument has another type.
        ValueError: `organization` is empty or would change the path of a request, `timeout` is not greater than 0 or
            longer than a day, `max_retries` is negative, or a header cannot be sent or is one that the client sets.
    """

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
            TypeError: `call` returns a list or a stream, or sends no request.
        """
        with record_responses() as recorded:
            return raw_response(call(*args, **kwargs), recorded)

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


class AsyncBuildkite(AsyncAnyEndpoint, _AsyncClient, AsyncResources):
    """An asynchronous client of the Buildkite REST API: `await client.builds.get("acme", "web", 42)`.

    It has the arguments and methods of `Buildkite`. Close it with `aclose()` or use it in an `async with` statement.
    """

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
        with record_responses() as recorded:
            result = call(*args, **kwargs)
            if not isawaitable(result):  # a list or a stream
                raise no_response()
            return raw_response(await result, recorded)

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


def _pacer(pacing: RateLimitPacing) -> Pacer:
    from ._policy.pacing import Pacer  # noqa: PLC0415 - few clients are paced

    return Pacer(pacing)
