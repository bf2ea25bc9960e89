"""Handwritten methods of builds, for the clients of one organization."""

from __future__ import annotations

from _buildkite_rest.organization.bound import bound
from _buildkite_rest.organization.builds import AsyncOrganizationBuilds as _AsyncOrganizationBuilds
from _buildkite_rest.organization.builds import OrganizationBuilds as _OrganizationBuilds

from .._resources.builds import AsyncBuilds, Builds


class OrganizationBuilds(_OrganizationBuilds):
    """Builds of pipelines."""

    wait = bound(Builds.wait)
    """Poll a build until it has finished or is blocked, and return it with its jobs."""
    follow = bound(Builds.follow)
    """Yield the changes of a build and of its jobs until it has finished or is blocked."""
    find_by_commit = bound(Builds.find_by_commit)
    """Return the newest build of a commit, or None if there is none."""
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
    find_by_commit = bound(AsyncBuilds.find_by_commit)
    """Return the newest build of a commit, or None if there is none."""
    download_logs = bound(AsyncBuilds.download_logs)
    """Download the logs of a build into a folder: those of all command jobs, including retried ones."""
    list_history = bound(AsyncBuilds.list_history)
    """Iterate all builds of a pipeline or of the organization, newest first."""
