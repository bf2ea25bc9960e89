"""Test plans, which distribute tests among parallel jobs. Undocumented; made as test-engine-client expects them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from operator import itemgetter
from statistics import median
from typing import Any

from ...backend import Backend
from ...http.call import Call, Reply, json
from ...http.errors import UnprocessableError, require
from ...http.routing import Routes
from ...values import Json
from .suites import SUITE, Suite, suites
from .tests import Test

#: Assumed milliseconds of a test or file that is not known.
_DEFAULT_DURATION = 1_000
_MOST_JOBS = 1_000
#: Milliseconds from which a file is slow.
_SLOW = 5_000
#: Properties of an example that a plan returns.
_OF_EXAMPLE = ("path", "identifier", "name", "scope")
_SPLIT = "BUILDKITE_TEST_ENGINE_SPLIT_BY_EXAMPLE"


def _file_durations(suite: Suite) -> dict[str, int]:
    """Return the milliseconds that each file of a suite usually runs."""
    durations: dict[str, int] = {}
    for test in suite.tests.values():
        durations[test.file_name] = durations.get(test.file_name, 0) + round(1_000 * test.seconds)
    return durations


def _plan_json(suite: Suite, body: Mapping[str, Any]) -> Json:
    """Distribute the tests of a request among its jobs: each, longest first, to the job with the least to do."""
    known = _file_durations(suite)
    tests = list(_planned_tests(body["tests"], known))
    jobs = max(int(body["parallelism"]), 1)  # 2.0 is an integer in JSON
    if jobs > _MOST_JOBS:
        raise UnprocessableError("parallelism is too large")
    tasks: list[list[Json]] = [[] for _ in range(jobs)]
    totals = [0] * jobs
    for test in sorted(tests, key=itemgetter("estimated_duration"), reverse=True):
        job = totals.index(min(totals))
        totals[job] += test["estimated_duration"]
        tasks[job].append(test)
    states = [test for test in suite.tests.values() if test.state != "enabled"]
    return {
        "identifier": body["identifier"],
        "parallelism": jobs,
        "experiment": "",
        "tasks": {str(number): {"node_number": number, "tests": each} for number, each in enumerate(tasks)},
        "muted_tests": [_example_json(test) for test in states if test.state == "muted"],
        "skipped_tests": [_example_json(test) for test in states if test.state == "skipped"],
        "timing_metadata": {
            "file": {
                "median_duration": float(median(known.values())) if known else None,
                "default_duration": float(_DEFAULT_DURATION),
            }
        },
    }


def _planned_tests(tests: Mapping[str, Any], known: Mapping[str, int]) -> Iterable[Json]:
    for file in tests.get("files", ()):
        yield {"path": file["path"], "format": "file", **_timing(known.get(file["path"]))}
    for example in tests.get("examples", ()):
        known_properties = {name: example[name] for name in _OF_EXAMPLE if name in example}
        yield {**known_properties, "format": "example", **_timing(None)}
    for selector in tests.get("selectors", ()):
        yield {"value": selector.get("value"), "format": "selector", **_timing(None)}


def _timing(duration: int | None) -> Json:
    if duration is None:
        return {"estimated_duration": _DEFAULT_DURATION, "timing_sample_size": 0}
    return {"estimated_duration": duration, "timing_sample_size": 1}


def _example_json(test: Test) -> Json:
    return {
        "path": test.location,
        "format": "example",
        "identifier": test.id,
        "name": test.name,
        "scope": test.scope,
        "estimated_duration": round(1_000 * test.seconds),
    }


routes = Routes()


@routes.route("GET", f"{SUITE}/test_plan", scope="read_test_plan")
def get_test_plan(call: Call) -> Reply:
    return json(require(suites.find(call).plans.get(call.query.text("identifier") or ""), "test plan"))


@routes.route("POST", f"{SUITE}/test_plan", scope="write_test_plan")
def create_test_plan(call: Call) -> Reply:
    """Create a plan, or return the one with this identifier, so that all jobs have the same."""
    suite = suites.find(call)
    return json(suite.plans.setdefault(call.body["identifier"], _plan_json(suite, call.body)))


@routes.route("POST", f"{SUITE}/test_plan/filter_tests", scope="read_test_plan")
def filter_planned_tests(call: Call) -> Reply:
    """Return the files with skipped tests, and on request the slow ones."""
    suite = suites.find(call)
    split = {test.file_name for test in suite.tests.values() if test.state == "skipped"}
    if call.body.get("env", {}).get(_SPLIT):
        split |= {name for name, duration in _file_durations(suite).items() if duration >= _SLOW}
    return json({"tests": [{"path": file["path"]} for file in call.body["files"] if file["path"] in split]})


@routes.route("POST", f"{SUITE}/test_plan_metadata", scope="write_test_plan")
def create_plan_metadata(call: Call) -> Reply:
    suites.find(call)
    return Reply(200)


@routes.route("POST", f"{SUITE}/test_files", scope="read_suites")
def find_file_durations(call: Call) -> Reply:
    """Return the durations of the given files that are known."""
    known = _file_durations(suites.find(call))
    return json({path: known[path] for path in call.body["paths"] if path in known})


def add_plans(backend: Backend) -> None:
    """Add a plan of all files to each suite."""
    for organization in backend.organizations.values():
        for suite in organization.suites.values():
            files = [{"path": path} for path in _file_durations(suite)]
            body: dict[str, Any] = {"identifier": "build-42", "parallelism": 2, "tests": {"files": files}}
            suite.plans[body["identifier"]] = _plan_json(suite, body)
