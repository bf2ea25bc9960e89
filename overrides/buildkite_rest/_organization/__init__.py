"""Clients of one organization, whose methods have no argument `org`."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Generic, ParamSpec, Self, TypeVar

from _buildkite_rest.cached_property import cached_property
from _buildkite_rest.organization import AsyncOrganizationResources, OrganizationResources

from .._auth.environment import ORGANIZATION, organization_from
from .._base.arguments import check_type
from .._base.errors import ConfigurationError
from .._http.request import path_segment

if TYPE_CHECKING:
    from .._client import AsyncBuildkite, Buildkite
    from .._http.library import HTTPTimeout
    from .._http.raw import RawResponse
    from .resources import (
        AsyncOrganizationArtifacts,
        AsyncOrganizationBuilds,
        AsyncOrganizationJobs,
        OrganizationArtifacts,
        OrganizationBuilds,
        OrganizationJobs,
    )

P = ParamSpec("P")
T = TypeVar("T")
Client = TypeVar("Client", "Buildkite", "AsyncBuildkite")


class _Parent(Generic[Client]):
    """The client that created another one: a private attribute, which editors list last."""

    _client: Client
    _slug: str

    def __init__(self, client: Client, slug: str) -> None:
        super().__init__(client, slug)  # type: ignore[call-arg]  # of the resources
        self._client = client

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._slug!r})"

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
        """Return a client with other options. See `Buildkite.with_options`."""
        client = self._client.with_options(
            timeout=timeout,
            max_retries=max_retries,
            deadline=deadline,
            headers=headers,
            query=query,
            extra_fields=extra_fields,
        )
        return type(self)(client, self._slug)


class OrganizationClient(_Parent["Buildkite"], OrganizationResources):
    """The client of one organization: `client.organization("acme").builds.list("web")`.

    Its methods have no argument `org`. It uses the connections of the client that created it.
    """

    def with_raw_response(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> RawResponse[T]:
        """Call a method and return its result with the response. See `Buildkite.with_raw_response`."""
        return self._client.with_raw_response(call, *args, **kwargs)

    @cached_property
    def builds(self) -> OrganizationBuilds:
        """Builds of pipelines."""
        from .resources import OrganizationBuilds  # noqa: PLC0415 - a resource is imported when it is first used

        return OrganizationBuilds(self._resources.builds, self.slug)

    @cached_property
    def artifacts(self) -> OrganizationArtifacts:
        """Artifacts: files uploaded by jobs."""
        from .resources import OrganizationArtifacts  # noqa: PLC0415

        return OrganizationArtifacts(self._resources.artifacts, self.slug)

    @cached_property
    def jobs(self) -> OrganizationJobs:
        """Jobs of a build, with their logs and environment variables."""
        from .resources import OrganizationJobs  # noqa: PLC0415

        return OrganizationJobs(self._resources.jobs, self.slug)


class AsyncOrganizationClient(_Parent["AsyncBuildkite"], AsyncOrganizationResources):
    """The asynchronous client of one organization. See `OrganizationClient`."""

    async def with_raw_response(
        self, call: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> RawResponse[T]:
        """Call a method and return its result with the response. See `AsyncBuildkite.with_raw_response`."""
        return await self._client.with_raw_response(call, *args, **kwargs)

    @cached_property
    def builds(self) -> AsyncOrganizationBuilds:
        """Builds of pipelines."""
        from .resources import AsyncOrganizationBuilds  # noqa: PLC0415

        return AsyncOrganizationBuilds(self._resources.builds, self.slug)

    @cached_property
    def artifacts(self) -> AsyncOrganizationArtifacts:
        """Artifacts: files uploaded by jobs."""
        from .resources import AsyncOrganizationArtifacts  # noqa: PLC0415

        return AsyncOrganizationArtifacts(self._resources.artifacts, self.slug)

    @cached_property
    def jobs(self) -> AsyncOrganizationJobs:
        """Jobs of a build, with their logs and environment variables."""
        from .resources import AsyncOrganizationJobs  # noqa: PLC0415

        return AsyncOrganizationJobs(self._resources.jobs, self.slug)


def resolve_slug(slug: str | None, default: str | None) -> str:
    """Return the slug of the call, of the client or of the environment, in this order.

    Raises:
        ConfigurationError: There is none, or the one in the environment is invalid.
        TypeError: The slug is not a str.
        ValueError: The slug is empty, or would change the path of a request.
    """
    if slug is None:
        slug = default or organization_from(os.environ)
    if slug is None:
        raise ConfigurationError(
            f"there is no organization. Pass its slug, or set organization=… of the client or {ORGANIZATION}"
        )
    check_type("slug", slug, str, "a str")
    path_segment("slug", slug)
    return slug
