"""Builds as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import attrs

from ..clock import iso, iso_or_none
from ..ids import graphql_id
from ..world.builds import Build, Job
from ..world.runs import runs_in
from .accounts import user_or_none
from .jobs import job
from .pipelines import pipeline
from .suites import run_in_build
from .view import Json, View, build_page


@attrs.frozen(kw_only=True)
class Parts:
    """Which parts of builds a request asks for."""

    jobs: bool = True
    pipeline: bool = True
    retried_jobs: bool = False
    job_states: frozenset[str] = frozenset()
    paused_queues: bool = True
    job_state_counts: bool = False
    test_engine: bool = False


def build(view: View, item: Build, parts: Parts) -> Json:
    """Write a build with the parts that were asked for."""
    body = _core(view, item)
    jobs = item.jobs if parts.retried_jobs else item.current_jobs
    if parts.jobs:
        body["jobs"] = [job(view, one, with_group=True) for one in jobs if _shown(one, parts)]
    if parts.job_state_counts:
        body["job_state_counts"] = _state_counts(jobs)
    if parts.pipeline:
        body["pipeline"] = pipeline(view, item.pipeline)
    if parts.test_engine:
        body["test_engine"] = {"runs": [run_in_build(run) for run in runs_in(item)]}
    return body


def _shown(one: Job, parts: Parts) -> bool:
    if parts.job_states and one.state not in parts.job_states:
        return False
    return parts.paused_queues or one.queue is None or not one.queue.paused


def _core(view: View, item: Build) -> Json:
    blocked = item.state == "blocked"
    blocked_state = "passed" if blocked else ""
    cluster_id = item.pipeline.cluster_id
    clusters = f"{view.organization_url(item.pipeline.organization)}/clusters"
    return {
        "id": item.id,
        "graphql_id": graphql_id("Build", item.id),
        "url": view.build_url(item),
        "web_url": build_page(item),
        "number": item.number,
        "state": blocked_state or item.state,
        "cancel_reason": item.cancel_reason,
        "blocked": blocked,
        "blocked_state": blocked_state,
        "message": item.message,
        "commit": item.commit,
        "branch": item.branch,
        "tag": item.tag,
        "env": dict(item.env),
        "source": item.source,
        "author": None if item.author is None else dict(item.author),
        "creator": user_or_none(item.creator),
        "created_at": iso(item.created_at),
        "scheduled_at": iso_or_none(item.scheduled_at),
        "started_at": iso_or_none(item.started_at),
        "failing_at": iso_or_none(item.failing_at),
        "finished_at": iso_or_none(item.finished_at),
        "meta_data": dict(item.meta_data),
        "pull_request": None if item.pull_request is None else dict(item.pull_request),
        "merge_queue": None if item.merge_queue is None else dict(item.merge_queue),
        "rebuilt_from": _rebuilt_from(view, item.rebuilt_from),
        "triggered_from": _triggered_from(item.triggered_by),
        "cluster_id": cluster_id,
        "cluster_url": None if cluster_id is None else f"{clusters}/{cluster_id}",
    }


def _rebuilt_from(view: View, original: Build | None) -> Json | None:
    return None if original is None else {"id": original.id, "number": original.number, "url": view.build_url(original)}


def _triggered_from(trigger: Job | None) -> Json | None:
    if trigger is None:
        return None
    source = trigger.build
    return {
        "build_id": source.id,
        "build_number": source.number,
        "build_pipeline_slug": source.pipeline.slug,
    }


def _state_counts(jobs: Iterable[Job]) -> Json:
    states = Counter(one.state for one in jobs)
    return {"total": states.total(), "states": dict(states)}
