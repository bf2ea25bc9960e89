"""Builds: state, filters, JSON, lifecycle and routes.

Nothing runs in the background. `refresh` brings the state up to date before each request: it replays every event since
the last one at its own time.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from ..._base.states import FINISHED_STATES
from .. import lookup
from ..backend import Backend
from ..http.call import Call, Reply, json
from ..http.errors import BadRequestError, UnprocessableError
from ..http.pagination import DEEPEST_BUILD, page
from ..http.query import Query
from ..http.routing import Routes
from ..ids import Kind, graphql_id
from ..lookup import BUILD, PIPELINE, build_url, build_web_url, organization_cluster_url
from ..undo import stored
from ..values import Json, as_string, matches_branches, matches_glob, strings
from .agents import serving_queue, spare_agent
from .artifacts import make_artifacts
from .jobs import (
    FAILURES,
    HELD,
    Job,
    JobDurations,
    cancel,
    end_job,
    job_durations,
    job_json,
    make_jobs,
    mark_live,
    retry_failed_jobs,
    supersede,
    update_state,
)
from .organizations import Organization
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
    clean_checkout: bool = field(default=False, hidden=True)
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
    #: None for a build that does not advance, as most seeded ones.
    job_durations: JobDurations | None = field(default=None, hidden=True)
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


_AUTHOR = frozenset({"username", "name", "email"})


def new_build_attributes(body: Mapping[str, Any], user: User) -> dict[str, Any]:
    """Return the attributes of a new build that the body of a request sets."""
    author = {name: value for name, value in strings(body.get("author")).items() if name in _AUTHOR}
    return {
        "commit": body["commit"],
        "branch": body["branch"],
        "message": body.get("message"),
        "env": strings(body.get("env")),
        "meta_data": strings(body.get("meta_data")),
        "author": author or {"name": user.name, "email": user.email},
        "clean_checkout": body.get("clean_checkout", False),
        "pull_request": _pull_request(body),
    }


def rebuild_attributes(build: Build) -> dict[str, Any]:
    """Return the attributes that a rebuild copies."""
    names = ("commit", "branch", "tag", "message", "env", "author", "clean_checkout", "pull_request")
    return {name: getattr(build, name) for name in names}


def _pull_request(body: Mapping[str, Any]) -> dict[str, Any] | None:
    number = body.get("pull_request_id")
    if number is None:
        return None
    return {
        "id": as_string(number),
        "base": body.get("pull_request_base_branch"),
        "repository": body.get("pull_request_repository"),
    }


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
    queues = [job.queue for job in build.current_jobs if job.step.type == "script"]
    return not queues or any(queue is None or not queue.paused for queue in queues)


def build_json(call: Call, build: Build) -> Json:
    """Return a build as JSON, with the parts that the query string asks for."""
    body, query = _own_json(call, build), call.query
    if not query.flag("exclude_jobs"):
        paused_queues = query.flag("include_paused", default=True)
        jobs = [job for job in _jobs(call, build) if paused_queues or job.queue is None or not job.queue.paused]
        body["jobs"] = [job_json(call, job, with_group=True) for job in jobs]
    if not query.flag("exclude_pipeline"):
        body["pipeline"] = pipeline_json(call, build.pipeline)
    return body


def _jobs(call: Call, build: Build) -> list[Job]:
    return build.jobs if call.query.flag("include_retried_jobs") else build.current_jobs


def _own_json(call: Call, build: Build) -> Json:
    blocked = build.state == "blocked"
    blocked_state = _state_before_block(build) if blocked else ""
    pipeline = build.pipeline
    return {
        **fields_json(call, build),
        "graphql_id": graphql_id("Build", build.id),
        "url": build_url(call, build),
        "web_url": build_web_url(build),
        "state": blocked_state or build.state,
        "blocked": blocked,
        "blocked_state": blocked_state,
        "rebuilt_from": _rebuilt_from_json(call, build.rebuilt_from),
        "triggered_from": _triggered_from_json(build.triggered_by),
        "cluster_id": pipeline.cluster_id,
        "cluster_url": organization_cluster_url(call, pipeline.organization, pipeline.cluster_id),
    }


def _state_before_block(build: Build) -> str:
    return "failed" if any(job.hard_failed for job in build.current_jobs) else "passed"


def _rebuilt_from_json(call: Call, original: Build | None) -> Json | None:
    return (
        None if original is None else {"id": original.id, "number": original.number, "url": build_url(call, original)}
    )


def _triggered_from_json(trigger: Job | None) -> Json | None:
    if trigger is None or trigger.build.is_deleted:
        return None
    build = trigger.build
    return {"build_id": build.id, "build_number": build.number, "build_pipeline_slug": build.pipeline.slug}


def new_build(backend: Backend, pipeline: Pipeline, now: float, **attributes: Any) -> Build:
    """Create a build with all its jobs, which are waiting, and let it advance."""
    build = add_build(
        backend,
        pipeline,
        state="scheduled",
        created_at=now,
        scheduled_at=now,
        job_durations=job_durations(backend, pipeline.steps),
        fill=lambda build: (make_jobs(backend, build, pipeline.steps), []),
        **attributes,
    )
    mark_live(backend, build)
    update_state(backend, build, now)
    return build


#: Command that ends a line with a status. The status of `exit 256` is 0, as in a shell.
_ENDING_COMMAND = re.compile(r"exit[ \t]+(\d{1,10})|false", re.ASCII)
_COMMENT = re.compile(r"(?:^|[ \t])#.*")
#: Separators of commands. A command before `||` passes, so that the one after it is not run.
_SEPARATOR = re.compile(r";|&&?|(?<!\|)\|(?!\|)")
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
    if trigger is None or pipeline is None or root.descendants >= _MOST_DESCENDANTS:
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
    advance_build(backend, job.triggered)
    if trigger.asynchronous:
        end_job(job, "passed", now)
    else:
        job.state = "running"


routes = Routes()


@routes.route("GET", "/v2/builds", scope="read_builds")
def list_all_builds(call: Call) -> Reply:
    return _list_builds_of(call, call.token.organizations)


@routes.route("GET", "/v2/organizations/{org}/builds", scope="read_builds")
def list_organization_builds(call: Call) -> Reply:
    return _list_builds_of(call, (lookup.organization(call),))


@routes.route("GET", f"{PIPELINE}/builds", scope="read_builds")
def list_pipeline_builds(call: Call) -> Reply:
    return _list(call, lookup.pipeline(call).builds.values())


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


@routes.route("POST", f"{PIPELINE}/builds", scope="write_builds", lists_fields=True)
def create_build(call: Call) -> Reply:
    """Create a build, which then advances with the clock."""
    pipeline = lookup.pipeline(call)
    body, user = call.body, call.token.user
    if pipeline.archived_at is not None:
        raise UnprocessableError("Builds can't be created in an archived pipeline")
    allowed = body.get("ignore_pipeline_branch_filters") or matches_branches(
        pipeline.branch_configuration, body["branch"]
    )
    if not allowed:
        raise UnprocessableError("The branch is excluded by the branch filter of the pipeline")
    build = new_build(call.backend, pipeline, call.now, **new_build_attributes(body, user), creator=user)
    supersede(call.backend, build, call.now)
    return json(build_json(call, build), 201)


@routes.route("PUT", f"{BUILD}/cancel", scope="write_builds")
def cancel_build(call: Call) -> Reply:
    build = lookup.build(call)
    cancel(call.backend, build, call.now)
    return json(build_json(call, build))


@routes.route("PUT", f"{BUILD}/rebuild", scope="write_builds")
def rebuild_build(call: Call) -> Reply:
    """Rebuild a build and return the new one, with 200."""
    build, now = lookup.build(call), call.now
    if not build.pipeline.allow_rebuilds:
        raise UnprocessableError("Rebuilds are turned off for this pipeline")
    if build.pipeline.archived_at is not None:
        raise UnprocessableError("Builds of an archived pipeline can't be rebuilt")
    if not build.finished:
        raise UnprocessableError(f"Build can't be rebuilt while it is {build.state}")
    again = new_build(
        call.backend, build.pipeline, now, creator=call.token.user, rebuilt_from=build, **rebuild_attributes(build)
    )
    supersede(call.backend, again, now)
    return json(build_json(call, again))


@routes.route("PUT", f"{BUILD}/retry_failed_jobs", scope="write_builds", checks="states")
def retry_failed_jobs_of_build(call: Call) -> Reply:
    build = lookup.build(call)
    states = _requested_failures(call.body.get("states", ""))
    count = retry_failed_jobs(call.backend, build, states, call.token.user, call.now)
    return json({**build_json(call, build), "retried_jobs_count": count}, 202)


def _requested_failures(states: object) -> Sequence[str]:
    """Return the kinds of failure in a comma-separated list, all of them if it is empty."""
    if states == "":
        return FAILURES
    names = states.split(",") if isinstance(states, str) else [as_string(states)]
    unknown = [state for state in names if state not in FAILURES]
    if unknown:
        raise BadRequestError(f"Invalid states: {', '.join(unknown)}. Valid states are {', '.join(FAILURES)}.")
    return names


def _list_builds_of(call: Call, organizations: Collection[Organization]) -> Reply:
    builds = call.backend.builds.values()
    return _list(call, [build for build in builds if build.pipeline.organization in organizations])


def _list(call: Call, builds: Collection[Build]) -> Reply:
    """List builds, newest first."""
    newest = sorted(builds, key=lambda build: (build.created_at, build.ordinal), reverse=True)
    found = filter_builds(newest, call.query)
    return page(call, found, lambda build: build_json(call, build), deepest=DEEPEST_BUILD)
