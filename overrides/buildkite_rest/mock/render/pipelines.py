"""Pipelines and their steps as JSON."""

from __future__ import annotations

from collections import Counter

from ..clock import iso, iso_or_none
from ..ids import digest, graphql_id
from ..world.pipelines import Pipeline, Step
from ..world.provider import PRIVATE
from .accounts import user_or_none
from .view import Json, View, pipeline_page

_OPEN_BUILDS = frozenset({"scheduled", "running", "failing", "canceling", "blocked"})


def pipeline(view: View, item: Pipeline) -> Json:
    """Write a pipeline. Lists of builds repeat it, so one view writes it once."""
    if item.id not in view.pipelines:
        view.pipelines[item.id] = _pipeline(view, item)
    return view.pipelines[item.id]


def _pipeline(view: View, item: Pipeline) -> Json:
    url = view.pipeline_url(item)
    body: Json = {
        "id": item.id,
        "graphql_id": graphql_id("Pipeline", item.id),
        "url": url,
        "web_url": pipeline_page(item),
        "name": item.name,
        "description": item.description,
        "slug": item.slug,
        "repository": item.repository,
        "clone_mirror_url": item.clone_mirror_url,
        "cluster_id": item.cluster_id,
        "cluster_url": _cluster_url(view, item),
        "pipeline_template_uuid": item.pipeline_template_uuid,
        "branch_configuration": item.branch_configuration,
        "default_branch": item.default_branch,
        "skip_queued_branch_builds": item.skip_queued_branch_builds,
        "skip_queued_branch_builds_filter": item.skip_queued_branch_builds_filter,
        "cancel_running_branch_builds": item.cancel_running_branch_builds,
        "cancel_running_branch_builds_filter": item.cancel_running_branch_builds_filter,
        "allow_rebuilds": item.allow_rebuilds,
        "default_command_step_timeout": item.default_timeout_in_minutes,
        "maximum_command_step_timeout": item.maximum_timeout_in_minutes,
        "provider": _provider(view, item),
        "builds_url": f"{url}/builds",
        "badge_url": f"https://badge.buildkite.com/{digest('badge', item.id)}.svg",
        "created_by": user_or_none(item.created_by),
        "created_at": iso(item.created_at),
        "archived_at": iso_or_none(item.archived_at),
        "env": None if item.env is None else dict(item.env),
        **_counts(item),
        "visibility": item.visibility,
        "tags": None if item.tags is None else list(item.tags),
        "emoji": item.emoji,
        "color": item.color,
        "steps": [_step(step) for step in item.steps],
    }
    if item.configuration is not None:
        body["configuration"] = item.configuration
    return body


def _cluster_url(view: View, item: Pipeline) -> str | None:
    return None if item.cluster_id is None else f"{view.organization_url(item.organization)}/clusters/{item.cluster_id}"


def _provider(view: View, item: Pipeline) -> Json:
    body: Json = {"id": item.provider_id, "settings": dict(item.provider_settings)}
    if item.provider_id == PRIVATE:
        return body
    webhook_url = f"https://webhook.buildkite.com/deliver/{digest('webhook', item.id)}"
    return {**body, "webhook_url": webhook_url if view.sees_webhooks else ""}


def _counts(item: Pipeline) -> Json:
    builds = [build for build in item.builds.values() if build.state in _OPEN_BUILDS]
    states = Counter(build.state for build in builds)
    jobs = Counter(job.state for build in builds for job in build.current_jobs if job.step.type == "script")
    return {
        "scheduled_builds_count": states["scheduled"],
        "running_builds_count": states["running"] + states["failing"],
        "scheduled_jobs_count": jobs["scheduled"],
        "running_jobs_count": jobs["running"],
        "waiting_jobs_count": jobs["waiting"],
    }


def _step(step: Step) -> Json:
    if step.type == "waiter":
        return {"type": "waiter"}
    if step.type == "manual":
        return {"type": "manual", "label": step.name}
    if step.type == "trigger":
        return _trigger_step(step)
    body: Json = {
        "type": "script",
        "name": step.name,
        "command": step.command,
        "artifact_paths": step.artifact_paths,
        "branch_configuration": step.branch_configuration,
        "env": dict(step.env),
        "timeout_in_minutes": step.timeout_in_minutes,
        "agent_query_rules": list(step.agent_query_rules),
        "concurrency": step.concurrency,
        "parallelism": step.parallelism,
    }
    return body if step.plugins is None else {**body, "plugins": step.plugins}


def _trigger_step(step: Step) -> Json:
    trigger = step.trigger
    return {
        "type": "trigger",
        "label": step.name,
        "pipeline": None if trigger is None else trigger.pipeline,
        "build": {
            "message": None if trigger is None else trigger.message,
            "branch": None if trigger is None else trigger.branch,
            "commit": None if trigger is None else trigger.commit,
            "env": None,
        },
        "async": trigger is not None and trigger.asynchronous,
        "branch_configuration": step.branch_configuration,
        "concurrency": None,
        "parallelism": None,
    }
