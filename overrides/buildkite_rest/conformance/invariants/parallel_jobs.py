"""Rules for the jobs of a parallel step: together they have each index once, and the total is their number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..._base.json_values import as_object
from .nodes import is_number


def parallel_problems(jobs: Sequence[Any], path: str = "") -> Iterator[str]:
    """Check all jobs of a build. Retried jobs have the index of the job that replaces them."""
    groups: dict[object, list[Mapping[str, Any]]] = {}
    for job in map(as_object, jobs):
        step = as_object(job.get("step")).get("id")
        if step is not None and is_number(job.get("parallel_group_index")) and job.get("matrix") is None:
            groups.setdefault(step, []).append(job)
    for group in groups.values():
        current = [job["parallel_group_index"] for job in group if job.get("retried") is not True]
        totals = {job.get("parallel_group_total") for job in group}
        if totals != {len(current)} or sorted(current) != list(range(len(current))):
            numbers = ", ".join(f"{index}" for index in current)
            yield (
                f"{path or 'the list'} has parallel jobs of one step with the indexes {numbers} of "
                f"{', '.join(map(str, totals))}"
            )
