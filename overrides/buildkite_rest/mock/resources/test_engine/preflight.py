"""Preflight results of a build. Undocumented; made as Buildkite's command-line tool expects them."""

from __future__ import annotations

from ...http.call import Call, Reply, json
from ...http.routing import Routes
from ...values import Json
from .runs import Execution, Run, failed_execution_json, runs_in
from .tests import find_build_in_path

routes = Routes()


@routes.route("GET", "/v2/analytics/organizations/{org}/builds/{build_id}/preflight/v1", scope="read_suites")
def get_build_preflight(call: Call) -> Reply:
    """Return the results of each run, and the last failure of each test. With `^failed`, those that never passed."""
    runs = runs_in(find_build_in_path(call))
    never_passed = call.query.text("result") == "^failed"
    state, expands = call.query.text("state"), call.query.text("include") == "latest_fail"
    failures = [
        _failure_json(execution, expands=expands)
        for run in runs
        for execution in _last_executions(run)
        if execution.result == "failed" or (not never_passed and _failed_before(execution))
        if state is None or execution.test.state == state
    ]
    return json({"tests": {"runs": {run.id: _run_json(run) for run in runs}, "failures": failures}})


def _last_executions(run: Run) -> list[Execution]:
    return list({execution.test.id: execution for execution in run.executions}.values())


def _failed_before(last: Execution) -> bool:
    return any(each.result == "failed" for each in last.run.executions if each.test is last.test)


def _run_json(run: Run) -> Json:
    results = [execution.result for execution in _last_executions(run)]
    suite = run.suite
    counts = {result: results.count(result) for result in ("passed", "failed", "skipped")}
    return {"suite": {"id": suite.id, "slug": suite.slug, "name": suite.name}, **counts}


def _failure_json(execution: Execution, *, expands: bool) -> Json:
    suite, details = execution.run.suite, failed_execution_json(execution, expanded=True)
    body: Json = {
        "run_id": execution.run.id,
        "suite_name": suite.name,
        "suite_slug": suite.slug,
        "name": details["test_name"],
        "location": details["location"],
    }
    latest = {name: details[name] for name in ("failure_reason", "failure_expanded")}
    return {**body, "latest_fail": latest} if expands else body
