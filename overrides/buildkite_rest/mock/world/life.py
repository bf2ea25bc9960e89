"""What happens to a build by itself: jobs wait for agents, run, end; blocks hold it; triggers start other builds.

Nothing runs in the background. `refresh` brings everything up to date before a request is answered: it replays what was
due since, each event at its own moment.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .agents import Agent
from .artifacts import upload
from .builds import FINISHED_JOB, Build, Job
from .create import new_build, serving_queue, spare_agent

if TYPE_CHECKING:
    from .world import World

#: A command whose last part is this fails, and any other passes.
_FAILING_COMMAND = re.compile(r"exit ([1-9]\d{0,2})|false", re.ASCII)
_END_OF_COMMAND = re.compile(r"[\n;&]")
#: Builds that may start each other in a row.
_LONGEST_CHAIN = 5
#: Builds that may come of one. A pipeline that triggers itself twenty times would make millions in a chain.
_MOST_DESCENDANTS = 100
_HELD = frozenset({"waiting", "blocked"})
_BARRIERS = frozenset({"waiter", "manual"})


def refresh(world: World) -> None:
    """Bring all live builds and all agents up to date."""
    for build in list(world.live.values()):
        advance(world, build)
    now = world.clock()
    for organization in world.organizations.values():
        for agent in organization.agents.values():
            agent.advance(now)


def advance(world: World, build: Build) -> None:
    """Bring a live build up to date."""
    now = world.clock()
    while not build.finished:
        due = [(moment, job) for job in build.current_jobs if (moment := _due(world, job)) is not None]
        moment = min((moment for moment, _ in due), default=None)
        if moment is None or moment > now:
            return
        for at, job in due:
            if at == moment:
                _happen(world, job, moment)
        flow(world, build, moment)
    world.live.pop(build.ordinal, None)


def flow(world: World, build: Build, now: float) -> None:
    """Let go the jobs that nothing holds back any more, then set the state of the build."""
    held = unfinished = failed = cut_off = False
    for job in build.current_jobs:
        barrier = job.step.type in _BARRIERS
        if job.state in _HELD and not held:
            if barrier and not unfinished:
                _reach(job, failed=failed, now=now)
            elif cut_off:
                job.state, job.finished_at = "waiting_failed", now
            elif not barrier:
                job.state, job.scheduled_at, job.runnable_at = "scheduled", now, now
        held |= barrier and job.state in _HELD
        cut_off |= barrier and job.state in {"waiting_failed", "blocked_failed"}
        unfinished |= job.state not in FINISHED_JOB
        failed |= job.hard_failed
    _conclude(build, now, failed=failed)


def _reach(barrier: Job, *, failed: bool, now: float) -> None:
    if barrier.step.type == "waiter":
        barrier.state, barrier.finished_at = ("waiting_failed" if failed else "passed"), now
    elif failed:
        barrier.state = "blocked_failed"
    else:
        barrier.state = "blocked"


def _conclude(build: Build, now: float, *, failed: bool) -> None:
    open_states = {job.state for job in build.current_jobs} - FINISHED_JOB
    if open_states - _HELD:
        if build.state != "canceling":
            build.state = "failing" if failed else "running" if build.started_at is not None else "scheduled"
            if failed and build.failing_at is None:
                build.failing_at = now
        return
    build.finished_at = now
    if build.state == "canceling":
        build.state = "canceled"
    elif open_states:
        build.state = "blocked"
    else:
        build.state = "failed" if failed else "passed"


def _due(world: World, job: Job) -> float | None:
    pace = job.build.pace
    if pace is None or job.state in FINISHED_JOB or job.state in _HELD:
        return None
    if job.state == "canceling":
        return (job.canceling_at or job.created_at) + pace.wait
    if job.triggered is not None:
        advance(world, job.triggered)
        return job.triggered.finished_at
    if job.state in {"running", "timing_out"}:
        return (job.started_at or job.created_at) + pace.run
    since = job.runnable_at or job.created_at
    if job.step.type == "script":
        queue = serving_queue(job)
        if queue is None or not queue.dispatches:
            return None
        since = max(since, queue.resumed_at or since)
    return since + pace.wait


def _happen(world: World, job: Job, now: float) -> None:
    if job.state == "canceling":
        end(job, "canceled", now)
    elif job.triggered is not None:
        end(job, "passed" if job.triggered.state in {"passed", "blocked"} else "failed", now)
    elif job.state == "timing_out":
        end(job, "timed_out", now)
    elif job.state == "running":
        _finish(world, job, now)
    elif job.step.type == "trigger":
        _trigger(world, job, now)
    else:
        _start(world, job, now)


def _start(world: World, job: Job, now: float) -> None:
    job.agent = agent = spare_agent(world, job, now)
    if agent.job is None:
        agent.job = job
    job.state, job.started_at = "running", now
    job.build.started_at = job.build.started_at or now


def _finish(world: World, job: Job, now: float) -> None:
    last = _END_OF_COMMAND.split((job.step.command or "").strip())[-1]
    failure = _FAILING_COMMAND.fullmatch(last.strip())
    job.exit_status = int(failure[1] or 1) if failure else 0
    job.soft_failed = bool(failure) and job.step.soft_fail
    job.artifacts = upload(world, job)
    end(job, "failed" if failure else "passed", now)


def _trigger(world: World, job: Job, now: float) -> None:
    trigger = job.step.trigger
    job.started_at = now
    job.build.started_at = job.build.started_at or now
    pipeline = None if trigger is None else job.build.pipeline.organization.pipelines.get(trigger.pipeline)
    root = job.build.root
    is_too_much = _chain(job.build) >= _LONGEST_CHAIN or root.descendants >= _MOST_DESCENDANTS
    if trigger is None or pipeline is None or is_too_much:
        end(job, "failed", now)
        return
    root.descendants += 1
    job.triggered = new_build(
        world,
        pipeline,
        now,
        commit=trigger.commit or "HEAD",
        branch=trigger.branch or pipeline.default_branch,
        message=trigger.message or job.build.message,
        creator=job.build.creator,
        source="trigger_job",
        triggered_by=job,
    )
    flow(world, job.triggered, now)
    advance(world, job.triggered)
    if trigger.asynchronous:
        end(job, "passed", now)
    else:
        job.state = "running"


def _chain(build: Build) -> int:
    return 0 if build.triggered_by is None else 1 + _chain(build.triggered_by.build)


def end(job: Job, state: str, now: float) -> None:
    """Let a job end, and free its agent."""
    job.state, job.finished_at = state, now
    release(job.agent, job, now)


def release(agent: Agent | None, job: Job, now: float) -> None:
    """Free the agent of a job."""
    if agent is not None:
        agent.last_job_finished_at = now
        if agent.job is job:
            agent.job = None
