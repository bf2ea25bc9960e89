"""Changes of a build and its jobs between two polls."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from attrs import define, field, frozen

from .._base.json_values import as_array

if TYPE_CHECKING:
    from _buildkite_rest.models import Build, Job


@frozen
class BuildChange:
    """The state of a build has changed, or it was blocked or unblocked."""

    build: Build
    """The build with its jobs."""
    previous: Build | None
    """The build at the previous poll, or None at the first one."""


@frozen
class JobChange:
    """The state of a job has changed, or the job is new."""

    job: Job
    """The job."""
    previous: Job | None
    """The job at the previous poll, or None when it is new."""


@define
class Changes:
    """Comparison of each poll of a build with the previous one."""

    _build: Build | None = field(default=None, init=False)
    _jobs: dict[str, Job] = field(factory=dict[str, "Job"], init=False)

    def since_last(self, build: Build) -> Iterator[BuildChange | JobChange]:
        """Yield the changes since the previous poll: those of jobs in the order of the API, then that of the build."""
        for job in as_array(build.jobs):
            job_id = getattr(job, "id", None)
            if not isinstance(job_id, str):
                continue  # It cannot be distinguished from others.
            previous = self._jobs.get(job_id)
            self._jobs[job_id] = job
            if previous is None or getattr(job, "state", None) != getattr(previous, "state", None):
                yield JobChange(job, previous)
        previous_build, self._build = self._build, build
        if has_changed(build, previous_build):
            yield BuildChange(build, previous_build)


def has_changed(build: Build, previous: Build | None) -> bool:
    """Whether the state of `build` has changed since `previous`, or it was blocked or unblocked."""
    return previous is None or (build.state, bool(build.blocked)) != (previous.state, bool(previous.blocked))
