"""Handwritten methods of jobs, for the clients of one organization."""

from __future__ import annotations

from _buildkite_rest.organization.bound import bound
from _buildkite_rest.organization.jobs import AsyncOrganizationJobs as _AsyncOrganizationJobs
from _buildkite_rest.organization.jobs import OrganizationJobs as _OrganizationJobs

from .._resources.jobs import AsyncJobs, Jobs


class OrganizationJobs(_OrganizationJobs):
    """Jobs of a build, with their logs and environment variables."""

    wait = bound(Jobs.wait)
    follow_log = bound(Jobs.follow_log)
    tail_log = bound(Jobs.tail_log)


class AsyncOrganizationJobs(_AsyncOrganizationJobs):
    """Jobs of a build, with their logs and environment variables."""

    wait = bound(AsyncJobs.wait)
    follow_log = bound(AsyncJobs.follow_log)
    tail_log = bound(AsyncJobs.tail_log)
