"""Handwritten methods of jobs, for the clients of one organization."""

from __future__ import annotations

from _buildkite_rest.organization.bound import bound
from _buildkite_rest.organization.jobs import AsyncOrganizationJobs as _AsyncOrganizationJobs
from _buildkite_rest.organization.jobs import OrganizationJobs as _OrganizationJobs

from .._resources.jobs import AsyncJobs, Jobs


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
