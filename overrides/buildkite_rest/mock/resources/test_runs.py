"""Runs of test suites, executions of tests and their metrics. All of them are derived from builds."""

from __future__ import annotations

import math
import random
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias

import attrs

from .. import lookup
from ..backend import DAY
from ..clock import iso
from ..http.call import Call, Reply, json
from ..http.errors import BadRequestError, require
from ..http.pagination import page
from ..http.query import Query
from ..http.rate_limits import WINDOW_SECONDS, Usage
from ..http.routing import routes
from ..ids import Kind, seeded_random
from ..undo import stored
from ..values import Json
from .jobs import FAILED_BUILDS
from .resource import Resource, field
from .test_suites import (
    SUITE,
    TEST,
    TESTS,
    Suite,
    Test,
    find_test_in_path,
    labeled_test_json,
    suite_web_url,
    suites,
    test_json,
    test_web_url,
)

if TYPE_CHECKING:
    from .builds import Build


ExecutionResult: TypeAlias = Literal["passed", "failed", "skipped", "pending"]
#: Share of failed builds with a failed test. Builds fail for other reasons, too.
_FAILING_SHARE = 0.8


@stored
class Run:
    """A run of a suite in a build."""

    id: str
    number: int = field(hidden=True)
    suite: Suite = field(hidden=True)
    build: Build = field(hidden=True)

    @property
    def began_at(self) -> float:
        """Start time of the build."""
        return self.build.started_at or self.build.created_at

    @cached_property
    def executions(self) -> tuple[Execution, ...]:
        """Executions so far."""
        return tuple(_make_executions(self))

    @property
    def failed(self) -> list[Execution]:
        """The executions that failed."""
        return [execution for execution in self.executions if execution.result == "failed"]

    @property
    def result(self) -> str:
        """Result of the run so far."""
        results = {execution.result for execution in self.executions}
        if results & {"passed", "failed"}:
            return "failed" if "failed" in results else "passed"
        return "stale" if self.build.finished else "pending"


@attrs.frozen(kw_only=True, eq=False)
class Execution:
    """One attempt at a test. Skipped and pending ones have no duration."""

    id: str
    run: Run
    test: Test
    result: ExecutionResult
    created_at: float
    duration: float | None

    @property
    def tags(self) -> dict[str, str]:
        """All tags, including those derived from run and build."""
        suite, build = self.run.suite, self.run.build
        own = {"result": self.result, "scm.branch": build.branch, "scm.commit_sha": build.commit, "build.id": build.id}
        return {**suite.tags, **suite.changeable_tags.get(self.id, {}), **own}


def _make_executions(run: Run) -> Iterator[Execution]:
    """Yield the executions of a run: all tests, or half of them if the build is unfinished or canceled."""
    build, tests = run.build, list(run.suite.tests.values())
    rng = seeded_random("run", run.id)
    whole = build.finished and build.state != "canceled"
    count = len(tests) if whole else len(tests) // 2
    failing_index = rng.randrange(count) if count else 0
    failing = rng.random() < _FAILING_SHARE and build.state in FAILED_BUILDS
    seconds = (build.finished_at or run.began_at) - run.began_at
    for index, test in enumerate(tests[: count + 1]):
        fails = failing and index == failing_index
        results = _results(run, test, rng, fails=fails) if index < count else ("pending",)
        for attempt, result in enumerate(results):
            has_run = result in {"passed", "failed"}
            yield Execution(
                id=run.suite.ids.make(Kind.EXECUTION, (run.number << 12 | test.index) << 1 | attempt),
                run=run,
                test=test,
                result=result,
                created_at=run.began_at + seconds * test.index / len(tests),
                duration=round(test.seconds * rng.uniform(0.8, 1.5), 5) if has_run else None,
            )


def _results(run: Run, test: Test, rng: random.Random, *, fails: bool) -> tuple[ExecutionResult, ...]:
    state = test.state if test.changed_at <= run.began_at else "enabled"
    bad, flaky = rng.random() < test.failure_share, rng.random() < test.flaky_share
    if state == "skipped":
        return ("skipped",)
    if fails or (bad and state == "muted"):
        return ("failed",)
    return ("failed", "passed") if bad or flaky else ("passed",)


def runs_in(build: Build) -> list[Run]:
    """Return the runs in a build."""
    numbers = {
        build.ordinal << 16 | suite.number: suite
        for suite in build.pipeline.organization.suites.values()
        if build.started_at is not None and build.pipeline in suite.pipelines and build.created_at >= suite.created_at
    }
    return [
        Run(id=suite.ids.make(Kind.RUN, number), number=number, suite=suite, build=build)
        for number, suite in numbers.items()
    ]


def runs_of(suite: Suite) -> list[Run]:
    """Return the runs of a suite, newest first."""
    present = [pipeline for pipeline in suite.organization.pipelines.values() if pipeline in suite.pipelines]
    builds = [build for pipeline in present for build in pipeline.builds.values()]
    builds.sort(key=lambda build: build.ordinal, reverse=True)
    return [run for build in builds for run in runs_in(build) if run.suite is suite]


_EXPANDED = ["expected: something", "     got: nothing"]
#: Tags that repeat fields of the execution.
_OWN_TAGS = frozenset({"result", "scm.branch", "scm.commit_sha", "build.id"})


def run_in_build_json(run: Run) -> Json:
    """Return the reference to a run in a build."""
    return {"id": run.id, "suite": {"id": run.suite.id, "slug": run.suite.slug}}


def _run_web_url(run: Run) -> str:
    return f"{suite_web_url(run.suite)}/runs/{run.id}"


def failed_execution_json(execution: Execution, *, expanded: bool) -> Json:
    test, build = execution.test, execution.run.build
    body: Json = {
        "execution_id": execution.id,
        "run_id": execution.run.id,
        "test_id": test.id,
        "run_name": execution.run.id,
        "test_name": f"{test.scope} {test.name}",
        "commit_sha": build.commit,
        "branch": build.branch,
        "location": test.location,
        "duration": execution.duration,
        "failure_reason": f"{test.scope}: {test.name}: got nothing",
        "tags": {key: value for key, value in execution.tags.items() if key not in _OWN_TAGS},
        "run_url": _run_web_url(execution.run),
        "test_url": test_web_url(test),
        "test_execution_url": f"{test_web_url(test)}?execution_id={execution.id}",
        "created_at": iso(execution.created_at),
    }
    return {**body, "failure_expanded": [{"expanded": _EXPANDED, "backtrace": [test.location]}]} if expanded else body


runs = Resource(
    type=Run,
    computed={
        "web_url": lambda _, run: _run_web_url(run),
        "branch": lambda _, run: run.build.branch,
        "commit_sha": lambda _, run: run.build.commit,
        "build_id": lambda _, run: run.build.id,
        "state": lambda _, run: "finished" if run.build.finished else "running",
        "result": lambda _, run: run.result,
        "created_at": lambda _, run: iso(run.began_at),
    },
    path=f"{SUITE}/runs",
    key="run_id",
    has_graphql_id=False,
    objects=lambda call: {run.id: run for run in runs_of(suites.find(call))},
    scope="suites",
    operations=("list", "get"),
    select=lambda call, runs: [
        run for run in runs if run.build.id == (call.query.text("build_id") or run.build.id).lower()
    ],
)


@routes.route("GET", f"{runs.item_path}/failed_executions", scope="read_suites")
def list_failed_executions(call: Call) -> Reply:
    expanded = call.query.flag("include_failure_expanded")
    return page(call, runs.find(call).failed, lambda item: failed_execution_json(item, expanded=expanded))


_MOST_TAGS = 10
#: Values must have fewer bytes.
_VALUE_BYTES = 128


def _check_tags(tags: Mapping[str, str]) -> None:
    """Raise 400 for invalid tags. The spec has the rule for each key."""
    if len(tags) > _MOST_TAGS:
        raise BadRequestError(f"An execution can have at most {_MOST_TAGS} changeable tags")
    for key, value in tags.items():
        if not value.strip() or len(value.encode()) >= _VALUE_BYTES:
            raise BadRequestError(f"The value of {key} must not be blank and must have fewer than {_VALUE_BYTES} bytes")
        if other := next((other for other in tags if other.startswith(f"{key}.")), None):
            raise BadRequestError(f"{key} cannot be a key together with {other}")


@routes.route("PUT", f"{SUITE}/execution-tags", scope="write_suites")
def update_execution_tags(call: Call) -> Reply:
    """Replace the changeable tags of executions, once a minute if limits are enforced. Unknown ones are ignored."""
    suite, entries = suites.find(call), call.body["executions"]
    for entry in entries:
        _check_tags(entry["tags"])
    reset = math.ceil(suite.organization.execution_tags_at + WINDOW_SECONDS - call.now)
    if reset > 0 and call.organization_limit.maximum is not None:
        usage = Usage(scope="rest", limit=1, current=2, reset=reset, enforced=True)
        return json(usage.body(), 429, usage.headers("RateLimit"))
    suite.organization.execution_tags_at = call.now
    known = {execution.id for run in runs_of(suite) for execution in run.executions}
    for entry in entries:
        if entry["id"].lower() in known:
            suite.changeable_tags[entry["id"].lower()] = dict(entry["tags"])
    return Reply(200)


def _metrics(executions: Sequence[Execution]) -> Json:
    """Return the metrics of executions of one test: the share of passed ones, seconds, and counts."""
    counts = Counter[str](execution.result for execution in executions)
    durations = [execution.duration for execution in executions if execution.duration is not None]
    tried, total = counts["passed"] + counts["failed"], sum(durations)
    return {
        "reliability": round(counts["passed"] / tried, 6) if tried else None,
        "duration_avg": round(total / len(durations), 6) if durations else None,
        "duration_sum": round(total, 6) if durations else None,
        "duration_min": min(durations, default=None),
        "duration_max": max(durations, default=None),
        "executions_count": len(executions),
        "executions_count_by_result": {"passed": 0, "failed": 0, **counts},
    }


#: Tag that a filter may name once, with two operators of its own.
_RESULT = "result"
_QUANTIFIERS: Mapping[str, Callable[[Iterable[bool]], bool]] = {"^": all, "~": any}
_TWO_OPERATORS = re.compile(r"[!^~](!.*|.*\*)", re.DOTALL)


def _list_measured(call: Call, executions: Iterable[Execution], *, without_tag: str | None = None) -> Reply:
    """List the tests that match the query, with metrics of the executions that match it.

    Conditions on the tag `without_tag` are ignored.
    """
    query = call.query
    tags = [(key, value) for key, _, value in (word.partition(":") for word in _words(query, "tags"))]
    branch = query.text("branch") or "*"
    if sum(key == _RESULT for key, _ in tags) > 1:
        raise BadRequestError("tags can filter by result only once")
    for value in (branch, *(value for _, value in tags)):
        if _TWO_OPERATORS.fullmatch(value):
            raise BadRequestError(f"{value} has more than one operator")
    of_groups = [value for key, value in tags if key == _RESULT and value[:1] in _QUANTIFIERS]
    tags = [(key, value) for key, value in tags if key != without_tag and value not in of_groups]
    groups: dict[Test, list[Execution]] = {}
    for item in executions:
        if _matches(branch, item.run.build.branch) and all(_matches(value, item.tags.get(key)) for key, value in tags):
            groups.setdefault(item.test, []).append(item)
    measured = [
        (test, _metrics(group))
        for test, group in groups.items()
        if _is_listed(test, query)
        and all(_QUANTIFIERS[value[0]](item.result == value[1:] for item in group) for value in of_groups)
    ]
    metric, sign = query.text("sort_by") or "duration_avg", 1 if query.text("order") == "asc" else -1
    # Tests without a value come last.
    measured.sort(key=lambda pair: (pair[1][metric] is None, sign * (pair[1][metric] or 0)))
    return page(call, measured, lambda pair: {**labeled_test_json(call, pair[0]), **pair[1]})


def _words(query: Query, name: str) -> list[str]:
    """Return the words of a comma-separated list."""
    return [word for word in (query.text(name) or "").split(",") if word]


def _matches(pattern: str, value: str | None) -> bool:
    """Return whether a value matches `x`, `!x` or `x*`."""
    if pattern.startswith("!"):
        return value != pattern[1:]
    if pattern.endswith("*"):
        return value is not None and value.startswith(pattern[:-1])
    return value == pattern


def _is_listed(test: Test, query: Query) -> bool:
    """Return whether a test has all the labels, one of the owners and the state that a query names."""
    return (
        query.text("label") in {None, "", *test.labels}
        and _includes(_words(query, "labels"), test.labels, all)
        and _includes(_words(query, "owners"), test.owners, any)
        and query.text("state") in {None, "", test.state}
    )


def _includes(words: list[str], present: Collection[str], quantifier: Callable[[Iterable[bool]], bool]) -> bool:
    """Return whether all or some of the words are present, and none of those after `!`."""
    wanted = [word for word in words if word[0] != "!"]
    unwanted = [word[1:] for word in words if word[0] == "!"]
    return not any(word in present for word in unwanted) and (
        not wanted or quantifier(word in present for word in wanted)
    )


#: Seconds of time periods.
_PERIODS = {
    "1hour": DAY / 24, "4hours": DAY / 6, "1day": DAY, "7days": 7 * DAY, "14days": 14 * DAY, "28days": 28 * DAY,
}  # fmt: skip
_DEFAULT_PERIOD = "7days"


def _requested_executions(call: Call, suite: Suite) -> list[Execution]:
    """Return the executions of a suite in the requested time, by default the organization's usual period before now."""
    period = call.query.text("period")
    begin, end = call.query.moment("min_timestamp"), call.query.moment("max_timestamp")
    if period and (begin is not None or end is not None):
        raise BadRequestError("period cannot be combined with min_timestamp or max_timestamp")
    if period and period not in _PERIODS:
        raise BadRequestError(f"period must be one of {', '.join(_PERIODS)}")
    begin = call.now - _PERIODS[period or _DEFAULT_PERIOD] if begin is None else begin
    end = call.now if end is None else end
    runs = runs_of(suite)
    return [item for run in runs for item in run.executions if begin <= item.created_at <= end]


_DATE = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", re.ASCII)
#: API version that introduced metrics.
_METRICS_VERSION = "2026-08-01"


def _wants_metrics(call: Call) -> bool:
    version = call.headers.get("buildkite-version", "").strip()
    if version and not _DATE.fullmatch(version):
        raise BadRequestError("Buildkite-Version must be in format YYYY-MM-DD")
    return version >= _METRICS_VERSION


@routes.route("GET", TESTS, scope="read_suites")
def list_tests(call: Call) -> Reply:
    """List tests, with metrics in a time window if the API version has them."""
    suite, label = suites.find(call), call.query.text("label")
    if not _wants_metrics(call):
        tests = [test for test in suite.tests.values() if not label or label in test.labels]
        return page(call, tests, lambda test: labeled_test_json(call, test))
    if label and call.query.text("labels"):
        raise BadRequestError("label cannot be combined with labels")
    return _list_measured(call, _requested_executions(call, suite))


@routes.route("GET", TEST, scope="read_suites")
def get_test(call: Call) -> Reply:
    """Return one test, with metrics if the API version has them."""
    test = find_test_in_path(call)
    if not _wants_metrics(call):
        return json(labeled_test_json(call, test))
    executions = [item for item in _requested_executions(call, test.suite) if item.test is test]
    return json({**labeled_test_json(call, test), **_metrics(executions)})


@routes.route("GET", f"{SUITE}/flaky-tests", scope="read_suites")
def list_flaky_tests(call: Call) -> Reply:
    """List tests that failed and passed in the same run recently, the most recent first."""
    suite, query = suites.find(call), call.query
    branch, search = query.text("branch"), (query.text("search") or "").lower()
    begin = call.now - _PERIODS[query.text("period") or _DEFAULT_PERIOD]
    flakes = {test: [*test.flakes] if branch in {None, "", "main"} else [] for test in suite.tests.values()}
    for run in runs_of(suite):
        if branch in {None, "", run.build.branch}:
            passed = {execution.test for execution in run.executions if execution.result == "passed"}
            for execution in run.failed:
                if execution.test in passed:
                    flakes[execution.test].append(execution.created_at)
    recent = {test: [moment for moment in moments if moment >= begin] for test, moments in flakes.items()}
    found = [
        (test, moments)
        for test, moments in recent.items()
        if moments and search in f"{test.scope}\n{test.name}\n{test.location}".lower()
    ]
    found.sort(key=lambda pair: max(pair[1]), reverse=True)
    return page(call, found, lambda pair: _flaky_test_json(call, *pair))


def _flaky_test_json(call: Call, test: Test, flakes: Sequence[float]) -> Json:
    latest, body = iso(max(flakes)), test_json(call, test)
    teams = test.suite.organization.teams.values()
    del body["url"]
    return {
        **body,
        "instances": len(flakes),
        "latest_occurrence_at": latest,
        "most_recent_instance_at": latest,
        "last_resolved_at": None if test.last_resolved_at is None else iso(test.last_resolved_at),
        "ownership_team_ids": [team.id for team in teams if team.slug in test.owners],
    }


BUILD_TESTS = "/v2/analytics/organizations/{org}/builds/{build_id}/tests"


@routes.route("GET", BUILD_TESTS, scope="read_suites")
def list_build_tests(call: Call) -> Reply:
    """List the tests that ran on the first day of a build, with metrics. The tag `build.id` is ignored."""
    build = find_build_in_path(call)
    executions = [item for run in runs_in(build) for item in run.executions if item.created_at < build.created_at + DAY]
    return _list_measured(call, executions, without_tag="build.id")


def find_build_in_path(call: Call) -> Build:
    """Find the build in the path by its UUID."""
    pipelines, build_id = lookup.organization(call).pipelines.values(), call.params["build_id"].lower()
    builds = (build for pipeline in pipelines for build in pipeline.builds.values())
    return require(next((build for build in builds if build.id == build_id), None), "build")
