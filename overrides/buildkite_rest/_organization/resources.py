"""Handwritten methods of builds, jobs and artifacts, for the clients of one organization."""

from __future__ import annotations

from _buildkite_rest.bound import bound
from _buildkite_rest.organization.artifacts import AsyncOrganizationArtifacts as _AsyncOrganizationArtifacts
from _buildkite_rest.organization.artifacts import OrganizationArtifacts as _OrganizationArtifacts
from _buildkite_rest.organization.builds import AsyncOrganizationBuilds as _AsyncOrganizationBuilds
from _buildkite_rest.organization.builds import OrganizationBuilds as _OrganizationBuilds
from _buildkite_rest.organization.jobs import AsyncOrganizationJobs as _AsyncOrganizationJobs
from _buildkite_rest.organization.jobs import OrganizationJobs as _OrganizationJobs

from .._resources.artifacts import Artifacts, AsyncArtifacts
from .._resources.builds import AsyncBuilds, Builds
from .._resources.jobs import AsyncJobs, Jobs


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
