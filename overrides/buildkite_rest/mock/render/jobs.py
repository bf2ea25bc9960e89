"""Jobs as JSON, one form for each of the four types."""

from __future__ import annotations

from ..clock import iso, iso_or_none
from ..ids import graphql_id
from ..world.builds import Build, Job
from .accounts import user_or_none
from .embedded_agent import embedded_agent
from .view import Json, View, build_page


def job(view: View, item: Job, *, with_agent: bool = True, with_group: bool = False) -> Json:
    """Write a job. Only the operations on builds tell the group of a job."""
    kind = item.step.type
    body: Json = {"id": item.id, "graphql_id": graphql_id("Job", item.id), "type": kind}
    if kind == "waiter":
        return {**body, "state": item.state}
    if kind == "manual":
        body |= _manual(view, item)
    elif kind == "trigger":
        body |= _trigger(view, item)
    else:
        body |= _script(view, item)
        body["agent"] = embedded_agent(view, item) if with_agent else None
    if with_group and item.step.group_key is not None:
        body["group_key"] = item.step.group_key
    return body


def _page(item: Job) -> str:
    return f"{build_page(item.build)}#{item.id}"


def _moments(item: Job) -> Json:
    return {
        "created_at": iso(item.created_at),
        "scheduled_at": iso_or_none(item.scheduled_at),
        "runnable_at": iso_or_none(item.runnable_at),
        "started_at": iso_or_none(item.started_at),
        "finished_at": iso_or_none(item.finished_at),
    }


def _manual(view: View, item: Job) -> Json:
    return {
        "label": item.step.name,
        "step_key": item.step.key,
        "state": item.state,
        "web_url": None,
        "unblocked_by": user_or_none(item.unblocked_by),
        "unblocked_at": iso_or_none(item.unblocked_at),
        "unblockable": item.state == "blocked",
        "unblock_url": f"{view.job_url(item)}/unblock",
    }


def _trigger(view: View, item: Job) -> Json:
    trigger = item.step.trigger
    return {
        "name": item.step.name,
        "step_key": item.step.key,
        "state": item.state,
        "async": trigger is not None and trigger.asynchronous,
        "web_url": _page(item),
        **_moments(item),
        "triggered_build": None if item.triggered is None else _triggered(view, item.triggered),
    }


def _triggered(view: View, build: Build) -> Json:
    return {"id": build.id, "number": build.number, "url": view.build_url(build), "web_url": build_page(build)}


def _script(view: View, item: Job) -> Json:
    step, queue = item.step, item.queue
    url = view.job_url(item)
    cluster_url = f"{view.organization_url(item.build.pipeline.organization)}/clusters"
    body: Json = {
        "name": step.name,
        "step_key": step.key,
        "step": {"id": step.id, "signature": step.signature},
        "priority": {"number": item.priority},
        "agent_query_rules": list(step.agent_query_rules),
        "state": item.state,
        "build_url": view.build_url(item.build),
        "web_url": _page(item),
        "log_url": f"{url}/log",
        "raw_log_url": f"{url}/log.txt",
        "artifacts_url": f"{url}/artifacts",
        "command": step.command,
        "soft_failed": item.soft_failed,
        "exit_status": item.exit_status,
        "signal": item.signal,
        "signal_reason": item.signal_reason,
        "broken_reason": item.broken_reason,
        "artifact_paths": step.artifact_paths,
        **_moments(item),
        "concurrency_wait_time_ms": item.concurrency_wait_time_ms,
        "expired_at": iso_or_none(item.expired_at),
        "retried": item.retried_in is not None,
        "retried_in_job_id": None if item.retried_in is None else item.retried_in.id,
        "retries_count": item.retries_count,
        "retry_source": _retry_source(item.retry_of),
        "retry_type": item.retry_type,
        "retried_by": user_or_none(item.retried_by),
        "parallel_group_index": item.parallel_index,
        "parallel_group_total": step.parallelism if item.parallel_index is not None else None,
        "matrix": None if item.matrix is None else dict(item.matrix),
        "cluster_id": None if queue is None else queue.cluster_id,
        "cluster_url": None if queue is None else f"{cluster_url}/{queue.cluster_id}",
        "cluster_queue_id": None if queue is None else queue.id,
        "cluster_queue_url": None if queue is None else f"{cluster_url}/{queue.cluster_id}/queues/{queue.id}",
    }
    if item.promised_exit_status is not None:
        body["promised_exit_status"] = item.promised_exit_status
        body["promised_exit_status_at"] = iso_or_none(item.promised_exit_status_at)
    return body


def _retry_source(earlier: Job | None) -> Json | None:
    return None if earlier is None else {"job_id": earlier.id, "retry_type": earlier.retry_type}
