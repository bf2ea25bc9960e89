"""Builds: state, filters and JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any

import attrs

from ...._base.states import FINISHED_STATES
from ...backend import Backend
from ...clock import iso, iso_or_none
from ...http.call import Call
from ...http.query import Query
from ...ids import graphql_id
from ...rendering import build_url, build_web_url, organization_url
from ...undo import stored
from ...values import Json, as_string, matches_glob, strings
from ..jobs.job import Job, job_json
from ..organizations import Organization
from ..pipelines.pipeline import Pipeline, pipeline_json
from ..test_engine.runs import run_in_build_json, runs_in
from ..users import User, user_json_or_none
from .states import JobDurations

if TYPE_CHECKING:
    from ..annotations import Annotation


#: States that a build leaves only through a request.
FINISHED_BUILD = FINISHED_STATES | {"blocked"}


@stored
class Build:
    """One run of a pipeline."""

    id: str
    ordinal: int
    number: int
    pipeline: Pipeline
    state: str
    commit: str
    branch: str
    created_at: float
    source: str = "api"
    message: str | None = None
    tag: str | None = None
    creator: User | None = None
    author: Mapping[str, str] | None = None
    env: Mapping[str, str] = attrs.field(factory=dict[str, str])
    meta_data: dict[str, str] = attrs.field(factory=dict[str, str])
    pull_request: Mapping[str, Any] | None = None
    clean_checkout: bool = False
    merge_queue: Mapping[str, Any] | None = None
    scheduled_at: float | None = None
    started_at: float | None = None
    failing_at: float | None = None
    finished_at: float | None = None
    cancel_reason: str | None = None
    rebuilt_from: Build | None = None
    triggered_by: Job | None = None
    #: Number of builds that this one has triggered, directly or indirectly. Counted on the root only.
    descendants: int = 0
    #: None for a build that does not advance, as most seeded ones.
    job_durations: JobDurations | None = None
    _contents: tuple[list[Job], list[Annotation]] | None = attrs.field(default=None, alias="contents")
    _fill: Callable[[Build], tuple[list[Job], list[Annotation]]] | None = attrs.field(
        default=None, alias="fill", repr=False
    )

    @property
    def root(self) -> Build:
        """The first build in the chain of triggers, or the build itself."""
        return self if self.triggered_by is None else self.triggered_by.build.root

    @property
    def is_deleted(self) -> bool:
        """Whether it was deleted with its pipeline. Builds of other pipelines no longer refer to it."""
        return self.pipeline.organization.pipelines.get(self.pipeline.slug) is not self.pipeline

    @property
    def contents(self) -> tuple[list[Job], list[Annotation]]:
        """Jobs and annotations, created on first access."""
        if self._contents is None:
            self._contents = self._fill(self) if self._fill is not None else ([], [])
        return self._contents

    @property
    def jobs(self) -> list[Job]:
        """All jobs, including retried ones, in the order of the steps."""
        return self.contents[0]

    @property
    def annotations(self) -> list[Annotation]:
        """All annotations, of the build and of its jobs."""
        return self.contents[1]

    @property
    def current_jobs(self) -> list[Job]:
        """The latest attempt of each job."""
        return [job for job in self.jobs if job.retried_in is None]

    @property
    def finished(self) -> bool:
        """Whether the build changes only through a request."""
        return self.state in FINISHED_BUILD


def newest_builds(backend: Backend, organizations: Collection[Organization]) -> list[Build]:
    """Return the builds of organizations, newest first."""
    return _newest([build for build in backend.builds.values() if build.pipeline.organization in organizations])


def newest_builds_of(pipeline: Pipeline) -> list[Build]:
    """Return the builds of a pipeline, newest first."""
    return _newest(list(pipeline.builds.values()))


def _newest(builds: list[Build]) -> list[Build]:
    return sorted(builds, key=lambda build: (build.created_at, build.ordinal), reverse=True)


def add_build(backend: Backend, build: Build) -> None:
    """Add a build to the state and to its pipeline."""
    backend.builds[build.ordinal] = build
    build.pipeline.builds[build.number] = build


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
_Filter = Callable[[Build], bool]


def filter_builds(builds: list[Build], query: Query) -> list[Build]:
    """Return the builds that match all filters of a query string."""
    tests = _filters(query)
    return [build for build in builds if all(test(build) for test in tests)]


def _filters(query: Query) -> list[_Filter]:
    tests: list[_Filter] = []
    if branches := query.texts("branch"):
        tests.append(lambda build: any(matches_glob(pattern, build.branch) for pattern in branches))
    if commits := query.texts("commit"):
        tests.append(lambda build: build.commit in commits)
    if states := query.texts("state"):
        expanded_states = {
            known for state in states for known in (_FINISHED_STATES if state == "finished" else (state,))
        }
        tests.append(lambda build: build.state in expanded_states)
    if creator := query.text("creator"):
        tests.append(lambda build: build.creator is not None and build.creator.id == creator.lower())
    if meta_data := query.mapping("meta_data"):
        tests.append(lambda build: all(build.meta_data.get(key) == value for key, value in meta_data.items()))
    if query.has_malformed_keys("meta_data"):
        tests.append(lambda _: False)
    if not query.flag("include_paused", default=True):
        tests.append(_has_work)
    return tests + _time_filters(query)


def _time_filters(query: Query) -> list[_Filter]:
    tests: list[_Filter] = []
    if (created_from := query.moment("created_from")) is not None:
        tests.append(lambda build: build.created_at >= created_from)
    if (created_to := query.moment("created_to")) is not None:
        tests.append(lambda build: build.created_at < created_to)
    if (finished_from := query.moment("finished_from")) is not None:
        tests.append(lambda build: build.finished_at is not None and build.finished_at >= finished_from)
    return tests


def _has_work(build: Build) -> bool:
    """Return whether a job of the build is on a queue that is not paused."""
    queues = [job.queue for job in build.current_jobs if job.step.type == "script"]
    return not queues or any(queue is None or not queue.paused for queue in queues)


@attrs.frozen(kw_only=True)
class Parts:
    """Requested parts of builds."""

    jobs: bool = True
    pipeline: bool = True
    retried_jobs: bool = False
    job_states: frozenset[str] = frozenset()
    paused_queues: bool = True
    job_state_counts: bool = False
    test_engine: bool = False


def build_json(call: Call, build: Build, parts: Parts) -> Json:
    """Return a build as JSON, with the requested parts."""
    body = _own_json(call, build)
    jobs = build.jobs if parts.retried_jobs else build.current_jobs
    if parts.jobs:
        body["jobs"] = [job_json(call, one, with_group=True) for one in jobs if _is_included(one, parts)]
    if parts.job_state_counts:
        body["job_state_counts"] = {"total": len(jobs), "states": dict(Counter(job.state for job in jobs))}
    if parts.pipeline:
        body["pipeline"] = pipeline_json(call, build.pipeline)
    if parts.test_engine:
        body["test_engine"] = {"runs": [run_in_build_json(run) for run in runs_in(build)]}
    return body


def _is_included(job: Job, parts: Parts) -> bool:
    if parts.job_states and job.state not in parts.job_states:
        return False
    return parts.paused_queues or job.queue is None or not job.queue.paused


def _own_json(call: Call, build: Build) -> Json:
    blocked = build.state == "blocked"
    blocked_state = _state_before_block(build) if blocked else ""
    cluster_id = build.pipeline.cluster_id
    clusters = f"{organization_url(call, build.pipeline.organization)}/clusters"
    return {
        "id": build.id,
        "graphql_id": graphql_id("Build", build.id),
        "url": build_url(call, build),
        "web_url": build_web_url(build),
        "number": build.number,
        "state": blocked_state or build.state,
        "cancel_reason": build.cancel_reason,
        "blocked": blocked,
        "blocked_state": blocked_state,
        "message": build.message,
        "commit": build.commit,
        "branch": build.branch,
        "tag": build.tag,
        "env": dict(build.env),
        "source": build.source,
        "author": None if build.author is None else dict(build.author),
        "creator": user_json_or_none(build.creator),
        "created_at": iso(build.created_at),
        "scheduled_at": iso_or_none(build.scheduled_at),
        "started_at": iso_or_none(build.started_at),
        "failing_at": iso_or_none(build.failing_at),
        "finished_at": iso_or_none(build.finished_at),
        "meta_data": dict(build.meta_data),
        "pull_request": None if build.pull_request is None else dict(build.pull_request),
        "merge_queue": None if build.merge_queue is None else dict(build.merge_queue),
        "rebuilt_from": _rebuilt_from_json(call, build.rebuilt_from),
        "triggered_from": _triggered_from_json(build.triggered_by),
        "cluster_id": cluster_id,
        "cluster_url": None if cluster_id is None else f"{clusters}/{cluster_id}",
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
