"""The jobs and annotations of a seeded build, made when somebody first looks at it."""

from __future__ import annotations

import random
from collections.abc import Iterable

from ..ids import Kind, chance
from ..world.agents import Agent
from ..world.artifacts import upload
from ..world.builds import Annotation, Artifact, ArtifactState, Build, Job
from ..world.create import make_jobs
from ..world.pipelines import Trigger
from ..world.world import World
from .accounts import EPOCH
from .pipelines import BLOCK_STATES

#: State of the jobs before the first wait or block step, after it, and after the second one, by state of the build.
_COURSE: dict[str, tuple[str, str, str]] = {
    "creating": ("pending", "pending", "pending"),
    "scheduled": ("scheduled", "waiting", "waiting"),
    "waiting": ("waiting", "waiting", "waiting"),
    "running": ("passed", "running", "waiting"),
    "failing": ("running", "waiting", "waiting"),
    "passed": ("passed", "passed", "passed"),
    "failed": ("passed", "waiting_failed", "waiting_failed"),
    "waiting_failed": ("passed", "waiting_failed", "waiting_failed"),
    "blocked": ("passed", "passed", "waiting"),
    "canceling": ("passed", "canceling", "canceled"),
    "canceled": ("passed", "canceled", "canceled"),
    "skipped": ("skipped", "skipped", "skipped"),
    "not_run": ("broken", "broken", "broken"),
}
_FAILED_BUILDS = frozenset({"failing", "failed", "waiting_failed"})
_STARTED = frozenset({"running", "passed", "failed", "canceling", "timing_out", "timed_out"})
_ENDED = frozenset({"passed", "failed", "timed_out"})
#: One passed build in so many has a job that failed at first.
_RETRY_SHARE = 0.2
_ANNOTATION_SHARE = 0.3
#: States of the artifacts in the zoo. Deleted ones are not listed anywhere.
_ARTIFACT_STATES: tuple[ArtifactState, ...] = ("new", "error", "finished", "expired")


def fill(world: World, build: Build) -> tuple[list[Job], list[Annotation]]:
    """Return the jobs and annotations of a seeded build."""
    luck = chance(build.id)
    jobs = make_jobs(world, build, build.pipeline.steps)
    states = _zoo(jobs) if build.pipeline.slug == "zoo" else _states(build, jobs)
    for job, state in zip(jobs, states, strict=True):
        _play(world, job, state, luck)
    if build.state == "passed" and luck.random() < _RETRY_SHARE:
        _fail_at_first(world, jobs, luck)
    return jobs, _annotations(world, build, jobs, luck)


def _zoo(jobs: Iterable[Job]) -> list[str]:
    return [job.step.key or "passed" for job in jobs]


def _states(build: Build, jobs: Iterable[Job]) -> list[str]:
    course = _COURSE[build.state]
    states: list[str] = []
    fail = build.state in _FAILED_BUILDS
    # A running build is past its first wait step, if there is one.
    stage = int(build.state == "running" and all(step.type != "waiter" for step in build.pipeline.steps))
    for job in jobs:
        state = course[min(stage, 2)]
        if job.step.type in {"waiter", "manual"}:
            stage += 1
            state = _barrier(job, course[min(stage, 2)], holds=build.state == "blocked" and stage == len(course) - 1)
        elif fail and (job.step.key or "").startswith(("lint", "fuzz", "test", "xcode")):
            state, fail = "failed", False
        states.append(state)
    return states


def _barrier(job: Job, following: str, *, holds: bool) -> str:
    if job.step.type == "waiter":
        return {"running": "passed", "canceling": "passed"}.get(following, following)
    if holds:
        return "blocked"
    return {"passed": "unblocked", "running": "unblocked", "waiting_failed": "blocked_failed"}.get(following, following)


def _play(world: World, job: Job, state: str, luck: random.Random) -> None:
    """Bring a job into a state as if it had come there by itself."""
    build = job.build
    job.state = state
    if job.step.type in {"waiter", "manual"} or state in BLOCK_STATES:
        if state == "unblocked":
            job.unblocked_by, job.unblocked_at = build.creator, build.created_at + 30
        return
    job.scheduled_at = build.scheduled_at
    if state in {"pending", "waiting", "waiting_failed", "skipped", "broken"}:
        job.broken_reason = "conditional_failed" if state == "broken" else None
        return
    job.runnable_at = build.created_at + 2
    if job.step.concurrency is not None:
        job.concurrency_wait_time_ms = luck.choice((0, 1_500))
    if state in _STARTED:
        _start(world, job, luck)
    if state in _ENDED:
        _end(world, job, luck)
    elif state in {"canceled", "expired"}:
        job.finished_at = build.finished_at or build.created_at + 600
        job.expired_at = job.finished_at if state == "expired" else None


def _start(world: World, job: Job, luck: random.Random) -> None:
    build = job.build
    job.started_at = (build.started_at or build.created_at) + luck.uniform(0, 20)
    if job.step.type == "script":
        agents = [agent for agent in build.pipeline.organization.agents.values() if _was_there(agent)]
        job.agent = luck.choice([agent for agent in agents if agent.queue is job.queue] or agents)
    if job.state == "canceling":
        job.canceling_at = job.started_at + 30
    if job.state == "running" and build.state == "failing":
        job.promised_exit_status, job.promised_exit_status_at = 1, job.started_at + 10


def _was_there(agent: Agent) -> bool:
    """Whether an agent belongs to the seeded history. Hosted agents come later, and must not change it."""
    return agent.connected_at is not None and agent.connected_at < EPOCH


def _end(world: World, job: Job, luck: random.Random) -> None:
    job.finished_at = (job.started_at or 0) + luck.uniform(1, 30)
    if job.step.trigger is not None:
        job.triggered = _triggered(job, job.step.trigger)
        return
    job.exit_status = 0
    if job.state != "passed":
        job.exit_status = luck.choice((1, 2, 127)) if job.state == "failed" else -1
        job.soft_failed = job.step.soft_fail
        job.signal = "SIGTERM" if job.state == "timed_out" else None
    job.artifacts = upload(world, job)
    if job.build.pipeline.slug == "zoo":
        job.artifacts = [_in_state(world, job, index, state) for index, state in enumerate(_ARTIFACT_STATES)]


def _in_state(world: World, job: Job, index: int, state: ArtifactState) -> Artifact:
    return Artifact(
        id=world.artifact_id(job, index), path=f"log/{state}.log", mime_type="text/plain", file_size=1_000, state=state
    )


def _triggered(job: Job, trigger: Trigger) -> Build | None:
    """Return a build that a trigger job may have started."""
    builds = job.build.pipeline.organization.pipelines[trigger.pipeline].builds.values()
    return next((build for build in builds if job.build.created_at <= build.created_at < EPOCH), None)


def _fail_at_first(world: World, jobs: list[Job], luck: random.Random) -> None:
    """Put a failed attempt before a job that passed."""
    passed = next(job for job in jobs if job.state == "passed" and job.step.type == "script")
    first = make_jobs(world, passed.build, [passed.step])[0]
    first.index = len(jobs)
    first.id = world.job_id(passed.build, first.index)
    _play(world, first, "failed", luck)
    first.retried_in, first.retry_type, first.retried_by = passed, "manual", passed.build.creator
    passed.retry_of, passed.retries_count = first, 1
    jobs.insert(jobs.index(passed), first)


def _annotations(world: World, build: Build, jobs: list[Job], luck: random.Random) -> list[Annotation]:
    notes: list[tuple[str, str, int, str, Job | None]] = []
    failed = [job for job in jobs if job.state == "failed" and job.retried_in is None]
    if luck.random() < _ANNOTATION_SHARE:
        notes.append(("coverage", "info", 3, "Coverage: 91.4 %", None))
    if failed:
        notes.append(("failures", "error", 10, f"**{len(failed)}** of {len(jobs)} jobs failed", None))
    notes += [("job-log", "warning", 3, "See the log", job) for job in failed]
    return [
        Annotation(
            id=world.ids.make(Kind.SEEDED_ANNOTATION, build.ordinal << 16 | index),
            context=context,
            style=style,
            priority=priority,
            body=body,
            created_at=build.created_at + 120 + index,
            updated_at=build.created_at + 150 + index,
            job=job,
        )
        for index, (context, style, priority, body, job) in enumerate(notes)
    ]
