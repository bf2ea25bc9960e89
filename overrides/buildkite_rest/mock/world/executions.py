"""Runs of test suites and executions of tests: all of them follow from the builds that they belong to."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Literal, TypeAlias

import attrs

from ..ids import Kind, chance
from .suites import Suite, Test

if TYPE_CHECKING:
    from .builds import Build

ExecutionResult: TypeAlias = Literal["passed", "failed", "skipped", "pending", "unknown"]

#: Bits of an id that tell the suite, the test and the attempt. Those before them tell the build.
SUITE_BITS = 16
TEST_BITS = 12
ATTEMPT_BITS = 1
#: Part of the runs of failed builds in which a test failed. Builds fail for other reasons, too.
_FAILING_SHARE = 0.8
_FAILED_BUILDS = frozenset({"failing", "failed", "waiting_failed"})
_BROKEN_OFF = frozenset({"canceling", "canceled"})
#: A run that has no results for so long is stale.
_STALE_SECONDS = 3_600.0


@attrs.frozen(kw_only=True, eq=False)
class Run:
    """The tests of a suite as they ran in one build."""

    id: str
    suite: Suite
    build: Build

    @property
    def began_at(self) -> float:
        """When the build began to run."""
        return self.build.started_at or self.build.created_at

    @property
    def executions(self) -> tuple[Execution, ...]:
        """What has come out so far."""
        build = self.build
        if not build.finished:
            return tuple(_executions(self))
        key = build.ordinal, build.finished_at
        if key not in self.suite.results:
            self.suite.results[key] = tuple(_executions(self))
        return self.suite.results[key]

    @property
    def failed(self) -> list[Execution]:
        """The executions that failed."""
        return [execution for execution in self.executions if execution.result == "failed"]

    def result(self, now: float) -> str:
        """Return what the results so far come to."""
        results = {execution.result for execution in self.executions}
        if results & {"passed", "failed"}:
            return "failed" if "failed" in results else "passed"
        return "stale" if now - self.began_at >= _STALE_SECONDS else "pending"

    def finished(self, now: float) -> bool:
        """Tell whether all results are in."""
        result = self.result(now)
        return result == "stale" or (self.build.finished and result != "pending")


@attrs.frozen(kw_only=True, eq=False)
class Execution:
    """One attempt at a test. Skipped ones take no time."""

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
        """All tags, those too that tell what the run and the build tell."""
        build = self.run.build
        own = {"result": self.result, "scm.branch": build.branch, "scm.commit_sha": build.commit, "build.id": build.id}
        return {**self.run.suite.tags, **self.changeable_tags, **own}


def _executions(run: Run) -> Iterator[Execution]:
    """Let the tests run: all of them in a finished build, and some in one that is not finished, or was canceled."""
    build, tests = run.build, list(run.suite.tests.values())
    broken_off = build.state in _BROKEN_OFF
    if broken_off and build.ordinal % 2:
        return
    luck = chance("run", run.id)
    whole = build.finished and not broken_off
    count = len(tests) if whole else len(tests) // 2
    victim = luck.randrange(count) if count else 0
    failing = luck.random() < _FAILING_SHARE and build.state in _FAILED_BUILDS
    for index, test in enumerate(tests[:count]):
        for attempt, result in enumerate(_results(run, test, luck, fails=failing and index == victim)):
            yield _execution(run, test, attempt, result, luck)
    if not whole and tests:
        yield _execution(run, tests[count], 0, "unknown" if broken_off else "pending", luck)


def _results(run: Run, test: Test, luck: random.Random, *, fails: bool) -> tuple[ExecutionResult, ...]:
    state = test.state_at(run.began_at)
    bad, flaky = luck.random() < test.failure_share, luck.random() < test.flaky_share
    if state == "skipped":
        return ("skipped",)
    if fails or (bad and state == "muted"):
        return ("failed",)
    return ("failed", "passed") if bad or flaky else ("passed",)


def _execution(run: Run, test: Test, attempt: int, result: ExecutionResult, luck: random.Random) -> Execution:
    build = run.build
    seconds = (build.finished_at or run.began_at) - run.began_at
    number = (build.ordinal << SUITE_BITS | run.suite.number) << TEST_BITS | test.index
    return Execution(
        id=run.suite.ids.make(Kind.EXECUTION, number << ATTEMPT_BITS | attempt),
        run=run,
        test=test,
        result=result,
        created_at=run.began_at + seconds * test.index / len(run.suite.tests),
        duration=round(test.seconds * luck.uniform(0.8, 1.5), 5) if result in {"passed", "failed"} else None,
    )
