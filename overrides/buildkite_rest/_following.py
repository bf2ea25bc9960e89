"""What has changed in a build since it was looked at before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from attrs import define, field, frozen

from ._json import as_array

if TYPE_CHECKING:
    from _buildkite_rest.models import Build, Job


@frozen
class BuildChange:
    """A build is in another state than before, or was blocked or unblocked."""

    build: Build
    """The build as it is now, with its jobs."""
    previous: Build | None
    """The build as it was when it was looked at before, or None at the first look."""


@frozen
class JobChange:
    """A job is in another state than before, or is new."""

    job: Job
    """The job as it is now."""
    previous: Job | None
    """The job as it was when it was looked at before, or None when it is new."""


@define
class Changes:
    """Compares each look at a build with the one before."""

    _build: Build | None = field(default=None, init=False)
    _jobs: dict[str, Job] = field(factory=dict[str, "Job"], init=False)

    def in_(self, build: Build) -> Iterator[BuildChange | JobChange]:
        """Yield what has changed, the jobs in the order of the API and then the build."""
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
    """Whether `build` is in another state than it was, or was blocked or unblocked."""
    return previous is None or (build.state, bool(build.blocked)) != (previous.state, bool(previous.blocked))
