"""State machine of a build and its jobs: what a wait, a block, a failure, an unblock or a cancellation changes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

import attrs

from ..._base.states import FINISHED_STATES
from ..backend import Backend
from ..http.errors import BadRequestError, UnprocessableError
from ..values import matches_branches
from .steps import Step
from .users import User

if TYPE_CHECKING:
    from .agents import Agent
    from .builds import Build
    from .jobs import Job


#: States in which a build can still be canceled.
CANCELABLE = frozenset({"scheduled", "running", "failing"})
FAILED_BUILDS = frozenset({"failing", "failed", "waiting_failed"})
FAILED_JOBS = frozenset({"failed", "timed_out", "expired", "waiting_failed", "blocked_failed"})
HELD = frozenset({"waiting", "blocked"})
_BARRIERS = frozenset({"waiter", "manual"})
#: Share of a job's time that it waits for an agent.
_WAITING_SHARE = 0.2


@attrs.frozen
class JobDurations:
    """Seconds that a job of a live build waits for an agent, and that it runs."""

    wait: float
    run: float


def job_durations(backend: Backend, steps: Collection[Step]) -> JobDurations:
    """Return the durations with which a build of these steps takes `build_seconds`."""
    stages = 1 + sum(step.type in {"waiter", "trigger"} for step in steps)
    seconds = backend.build_seconds / stages
    return JobDurations(seconds * _WAITING_SHARE, seconds * (1 - _WAITING_SHARE))


def mark_live(backend: Backend, build: Build) -> None:
    """Let a build advance with the clock from now on."""
    if build.job_durations is None:
        build.job_durations = job_durations(backend, [job.step for job in build.current_jobs])
    backend.live[build.ordinal] = build


def update_state(backend: Backend, build: Build, now: float) -> None:
    """Schedule the jobs that are no longer held by a barrier, then set the state of the build."""
    is_held = unfinished = failed = cut_off = False
    for job in build.current_jobs:
        barrier = job.step.type in _BARRIERS
        if job.state in HELD and not is_held:
            if barrier and not unfinished:
                _enter_barrier(job, failed=failed, now=now)
            elif cut_off:
                job.state, job.finished_at = "waiting_failed", now
            elif not barrier:
                job.state, job.scheduled_at, job.runnable_at = "scheduled", now, now
        is_held |= barrier and job.state in HELD
        cut_off |= barrier and job.state in {"waiting_failed", "blocked_failed"}
        unfinished |= job.state not in FINISHED_STATES
        failed |= job.hard_failed
    _set_build_state(build, now, failed=failed)


def _enter_barrier(barrier: Job, *, failed: bool, now: float) -> None:
    if barrier.step.type == "waiter":
        barrier.state, barrier.finished_at = ("waiting_failed" if failed else "passed"), now
    elif failed:
        barrier.state = "blocked_failed"
    else:
        barrier.state = "blocked"


def _set_build_state(build: Build, now: float, *, failed: bool) -> None:
    open_states = {job.state for job in build.current_jobs} - FINISHED_STATES
    if open_states - HELD:
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


def end_job(job: Job, state: str, now: float) -> None:
    """Finish a job and free its agent."""
    job.state, job.finished_at = state, now
    if job.promised_exit_status_at is not None:
        job.promised_exit_status_at = min(job.promised_exit_status_at, now)
    _free_agent(job.agent, job, now)


def _free_agent(agent: Agent | None, job: Job, now: float) -> None:
    """Free the agent of a finished job."""
    if agent is not None:
        agent.last_job_finished_at = now
        if job in agent.jobs:
            agent.jobs.remove(job)
            if agent.is_ephemeral:
                agent.end(now)  # the job keeps it
                job.build.pipeline.organization.agents.pop(agent.id, None)


def cancel(backend: Backend, build: Build, now: float, reason: str = "Build was canceled through the API") -> None:
    """Cancel a build: running jobs are canceling first, all others are canceled at once."""
    if build.state not in CANCELABLE:
        raise UnprocessableError(f"Build can't be canceled because it is {build.state}")
    build.state = "canceling"
    build.cancel_reason = reason
    for job in build.current_jobs:
        if job.state == "running" and job.agent is not None:
            job.state, job.canceling_at = "canceling", now
            job.signal_reason = "cancel"
        elif job.state not in FINISHED_STATES:
            end_job(job, "canceled", now)
    mark_live(backend, build)
    update_state(backend, build, now)


def supersede(backend: Backend, new: Build, now: float) -> None:
    """Skip and cancel the earlier builds of the branch, as far as the settings of the pipeline say so."""
    pipeline = new.pipeline
    skips = pipeline.skip_queued_branch_builds and matches_branches(
        pipeline.skip_queued_branch_builds_filter, new.branch
    )
    cancels = pipeline.cancel_running_branch_builds and matches_branches(
        pipeline.cancel_running_branch_builds_filter, new.branch
    )
    for build in pipeline.builds.values() if skips or cancels else ():
        if build.branch != new.branch or build.number >= new.number:
            continue
        if skips and build.state == "scheduled" and build.started_at is None:
            _skip(backend, build, now)
        elif cancels and build.state in {"running", "failing"}:
            cancel(backend, build, now, f"Superseded by build {new.number}")


def _skip(backend: Backend, build: Build, now: float) -> None:
    """Skip a build that has not started, and so none of its jobs."""
    for job in build.current_jobs:
        if job.state not in FINISHED_STATES:
            job.state, job.runnable_at = "skipped", None
    build.state, build.finished_at = "skipped", now
    backend.live.pop(build.ordinal, None)


def reopen(backend: Backend, build: Build, now: float) -> None:
    """Continue a build: jobs that did not run because of a failure wait again."""
    for job in build.current_jobs:
        if job.state in {"waiting_failed", "blocked_failed"}:
            job.state, job.finished_at = "waiting", None
    build.state, build.finished_at = "running", None
    mark_live(backend, build)
    update_state(backend, build, now)


def unblock(backend: Backend, job: Job, user: User, fields: Mapping[str, str], now: float) -> None:
    """Continue a blocked build. The fields of the block step become meta-data."""
    if job.step.type != "manual":
        raise BadRequestError("This job type cannot be unblocked")
    if job.build.state in {"canceling", "canceled"}:
        raise UnprocessableError("Jobs from canceled builds cannot be unblocked")
    if job.state != "blocked":
        raise UnprocessableError(f"Job can't be unblocked because it is {job.state}")
    job.build.meta_data.update(fields)
    job.state, job.unblocked_at, job.unblocked_by, job.finished_at = "unblocked", now, user, now
    reopen(backend, job.build, now)


def cancel_for_stopped_agent(backend: Backend, job: Job, now: float) -> None:
    """Cancel a job and its build because its agent stops."""
    if job.build.state in CANCELABLE:
        cancel(backend, job.build, now)
    job.signal_reason = "agent_stop"
