"""Tests as JSON, with metrics and without."""

from __future__ import annotations

from ..clock import iso_or_none
from ..world.executions import Execution, ExecutionResult
from ..world.metrics import Metrics
from ..world.suites import Test
from .suites import suite_url, test_page
from .view import Json, View

#: Results whose counts are left out when they are zero.
_RARE_RESULTS: tuple[ExecutionResult, ...] = ("skipped", "pending", "unknown")


def plain_test(view: View, item: Test) -> Json:
    """Write a test without its labels."""
    return {
        "id": item.id,
        "url": f"{suite_url(view, item.suite)}/tests/{item.id}",
        "web_url": test_page(item),
        "scope": item.scope,
        "name": item.name,
        "location": item.location,
        "file_name": item.file_name,
    }


def labeled_test(view: View, item: Test) -> Json:
    """Write a test with its labels."""
    return {**plain_test(view, item), "labels": list(item.labels)}


def measured_test(view: View, item: Test, metrics: Metrics) -> Json:
    """Write a test with its metrics."""
    counts = metrics.counts
    rare = {result: counts[result] for result in _RARE_RESULTS if counts[result]}
    return {
        **labeled_test(view, item),
        "reliability": metrics.reliability,
        "duration_avg": metrics.duration_avg,
        "duration_sum": metrics.duration_sum,
        "duration_min": metrics.duration_min,
        "duration_max": metrics.duration_max,
        "executions_count": len(metrics.executions),
        "executions_count_by_result": {"passed": counts["passed"], "failed": counts["failed"], **rare},
    }


def flaky_test(item: Test, flakes: list[Execution]) -> Json:
    """Write a test that was flaky, with the executions that show it."""
    latest = iso_or_none(max((flake.created_at for flake in flakes), default=None))
    teams = item.suite.organization.teams.values()
    return {
        "id": item.id,
        "web_url": test_page(item),
        "scope": item.scope,
        "name": item.name,
        "location": item.location,
        "file_name": item.file_name,
        "instances": len(flakes),
        "latest_occurrence_at": latest,
        "most_recent_instance_at": latest,
        "last_resolved_at": iso_or_none(item.last_resolved_at),
        "ownership_team_ids": [team.id for team in teams if team.slug in item.owners],
    }
