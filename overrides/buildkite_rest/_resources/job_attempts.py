"""Attempts of jobs: a retried job stays in its build, and the retry is another job."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from _buildkite_rest.models import Job

J = TypeVar("J", bound="Job")


def last_attempts(jobs: Iterable[J]) -> list[J]:
    """Return the jobs that were not retried, in their order.

    Use it for lists with all attempts: `jobs.list`, and builds with `include_retried_jobs=True`. Parallel jobs of a
    step are separate jobs, and so are those of a matrix: the last attempt of each is returned.

    Args:
        jobs: Jobs of one build or of several.
    """
    return [job for job in jobs if not (getattr(job, "retried", None) or getattr(job, "retried_in_job_id", None))]
