"""Which runs of test suites there are, and how to find one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..ids import Kind
from .executions import ATTEMPT_BITS, SUITE_BITS, TEST_BITS, Execution, Run
from .suites import Suite

if TYPE_CHECKING:
    from .builds import Build
    from .world import World


def run_of(suite: Suite, build: Build) -> Run | None:
    """Return the run of a suite in a build, if there is one."""
    if build.started_at is None or build.pipeline not in suite.pipelines or build.created_at < suite.created_at:
        return None
    return Run(id=suite.ids.make(Kind.RUN, build.ordinal << SUITE_BITS | suite.number), suite=suite, build=build)


def runs_in(build: Build) -> list[Run]:
    """Return the runs in a build."""
    runs = (run_of(suite, build) for suite in build.pipeline.organization.suites.values())
    return [run for run in runs if run is not None]


def runs_of(world: World, suite: Suite) -> list[Run]:
    """Return the runs of a suite, newest first."""
    builds = [build for pipeline in suite.pipelines for build in pipeline.builds.values()]
    runs = (run_of(suite, build) for build in builds if world.builds.get(build.ordinal) is build)
    return sorted([run for run in runs if run is not None], key=lambda run: run.build.ordinal, reverse=True)


def find_run(world: World, suite: Suite, run_id: str) -> Run | None:
    """Find a run of a suite by its id."""
    number = suite.ids.number(Kind.RUN, run_id)
    build = None if number is None else world.builds.get(number >> SUITE_BITS)
    run = None if build is None else run_of(suite, build)
    return run if run is not None and run.id == run_id.lower() else None


def find_execution(world: World, suite: Suite, execution_id: str) -> Execution | None:
    """Find an execution of a suite by its id."""
    number = suite.ids.number(Kind.EXECUTION, execution_id)
    build = None if number is None else world.builds.get(number >> SUITE_BITS + TEST_BITS + ATTEMPT_BITS)
    run = None if build is None else run_of(suite, build)
    executions = () if run is None else run.executions
    return next((execution for execution in executions if execution.id == execution_id.lower()), None)
