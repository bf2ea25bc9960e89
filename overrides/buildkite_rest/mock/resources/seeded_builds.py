"""Builds in given states: those that are seeded, and those that a test adds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import cycle, islice
from random import Random
from typing import Any, Literal, TypeAlias

from ..._base.arguments import short_repr
from ..._base.states import ACTIVE_STATES, UNFINISHED_STATES
from ..backend import Backend
from ..ids import Kind, digest, seeded_random
from ..values import Json, seed_document
from .agents import spare_agent
from .annotations import Annotation
from .artifacts import make_artifacts, new_artifact
from .builds import Build, Contents, add_build, exit_status
from .jobs import BARRIERS, FAILED_BUILDS, Job, make_jobs, new_attempt, state_of
from .organizations import Organization
from .pipelines import Pipeline
from .steps import BLOCK_STATES, MOST_JOBS, JobState, Step, job_count

BuildState: TypeAlias = Literal[
    "creating", "scheduled", "waiting", "running", "failing", "passed", "failed", "waiting_failed", "blocked",
    "canceling", "canceled", "skipped", "not_run",
]  # fmt: skip
_UNSTARTED = frozenset({"scheduled", "creating", "waiting", "skipped", "not_run"})
#: A blocked build has a `finished_at`.
_UNFINISHED = UNFINISHED_STATES - {"blocked"}
_SECONDS_BETWEEN = 1_800.0
#: Most seeded builds of the pipelines that have some.
_SOME = 38
#: Seconds from the start to the end of a build that a test adds. Its jobs take at most 55.
_SECONDS = 60


def add_builds(backend: Backend, organization: Organization, plan: Mapping[str, Any], count: int) -> None:
    """Add builds of an organization, oldest first. A plan has the pipeline and state of each, and their kinds."""
    most, some, newest = ([*plan.get(name, ())] for name in ("most", "some", "newest"))
    some = [*islice(cycle(some), min(_SOME, count // 2))]
    entries = [*islice(cycle(most), max(0, count - len(some) - len(newest)))]
    distance = 1 + max(1, len(entries) // (len(some) + 1))
    for number, entry in enumerate(some, 1):
        entries.insert(number * distance - 1, entry)
    entries = [*plan["always"], *entries, *newest[max(0, len(newest) + len(some) - count) :]]
    begin = backend.epoch - _SECONDS_BETWEEN * len(entries)
    for position, (slug, state) in enumerate(entries):
        pipeline = organization.pipelines[slug]
        rng = seeded_random("build", backend.seed, len(backend.builds) + 1)
        kind = rng.choice(plan["kinds"])
        add_build_in_state(
            backend,
            pipeline,
            state=state,
            jobs=plan.get("jobs", {}).get(slug),
            created_at=begin + _SECONDS_BETWEEN * position,
            seconds=rng.uniform(60, 900),
            is_seeded=True,
            creator=None if kind["source"] == "schedule" else rng.choice([*organization.members.values()]),
            rebuilt_from=next(reversed(pipeline.builds.values()), None) if kind["source"] == "ui" else None,
            cancel_reason="Canceled from the page of the build" if state in {"canceled", "canceling"} else None,
            **kind,
        )


def add_build_in_state(
    backend: Backend,
    pipeline: Pipeline,
    *,
    state: BuildState | None,
    jobs: Mapping[str, JobState] | None,
    created_at: float | None,
    seconds: float = _SECONDS,
    is_seeded: bool = False,
    commit: str | None = None,
    **attributes: Any,
) -> Build:
    """Add a build that stays in its state until a request changes it.

    Its jobs are those of the pipeline, in states that suit the build, or else `jobs`.

    Raises:
        ValueError: A step cannot have its state, or there are too many jobs.
    """
    steps = [*pipeline.steps] if jobs is None else [_step(backend, pipeline, *job) for job in jobs.items()]
    states = None if jobs is None else dict(zip((step.id for step in steps), jobs.values(), strict=True))
    if jobs is None and state == "blocked" and all(step.type != "manual" for step in steps):
        steps.append(Step(type="manual", id=backend.new_id(), key="block", name="Block"))
    if job_count(steps) > MOST_JOBS:
        raise ValueError(f"a build has at most {MOST_JOBS} jobs; pass fewer")
    begin = backend.clock() - seconds if created_at is None else created_at
    build = add_build(
        backend,
        pipeline,
        state=state or "passed",
        created_at=begin,
        scheduled_at=None if state == "creating" else begin,
        commit=commit or digest("commit", pipeline.id, pipeline.next_number),
        fill=partial(_contents, backend, steps, states, is_seeded),
        **attributes,
    )
    if state is None:
        build.state = state_of(build)
    elif state in ACTIVE_STATES:
        build.contents()  # agents show its jobs
    build.started_at = None if build.state in _UNSTARTED else begin + 5
    build.failing_at = begin + seconds / 2 if build.state in {"failing", "failed"} else None
    build.finished_at = None if build.state in _UNFINISHED else begin + seconds
    return build


def _step(backend: Backend, pipeline: Pipeline, name: str, state: JobState) -> Step:
    """Return the step of the pipeline with a key or a label, or else a new one."""
    is_block = state in BLOCK_STATES
    named = next((step for step in pipeline.steps if name in {step.key, step.name}), None)
    if named is None:
        kind: Literal["manual", "script"] = "manual" if is_block else "script"
        command = None if is_block else f"bin/{name}"
        return Step(type=kind, id=backend.new_id(), key=name, name=name, command=command)
    if (named.type == "manual") != is_block and state not in _NOT_RUN:
        raise ValueError(f"the job {short_repr(name)} cannot be {state}: its step is {named.type}")
    return named


#: By build state: state of the jobs before the first wait or block step, after it, and after the second one.
_STAGES: dict[str, tuple[str, str, str]] = {
    "creating": ("pending", "pending", "pending"),
    "scheduled": ("scheduled", "waiting", "waiting"),
    "waiting": ("waiting", "waiting", "waiting"),
    "running": ("passed", "running", "waiting"),
    "failing": ("running", "waiting", "waiting"),
    "passed": ("passed", "passed", "passed"),
    "failed": ("passed", "waiting_failed", "waiting_failed"),
    "waiting_failed": ("passed", "waiting_failed", "waiting_failed"),
    "blocked": ("passed", "waiting", "waiting"),
    "canceling": ("passed", "canceling", "canceled"),
    "canceled": ("passed", "canceled", "canceled"),
    "skipped": ("skipped", "skipped", "skipped"),
    "not_run": ("broken", "broken", "broken"),
}
#: States of wait and block steps before jobs in these states.
_BARRIERS = {
    "waiter": {"running": "passed", "canceling": "passed"},
    "manual": {"passed": "unblocked", "running": "unblocked", "waiting_failed": "blocked_failed"},
}
_ENDED = frozenset({"passed", "failed", "timed_out"})
#: States of jobs that an agent has run, or runs.
_STARTED = ACTIVE_STATES | _ENDED
_UNSCHEDULED = frozenset({"pending", "waiting", "waiting_failed", "skipped", "broken"})
#: States of jobs that an agent never runs. A block step has one of them, or one of its own.
_NOT_RUN = _UNSCHEDULED | {"canceled"}
_RETRIED_SHARE = 0.2
#: States of artifacts of seeded jobs in given states. Deleted ones are never listed.
_ARTIFACT_STATES = ("new", "error", "finished", "expired")


def _contents(
    backend: Backend, steps: Sequence[Step], states: Mapping[str, str] | None, is_seeded: bool, build: Build
) -> Contents:
    """Return the jobs in the states of their steps, or else in suitable ones. Seeded builds have annotations too."""
    rng = seeded_random(build.id)
    jobs = make_jobs(backend, build, steps)
    chosen = _suitable_states(build, jobs) if states is None else [states[job.step.id] for job in jobs]
    for job, state in zip(jobs, chosen, strict=True):
        _set_state(backend, job, state, rng)
    if not is_seeded:
        return jobs, []
    for job in jobs if states is not None else ():
        if job.state in _ENDED:
            job.artifacts = [
                new_artifact(backend, job, index, f"log/{state}.txt", file_size=1_000, state=state)
                for index, state in enumerate(_ARTIFACT_STATES)
            ]
    if build.state in {"passed", "failed"} and rng.random() < _RETRIED_SHARE:
        first = next(job for job in jobs if job.step.type == "script" and job.state == build.state)
        _set_state(backend, first, "failed", rng)
        again = new_attempt(backend, first, jobs, build.creator, build.created_at)
        _set_state(backend, again, build.state, rng)
    return jobs, _annotations(backend, build, jobs)


def _suitable_states(build: Build, jobs: Sequence[Job]) -> list[str]:
    """Return states of the jobs of a build. Of a failed one, those fail whose command does, or else the first one."""
    types = [job.step.type for job in jobs]
    barriers = {"manual"} if build.state == "blocked" else {"manual", "waiter"}
    # A running build is past its first wait step, if there is one.
    stage = int(build.state == "running" and "waiter" not in types)
    states: list[str] = []
    for kind in types:
        stage += kind in barriers
        state = _STAGES[build.state][min(stage, 2)]
        states.append(_BARRIERS.get(kind, {}).get(state, state))
    if build.state == "blocked":
        states[types.index("manual")] = "blocked"
    if build.state in FAILED_BUILDS:
        scripts = [index for index, kind in enumerate(types) if kind == "script"]
        started = [index for index in scripts if states[index] in _STARTED] or scripts
        failing = [index for index in started if exit_status(jobs[index].step.command or "")]
        named = [index for index in started if jobs[index].step.key is not None]
        for index in failing or named[:1] or started[:1]:
            states[index] = "failed"
    return states


def _set_state(backend: Backend, job: Job, state: str, rng: Random) -> None:
    """Set the state of a job, with the times and results that belong to it."""
    build, step, job.state = job.build, job.step, state
    if state == "unblocked":
        job.unblocked_by, job.unblocked_at = build.creator, build.created_at + 30
    if step.type in BARRIERS:
        return
    job.scheduled_at = build.scheduled_at
    job.broken_reason = "conditional_failed" if state == "broken" else None
    if state in _UNSCHEDULED:
        return
    job.runnable_at = build.created_at + 2
    job.concurrency_wait_time_ms = None if step.concurrency is None else 1_500
    if state in {"canceled", "expired"}:
        job.finished_at = build.created_at + _SECONDS
        job.expired_at = job.finished_at if state == "expired" else None
    if state not in _STARTED:
        return
    job.started_at = build.created_at + rng.uniform(5, 25)
    job.canceling_at = job.started_at + 30 if state == "canceling" else None
    if step.type == "script":
        # Those that were there: what happens later does not change the history.
        agents = [
            agent
            for agent in build.pipeline.organization.agents.values()
            if agent.queue is job.queue and agent.connected_at is not None and agent.connected_at < backend.epoch
        ]
        job.agent = rng.choice(agents) if agents else spare_agent(backend, job, job.started_at)
    if state in _ENDED:
        job.finished_at = job.started_at + rng.uniform(1, 30)
        _set_results(backend, job)
    elif job.agent is not None and state == "running":
        job.agent.jobs.append(job)


def _set_results(backend: Backend, job: Job) -> None:
    """Set the results of a job that has ended. A trigger job has triggered a build of the time, if there is one."""
    step, build = job.step, job.build
    if step.trigger is not None:
        pipeline = build.pipeline.organization.pipelines.get(step.trigger["pipeline"])
        builds = () if pipeline is None else pipeline.builds.values()
        job.triggered = next((each for each in builds if build.created_at <= each.created_at < backend.epoch), None)
        return
    failure = exit_status(step.command or "") or 1
    job.exit_status = {"passed": 0, "timed_out": -1}.get(job.state, failure)
    job.soft_failed = step.soft_fail and job.state != "passed"
    job.signal = "SIGTERM" if job.state == "timed_out" else None
    job.artifacts = make_artifacts(backend, job)


def _annotations(backend: Backend, build: Build, jobs: list[Job]) -> list[Annotation]:
    failed = [job for job in jobs if job.state == "failed" and job.retried_in is None]
    kinds = [kind for kind, exists in (("passed", build.state == "passed"), ("failed", failed)) if exists]
    notes: list[tuple[str, Job | None]] = [*((kind, None) for kind in kinds), *(("job", job) for job in failed)]
    annotations: list[Annotation] = []
    for index, (kind, job) in enumerate(notes):
        values: Json = dict(seed_document("jobs")["annotations"][kind])
        values["body"] = values["body"].format(failed=len(failed), jobs=len(jobs))
        identifier = backend.ids.make(Kind.SEEDED_ANNOTATION, build.ordinal << 16 | index)
        values["created_at"] = build.created_at + 120 + index
        values["updated_at"] = build.created_at + 150 + index
        annotations.append(Annotation(id=identifier, job=job, **values))
    return annotations
