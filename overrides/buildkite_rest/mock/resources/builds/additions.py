"""Builds that a test adds, with states of its choice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeAlias

from ...backend import Backend
from ...ids import Kind, digest, seeded_random
from ..annotations import Annotation
from ..jobs.job import Job, make_jobs
from ..pipelines.pipeline import Pipeline
from ..pipelines.seed import BLOCK_STATES, JOB_STATES
from ..pipelines.steps import Step
from .build import Build, add_build
from .seed import FAILED_BUILDS, UNFINISHED, UNSTARTED, set_job_state, stage_states

BuildState: TypeAlias = Literal[
    "creating", "scheduled", "waiting", "running", "failing", "passed", "failed", "waiting_failed", "blocked",
    "canceling", "canceled", "skipped", "not_run",
]  # fmt: skip
JobState: TypeAlias = Literal[
    "pending", "waiting", "waiting_failed", "limiting", "limited", "platform_limiting", "platform_limited",
    "scheduled", "reserved", "assigned", "accepted", "running", "passed", "failed", "canceling", "canceled",
    "timing_out", "timed_out", "expired", "skipped", "broken", "blocked", "blocked_failed", "unblocked",
    "unblocked_failed",
]  # fmt: skip
ALL_JOB_STATES = (*JOB_STATES, *BLOCK_STATES)
#: Seconds from the start to the end of a build. Its jobs take at most 55.
_SECONDS = 60
_FAILURES = frozenset({"failed", "timed_out", "expired"})
_NOT_STARTED = frozenset({"pending", "waiting", "scheduled"})
_ENDED = frozenset({"passed", "canceled", "skipped", "broken", "waiting_failed", "unblocked", "unblocked_failed"})


def state_of(job_states: Iterable[str]) -> BuildState:
    """Return the state of a build whose jobs have these states."""
    states = set(job_states)
    failed, is_open = bool(states & _FAILURES), states - _FAILURES - _ENDED - {"blocked", "blocked_failed"}
    if "blocked" in states and is_open <= {"waiting"}:
        return "blocked"
    if is_open:
        return "failing" if failed else "scheduled" if states <= _NOT_STARTED else "running"
    if failed:
        return "failed"
    return "canceled" if "canceled" in states else "passed"


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
    """
    state = state or (state_of(jobs.values()) if jobs else "passed")
    if created_at is None:
        created_at = backend.clock() - (0 if state in UNSTARTED else _SECONDS)
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
    _add_jobs(backend, build, jobs)
    add_build(backend, build)
    return build


def _add_jobs(backend: Backend, build: Build, states: Mapping[str, JobState] | None) -> None:
    rng = seeded_random(build.id)
    steps = build.pipeline.steps if states is None else [_step(backend, build, *item) for item in states.items()]
    build.jobs.extend(make_jobs(backend, build, steps))
    if states is None:
        chosen = _states_with_a_failure(build)
    else:  # a step may have several jobs
        state_by_step = dict(zip((step.id for step in steps), states.values(), strict=True))
        chosen = [state_by_step[job.step.id] for job in build.jobs]
    for job, state in zip(build.jobs, chosen, strict=True):
        set_job_state(backend, job, state, rng)


def _step(backend: Backend, build: Build, name: str, state: JobState) -> Step:
    """Return the step of the pipeline with a key or a label, or else a new one."""
    for step in build.pipeline.steps:
        if name in (step.key, step.name):
            return step
    kind: Literal["manual", "script"] = "manual" if state in BLOCK_STATES else "script"
    command = None if kind == "manual" else f"bin/{name}"
    return Step(type=kind, id=backend.new_id(Kind.STEP), key=name, name=name, command=command)


def _states_with_a_failure(build: Build) -> list[str]:
    states = stage_states(build, build.jobs)
    scripts = [index for index, job in enumerate(build.jobs) if job.step.type == "script"]
    if build.state in FAILED_BUILDS and scripts and "failed" not in states:
        states[scripts[0]] = "failed"
    return states
