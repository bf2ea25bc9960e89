"""Changes of a build and its jobs between two polls."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .._base.json_values import as_array
from .._base.records import Record

if TYPE_CHECKING:
    from _buildkite_rest.models import Build, Job


class BuildChange(Record, frozen=True):
    """A change of the state of a build, or of whether it is blocked."""

    build: Build
    """The build with its jobs."""
    previous: Build | None
    """The build at the previous poll, or None at the first one."""


class JobChange(Record, frozen=True):
    """A change of the state of a job, or a new job."""

    job: Job
    """The job after the change."""
    previous: Job | None
    """The job at the previous poll, or None if it is new."""


class ChangeTracker:
    """Comparison of each poll of a build and its jobs with the previous one."""

    def __init__(self) -> None:
        self._build: Build | None = None
        self._jobs: dict[str, Job] = {}

    def since_last(self, build: Build) -> Iterator[BuildChange | JobChange]:
        """Yield the changes since the previous poll: jobs in the order of the API, then the build."""
        for job in as_array(build.jobs):
            job_id = getattr(job, "id", None)
            if not isinstance(job_id, str):
                continue  # Without an id it cannot be compared to the previous poll.
            previous = self._jobs.get(job_id)
            self._jobs[job_id] = job
            if has_job_changed(job, previous):
                yield JobChange(job, previous)
        previous_build, self._build = self._build, build
        if has_changed(build, previous_build):
            yield BuildChange(build, previous_build)


def has_changed(build: Build, previous: Build | None) -> bool:
    """Whether `build` has another state than `previous`, or was blocked or unblocked since."""
    return previous is None or (build.state, bool(build.blocked)) != (previous.state, bool(previous.blocked))


def has_job_changed(job: Job, previous: Job | None) -> bool:
    """Whether `job`, which may be of an unknown type, has another state than `previous`."""
    return previous is None or getattr(job, "state", None) != getattr(previous, "state", None)
