"""Jobs: state machine of a build and its jobs, JSON, retries and routes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ..._base.states import FINISHED_STATES
from .. import lookup
from ..backend import Backend
from ..clock import iso_or_none
from ..http.call import Call, Reply, json
from ..http.errors import BadRequestError, UnprocessableError
from ..http.pagination import cursor_page
from ..http.routing import routes
from ..ids import graphql_id
from ..lookup import BUILD, JOB, build_url, build_web_url, job_paths, job_url, organization_cluster_url
from ..undo import stored
from ..values import Json, matches_branches, strings
from .clusters import Queue
from .pipelines import Pipeline
from .resource import field, fields_json
from .steps import Step
from .users import User, user_json_or_none

if TYPE_CHECKING:
    from .agents import Agent
    from .artifacts import Artifact
    from .builds import Build


#: States in which a build can still be canceled.
CANCELABLE = frozenset({"scheduled", "running", "failing"})
FAILED_BUILDS = frozenset({"failing", "failed", "waiting_failed"})
FAILED_JOBS = frozenset({"failed", "timed_out", "expired", "waiting_failed", "blocked_failed"})
HELD = frozenset({"pending", "waiting", "blocked"})
BARRIERS = frozenset({"waiter", "manual"})


def make_live(backend: Backend, build: Build, now: float) -> None:
    """Let a build advance with the clock from now on, so that all its stages take `build_seconds`."""
    if build.stage_seconds is None:
        stages = 1 + sum(job.step.type in {"waiter", "trigger"} for job in build.current_jobs)
        build.stage_seconds = backend.build_seconds / stages
    backend.live[build.ordinal] = build
    update_state(backend, build, now)


def update_state(backend: Backend, build: Build, now: float) -> None:
    """Schedule the jobs that are no longer held by a barrier, then set the state of the build."""
    is_held = unfinished = failed = cut_off = False
    for job in build.current_jobs:
        barrier = job.step.type in BARRIERS
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
    build.state = state_of(build)
    if build.state == "failing" and build.failing_at is None:
        build.failing_at = now
    if build.finished:
        build.finished_at = now


def _enter_barrier(barrier: Job, *, failed: bool, now: float) -> None:
    if barrier.step.type == "waiter":
        barrier.state, barrier.finished_at = ("waiting_failed" if failed else "passed"), now
    else:
        barrier.state = "blocked_failed" if failed else "blocked"


def state_of(build: Build) -> str:
    """Return the state of a build that follows from its jobs."""
    states = {job.state for job in build.current_jobs}
    open_states, failed = states - FINISHED_STATES, any(job.hard_failed for job in build.current_jobs)
    if "blocked" in states and open_states <= HELD:
        return "blocked"
    if "canceling" in states:
        return "canceling"
    if open_states:
        started = any(job.started_at is not None for job in build.jobs)
        return "failing" if failed else "running" if started else "scheduled"
    if "canceled" in states:
        return "canceled"
    return "failed" if failed else "not_run" if states == {"broken"} else "passed"


def end_job(job: Job, state: str, now: float) -> None:
    """Finish a job and free its agent."""
    job.state, job.finished_at = state, now
    if job.agent is not None:
        job.agent.last_job_finished_at = now
        if job in job.agent.jobs:
            job.agent.jobs.remove(job)


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
    make_live(backend, build, now)


def supersede(backend: Backend, new: Build, now: float) -> None:
    """Skip and cancel the earlier builds of the branch, as far as the settings of the pipeline say so."""
    pipeline = new.pipeline
    skips, cancels = (
        getattr(pipeline, setting) and matches_branches(getattr(pipeline, f"{setting}_filter"), new.branch)
        for setting in ("skip_queued_branch_builds", "cancel_running_branch_builds")
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
    make_live(backend, build, now)


@stored
class Job:
    """One run of a step."""

    id: str
    index: int = field(hidden=True)
    build: Build = field(hidden=True)
    step: Step = field(hidden=True)
    state: str
    created_at: float
    queue: Queue | None = field(default=None, hidden=True)
    agent: Agent | None = field(default=None, hidden=True)
    scheduled_at: float | None = None
    runnable_at: float | None = None
    started_at: float | None = None
    canceling_at: float | None = field(default=None, hidden=True)
    finished_at: float | None = None
    expired_at: float | None = None
    exit_status: int | None = None
    signal: str | None = None
    signal_reason: str | None = None
    broken_reason: str | None = None
    concurrency_wait_time_ms: int | None = None
    soft_failed: bool = False
    priority: int = field(default=0, hidden=True)
    parallel_index: int | None = field(default=None, hidden=True)
    matrix: Mapping[str, str] | None = None
    retry_of: Job | None = field(default=None, hidden=True)
    retries_count: int | None = None
    retried_in: Job | None = field(default=None, hidden=True)
    retry_type: str | None = None
    retried_by: User | None = None
    unblocked_at: float | None = field(default=None, hidden=True)
    unblocked_by: User | None = field(default=None, hidden=True)
    triggered: Build | None = field(default=None, hidden=True)
    #: Log that a test has set or a request deleted, in place of one that is made up.
    log: bytes | None = field(default=None, hidden=True)
    artifacts: list[Artifact] = field(factory=list["Artifact"], hidden=True)

    @property
    def on_paused_queue(self) -> bool:
        """Whether the queue of the job is paused."""
        return self.queue is not None and self.queue.dispatch_paused

    @property
    def hard_failed(self) -> bool:
        """Whether the job fails its build."""
        return self.state in FAILED_JOBS | {"canceled"} and not self.soft_failed


def make_jobs(backend: Backend, build: Build, steps: Iterable[Step]) -> list[Job]:
    """Return the jobs of the steps, in order, all waiting."""
    jobs: list[Job] = []
    for step in steps:
        for index in range(step.parallelism or 1):
            attributes = {"state": "waiting", "created_at": build.created_at, "queue": _queue_of(build.pipeline, step)}
            parallel_index = index if step.parallelism else None
            jobs.append(_new_job(backend, build, step, len(jobs), parallel_index=parallel_index, **attributes))
    return jobs


def _new_job(backend: Backend, build: Build, step: Step, index: int, **attributes: Any) -> Job:
    return Job(id=backend.job_id(build, index), index=index, build=build, step=step, **attributes)


def _queue_of(pipeline: Pipeline, step: Step) -> Queue | None:
    """Return the queue of a step, in the cluster of the pipeline or else in the first cluster."""
    clusters = pipeline.organization.clusters
    cluster = clusters.get(pipeline.cluster_id or "") or next(iter(clusters.values()), None)
    if step.type != "script" or cluster is None:
        return None
    keys = [rule.removeprefix("queue=") for rule in step.agent_query_rules if rule.startswith("queue=")]
    return cluster.queue_with_key(keys[0]) if keys else cluster.default_queue


CANCELED = frozenset({"canceling", "canceled"})
_RETRYABLE = frozenset({"failed", "timed_out", "canceled", "expired"})


def new_attempt(backend: Backend, job: Job, jobs: list[Job], user: User | None, now: float) -> Job:
    """Add another attempt of a job to those of its build."""
    attempt = _new_job(
        backend,
        job.build,
        job.step,
        max(other.index for other in jobs) + 1,
        state="scheduled",
        created_at=now,
        scheduled_at=now,
        runnable_at=now,
        queue=job.queue,
        priority=job.priority,
        parallel_index=job.parallel_index,
        retry_of=job,
        retries_count=1 + (job.retries_count or 0),
    )
    job.retried_in, job.retry_type, job.retried_by = attempt, "manual", user
    jobs.insert(jobs.index(job) + 1, attempt)
    return attempt


def job_json(call: Call, job: Job, *, with_agent: bool = True, with_group: bool = False) -> Json:
    """Return a job as JSON. `group_key` is only in responses of build operations."""
    step, kind = job.step, job.step.type
    body: Json = {"id": job.id, "graphql_id": graphql_id("Job", job.id), "type": kind, "state": job.state}
    if kind == "waiter":
        return body
    body["step_key"] = step.key
    if kind == "manual":
        body |= _manual_json(call, job)
    else:
        body |= {"name": step.name, "web_url": f"{build_web_url(job.build)}#{job.id}"}
        body |= _trigger_json(call, job) if kind == "trigger" else _script_json(call, job)
    if kind == "script":
        agent = job.agent if with_agent else None
        body["agent"] = None if agent is None else agent.brief_json(call)
    if with_group and step.group_key is not None:
        body["group_key"] = step.group_key
    return body


def _reference_json(call: Call, build: Build) -> Json:
    return {"id": build.id, "number": build.number, "url": build_url(call, build), "web_url": build_web_url(build)}


def _manual_json(call: Call, job: Job) -> Json:
    return {
        "label": job.step.name,
        "web_url": None,
        "unblocked_by": user_json_or_none(job.unblocked_by),
        "unblocked_at": iso_or_none(job.unblocked_at),
        "unblockable": job.state == "blocked",
        "unblock_url": f"{job_url(call, job)}/unblock",
    }


_TIMES = ("created_at", "scheduled_at", "runnable_at", "started_at", "finished_at")


def _trigger_json(call: Call, job: Job) -> Json:
    trigger, build = job.step.trigger, job.triggered
    return {
        "async": trigger is not None and trigger["async"],
        **{name: iso_or_none(getattr(job, name)) for name in _TIMES},
        "triggered_build": None if build is None or build.is_deleted else _reference_json(call, build),
    }


def _script_json(call: Call, job: Job) -> Json:
    step, source = job.step, job.retry_of
    url = job_url(call, job)
    return {
        **fields_json(job),
        "step": {"id": step.id, "signature": step.signature},
        "priority": {"number": job.priority},
        "agent_query_rules": list(step.agent_query_rules),
        "build_url": build_url(call, job.build),
        "log_url": f"{url}/log",
        "raw_log_url": f"{url}/log.txt",
        "artifacts_url": f"{url}/artifacts",
        "command": step.command,
        "artifact_paths": step.artifact_paths,
        "retried": job.retried_in is not None,
        "retried_in_job_id": None if job.retried_in is None else job.retried_in.id,
        "retry_source": None if source is None else {"job_id": source.id, "retry_type": source.retry_type},
        "parallel_group_index": job.parallel_index,
        "parallel_group_total": step.parallelism if job.parallel_index is not None else None,
        **_queue_json(call, job),
    }


def _queue_json(call: Call, job: Job) -> Json:
    """Return the cluster and the queue of a job, without those that were deleted."""
    queue, organization = job.queue, job.build.pipeline.organization
    cluster_id = None if queue is None or queue.cluster_id not in organization.clusters else queue.cluster_id
    queue_id = None if queue is None or queue.deleted or cluster_id is None else queue.id
    url = organization_cluster_url(call, organization, cluster_id)
    return {
        "cluster_id": cluster_id,
        "cluster_url": url,
        "cluster_queue_id": queue_id,
        "cluster_queue_url": None if queue_id is None else f"{url}/queues/{queue_id}",
    }


#: Priorities are signed 32-bit integers.
_PRIORITIES = 1 << 31


@routes.route("GET", f"{BUILD}/jobs", scope="read_builds")
def list_jobs(call: Call) -> Reply:
    """List the jobs of a build, including retried ones by default."""
    query = call.query
    build = lookup.build(call)
    jobs = build.jobs if query.flag("include_retried_jobs", default=True) else build.current_jobs
    states = query.texts("state")
    for name, attribute in (("step_key", "key"), ("group_key", "group_key")):
        value = query.text(name)
        if value is not None:
            jobs = [job for job in jobs if getattr(job.step, attribute) == value]
    if states:
        jobs = [job for job in jobs if job.state in states]
    return cursor_page(call, jobs, lambda job: job.id, lambda job: job_json(call, job), bounded=True)


@routes.route("GET", *JOB, scope="read_builds")
def get_job(call: Call) -> Reply:
    return json(job_json(call, lookup.job(call)))


@routes.route("PUT", *job_paths("/retry"), scope="write_builds")
def retry_job(call: Call) -> Reply:
    job = lookup.job(call)
    if job.build.state in CANCELED:
        raise UnprocessableError("Jobs from canceled builds cannot be retried")
    trigger = job.build.triggered_by
    waits = trigger is not None and trigger.step.trigger is not None and not trigger.step.trigger["async"]
    if trigger is not None and waits and trigger.build.state in CANCELED:
        raise UnprocessableError(
            "This job can't be retried because this build was triggered by a synchronous trigger step "
            "in a canceled build"
        )
    if job.retried_in is not None:
        raise BadRequestError("This job has already been retried")
    if job.step.type != "script" or job.state not in _RETRYABLE:
        raise BadRequestError("Only failed, timed out or canceled jobs can be retried")
    attempt = new_attempt(call.backend, job, job.build.jobs, call.token.user, call.now)
    reopen(call.backend, job.build, call.now)
    return json(job_json(call, attempt))


@routes.route("PUT", *job_paths("/reprioritize"), scope="write_builds", checks="priority")
def reprioritize_job(call: Call) -> Reply:
    job = lookup.job(call)
    priority = call.body.get("priority")
    if type(priority) is not int or not -_PRIORITIES <= priority < _PRIORITIES:
        raise BadRequestError("Priority must be an integer")
    if job.step.type != "script":
        raise BadRequestError("Only command jobs have a priority")
    job.priority = priority
    return json(job_json(call, job))


@routes.route("PUT", *job_paths("/unblock"), scope="write_builds")
def unblock_job(call: Call) -> Reply:
    """Continue a blocked build. The fields of the block step become meta-data."""
    job = lookup.job(call)
    user: User | None = call.token.user
    unblocker = call.body.get("unblocker")
    if unblocker is not None:
        user = lookup.organization(call).members.get(str(unblocker).lower())
        if user is None:
            raise UnprocessableError("Unblocker is not a valid user id for this organization")
    if job.step.type != "manual":
        raise BadRequestError("This job type cannot be unblocked")
    if job.build.state in CANCELED:
        raise UnprocessableError("Jobs from canceled builds cannot be unblocked")
    if job.state != "blocked":
        raise UnprocessableError(f"Job can't be unblocked because it is {job.state}")
    job.build.meta_data.update(strings(call.body.get("fields")))
    job.state, job.unblocked_at, job.unblocked_by, job.finished_at = "unblocked", call.now, user, call.now
    reopen(call.backend, job.build, call.now)
    return json(job_json(call, job))
