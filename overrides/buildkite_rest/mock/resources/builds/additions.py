"""Builds that a test adds, with states of its choice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, TypeAlias

from ...._base.states import FINISHED_STATES
from ...backend import Backend
from ...ids import Kind, digest, seeded_random
from ..annotations import Annotation
from ..artifacts import set_artifacts
from ..jobs.job import Job, make_jobs
from ..pipelines.pipeline import Pipeline
from ..pipelines.steps import BLOCK_STATES, MOST_JOBS, JobState, Step, job_count
from .build import Build, add_build
from .seed import STARTED, UNFINISHED, UNSTARTED, set_job_state, stage_states
from .states import FAILED_BUILDS, FAILED_JOBS

BuildState: TypeAlias = Literal[
    "creating", "scheduled", "waiting", "running", "failing", "passed", "failed", "waiting_failed", "blocked",
    "canceling", "canceled", "skipped", "not_run",
]  # fmt: skip
#: Seconds from the start to the end of a build. Its jobs take at most 55.
_SECONDS = 60
#: Characters of a name in a message.
_LONGEST = 60
_SOFT_FAILURES = frozenset({"failed", "timed_out"})
#: States of jobs that a block step may hold.
_HELD = frozenset({"pending", "waiting", "blocked"})
#: States of jobs that an agent never runs. A block step has one of them, or one of its own.
_NOT_RUN = frozenset({"pending", "waiting", "waiting_failed", "canceled", "skipped", "broken"})


def state_of(job_states: Iterable[str]) -> BuildState:
    """Return the state of a build whose jobs have these states."""
    states = set(job_states)
    failed, open_states = bool(states & FAILED_JOBS), states - FINISHED_STATES
    if "blocked" in states and open_states <= _HELD:
        return "blocked"
    if "canceling" in states:
        return "canceling"
    if open_states:
        return "failing" if failed else "running" if states & (STARTED | {"unblocked"}) else "scheduled"
    if failed:
        return "failed"
    if "canceled" in states:
        return "canceled"
    return "not_run" if states == {"broken"} else "passed"


def _soft_steps(pipeline: Pipeline) -> set[str | None]:
    """Return the keys and labels of steps whose failure does not fail the build."""
    return {name for step in pipeline.steps if step.soft_fail for name in (step.key, step.name)}


def _inferred_state(pipeline: Pipeline, jobs: Mapping[str, JobState]) -> BuildState:
    soft = _soft_steps(pipeline)
    return state_of("passed" if name in soft and state in _SOFT_FAILURES else state for name, state in jobs.items())


def add_build_in_state(
    backend: Backend,
    pipeline: Pipeline,
    *,
    state: BuildState | None,
    jobs: Mapping[str, JobState] | None,
    created_at: float | None,
    commit: str | None,
    **attributes: Any,
) -> Build:
    """Add a build that stays in its state until a request changes it.

    Its jobs are those of the pipeline, in states that suit the build, or else `jobs`.

    Raises:
        ValueError: No build in this state has such jobs, there are too many, or a name is not that of one step.
    """
    if state is None:
        state = _inferred_state(pipeline, jobs) if jobs else "passed"
    steps = [*pipeline.steps] if jobs is None else _steps(backend, pipeline, jobs)
    if jobs is None and state == "blocked" and all(step.type != "manual" for step in steps):
        steps.append(Step(type="manual", id=backend.new_id(Kind.STEP), key="block", name="Block"))
    if job_count(steps) > MOST_JOBS:
        raise ValueError(f"a build has at most {MOST_JOBS} jobs; pass fewer")
    if created_at is None:
        created_at = backend.clock() - _SECONDS
    ordinal = backend.new_number(Kind.BUILD)
    build = Build(
        id=backend.ids.make(Kind.BUILD, ordinal),
        ordinal=ordinal,
        number=pipeline.next_number,
        pipeline=pipeline,
        state=state,
        created_at=created_at,
        scheduled_at=None if state == "creating" else created_at,
        started_at=None if state in UNSTARTED else created_at + 5,
        failing_at=created_at + _SECONDS / 2 if state in {"failing", "failed"} else None,
        finished_at=None if state in UNFINISHED else created_at + _SECONDS,
        contents=(list[Job](), list[Annotation]()),
        commit=commit or digest("commit", backend.seed, ordinal),
        **attributes,
    )
    pipeline.next_number += 1
    _add_jobs(backend, build, steps, jobs)
    add_build(backend, build)
    return build


def _add_jobs(backend: Backend, build: Build, steps: Sequence[Step], states: Mapping[str, JobState] | None) -> None:
    rng = seeded_random(build.id)
    build.jobs.extend(make_jobs(backend, build, steps))
    if states is None:
        chosen = _states_with_a_failure(build)
    else:  # a step may have several jobs
        state_by_step = dict(zip((step.id for step in steps), states.values(), strict=True))
        chosen = [state_by_step[job.step.id] for job in build.jobs]
    for job, state in zip(build.jobs, chosen, strict=True):
        set_job_state(backend, job, state, rng)


def _steps(backend: Backend, pipeline: Pipeline, jobs: Mapping[str, JobState]) -> list[Step]:
    """Return the step of each job. `jobs` must not name a step twice."""
    steps: dict[str, str] = {}
    found: list[Step] = []
    for name, state in jobs.items():
        step = _step(backend, pipeline, name, state)
        other = steps.setdefault(step.id, name)
        if other != name:
            raise ValueError(f"jobs has a step twice: {other[:_LONGEST]!r} and {name[:_LONGEST]!r}; leave out one")
        found.append(step)
    return found


def _step(backend: Backend, pipeline: Pipeline, name: str, state: JobState) -> Step:
    """Return the step of the pipeline with a key, or else with a label, or else a new one."""
    named = [step for step in pipeline.steps if step.key == name]
    named = named or [step for step in pipeline.steps if step.name == name]
    if len(named) > 1:
        raise ValueError(f"{len(named)} steps have the label {name[:_LONGEST]!r}; use their keys in jobs")
    if named:
        is_block = named[0].type == "manual"
        if (state in BLOCK_STATES) != is_block and not (is_block and state in _NOT_RUN):
            article = "a" if is_block else "not a"
            raise ValueError(f"the job {name[:_LONGEST]!r} cannot be {state}: its step is {article} block step")
        return named[0]
    kind: Literal["manual", "script"] = "manual" if state in BLOCK_STATES else "script"
    command = None if kind == "manual" else f"bin/{name}"
    return Step(type=kind, id=backend.new_id(Kind.STEP), key=name, name=name, command=command)


def set_job(
    backend: Backend,
    build: Build,
    name: str,
    *,
    exit_status: int | None,
    seconds: float | None,
    log: bytes | None,
    artifacts: Mapping[str, bytes] | None,
) -> None:
    """Set the results of the job with an id, a key or a label.

    Raises:
        ValueError: There is no such job or there are several, or its state contradicts a result.
    """
    found = [job for job in build.current_jobs if name in {job.id, job.step.key, job.step.name}]
    if len(found) != 1:
        raise ValueError(f"{len(found)} jobs of build {build.number} are {name[:_LONGEST]!r}; pass the id of a job")
    [job] = found
    if exit_status is not None:
        if job.state != "failed":
            raise ValueError(f"exit_status is only for a failed job; {name[:_LONGEST]!r} is {job.state}")
        job.exit_status = exit_status
    if seconds is not None:
        if job.started_at is None or job.finished_at is None:
            raise ValueError(f"seconds is only for a job that has run and finished; {name[:_LONGEST]!r} is {job.state}")
        if job.started_at + seconds > backend.clock():
            raise ValueError(f"{name[:_LONGEST]!r} would finish in the future; pass an earlier created_at to add_build")
        job.finished_at = job.started_at + seconds
        build.finished_at = build.finished_at and max(build.finished_at, job.finished_at)
    if log is not None:
        job.log = log
    if artifacts is not None:
        set_artifacts(backend, job, artifacts)


def _states_with_a_failure(build: Build) -> list[str]:
    states = stage_states(build, build.jobs)
    scripts = [index for index, job in enumerate(build.jobs) if job.step.type == "script"]
    if build.state in FAILED_BUILDS and scripts and "failed" not in states:
        states[scripts[0]] = "failed"
    return states
