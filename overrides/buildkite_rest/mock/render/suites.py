"""Test suites, and what came out when they ran, as JSON."""

from __future__ import annotations

from ..clock import iso
from ..ids import graphql_id
from ..world.executions import Execution, Run
from ..world.suites import Suite, Test
from .view import WEB, Json, View

#: Tags that say what an execution says itself.
_TOLD_ELSEWHERE = frozenset({"result", "scm.branch", "scm.commit_sha", "build.id"})


def suite_url(view: View, suite: Suite) -> str:
    """Return the address of a suite in the API."""
    return f"{view.base_url}/v2/analytics/organizations/{suite.organization.slug}/suites/{suite.slug}"


def suite_page(suite: Suite) -> str:
    """Return the address of a suite's page."""
    return f"{WEB}/organizations/{suite.organization.slug}/analytics/suites/{suite.slug}"


def suite(view: View, item: Suite, *, with_token: bool) -> Json:
    """Write a suite. Its token is only told to those who ask for it."""
    body: Json = {
        "id": item.id,
        "graphql_id": graphql_id("Suite", item.id),
        "organization_id": item.organization.id,
        "slug": item.slug,
        "name": item.name,
        "url": suite_url(view, item),
        "web_url": suite_page(item),
        "default_branch": item.default_branch,
        "application_name": item.application_name,
        "color": item.color,
        "emoji": item.emoji,
        "oidc_policy": item.oidc_policy,
    }
    return {**body, "api_token": item.api_token} if with_token else body


def run(view: View, item: Run, now: float) -> Json:
    """Write a run."""
    build = item.build
    return {
        "id": item.id,
        "url": f"{suite_url(view, item.suite)}/runs/{item.id}",
        "web_url": run_page(item),
        "branch": build.branch,
        "commit_sha": build.commit,
        "build_id": build.id,
        "state": "finished" if item.finished(now) else "running",
        "result": item.result(now),
        "created_at": iso(item.began_at),
    }


def run_in_build(item: Run) -> Json:
    """Write a run as it stands inside a build."""
    return {"id": item.id, "suite": {"id": item.suite.id, "slug": item.suite.slug}}


def run_page(item: Run) -> str:
    """Return the address of a run's page."""
    return f"{suite_page(item.suite)}/runs/{item.id}"


def test_page(item: Test) -> str:
    """Return the address of a test's page."""
    return f"{suite_page(item.suite)}/tests/{item.id}"


def failed_execution(item: Execution, *, expanded: bool) -> Json:
    """Write a failed execution."""
    test, build = item.test, item.run.build
    body: Json = {
        "execution_id": item.id,
        "run_id": item.run.id,
        "test_id": test.id,
        "run_name": item.run.id,
        "test_name": f"{test.scope} {test.name}",
        "commit_sha": build.commit,
        "branch": build.branch,
        "location": test.location,
        "duration": item.duration,
        "failure_reason": f"{test.scope}: {test.name}: got nothing",
        "tags": {key: value for key, value in item.tags.items() if key not in _TOLD_ELSEWHERE},
        "run_url": run_page(item.run),
        "test_url": test_page(test),
        "test_execution_url": f"{test_page(test)}?execution_id={item.id}",
        "created_at": iso(item.created_at),
    }
    return {**body, "failure_expanded": _details(test)} if expanded else body


def _details(test: Test) -> list[Json]:
    return [{"expanded": ["expected: something", "     got: nothing"], "backtrace": [test.location]}]
