"""Handwritten methods of builds, for the clients of one organization."""

from __future__ import annotations

from _buildkite_rest.organization.bound import bound
from _buildkite_rest.organization.builds import AsyncOrganizationBuilds as _AsyncOrganizationBuilds
from _buildkite_rest.organization.builds import OrganizationBuilds as _OrganizationBuilds

from .._resources.builds import AsyncBuilds, Builds


class OrganizationBuilds(_OrganizationBuilds):
    """Builds of pipelines."""

    wait = bound(Builds.wait)
    follow = bound(Builds.follow)
    find_by_commit = bound(Builds.find_by_commit)
    download_logs = bound(Builds.download_logs)
    list_history = bound(Builds.list_history)
    list_organization_history = bound(Builds.list_organization_history)


class AsyncOrganizationBuilds(_AsyncOrganizationBuilds):
    """Builds of pipelines."""

    wait = bound(AsyncBuilds.wait)
    follow = bound(AsyncBuilds.follow)
    find_by_commit = bound(AsyncBuilds.find_by_commit)
    download_logs = bound(AsyncBuilds.download_logs)
    list_history = bound(AsyncBuilds.list_history)
    list_organization_history = bound(AsyncBuilds.list_organization_history)
