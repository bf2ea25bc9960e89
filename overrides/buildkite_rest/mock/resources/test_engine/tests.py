"""Tests of suites: labels, quarantine, metrics, flaky tests."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Sequence
from typing import Any

import attrs

from ... import lookup
from ...backend import DAY, Backend
from ...clock import iso_or_none
from ...http.call import Call, Reply, json
from ...http.errors import BadRequestError, ForbiddenError, NotFoundError, require
from ...http.pagination import page
from ...http.routing import Routes
from ...ids import Kind
from ...rendering import RenderContext
from ...undo import stored
from ...values import Json
from ..builds.build import Build
from .metrics import Metrics, Window, filter_tests
from .runs import Execution, ExecutionResult, runs_in
from .suites import SUITE, Suite, TestState, suite_url, suites, test_web_url


@attrs.frozen
class Flake:
    """An occasion on which a test was flaky."""

    created_at: float
    branch: str


@stored
class Test:
    """A test of a suite, with the shares of its executions that fail or are flaky."""

    id: str
    suite: Suite
    index: int
    scope: str
    name: str
    file_name: str
    line: int
    seconds: float
    failure_share: float = 0.0
    flaky_share: float = 0.0
    labels: list[str] = attrs.field(factory=list[str])
    #: Slugs of the teams that own it.
    owners: tuple[str, ...] = ()
    #: Its states, each with its start time.
    history: list[tuple[float, TestState]] = attrs.field(factory=list[tuple[float, TestState]])
    last_resolved_at: float | None = None
    #: Flakes in runs that are no longer known.
    flakes: tuple[Flake, ...] = ()

    @property
    def location(self) -> str:
        """File and line."""
        return f"{self.file_name}:{self.line}"

    @property
    def state(self) -> TestState:
        """Current state."""
        return self.history[-1][1] if self.history else "enabled"

    def state_at(self, moment: float) -> TestState:
        """Return the state at a time."""
        past_states: list[TestState] = [state for changed_at, state in self.history if changed_at <= moment]
        return past_states[-1] if past_states else "enabled"


#: Results whose counts are left out when they are zero.
_RARE_RESULTS: tuple[ExecutionResult, ...] = ("skipped", "pending", "unknown")


def test_json(context: RenderContext, test: Test) -> Json:
    """Return a test as JSON, without its labels."""
    return {
        "id": test.id,
        "url": f"{suite_url(context, test.suite)}/tests/{test.id}",
        "web_url": test_web_url(test),
        "scope": test.scope,
        "name": test.name,
        "location": test.location,
        "file_name": test.file_name,
    }


def labeled_test_json(context: RenderContext, test: Test) -> Json:
    """Return a test as JSON, with its labels."""
    return {**test_json(context, test), "labels": list(test.labels)}


def measured_test_json(context: RenderContext, test: Test, metrics: Metrics) -> Json:
    """Return a test as JSON, with its metrics."""
    counts = metrics.counts
    rare = {result: counts[result] for result in _RARE_RESULTS if counts[result]}
    return {
        **labeled_test_json(context, test),
        "reliability": metrics.reliability,
        "duration_avg": metrics.duration_avg,
        "duration_sum": metrics.duration_sum,
        "duration_min": metrics.duration_min,
        "duration_max": metrics.duration_max,
        "executions_count": len(metrics.executions),
        "executions_count_by_result": {"passed": counts["passed"], "failed": counts["failed"], **rare},
    }


def flaky_test_json(test: Test, flakes: list[Flake]) -> Json:
    latest = iso_or_none(max((flake.created_at for flake in flakes), default=None))
    teams = test.suite.organization.teams.values()
    return {
        "id": test.id,
        "web_url": test_web_url(test),
        "scope": test.scope,
        "name": test.name,
        "location": test.location,
        "file_name": test.file_name,
        "instances": len(flakes),
        "latest_occurrence_at": latest,
        "most_recent_instance_at": latest,
        "last_resolved_at": iso_or_none(test.last_resolved_at),
        "ownership_team_ids": [team.id for team in teams if team.slug in test.owners],
    }


TESTS = f"{SUITE}/tests"
TEST = f"{TESTS}/{{test_id}}"


def find_test_in_path(call: Call) -> Test:
    return require(suites.find(call).tests.get(call.params["test_id"].lower()), "test")


#: Seconds of time periods.
PERIODS = {"1hour": 3_600.0, "4hours": 14_400.0} | {
    f"{days}day{'s' * (days > 1)}": days * DAY for days in (1, 7, 14, 28)
}
_DEFAULT_PERIOD = "7days"


def requested_window(call: Call) -> Window:
    """Return the requested time window. By default it begins the organization's default period before now."""
    period = call.query.text("period")
    begin, end = call.query.moment("min_timestamp"), call.query.moment("max_timestamp")
    if not period:
        begin = call.now - PERIODS[_DEFAULT_PERIOD] if begin is None else begin
        return Window(begin, call.now if end is None else end)
    if begin is not None or end is not None:
        raise BadRequestError("period cannot be combined with min_timestamp or max_timestamp")
    if period not in PERIODS:
        raise BadRequestError(f"period must be one of {', '.join(PERIODS)}")
    return Window(call.now - PERIODS[period], call.now)


routes = Routes()
_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
#: API version that introduced metrics.
_METRICS_VERSION = "2026-08-01"


@routes.route("GET", TESTS, scope="read_suites")
def list_tests(call: Call) -> Reply:
    """List tests, with metrics in a time window if the API version has them."""
    suite, context, query = suites.find(call), lookup.render_context(call), call.query
    label = query.text("label")
    if not _wants_metrics(call):
        tests = [test for test in suite.tests.values() if not label or label in test.labels]
        return page(call, tests, lambda test: labeled_test_json(context, test))
    if label and query.text("labels"):
        raise BadRequestError("label cannot be combined with labels")
    measured = filter_tests(requested_window(call).executions(call.backend, suite), query)
    labeled = [(test, metrics) for test, metrics in measured if not label or label in test.labels]
    return page(call, labeled, lambda pair: measured_test_json(context, *pair))


@routes.route("GET", TEST, scope="read_suites")
def get_test(call: Call) -> Reply:
    """Return one test, with metrics if the API version has them."""
    test, context = find_test_in_path(call), lookup.render_context(call)
    if not _wants_metrics(call):
        return json(labeled_test_json(context, test))
    executions = requested_window(call).executions(call.backend, test.suite)
    return json(measured_test_json(context, test, Metrics([item for item in executions if item.test is test])))


@routes.route("POST", f"{TESTS}/find", scope="read_suites")
def find_test(call: Call) -> Reply:
    """Find a test by its scope and name."""
    scope, name = call.body["scope"], call.body["name"]
    tests = suites.find(call).tests.values()
    test = require(next((test for test in tests if (test.scope, test.name) == (scope, name)), None), "test")
    return json(test_json(lookup.render_context(call), test))


@routes.route("PATCH", f"{TEST}/labels", scope="write_suites")
def update_labels(call: Call) -> Reply:
    """Add labels to a test or remove them. Idempotent."""
    test = find_test_in_path(call)
    labels: list[str] = call.body["labels"]
    if call.body["operator"] == "add":
        test.labels = list(dict.fromkeys([*test.labels, *labels]))
    else:
        test.labels = [label for label in test.labels if label not in labels]
    return json(labeled_test_json(lookup.render_context(call), test))


def _wants_metrics(call: Call) -> bool:
    version = call.headers.get("buildkite-version", "").strip()
    if version and not _is_date(version):
        raise BadRequestError("Buildkite-Version must be in format YYYY-MM-DD")
    return version >= _METRICS_VERSION


def _is_date(text: str) -> bool:
    match = _DATE.fullmatch(text)
    if match is None:
        return False
    year, month, day = map(int, match.groups())
    return 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]


def _set_state(state: TestState) -> Callable[[Call], Reply]:
    """Return a handler that sets the state of a test. Idempotent."""

    def handle(call: Call) -> Reply:
        test = find_test_in_path(call)
        if state not in test.suite.lifecycle:
            raise ForbiddenError(f"The settings of the suite do not allow {state} tests")
        if state != test.state:
            test.history.append((call.now, state))
        return json(test_json(lookup.render_context(call), test))

    return handle


def _list_in_state(state: TestState) -> Callable[[Call], Reply]:
    """Return a handler that lists the tests in a state on one page."""

    def handle(call: Call) -> Reply:
        context = lookup.render_context(call)
        return json([test_json(context, test) for test in suites.find(call).tests.values() if test.state == state])

    return handle


routes.route("PUT", f"{TEST}/skip", scope="write_suites")(_set_state("skipped"))
routes.route("PUT", f"{TEST}/mute", scope="write_suites")(_set_state("muted"))
routes.route("PUT", f"{TEST}/enable", scope="write_suites")(_set_state("enabled"))
routes.route("GET", f"{TESTS}/skipped", scope="read_suites")(_list_in_state("skipped"))
routes.route("GET", f"{TESTS}/muted", scope="read_suites")(_list_in_state("muted"))


@routes.route("GET", f"{SUITE}/flaky-tests", scope="read_suites")
def list_flaky_tests(call: Call) -> Reply:
    """List recently flaky tests, the most recent first."""
    suite, query = suites.find(call), call.query
    branch, search = query.text("branch"), (query.text("search") or "").lower()
    window = Window(call.now - PERIODS[query.text("period") or _DEFAULT_PERIOD], call.now)
    flakes = _flakes(list(window.executions(call.backend, suite)))
    for test in suite.tests.values():
        flakes.setdefault(test, []).extend(window.within(test.flakes))
    on_branch = {
        test: [item for item in items if not branch or item.branch == branch] for test, items in flakes.items()
    }
    flaky_tests = [(test, items) for test, items in on_branch.items() if items and search in _searched(test)]
    flaky_tests.sort(key=lambda pair: max(item.created_at for item in pair[1]), reverse=True)
    return page(call, flaky_tests, lambda pair: flaky_test_json(*pair))


def _flakes(executions: Sequence[Execution]) -> dict[Test, list[Flake]]:
    """Return the failed executions after which the test passed in the same run."""
    passed = {(item.run.id, item.test.id) for item in executions if item.result == "passed"}
    flakes: dict[Test, list[Flake]] = {}
    for item in executions:
        if item.result == "failed" and (item.run.id, item.test.id) in passed:
            flakes.setdefault(item.test, []).append(Flake(item.created_at, item.run.build.branch))
    return flakes


def _searched(test: Test) -> str:
    """Return the searchable text of a test. Only the collector for Ruby sends searchable locations."""
    parts = [test.scope, test.name]
    if test.suite.tags.get("language.name") == "ruby":
        parts.append(test.location)
    return "\n".join(parts).lower()


_LONGEST_BUILD_SECONDS = 86_400.0


@routes.route("GET", "/v2/analytics/organizations/{org}/builds/{build_id}/tests", scope="read_suites")
def list_build_tests(call: Call) -> Reply:
    """List the tests that ran in a build, with metrics. The tag `build.id` is ignored."""
    build = find_build_in_path(call)
    end = call.now if build.finished_at is None else build.finished_at
    window = Window(build.created_at, min(end, build.created_at + _LONGEST_BUILD_SECONDS))
    executions = [item for run in runs_in(build) for item in window.within(run.executions)]
    context = lookup.render_context(call)
    tests = filter_tests(executions, call.query, without_tags={"build.id"})
    return page(call, tests, lambda pair: measured_test_json(context, *pair))


def find_build_in_path(call: Call) -> Build:
    """Find the build in the path by its UUID."""
    organization = lookup.organization(call)
    number = call.backend.ids.number(Kind.BUILD, call.params["build_id"])
    build = None if number is None else call.backend.builds.get(number)
    if build is None or build.pipeline.organization is not organization:
        raise NotFoundError("No build found")
    return build


_RSPEC: dict[str, tuple[str, ...]] = {
    "./spec/models/basket_spec.rb": ("Basket#total", "adds up the prices", "is zero when empty", "rounds half up"),
    "./spec/models/order_spec.rb": ("Order#cancel", "gives the money back", "fails when shipped", "tells the customer"),
    "./spec/requests/login_spec.rb": ("Login", "lets members in", "keeps strangers out", "locks after ten tries"),
    "./spec/system/checkout_spec.rb": ("Checkout", "takes a card", "takes a voucher", "survives a reload"),
}
_JEST: dict[str, tuple[str, ...]] = {
    "src/cart.test.ts": ("Cart", "shows the total", "opens on click", "remembers its content"),
    "src/search.test.ts": ("Search", "finds by prefix", "waits before it asks", "highlights what matches"),
}
_GO: dict[str, tuple[str, ...]] = {
    "server/handler_test.go": ("acme.example/api/server", "TestHealth", "TestNotFound", "TestTimeout"),
    "store/store_test.go": ("acme.example/api/store", "TestPut", "TestGetAgain"),
}
_ROCKETS: dict[str, tuple[str, ...]] = {"tests/test_launch.py": ("tests.test_launch", "test_ignites", "test_lands")}
#: Attributes of some tests of each suite, by index.
_SEEDED_NATURES: dict[int, dict[str, Any]] = {
    1: {"flaky_share": 0.3, "labels": ["flaky"], "owners": ("frontend",)},
    2: {"failure_share": 0.5, "labels": ["flaky", "slow"], "owners": ("backend", "frontend"), "seconds": 4.0},
    3: {"labels": ["slow"], "owners": ("backend",), "seconds": 9.0},
    4: {"flaky_share": 0.1},
}
#: States of some tests of each suite, by index.
_SEEDED_STATES: dict[int, TestState] = {2: "muted", 3: "skipped", 6: "muted", 7: "muted", 8: "skipped", 9: "skipped"}
#: Hours from the flakes of some tests of each suite to the end of the history, longer than the default period.
_EARLIER_FLAKES: dict[int, tuple[float, ...]] = {1: (200,), 5: (260, 500), 10: (600,)}
#: Files of tests, by organization and suite.
_SEEDED_FILES = {"acme": {"rspec": _RSPEC, "jest": _JEST, "go": _GO}, "globex": {"pytest": _ROCKETS}}


def add_tests(backend: Backend) -> None:
    for owner, by_suite in _SEEDED_FILES.items():
        for slug, files in by_suite.items():
            for file_name, (scope, *names) in files.items():
                for test_name in names:
                    _add_test(backend, backend.organizations[owner].suites[slug], scope, test_name, file_name)


def _add_test(backend: Backend, suite: Suite, scope: str, name: str, file_name: str) -> None:
    index = len(suite.tests)
    state = _SEEDED_STATES.get(index)
    nature: dict[str, Any] = {"seconds": 0.05 * (1 + index * 7 % 11), **_SEEDED_NATURES.get(index, {})}
    test = Test(
        id=suite.test_id(index),
        suite=suite,
        index=index,
        scope=scope,
        name=name,
        file_name=file_name,
        line=12 + 19 * sum(test.file_name == file_name for test in suite.tests.values()),
        last_resolved_at=backend.epoch - 5 * DAY if index == 1 else None,
        flakes=tuple(Flake(backend.epoch - 3_600 * hours, "main") for hours in _EARLIER_FLAKES.get(index, ())),
        **nature,
    )
    if state is not None and state in suite.lifecycle:
        test.history.append((backend.epoch - DAY, state))
    suite.tests[test.id] = test
