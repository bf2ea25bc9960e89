"""Runs of test suites and executions of tests. All of them are derived from builds."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import TYPE_CHECKING, Literal, TypeAlias

import attrs

from ..backend import Backend
from ..clock import iso
from ..http.call import Call, Reply, json
from ..http.errors import BadRequestError, require
from ..http.pagination import page
from ..http.rate_limits import WINDOW_SECONDS, Usage
from ..http.routing import Routes
from ..ids import Kind, seeded_random
from ..values import Json
from .jobs import FAILED_BUILDS
from .test_suites import SUITE, Suite, suite_web_url, suites, test_web_url

if TYPE_CHECKING:
    from .builds import Build
    from .tests import Test


ExecutionResult: TypeAlias = Literal["passed", "failed", "skipped", "pending", "unknown"]
#: Bits of an execution's number for the suite, the test and the attempt, below those for the build.
SUITE_BITS = 16
TEST_BITS = 12
ATTEMPT_BITS = 1
#: Share of failed builds with a failed test. Builds fail for other reasons, too.
_FAILING_SHARE = 0.8
_CANCELED_BUILDS = frozenset({"canceling", "canceled"})
#: Seconds without results after which a run is stale.
_STALE_SECONDS = 3_600.0


@attrs.frozen(kw_only=True, eq=False)
class Run:
    """A run of a suite in a build."""

    id: str
    suite: Suite
    build: Build

    @property
    def began_at(self) -> float:
        """Start time of the build."""
        return self.build.started_at or self.build.created_at

    @property
    def executions(self) -> tuple[Execution, ...]:
        """Executions so far."""
        build = self.build
        if not build.finished:
            return tuple(_make_executions(self))
        key = build.ordinal, build.finished_at
        if key not in self.suite.results:
            self.suite.results[key] = tuple(_make_executions(self))
        return self.suite.results[key]

    @property
    def failed(self) -> list[Execution]:
        """The executions that failed."""
        return [execution for execution in self.executions if execution.result == "failed"]

    def result(self, now: float) -> str:
        """Return the result of the run so far."""
        results = {execution.result for execution in self.executions}
        if results & {"passed", "failed"}:
            return "failed" if "failed" in results else "passed"
        return "stale" if now - self.began_at >= _STALE_SECONDS else "pending"

    def finished(self, now: float) -> bool:
        """Return whether all results are in."""
        result = self.result(now)
        return result == "stale" or (self.build.finished and result != "pending")


@attrs.frozen(kw_only=True, eq=False)
class Execution:
    """One attempt at a test. Skipped ones have no duration."""

    id: str
    run: Run
    test: Test
    result: ExecutionResult
    created_at: float
    duration: float | None

    @property
    def changeable_tags(self) -> Mapping[str, str]:
        """Tags that were set through the API."""
        return self.run.suite.changeable_tags.get(self.id, {})

    @property
    def tags(self) -> dict[str, str]:
        """All tags, including those derived from run and build."""
        build = self.run.build
        own = {"result": self.result, "scm.branch": build.branch, "scm.commit_sha": build.commit, "build.id": build.id}
        return {**self.run.suite.tags, **self.changeable_tags, **own}


def _make_executions(run: Run) -> Iterator[Execution]:
    """Yield the executions of a run: all tests of a finished build, some of one that is unfinished or canceled."""
    build, tests = run.build, list(run.suite.tests.values())
    broken_off = build.state in _CANCELED_BUILDS
    if broken_off and build.ordinal % 2:
        return
    rng = seeded_random("run", run.id)
    whole = build.finished and not broken_off
    count = len(tests) if whole else len(tests) // 2
    failing_index = rng.randrange(count) if count else 0
    failing = rng.random() < _FAILING_SHARE and build.state in FAILED_BUILDS
    for index, test in enumerate(tests[:count]):
        for attempt, result in enumerate(_results(run, test, rng, fails=failing and index == failing_index)):
            yield _make_execution(run, test, attempt, result, rng)
    if not whole and tests:
        yield _make_execution(run, tests[count], 0, "unknown" if broken_off else "pending", rng)


def _results(run: Run, test: Test, rng: random.Random, *, fails: bool) -> tuple[ExecutionResult, ...]:
    state = test.state_at(run.began_at)
    bad, flaky = rng.random() < test.failure_share, rng.random() < test.flaky_share
    if state == "skipped":
        return ("skipped",)
    if fails or (bad and state == "muted"):
        return ("failed",)
    return ("failed", "passed") if bad or flaky else ("passed",)


def _make_execution(run: Run, test: Test, attempt: int, result: ExecutionResult, rng: random.Random) -> Execution:
    build = run.build
    seconds = (build.finished_at or run.began_at) - run.began_at
    number = (build.ordinal << SUITE_BITS | run.suite.number) << TEST_BITS | test.index
    return Execution(
        id=run.suite.ids.make(Kind.EXECUTION, number << ATTEMPT_BITS | attempt),
        run=run,
        test=test,
        result=result,
        created_at=run.began_at + seconds * test.index / len(run.suite.tests),
        duration=round(test.seconds * rng.uniform(0.8, 1.5), 5) if result in {"passed", "failed"} else None,
    )


def run_of(suite: Suite, build: Build) -> Run | None:
    """Return the run of a suite in a build, if there is one."""
    if build.started_at is None or build.pipeline not in suite.pipelines or build.created_at < suite.created_at:
        return None
    return Run(id=suite.ids.make(Kind.RUN, build.ordinal << SUITE_BITS | suite.number), suite=suite, build=build)


def runs_in(build: Build) -> list[Run]:
    """Return the runs in a build."""
    runs = (run_of(suite, build) for suite in build.pipeline.organization.suites.values())
    return [run for run in runs if run is not None]


def runs_of(backend: Backend, suite: Suite) -> list[Run]:
    """Return the runs of a suite, newest first."""
    builds = [build for pipeline in suite.pipelines for build in pipeline.builds.values()]
    runs = (run_of(suite, build) for build in builds if backend.builds.get(build.ordinal) is build)
    return sorted([run for run in runs if run is not None], key=lambda run: run.build.ordinal, reverse=True)


def find_run(backend: Backend, suite: Suite, run_id: str) -> Run | None:
    """Find a run of a suite by its id."""
    number = suite.ids.number(Kind.RUN, run_id)
    build = None if number is None else backend.builds.get(number >> SUITE_BITS)
    run = None if build is None else run_of(suite, build)
    return run if run is not None and run.id == run_id.lower() else None


def find_execution(backend: Backend, suite: Suite, execution_id: str) -> Execution | None:
    """Find an execution of a suite by its id."""
    number = suite.ids.number(Kind.EXECUTION, execution_id)
    build = None if number is None else backend.builds.get(number >> SUITE_BITS + TEST_BITS + ATTEMPT_BITS)
    run = None if build is None else run_of(suite, build)
    executions = () if run is None else run.executions
    return next((execution for execution in executions if execution.id == execution_id.lower()), None)


#: Tags that repeat fields of the execution.
_EXPANDED = ["expected: something", "     got: nothing"]
_OWN_TAGS = frozenset({"result", "scm.branch", "scm.commit_sha", "build.id"})


def run_json(call: Call, run: Run, now: float) -> Json:
    build = run.build
    return {
        "id": run.id,
        "url": f"{suites.url(call, run.suite)}/runs/{run.id}",
        "web_url": run_web_url(run),
        "branch": build.branch,
        "commit_sha": build.commit,
        "build_id": build.id,
        "state": "finished" if run.finished(now) else "running",
        "result": run.result(now),
        "created_at": iso(run.began_at),
    }


def run_in_build_json(run: Run) -> Json:
    """Return the reference to a run in a build."""
    return {"id": run.id, "suite": {"id": run.suite.id, "slug": run.suite.slug}}


def run_web_url(run: Run) -> str:
    """Return the URL of a run's page."""
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
        "run_url": run_web_url(execution.run),
        "test_url": test_web_url(test),
        "test_execution_url": f"{test_web_url(test)}?execution_id={execution.id}",
        "created_at": iso(execution.created_at),
    }
    return {**body, "failure_expanded": [{"expanded": _EXPANDED, "backtrace": [test.location]}]} if expanded else body


RUN = f"{SUITE}/runs/{{run_id}}"


def find_run_in_path(call: Call) -> Run:
    return require(find_run(call.backend, suites.find(call), call.params["run_id"]), "run")


routes = Routes()


@routes.route("GET", f"{SUITE}/runs", scope="read_suites")
def list_runs(call: Call) -> Reply:
    """List the runs of a suite, or those in one build."""
    runs = runs_of(call.backend, suites.find(call))
    if build_id := call.query.text("build_id"):
        runs = [run for run in runs if run.build.id == build_id.lower()]
    return page(call, runs, lambda run: run_json(call, run, call.now))


@routes.route("GET", RUN, scope="read_suites")
def get_run(call: Call) -> Reply:
    return json(run_json(call, find_run_in_path(call), call.now))


@routes.route("GET", f"{RUN}/failed_executions", scope="read_suites")
def list_failed_executions(call: Call) -> Reply:
    expanded = call.query.flag("include_failure_expanded")
    return page(call, find_run_in_path(call).failed, lambda item: failed_execution_json(item, expanded=expanded))


_MOST_TAGS = 10
#: Keys and values must have fewer bytes.
_KEY_BYTES, _VALUE_BYTES = 64, 128
_KEY = re.compile(r"mut\.[A-Za-z0-9_.-]+", re.ASCII)


def check_tags(tags: Mapping[str, str]) -> None:
    """Raise 400 for invalid tags."""
    if len(tags) > _MOST_TAGS:
        raise BadRequestError(f"An execution can have at most {_MOST_TAGS} changeable tags")
    for key, value in tags.items():
        if not _KEY.fullmatch(key) or len(key) >= _KEY_BYTES:
            rule = f"mut. and letters, digits, '_', '-' and '.', fewer than {_KEY_BYTES} bytes in total"
            raise BadRequestError(f"{key} is not a valid key: it must be {rule}")
        if not value.strip() or len(value.encode()) >= _VALUE_BYTES:
            raise BadRequestError(f"The value of {key} must not be blank and must have fewer than {_VALUE_BYTES} bytes")
        *parents, _ = accumulate(key.split("."), "{}.{}".format)
        for parent in parents:
            if parent in tags:
                raise BadRequestError(f"{parent} cannot be a key together with {key}")


_MOST_EXECUTIONS = 100_000


@routes.route("PUT", f"{SUITE}/execution-tags", scope="write_suites")
def update_execution_tags(call: Call) -> Reply:
    """Replace the changeable tags of executions. The last entry for an execution wins.

    Unknown executions are ignored.
    """
    suite = suites.find(call)
    entries = call.body["executions"]
    if len(entries) > _MOST_EXECUTIONS:
        raise BadRequestError(f"At most {_MOST_EXECUTIONS} executions can be updated at once")
    for entry in entries:
        check_tags(entry["tags"])
    usage = _own_usage(call)
    if usage.exceeded:
        return json(usage.body(), 429, usage.headers("RateLimit"))
    suite.organization.execution_tags_at = call.now
    for entry in entries:
        execution = find_execution(call.backend, suite, entry["id"])
        if execution is not None:
            suite.changeable_tags[execution.id] = dict(entry["tags"])
    return Reply(200)


def _own_usage(call: Call) -> Usage:
    """Return the usage of the operation's own limit, which is enforced if the organization's limit is."""
    organization = call.find_organization()
    before = None if organization is None else organization.execution_tags_at
    begin = call.now if before is None else before
    again = before is not None and call.now < before + WINDOW_SECONDS
    return Usage(
        scope="rest",
        limit=1,
        current=1 + again,
        reset=math.ceil(begin + WINDOW_SECONDS - call.now),
        enforced=call.organization_limit.maximum is not None,
    )
