"""Clients of one organization, whose methods have no argument `org`."""

from __future__ import annotations

import os

from _buildkite_rest.bound import bound
from _buildkite_rest.cached_property import cached_property
from _buildkite_rest.organization import AsyncOrganizationResources, OrganizationResources
from _buildkite_rest.organization.artifacts import AsyncOrganizationArtifacts as _AsyncOrganizationArtifacts
from _buildkite_rest.organization.artifacts import OrganizationArtifacts as _OrganizationArtifacts
from _buildkite_rest.organization.builds import AsyncOrganizationBuilds as _AsyncOrganizationBuilds
from _buildkite_rest.organization.builds import OrganizationBuilds as _OrganizationBuilds
from _buildkite_rest.organization.jobs import AsyncOrganizationJobs as _AsyncOrganizationJobs
from _buildkite_rest.organization.jobs import OrganizationJobs as _OrganizationJobs

from ._auth.environment import ORGANIZATION, organization_from
from ._base.errors import ConfigurationError
from ._http.request import path_segment
from ._resources.artifacts import Artifacts, AsyncArtifacts
from ._resources.builds import AsyncBuilds, Builds
from ._resources.jobs import AsyncJobs, Jobs


class OrganizationBuilds(_OrganizationBuilds):
    """Builds of pipelines."""

    wait = bound(Builds.wait)
    """Poll a build until it has finished or is blocked, and return it with its jobs."""
    follow = bound(Builds.follow)
    """Yield the changes of a build and of its jobs until it has finished or is blocked."""
    download_logs = bound(Builds.download_logs)
    """Download the logs of a build into a folder: those of all command jobs, including retried ones."""
    list_history = bound(Builds.list_history)
    """Iterate all builds of a pipeline or of the organization, newest first."""


class AsyncOrganizationBuilds(_AsyncOrganizationBuilds):
    """Builds of pipelines."""

    wait = bound(AsyncBuilds.wait)
    """Poll a build until it has finished or is blocked, and return it with its jobs."""
    follow = bound(AsyncBuilds.follow)
    """Yield the changes of a build and of its jobs until it has finished or is blocked."""
    download_logs = bound(AsyncBuilds.download_logs)
    """Download the logs of a build into a folder: those of all command jobs, including retried ones."""
    list_history = bound(AsyncBuilds.list_history)
    """Iterate all builds of a pipeline or of the organization, newest first."""


class OrganizationJobs(_OrganizationJobs):
    """Jobs of a build, with their logs and environment variables."""

    wait = bound(Jobs.wait)
    """Poll a job until it has finished, and return it."""
    follow_log = bound(Jobs.follow_log)
    """Yield the lines of the log of a job, first the existing and then the new ones, until the job has finished."""
    tail_log = bound(Jobs.tail_log)
    """Return the last lines of the log of a job, as written so far."""


class AsyncOrganizationJobs(_AsyncOrganizationJobs):
    """Jobs of a build, with their logs and environment variables."""

    wait = bound(AsyncJobs.wait)
    """Poll a job until it has finished, and return it."""
    follow_log = bound(AsyncJobs.follow_log)
    """Yield the lines of the log of a job, first the existing and then the new ones, until the job has finished."""
    tail_log = bound(AsyncJobs.tail_log)
    """Return the last lines of the log of a job, as written so far."""


class OrganizationArtifacts(_OrganizationArtifacts):
    """Artifacts: files uploaded by jobs."""

    download = bound(Artifacts.download)
    """Download an artifact to a file and return its path."""
    read = bound(Artifacts.read)
    """Return the content of an artifact."""
    stream = bound(Artifacts.stream)
    """Get the content of an artifact as a stream."""
    download_build = bound(Artifacts.download_build)
    """Download the artifacts of a build into a folder and return their paths, in the order of the API."""


class AsyncOrganizationArtifacts(_AsyncOrganizationArtifacts):
    """Artifacts: files uploaded by jobs."""

    download = bound(AsyncArtifacts.download)
    """Download an artifact to a file and return its path."""
    read = bound(AsyncArtifacts.read)
    """Return the content of an artifact."""
    stream = bound(AsyncArtifacts.stream)
    """Get the content of an artifact as a stream."""
    download_build = bound(AsyncArtifacts.download_build)
    """Download the artifacts of a build into a folder and return their paths, in the order of the API."""


class OrganizationClient(OrganizationResources):
    """The client of one organization: `client.organization("acme").builds.list("web")`.

    Its methods have no argument `org`. It uses the connections and the options of the client that created it.
    """

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.slug!r})"

    @cached_property
    def builds(self) -> OrganizationBuilds:
        """Builds of pipelines."""
        return OrganizationBuilds(self._resources.builds, self.slug)

    @cached_property
    def artifacts(self) -> OrganizationArtifacts:
        """Artifacts: files uploaded by jobs."""
        return OrganizationArtifacts(self._resources.artifacts, self.slug)

    @cached_property
    def jobs(self) -> OrganizationJobs:
        """Jobs of a build, with their logs and environment variables."""
        return OrganizationJobs(self._resources.jobs, self.slug)


class AsyncOrganizationClient(AsyncOrganizationResources):
    """The asynchronous client of one organization. See `OrganizationClient`."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.slug!r})"

    @cached_property
    def builds(self) -> AsyncOrganizationBuilds:
        """Builds of pipelines."""
        return AsyncOrganizationBuilds(self._resources.builds, self.slug)

    @cached_property
    def artifacts(self) -> AsyncOrganizationArtifacts:
        """Artifacts: files uploaded by jobs."""
        return AsyncOrganizationArtifacts(self._resources.artifacts, self.slug)

    @cached_property
    def jobs(self) -> AsyncOrganizationJobs:
        """Jobs of a build, with their logs and environment variables."""
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
