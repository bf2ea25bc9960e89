"""Lifecycle of builds: jobs wait for agents, run and finish; blocks hold the build; triggers create other builds.

Nothing runs in the background. `refresh` brings the state up to date before each request: it replays every event since
the last one at its own time.
"""

from __future__ import annotations

import re
from typing import Any

from ...._base.states import FINISHED_STATES
from ...backend import Backend
from ...ids import Kind
from ..agents import serving_queue, spare_agent
from ..artifacts import make_artifacts
from ..jobs.job import Job, make_jobs
from ..pipelines.pipeline import Pipeline
from .build import Build, add_build
from .states import HELD, JobDurations, end_job, job_durations, mark_live, update_state


def new_build(
    backend: Backend, pipeline: Pipeline, now: float, *, commit: str, branch: str, **attributes: Any
) -> Build:
    """Create a build with all its jobs, which are waiting."""
    ordinal = backend.new_number(Kind.BUILD)
    build = Build(
        id=backend.ids.make(Kind.BUILD, ordinal),
        ordinal=ordinal,
        number=pipeline.next_number,
        pipeline=pipeline,
        state="scheduled",
        commit=commit,
        branch=branch,
        created_at=now,
        scheduled_at=now,
        job_durations=job_durations(backend, pipeline.steps),
        contents=([], []),
        **attributes,
    )
    pipeline.next_number += 1
    build.jobs.extend(make_jobs(backend, build, pipeline.steps))
    add_build(backend, build)
    mark_live(backend, build)
    return build


#: Command that ends a line with a status. The status of `exit 256` is 0, as in a shell.
_ENDING_COMMAND = re.compile(r"exit[ \t]+(\d{1,10})|false", re.ASCII)
_COMMENT = re.compile(r"(?:^|[ \t])#.*")
#: Separators of commands. A command before `||` passes, so that the one after it is not run.
_SEPARATOR = re.compile(r";|&&?|(?<!\|)\|(?!\|)")
#: Longest chain of builds that trigger each other.
_DEEPEST_TRIGGER = 5
#: Most builds that one build triggers indirectly. A pipeline that triggers itself twenty times would create millions.
_MOST_DESCENDANTS = 100


def refresh(backend: Backend) -> None:
    """Bring all live builds and all agents up to date."""
    for build in list(backend.live.values()):
        advance_build(backend, build)
    now = backend.clock()
    for organization in backend.organizations.values():
        for agent in organization.agents.values():
            agent.advance(now)


def advance_build(backend: Backend, build: Build) -> None:
    """Bring a live build up to date."""
    now = backend.clock()
    while not build.finished:
        due = [(moment, job) for job in build.current_jobs if (moment := _next_event_at(backend, job)) is not None]
        moment = min((moment for moment, _ in due), default=None)
        if moment is None or moment > now:
            return
        for event_time, job in due:
            if event_time == moment:
                _advance_job(backend, job, moment)
        update_state(backend, build, moment)
    backend.live.pop(build.ordinal, None)


def _next_event_at(backend: Backend, job: Job) -> float | None:
    durations = job.build.job_durations
    if durations is None or job.state in FINISHED_STATES or job.state in HELD:
        return None
    if job.state == "canceling":
        return (job.canceling_at or job.created_at) + durations.wait
    if job.triggered is not None:
        advance_build(backend, job.triggered)
        return job.triggered.finished_at
    if job.state in {"running", "timing_out"}:
        return (job.started_at or job.created_at) + run_seconds(job, durations)
    ready_at = job.runnable_at or job.created_at
    if job.step.type == "script":
        queue = serving_queue(job)
        if queue is None or not queue.dispatches:
            return None
        ready_at = max(ready_at, queue.resumed_at or ready_at)
    return ready_at + durations.wait


def _advance_job(backend: Backend, job: Job, now: float) -> None:
    if job.state == "canceling":
        end_job(job, "canceled", now)
    elif job.triggered is not None:
        end_job(job, "passed" if job.triggered.state in {"passed", "blocked"} else "failed", now)
    elif job.state == "timing_out":
        end_job(job, "timed_out", now)
    elif job.state == "running":
        _finish_job(backend, job, now)
    elif job.step.type == "trigger":
        _trigger_build(backend, job, now)
    else:
        _start_job(backend, job, now)


def _start_job(backend: Backend, job: Job, now: float) -> None:
    job.agent = agent = spare_agent(backend, job, now)
    agent.jobs.append(job)
    job.state, job.started_at = "running", now
    if job.step.concurrency is not None:
        job.concurrency_wait_time_ms = 0  # groups do not hold jobs here
    job.build.started_at = job.build.started_at or now


def _finish_job(backend: Backend, job: Job, now: float) -> None:
    job.exit_status = exit_status(job.step.command or "")
    job.soft_failed = job.exit_status != 0 and job.step.soft_fail
    job.artifacts = job.artifacts or make_artifacts(backend, job)
    end_job(job, "passed" if job.exit_status == 0 else "failed", now)


def run_seconds(job: Job, durations: JobDurations) -> float:
    """Return how long a job runs: half as long as others if it fails, so that its build is failing meanwhile."""
    return durations.run / (2 if exit_status(job.step.command or "") else 1)


def exit_status(commands: str) -> int:
    """Return the status of the first line whose last command is `exit` with a status or `false`, or else 0.

    Indented lines, such as those in `if`, are ignored.
    """
    for line in commands.strip().splitlines():
        if not line[:1].isspace():
            last = _SEPARATOR.split(_COMMENT.sub("", line))[-1].strip()
            if (found := _ENDING_COMMAND.fullmatch(last)) is not None:
                return int(found[1] or 1) % 256
    return 0


def _trigger_build(backend: Backend, job: Job, now: float) -> None:
    trigger = job.step.trigger
    job.started_at = now
    job.build.started_at = job.build.started_at or now
    pipeline = None if trigger is None else job.build.pipeline.organization.pipelines.get(trigger.pipeline)
    root = job.build.root
    is_too_much = _trigger_depth(job.build) >= _DEEPEST_TRIGGER or root.descendants >= _MOST_DESCENDANTS
    if trigger is None or pipeline is None or is_too_much:
        end_job(job, "failed", now)
        return
    root.descendants += 1
    job.triggered = new_build(
        backend,
        pipeline,
        now,
        commit=trigger.commit or "HEAD",
        branch=trigger.branch or pipeline.default_branch,
        message=trigger.message or job.build.message,
        creator=job.build.creator,
        source="trigger_job",
        triggered_by=job,
    )
    update_state(backend, job.triggered, now)
    advance_build(backend, job.triggered)
    if trigger.asynchronous:
        end_job(job, "passed", now)
    else:
        job.state = "running"


def _trigger_depth(build: Build) -> int:
    return 0 if build.triggered_by is None else 1 + _trigger_depth(build.triggered_by.build)
