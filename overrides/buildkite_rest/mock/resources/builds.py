"""Builds: state, filters, JSON, lifecycle and routes.

Nothing runs in the background. `refresh` brings the state up to date before each request: it replays every event since
the last one at its own time.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from ..._base.states import FINISHED_STATES
from .. import lookup
from ..backend import Backend
from ..http.call import Call, Reply, json
from ..http.errors import BadRequestError, UnprocessableError
from ..http.pagination import DEEPEST_BUILD, page
from ..http.query import Query
from ..http.routing import routes
from ..ids import Kind, graphql_id
from ..lookup import BUILD, PIPELINE, build_url, build_web_url, organization_cluster_url
from ..undo import stored
from ..values import Json, as_string, matches_branches, matches_glob, strings
from .agents import serving_queue, spare_agent
from .artifacts import make_artifacts
from .jobs import (
    CANCELED,
    HELD,
    Job,
    cancel,
    end_job,
    job_json,
    make_jobs,
    make_live,
    new_attempt,
    reopen,
    supersede,
    update_state,
)
from .pipelines import Pipeline, pipeline_json
from .resource import field, fields_json
from .test_runs import run_in_build_json, runs_in
from .users import User

if TYPE_CHECKING:
    from .annotations import Annotation


#: Jobs and annotations of a build.
Contents: TypeAlias = "tuple[list[Job], list[Annotation]]"
#: States that a build leaves only through a request.
FINISHED_BUILD = FINISHED_STATES | {"blocked"}


@stored
class Build:
    """One run of a pipeline."""

    id: str
    ordinal: int = field(hidden=True)
    number: int
    pipeline: Pipeline = field(hidden=True)
    state: str = field(hidden=True)
    commit: str
    branch: str
    created_at: float
    source: str = "api"
    message: str | None = None
    tag: str | None = None
    creator: User | None = None
    author: Mapping[str, str] | None = None
    env: Mapping[str, str] = field(factory=dict[str, str])
    meta_data: dict[str, str] = field(factory=dict[str, str])
    pull_request: Mapping[str, Any] | None = None
    merge_queue: Mapping[str, Any] | None = None
    scheduled_at: float | None = None
    started_at: float | None = None
    failing_at: float | None = None
    finished_at: float | None = None
    cancel_reason: str | None = None
    rebuilt_from: Build | None = field(default=None, hidden=True)
    triggered_by: Job | None = field(default=None, hidden=True)
    #: Number of builds that this one has triggered, directly or indirectly. Counted on the root only.
    descendants: int = field(default=0, hidden=True)
    #: Seconds until the jobs before a barrier have run. None for a build that does not advance, as most seeded ones.
    stage_seconds: float | None = field(default=None, hidden=True)
    #: Makes jobs and annotations on first access.
    fill: Callable[[Build], Contents] = field(hidden=True)
    made_contents: tuple[list[Job], list[Annotation]] | None = field(default=None, hidden=True)

    @property
    def root(self) -> Build:
        """The first build in the chain of triggers, or the build itself."""
        return self if self.triggered_by is None else self.triggered_by.build.root

    @property
    def is_deleted(self) -> bool:
        """Whether it was deleted with its pipeline. Builds of other pipelines no longer refer to it."""
        return self.pipeline.organization.pipelines.get(self.pipeline.slug) is not self.pipeline

    def contents(self) -> Contents:
        """Return jobs and annotations."""
        if self.made_contents is None:
            self.made_contents = self.fill(self)
        return self.made_contents

    @property
    def jobs(self) -> list[Job]:
        """All jobs, including retried ones, in the order of the steps."""
        return self.contents()[0]

    @property
    def annotations(self) -> list[Annotation]:
        """All annotations, of the build and of its jobs."""
        return self.contents()[1]

    @property
    def current_jobs(self) -> list[Job]:
        """The latest attempt of each job."""
        return [job for job in self.jobs if job.retried_in is None]

    @property
    def finished(self) -> bool:
        """Whether the build changes only through a request."""
        return self.state in FINISHED_BUILD


def add_build(backend: Backend, pipeline: Pipeline, *, fill: Callable[[Build], Contents], **attributes: Any) -> Build:
    """Add the next build of a pipeline."""
    ordinal = backend.new_number(Kind.BUILD)
    number = pipeline.next_number
    pipeline.next_number += 1
    build = Build(
        id=backend.ids.make(Kind.BUILD, ordinal),
        ordinal=ordinal,
        number=number,
        pipeline=pipeline,
        fill=fill,
        **attributes,
    )
    backend.builds[ordinal] = pipeline.builds[number] = build
    return build


#: States that `state=finished` matches.
_FINISHED_STATES = frozenset({"passed", "failed", "blocked", "canceled"})


def filter_builds(builds: list[Build], query: Query) -> list[Build]:
    """Return the builds that match all filters of a query string."""
    branches, commits, states = (query.texts(name) for name in ("branch", "commit", "state"))
    if "finished" in states:
        states += _FINISHED_STATES
    creator = (query.text("creator") or "").lower()
    meta_data = query.mapping("meta_data").items()
    paused_queues = query.flag("include_paused", default=True)
    created_from, created_to, finished_from = (
        query.moment(name) for name in ("created_from", "created_to", "finished_from")
    )
    return [
        build
        for build in builds
        if (not branches or any(matches_glob(pattern, build.branch) for pattern in branches))
        and (not commits or build.commit in commits)
        and (not states or build.state in states)
        and creator in ("", build.creator and build.creator.id)
        and meta_data <= build.meta_data.items()
        and (paused_queues or _has_work(build))
        and (created_from is None or created_from <= build.created_at)
        and (created_to is None or build.created_at < created_to)
        and (finished_from is None or (build.finished_at is not None and finished_from <= build.finished_at))
    ]


def _has_work(build: Build) -> bool:
    """Return whether a job of the build is on a queue that is not paused."""
    jobs = [job for job in build.current_jobs if job.step.type == "script"]
    return not jobs or not all(job.on_paused_queue for job in jobs)


def build_json(call: Call, build: Build) -> Json:
    """Return a build as JSON, with the parts that the query string asks for."""
    body, query = _own_json(call, build), call.query
    if not query.flag("exclude_jobs"):
        paused_queues = query.flag("include_paused", default=True)
        jobs = [job for job in _jobs(call, build) if paused_queues or not job.on_paused_queue]
        body["jobs"] = [job_json(call, job, with_group=True) for job in jobs]
    if not query.flag("exclude_pipeline"):
        body["pipeline"] = pipeline_json(call, build.pipeline)
    return body


def _jobs(call: Call, build: Build) -> list[Job]:
    return build.jobs if call.query.flag("include_retried_jobs") else build.current_jobs


def _own_json(call: Call, build: Build) -> Json:
    pipeline, original, trigger, blocked_state = build.pipeline, build.rebuilt_from, build.triggered_by, ""
    rebuilt_from = triggered_from = None
    if build.state == "blocked":
        blocked_state = "failed" if any(job.hard_failed for job in build.current_jobs) else "passed"
    if original is not None:
        rebuilt_from = {"id": original.id, "number": original.number, "url": build_url(call, original)}
    if trigger is not None and not trigger.build.is_deleted:
        parent = trigger.build
        triggered_from = {
            "build_id": parent.id,
            "build_number": parent.number,
            "build_pipeline_slug": parent.pipeline.slug,
        }
    return {
        **fields_json(build),
        "graphql_id": graphql_id("Build", build.id),
        "url": build_url(call, build),
        "web_url": build_web_url(build),
        "state": blocked_state or build.state,
        "blocked": build.state == "blocked",
        "blocked_state": blocked_state,
        "rebuilt_from": rebuilt_from,
        "triggered_from": triggered_from,
        "cluster_id": pipeline.cluster_id,
        "cluster_url": organization_cluster_url(call, pipeline.organization, pipeline.cluster_id),
    }


def new_build(backend: Backend, pipeline: Pipeline, now: float, **attributes: Any) -> Build:
    """Create a build with all its jobs, which are waiting, and let it advance. It may supersede earlier ones."""
    build = add_build(
        backend,
        pipeline,
        state="scheduled",
        created_at=now,
        scheduled_at=now,
        fill=lambda build: (make_jobs(backend, build, pipeline.steps), []),
        **attributes,
    )
    make_live(backend, build, now)
    supersede(backend, build, now)
    return build


#: Last command of a line without indentation, if it ends the job. A command after `||` is not run.
_ENDING_COMMAND = re.compile(
    r"^(?:\S.*?(?:[;&]|(?<!\|)\|(?!\|))[ \t]*)?(?:exit[ \t]+(\d{1,10})|false)[ \t]*(?:[ \t]#.*)?$",
    re.ASCII | re.MULTILINE,
)
#: Share of a job's time that it waits for an agent.
_WAITING_SHARE = 0.2
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
        due = [event for job in build.current_jobs if (event := _next_event(backend, job)) is not None]
        moment = min((moment for moment, _ in due), default=None)
        if moment is None or moment > now:
            return
        for event_time, happen in due:
            if event_time == moment:
                happen(moment)
        update_state(backend, build, moment)
    backend.live.pop(build.ordinal, None)


def _next_event(backend: Backend, job: Job) -> tuple[float, Callable[[float], object]] | None:
    """Return what happens next to a job, and when."""
    stage_seconds = job.build.stage_seconds
    if stage_seconds is None or job.state in FINISHED_STATES or job.state in HELD:
        return None
    wait = stage_seconds * _WAITING_SHARE
    if job.state == "canceling":
        return (job.canceling_at or job.created_at) + wait, partial(end_job, job, "canceled")
    if job.triggered is not None:
        advance_build(backend, job.triggered)
        finished_at, has_passed = job.triggered.finished_at, job.triggered.state in {"passed", "blocked"}
        return (
            None if finished_at is None else (finished_at, partial(end_job, job, "passed" if has_passed else "failed"))
        )
    if job.state in {"running", "timing_out"}:
        return (job.started_at or job.created_at) + run_seconds(job, stage_seconds), partial(_finish_job, backend, job)
    ready_at = job.runnable_at or job.created_at
    if job.step.trigger is not None:
        return ready_at + wait, partial(_trigger_build, backend, job, job.step.trigger)
    queue = serving_queue(job)
    if queue is None or queue.dispatch_paused or queue.deleted:
        return None
    return max(ready_at, queue.resumed_at or ready_at) + wait, partial(_start_job, backend, job)


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


def run_seconds(job: Job, stage_seconds: float) -> float:
    """Return how long a job runs: half as long as others if it fails, so that its build is failing meanwhile."""
    return stage_seconds * (1 - _WAITING_SHARE) / (2 if exit_status(job.step.command or "") else 1)


def exit_status(commands: str) -> int:
    """Return the status of the first line whose last command is `exit` with a status or `false`, or else 0."""
    found = _ENDING_COMMAND.search(commands.strip())
    return 0 if found is None else int(found[1] or 1) % 256


def _trigger_build(backend: Backend, job: Job, trigger: Json, now: float) -> None:
    job.started_at = now
    job.build.started_at = job.build.started_at or now
    pipeline = job.build.pipeline.organization.pipelines.get(trigger["pipeline"])
    root = job.build.root
    if pipeline is None or root.descendants >= _MOST_DESCENDANTS:
        end_job(job, "failed", now)
        return
    root.descendants += 1
    wanted = trigger["build"]
    job.triggered = new_build(
        backend,
        pipeline,
        now,
        commit=wanted["commit"] or "HEAD",
        branch=wanted["branch"] or pipeline.default_branch,
        message=wanted["message"] or job.build.message,
        creator=job.build.creator,
        source="trigger_job",
        triggered_by=job,
    )
    advance_build(backend, job.triggered)
    if trigger["async"]:
        end_job(job, "passed", now)
    else:
        job.state = "running"


@routes.route("GET", "/v2/builds", "/v2/organizations/{org}/builds", f"{PIPELINE}/builds", scope="read_builds")
def list_builds(call: Call) -> Reply:
    """List builds of a pipeline, an organization, or all that the token has access to, newest first."""
    if "pipeline" in call.params:
        builds = [*lookup.pipeline(call).builds.values()]
    else:
        organizations = (lookup.organization(call),) if "org" in call.params else call.token.organizations
        builds = [build for build in call.backend.builds.values() if build.pipeline.organization in organizations]
    builds.sort(key=lambda build: (build.created_at, build.ordinal), reverse=True)
    return page(call, filter_builds(builds, call.query), lambda build: build_json(call, build), deepest=DEEPEST_BUILD)


@routes.route("GET", BUILD, scope="read_builds")
def get_build(call: Call) -> Reply:
    build, query = lookup.build(call), call.query
    body, jobs, states = build_json(call, build), _jobs(call, build), query.texts("job_states")
    if states and "jobs" in body:
        body["jobs"] = [job for job in body["jobs"] if job["state"] in states]
    body["job_state_counts"] = {"total": len(jobs), "states": dict(Counter(job.state for job in jobs))}
    if query.flag("include_test_engine"):
        body["test_engine"] = {"runs": [run_in_build_json(run) for run in runs_in(build)]}
    return json(body)


_AUTHOR = frozenset({"username", "name", "email"})
#: Attributes that a rebuild copies.
_REBUILT = ("commit", "branch", "tag", "message", "env", "author", "pull_request")


@routes.route("POST", f"{PIPELINE}/builds", scope="write_builds", lists_fields=True)
def create_build(call: Call) -> Reply:
    """Create a build, which then advances with the clock."""
    pipeline, body, user = lookup.pipeline(call), call.body, call.token.user
    if pipeline.archived_at is not None:
        raise UnprocessableError("Builds can't be created in an archived pipeline")
    if not body.get("ignore_pipeline_branch_filters") and not matches_branches(
        pipeline.branch_configuration, body["branch"]
    ):
        raise UnprocessableError("The branch is excluded by the branch filter of the pipeline")
    author = {name: value for name, value in strings(body.get("author")).items() if name in _AUTHOR}
    pull_request = {
        "id": as_string(body.get("pull_request_id")),
        "base": body.get("pull_request_base_branch"),
        "repository": body.get("pull_request_repository"),
    }
    build = new_build(
        call.backend,
        pipeline,
        call.now,
        commit=body["commit"],
        branch=body["branch"],
        message=body.get("message"),
        creator=user,
        author=author or {"name": user.name, "email": user.email},
        env=strings(body.get("env")),
        meta_data=strings(body.get("meta_data")),
        pull_request=None if body.get("pull_request_id") is None else pull_request,
    )
    return json(build_json(call, build), 201)


@routes.route("PUT", f"{BUILD}/cancel", scope="write_builds")
def cancel_build(call: Call) -> Reply:
    build = lookup.build(call)
    cancel(call.backend, build, call.now)
    return json(build_json(call, build))


@routes.route("PUT", f"{BUILD}/rebuild", scope="write_builds")
def rebuild_build(call: Call) -> Reply:
    """Rebuild a build and return the new one, with 200."""
    build = lookup.build(call)
    if not build.pipeline.allow_rebuilds:
        raise UnprocessableError("Rebuilds are turned off for this pipeline")
    if build.pipeline.archived_at is not None:
        raise UnprocessableError("Builds of an archived pipeline can't be rebuilt")
    if not build.finished:
        raise UnprocessableError(f"Build can't be rebuilt while it is {build.state}")
    copied = {name: getattr(build, name) for name in _REBUILT}
    again = new_build(call.backend, build.pipeline, call.now, creator=call.token.user, rebuilt_from=build, **copied)
    return json(build_json(call, again))


#: Kinds of failure that a request to retry failed jobs distinguishes.
_FAILURES = ("canceled", "expired", "failed", "soft_failed", "timed_out")


@routes.route("PUT", f"{BUILD}/retry_failed_jobs", scope="write_builds", checks="states")
def retry_failed_jobs(call: Call) -> Reply:
    """Retry the failed jobs of a build, of all kinds by default."""
    build, states = lookup.build(call), call.body.get("states", "")
    names = _FAILURES if states == "" else states.split(",") if isinstance(states, str) else [as_string(states)]
    unknown = [state for state in names if state not in _FAILURES]
    if unknown:
        raise BadRequestError(f"Invalid states: {', '.join(unknown)}. Valid states are {', '.join(_FAILURES)}.")
    failed = [
        job
        for job in (() if build.state in CANCELED else build.current_jobs)
        if job.step.type == "script" and ("soft_failed" if job.soft_failed else job.state) in names
    ]
    for job in failed:
        new_attempt(call.backend, job, build.jobs, call.token.user, call.now)
    if failed:
        reopen(call.backend, build, call.now)
    return json({**build_json(call, build), "retried_jobs_count": len(failed)}, 202)
