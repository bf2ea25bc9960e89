"""Attempts of jobs: a retried job stays in its build, and the retry is another job."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from _buildkite_rest.model import Model

from .._base.arguments import check_type, is_mapping, type_name
from .._decoding.unknown_objects import UnknownVariant

if TYPE_CHECKING:
    from _buildkite_rest.models import Job

J = TypeVar("J", bound="Job")


def last_attempts(jobs: Iterable[J] | None) -> list[J]:
    """Return the jobs that were not retried, in their order.

    Use it for lists with all attempts: `jobs.list`, and builds with `include_retried_jobs=True`. Parallel jobs of a
    step are separate jobs, and so are those of a matrix: the last attempt of each is returned.

    Args:
        jobs: Jobs of one build or of several. None, as a field that the API did not return, is an empty list.

    Raises:
        TypeError: It is not an iterable of jobs, which pages, builds and dictionaries are not, or a job is None.
    """
    if is_mapping(jobs):
        raise TypeError(f"jobs must be an iterable of jobs, such as build.jobs, not {type_name(jobs)}")
    check_type("jobs", () if jobs is None else jobs, Iterable, "an iterable of jobs")
    return [job for job in jobs or () if not _is_retried(job)]


def _is_retried(job: Any) -> bool:
    if job is None:
        raise TypeError("jobs contains None, a job that the API returned as null. Leave it out")
    if not (isinstance(job, UnknownVariant) or (isinstance(job, Model) and hasattr(job, "type"))):
        raise TypeError(f"jobs must be an iterable of jobs, such as build.jobs, not of {type_name(job)}")
    return bool(getattr(job, "retried", None) or getattr(job, "retried_in_job_id", None))
