"""Tests of suites: labels, quarantine, metrics, flaky tests, and results of a build."""

from __future__ import annotations

import re
from calendar import monthrange
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from operator import itemgetter
from typing import TypeAlias

import attrs

from .. import lookup
from ..backend import DAY, Backend
from ..clock import iso_or_none
from ..http.call import Call, Reply, json
from ..http.errors import BadRequestError, ForbiddenError, NotFoundError, require
from ..http.pagination import page
from ..http.query import Query
from ..http.routing import Routes
from ..ids import Kind
from ..resources.resource import field, fields_json
from ..undo import stored
from ..values import Json
from .builds import Build
from .test_runs import Execution, ExecutionResult, run_of, runs_in
from .test_suites import SUITE, Suite, TestState, suites, test_web_url

_DIGITS = 6


@attrs.frozen
class Window:
    """Time window of metrics."""

    begin: float
    end: float

    def executions(self, backend: Backend, suite: Suite) -> Iterator[Execution]:
        """Return the executions of a suite within the window."""
        for pipeline in suite.pipelines:
            for build in pipeline.builds.values():
                finished_before = build.finished_at is not None and build.finished_at < self.begin
                if finished_before or build.created_at > self.end or backend.builds.get(build.ordinal) is not build:
                    continue
                run = run_of(suite, build)
                for execution in () if run is None else run.executions:
                    if self.contains(execution.created_at):
                        yield execution

    def contains(self, moment: float) -> bool:
        """Return whether a time is within the window."""
        return self.begin <= moment <= self.end


@stored
class Metrics:
    """Metrics of executions of one test: the share of passed ones, and seconds."""

    executions: Sequence[Execution] = field(hidden=True)
    counts: Counter[ExecutionResult] = field(hidden=True)
    reliability: float | None
    duration_avg: float | None
    duration_sum: float | None
    duration_min: float | None
    duration_max: float | None
    executions_count: int


def metrics_of(executions: Sequence[Execution]) -> Metrics:
    """Return the metrics of executions of one test."""
    counts = Counter[ExecutionResult](execution.result for execution in executions)
    durations = [execution.duration for execution in executions if execution.duration is not None]
    tried, total = counts["passed"] + counts["failed"], sum(durations)
    return Metrics(
        executions=executions,
        counts=counts,
        reliability=round(counts["passed"] / tried, _DIGITS) if tried else None,
        duration_avg=round(total / len(durations), _DIGITS) if durations else None,
        duration_sum=round(total, _DIGITS) if durations else None,
        duration_min=min(durations, default=None),
        duration_max=max(durations, default=None),
        executions_count=len(executions),
    )


def metrics_by_test(executions: Iterable[Execution]) -> dict[Test, Metrics]:
    """Return the metrics of each test that ran."""
    groups: dict[Test, list[Execution]] = {}
    for execution in executions:
        groups.setdefault(execution.test, []).append(execution)
    return {test: metrics_of(group) for test, group in groups.items()}


_Matches: TypeAlias = Callable[[str | None], bool]
_OfExecution: TypeAlias = Callable[[Execution], bool]
_OfTest: TypeAlias = Callable[["Test", Metrics], bool]
Measured: TypeAlias = tuple["Test", Metrics]
#: Tag that a filter may name once, with two operators of its own.
_RESULT = "result"


def filter_tests(
    executions: Iterable[Execution], query: Query, *, without_tags: Collection[str] = ()
) -> list[Measured]:
    """Return the tests that match a query string, with metrics of the executions that match it.

    Conditions on the tags in `without_tags` are ignored.
    """
    pairs = _tag_filters(query)
    if sum(key == _RESULT for key, _ in pairs) > 1:
        raise BadRequestError("tags can filter by result only once")
    pairs = [pair for pair in pairs if pair[0] not in without_tags]
    of_execution = _branch_conditions(query)
    of_test = _test_conditions(query)
    for key, value in pairs:
        if key == _RESULT and value[:1] in {"^", "~"}:
            of_test.append(_group_condition(value))
        else:
            of_execution.append(_tag_condition(key, _pattern(value)))
    groups = metrics_by_test(item for item in executions if all(condition(item) for condition in of_execution))
    measured = [pair for pair in groups.items() if all(condition(*pair) for condition in of_test)]
    return _sorted(measured, query)


def _branch_conditions(query: Query) -> list[_OfExecution]:
    branch = query.text("branch")
    if not branch:
        return []
    matches = _pattern(branch)
    return [lambda item: matches(item.run.build.branch)]


def _test_conditions(query: Query) -> list[_OfTest]:
    conditions: list[_OfTest] = []
    labels, no_labels = _wanted_and_unwanted(query, "labels")
    if labels or no_labels:
        conditions.append(lambda test, _: labels <= {*test.labels} and no_labels.isdisjoint(test.labels))
    owners, no_owners = _wanted_and_unwanted(query, "owners")
    if owners:
        conditions.append(lambda test, _: not owners.isdisjoint(test.owners))
    if no_owners:
        conditions.append(lambda test, _: no_owners.isdisjoint(test.owners))
    if state := query.text("state"):
        conditions.append(lambda test, _: test.state == state)
    return conditions


def _wanted_and_unwanted(query: Query, name: str) -> tuple[set[str], set[str]]:
    """Return the included and the excluded words of a comma-separated list."""
    words = [word for word in (query.text(name) or "").split(",") if word]
    return {word for word in words if word[0] != "!"}, {word[1:] for word in words if word[0] == "!"}


def _tag_filters(query: Query) -> list[tuple[str, str]]:
    """Return the `key:value` pairs of a comma-separated list. The value is optional."""
    pairs = [word.partition(":") for word in (query.text("tags") or "").split(",") if word]
    return [(key, value) for key, _, value in pairs]


def _tag_condition(key: str, matches: _Matches) -> _OfExecution:
    return lambda item: matches(item.tags.get(key))


def _group_condition(value: str) -> _OfTest:
    """Return a condition that all (`^`) or some (`~`) executions of a test have a result."""
    if value[1:].startswith("!") or value.endswith("*"):
        raise _too_many_operators(value)
    holds, result = (all if value[0] == "^" else any), value[1:]
    return lambda _, metrics: holds(item.result == result for item in metrics.executions)


def _pattern(text: str) -> _Matches:
    """Parse a pattern."""
    if text.startswith("!") and text.endswith("*"):
        raise _too_many_operators(text)
    if text.startswith("!"):
        return lambda value: value != text[1:]
    if text.endswith("*"):
        return lambda value: value is not None and value.startswith(text[:-1])
    return lambda value: value == text


def _too_many_operators(text: str) -> BadRequestError:
    return BadRequestError(f"{text} has more than one operator")


def _sorted(measured: list[Measured], query: Query) -> list[Measured]:
    """Sort by a metric. Tests without a value come last."""
    metric = query.text("sort_by") or "duration_avg"
    known = [(value, pair) for pair in measured if (value := getattr(pair[1], metric)) is not None]
    unknown = [pair for pair in measured if getattr(pair[1], metric) is None]
    known.sort(key=itemgetter(0), reverse=query.text("order") != "asc")
    return [pair for _, pair in known] + unknown


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


def test_json(call: Call, test: Test) -> Json:
    """Return a test as JSON, without its labels."""
    return {
        "id": test.id,
        "url": f"{suites.url(call, test.suite)}/tests/{test.id}",
        "web_url": test_web_url(test),
        "scope": test.scope,
        "name": test.name,
        "location": test.location,
        "file_name": test.file_name,
    }


def labeled_test_json(call: Call, test: Test) -> Json:
    """Return a test as JSON, with its labels."""
    return {**test_json(call, test), "labels": list(test.labels)}


def measured_test_json(call: Call, test: Test, metrics: Metrics) -> Json:
    """Return a test as JSON, with its metrics."""
    counts = metrics.counts
    rare = {result: counts[result] for result in _RARE_RESULTS if counts[result]}
    return {
        **labeled_test_json(call, test),
        **fields_json(call, metrics),
        "executions_count_by_result": {"passed": counts["passed"], "failed": counts["failed"], **rare},
    }


def flaky_test_json(call: Call, test: Test, flakes: list[Flake]) -> Json:
    latest = iso_or_none(max((flake.created_at for flake in flakes), default=None))
    teams = test.suite.organization.teams.values()
    body = test_json(call, test)
    del body["url"]
    return {
        **body,
        "instances": len(flakes),
        "latest_occurrence_at": latest,
        "most_recent_instance_at": latest,
        "last_resolved_at": iso_or_none(test.last_resolved_at),
        "ownership_team_ids": [team.id for team in teams if team.slug in test.owners],
    }


TESTS = f"{SUITE}/tests"
TEST = f"{TESTS}/{{test_id}}"


def find_test_in_path(call: Call) -> Test:
    return require(suites.find(call).tests.get(call.params["test_id"]), "test")


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
    suite, query = suites.find(call), call.query
    label = query.text("label")
    if not _wants_metrics(call):
        tests = [test for test in suite.tests.values() if not label or label in test.labels]
        return page(call, tests, lambda test: labeled_test_json(call, test))
    if label and query.text("labels"):
        raise BadRequestError("label cannot be combined with labels")
    measured = filter_tests(requested_window(call).executions(call.backend, suite), query)
    labeled = [(test, metrics) for test, metrics in measured if not label or label in test.labels]
    return page(call, labeled, lambda pair: measured_test_json(call, *pair))


@routes.route("GET", TEST, scope="read_suites")
def get_test(call: Call) -> Reply:
    """Return one test, with metrics if the API version has them."""
    test = find_test_in_path(call)
    if not _wants_metrics(call):
        return json(labeled_test_json(call, test))
    executions = requested_window(call).executions(call.backend, test.suite)
    return json(measured_test_json(call, test, metrics_of([item for item in executions if item.test is test])))


@routes.route("POST", f"{TESTS}/find", scope="read_suites")
def find_test(call: Call) -> Reply:
    """Find a test by its scope and name."""
    scope, name = call.body["scope"], call.body["name"]
    tests = suites.find(call).tests.values()
    test = require(next((test for test in tests if (test.scope, test.name) == (scope, name)), None), "test")
    return json(test_json(call, test))


@routes.route("PATCH", f"{TEST}/labels", scope="write_suites")
def update_labels(call: Call) -> Reply:
    """Add labels to a test or remove them. Idempotent."""
    test = find_test_in_path(call)
    labels: list[str] = call.body["labels"]
    if call.body["operator"] == "add":
        test.labels = list(dict.fromkeys([*test.labels, *labels]))
    else:
        test.labels = [label for label in test.labels if label not in labels]
    return json(labeled_test_json(call, test))


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
        return json(test_json(call, test))

    return handle


def _list_in_state(state: TestState) -> Callable[[Call], Reply]:
    """Return a handler that lists the tests in a state on one page."""

    def handle(call: Call) -> Reply:
        return json([test_json(call, test) for test in suites.find(call).tests.values() if test.state == state])

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
        flakes.setdefault(test, []).extend(flake for flake in test.flakes if window.contains(flake.created_at))
    on_branch = {
        test: [item for item in items if not branch or item.branch == branch] for test, items in flakes.items()
    }
    flaky_tests = [(test, items) for test, items in on_branch.items() if items and search in _searched(test)]
    flaky_tests.sort(key=lambda pair: max(item.created_at for item in pair[1]), reverse=True)
    return page(call, flaky_tests, lambda pair: flaky_test_json(call, *pair))


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


BUILD_TESTS = "/v2/analytics/organizations/{org}/builds/{build_id}/tests"
_LONGEST_BUILD_SECONDS = 86_400.0


@routes.route("GET", BUILD_TESTS, scope="read_suites")
def list_build_tests(call: Call) -> Reply:
    """List the tests that ran in a build, with metrics. The tag `build.id` is ignored."""
    build = find_build_in_path(call)
    end = call.now if build.finished_at is None else build.finished_at
    window = Window(build.created_at, min(end, build.created_at + _LONGEST_BUILD_SECONDS))
    executions = [item for run in runs_in(build) for item in run.executions if window.contains(item.created_at)]
    tests = filter_tests(executions, call.query, without_tags={"build.id"})
    return page(call, tests, lambda pair: measured_test_json(call, *pair))


def find_build_in_path(call: Call) -> Build:
    """Find the build in the path by its UUID."""
    organization = lookup.organization(call)
    number = call.backend.ids.number(Kind.BUILD, call.params["build_id"])
    build = None if number is None else call.backend.builds.get(number)
    if build is None or build.pipeline.organization is not organization:
        raise NotFoundError("No build found")
    return build
