"""Clients of one organization, whose methods have no argument `org`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from _buildkite_rest.cached_property import cached_property
from _buildkite_rest.organization import AsyncOrganizationResources, OrganizationResources

from .._auth.environment import ORGANIZATION, organization_from
from .._base.errors import ConfigurationError
from .._http.request import path_segment

if TYPE_CHECKING:
    from .resources import (
        AsyncOrganizationArtifacts,
        AsyncOrganizationBuilds,
        AsyncOrganizationJobs,
        OrganizationArtifacts,
        OrganizationBuilds,
        OrganizationJobs,
    )


class OrganizationClient(OrganizationResources):
    """The client of one organization: `client.organization("acme").builds.list("web")`.

    Its methods have no argument `org`. It uses the connections and the options of the client that created it.
    """

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.slug!r})"

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


class AsyncOrganizationClient(AsyncOrganizationResources):
    """The asynchronous client of one organization. See `OrganizationClient`."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.slug!r})"

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
        ValueError: The slug is empty, or would change the path of a request.
    """
    if slug is None:
        slug = default or organization_from(os.environ)
    if slug is None:
        raise ConfigurationError(
            f"there is no organization. Pass its slug, or set organization=… of the client or {ORGANIZATION}"
        )
    path_segment("slug", slug)
    return slug
