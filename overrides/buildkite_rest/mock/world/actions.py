"""What users do to builds and jobs: cancel, rebuild, retry, unblock. Each refuses what the API refuses."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from ..errors import BadRequestError, UnprocessableError
from .builds import CANCELABLE, FINISHED_JOB, Build, Job
from .create import new_build
from .life import end, flow

if TYPE_CHECKING:
    from .accounts import User
    from .world import World

#: Kinds of failure that `retry_failed_jobs` tells apart.
FAILURES = ("canceled", "expired", "failed", "soft_failed", "timed_out")
_RETRYABLE = frozenset({"failed", "timed_out", "canceled", "expired"})


def cancel(world: World, build: Build, now: float) -> None:
    """Cancel a build: jobs that run are told to end, all others end at once."""
    if build.state not in CANCELABLE:
        raise UnprocessableError(f"Build can't be canceled because it is {build.state}")
    build.state = "canceling"
    build.cancel_reason = "Build was canceled through the API"
    for job in build.current_jobs:
        if job.state == "running" and job.agent is not None:
            job.state, job.canceling_at = "canceling", now
            job.signal_reason = "cancel"
        elif job.state not in FINISHED_JOB:
            end(job, "canceled", now)
    world.animate(build)
    flow(world, build, now)


def rebuild(world: World, build: Build, by: User, now: float) -> Build:
    """Run a build again, as it was."""
    if not build.pipeline.allow_rebuilds:
        raise UnprocessableError("Rebuilds are turned off for this pipeline")
    if build.pipeline.archived_at is not None:
        raise UnprocessableError("Builds of an archived pipeline can't be rebuilt")
    if not build.finished:
        raise UnprocessableError(f"Build can't be rebuilt while it is {build.state}")
    again = new_build(
        world,
        build.pipeline,
        now,
        commit=build.commit,
        branch=build.branch,
        tag=build.tag,
        message=build.message,
        env=build.env,
        author=build.author,
        clean_checkout=build.clean_checkout,
        pull_request=build.pull_request,
        creator=by,
        source="api",
        rebuilt_from=build,
    )
    flow(world, again, now)
    return again


def retry(world: World, job: Job, by: User, now: float) -> Job:
    """Run a job again, and return the new attempt."""
    if job.build.state in {"canceling", "canceled"}:
        raise UnprocessableError("Jobs from canceled builds cannot be retried")
    if job.retried_in is not None:
        raise BadRequestError("This job has been retried already")
    passed_again = job.state == "passed" and job.step.retry_after_passing
    if job.step.type != "script" or (job.state not in _RETRYABLE and not passed_again):
        raise BadRequestError("Only failed, timed out or canceled jobs can be retried")
    attempt = _again(world, job, by, now)
    _reopen(world, job.build, now)
    return attempt


def retry_failed_jobs(world: World, build: Build, states: Collection[str], by: User, now: float) -> int:
    """Run the failed jobs of a build again, and return how many there are."""
    if build.state in {"canceling", "canceled"}:
        return 0
    failed = [job for job in build.current_jobs if job.step.type == "script" and failure(job) in states]
    for job in failed:
        _again(world, job, by, now)
    if failed:
        _reopen(world, build, now)
    return len(failed)


def failure(job: Job) -> str | None:
    """Return the kind of failure of a job, one of `FAILURES`."""
    kind = "soft_failed" if job.state == "failed" and job.soft_failed else job.state
    return kind if kind in FAILURES else None


def _again(world: World, job: Job, by: User, now: float) -> Job:
    build = job.build
    index = max(other.index for other in build.jobs) + 1
    attempt = Job(
        id=world.job_id(build, index),
        index=index,
        build=build,
        step=job.step,
        state="scheduled",
        created_at=now,
        scheduled_at=now,
        runnable_at=now,
        queue=job.queue,
        priority=job.priority,
        parallel_index=job.parallel_index,
        matrix=job.matrix,
        retry_of=job,
        retries_count=1 + (job.retries_count or 0),
    )
    job.retried_in, job.retry_type, job.retried_by = attempt, "manual", by
    build.jobs.insert(build.jobs.index(job) + 1, attempt)
    return attempt


def _reopen(world: World, build: Build, now: float) -> None:
    """Let a build go on: what was given up because of a failure waits again."""
    for job in build.current_jobs:
        if job.state in {"waiting_failed", "blocked_failed"}:
            job.state, job.finished_at = "waiting", None
    build.state, build.finished_at = "running", None
    world.animate(build)
    flow(world, build, now)


def unblock(world: World, job: Job, by: User, fields: Mapping[str, str], now: float) -> None:
    """Let a build go on that a block step holds, with what was put into the fields of the step as meta-data."""
    if job.step.type != "manual":
        raise BadRequestError("This job type cannot be unblocked")
    if job.build.state in {"canceling", "canceled"}:
        raise UnprocessableError("Jobs from canceled builds cannot be unblocked")
    if job.state != "blocked":
        raise UnprocessableError(f"Job can't be unblocked because it is {job.state}")
    job.build.meta_data.update(fields)
    job.state, job.unblocked_at, job.unblocked_by, job.finished_at = "unblocked", now, by, now
    _reopen(world, job.build, now)


def abort(world: World, job: Job, now: float) -> None:
    """Cancel a job and its build because its agent is told to stop."""
    if job.build.state in CANCELABLE:
        cancel(world, job.build, now)
    job.signal_reason = "agent_stop"
