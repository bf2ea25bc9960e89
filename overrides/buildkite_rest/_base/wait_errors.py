"""Errors of waiting for a build or a job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import BuildkiteError

if TYPE_CHECKING:
    from _buildkite_rest.models import Build, Job


class WaitTimeoutError(BuildkiteError):
    """A build or job did not finish in time.

    Attributes:
        timeout: The `timeout` in seconds that was passed.
        build: The build as the last successful poll returned it, possibly without its jobs. None if no poll succeeded,
            or if a job was polled.
        job: The job as the last successful poll returned it. None if no poll succeeded, or if a build was polled.
    """

    def __init__(
        self, message: str, *, timeout: float | None = None, build: Build | None = None, job: Job | None = None
    ) -> None:
        self.timeout: float | None = timeout
        self.build: Build | None = build
        self.job: Job | None = job
        super().__init__(message)
