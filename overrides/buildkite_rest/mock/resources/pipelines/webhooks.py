"""Source code hosts of pipelines and their webhooks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ... import lookup
from ...clock import iso_or_none
from ...http.call import Call, Reply, json
from ...http.errors import NotFoundError, UnprocessableError
from ...http.routing import Routes
from ...lookup import PIPELINE
from ...rendering import pipeline_url

if TYPE_CHECKING:
    from .pipeline import Pipeline


#: Provider of an unknown Git server.
PRIVATE = "private"
_PROVIDERS = {"github.com": "github", "gitlab.com": "gitlab", "bitbucket.org": "bitbucket"}
_REPOSITORY = re.compile(r"(?:\w+://(?:[^@/]*@)?|[^@/\s]+@)?(?P<host>[\w.-]+)[:/](?P<name>.+?)(?:\.git)?/?", re.ASCII)


def provider_of(repository: str) -> str:
    """Return the provider of a repository."""
    match = _REPOSITORY.fullmatch(repository)
    return _PROVIDERS.get(match["host"], PRIVATE) if match else PRIVATE


#: Names of the settings of all providers. Others are ignored.
_SETTINGS = frozenset({
    "build_branches", "build_check_run_completed", "build_create_event", "build_deployment_status_created",
    "build_issue_comment_created", "build_merge_group_checks_requested", "build_pull_request_base_branch_changed",
    "build_pull_request_converted_to_draft", "build_pull_request_dequeued", "build_pull_request_edited",
    "build_pull_request_forks", "build_pull_request_labels_changed", "build_pull_request_merge",
    "build_pull_request_merge_commits", "build_pull_request_ready_for_review", "build_pull_request_reopened",
    "build_pull_request_review_comment_created", "build_pull_request_review_dismissed",
    "build_pull_request_review_requested", "build_pull_request_review_submitted", "build_pull_request_stacks",
    "build_pull_requests", "build_release_created", "build_release_published", "build_release_released",
    "build_tags", "cancel_deleted_branch_builds", "cancel_when_merge_group_destroyed", "filter_condition",
    "filter_enabled", "github_workflow_access_tokens_enabled", "ignore_default_branch_pull_requests",
    "issue_comment_command_word", "issue_comment_match_mode", "prefix_pull_request_fork_branch_names",
    "prevent_custom_statuses_from_using_buildkite_prefix", "publish_blocked_as_pending", "publish_commit_status",
    "publish_commit_status_per_step", "pull_request_branch_filter_configuration",
    "pull_request_branch_filter_enabled", "review_comment_command_word", "review_comment_match_mode",
    "separate_pull_request_statuses", "skip_builds_for_closed_pull_requests", "skip_builds_for_existing_commits",
    "skip_pull_request_builds_for_existing_commits", "trigger_mode",
    "use_merge_group_base_commit_for_git_diff_base", "use_step_key_as_commit_status",
})  # fmt: skip


def known_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the provider settings of a request that a provider has."""
    return {name: value for name, value in settings.items() if name in _SETTINGS}


def default_settings(repository: str) -> dict[str, Any]:
    """Return the provider settings of a new pipeline, empty for an unknown provider."""
    match = _REPOSITORY.fullmatch(repository)
    if match is None or provider_of(repository) == PRIVATE:
        return {}
    return {
        "trigger_mode": "code",
        "build_branches": True,
        "build_pull_requests": True,
        "build_pull_request_forks": False,
        "build_pull_request_labels_changed": False,
        "build_pull_request_ready_for_review": False,
        "build_tags": False,
        "cancel_deleted_branch_builds": False,
        "filter_enabled": False,
        "prefix_pull_request_fork_branch_names": True,
        "publish_blocked_as_pending": False,
        "publish_commit_status": True,
        "publish_commit_status_per_step": False,
        "pull_request_branch_filter_enabled": False,
        "separate_pull_request_statuses": False,
        "skip_builds_for_existing_commits": False,
        "skip_pull_request_builds_for_existing_commits": True,
        "use_step_key_as_commit_status": False,
        "repository": match["name"],
    }


routes = Routes()
GITHUB_WEBHOOKS = f"{PIPELINE}/github-webhooks"
_GITHUB = frozenset({"github", "github_enterprise"})


@routes.route("POST", f"{PIPELINE}/webhook", scope="write_pipelines")
def create_webhook(call: Call) -> Reply:
    """Create the webhook at the provider, once. The response has no body."""
    pipeline = lookup.managed_pipeline(call)
    if pipeline.provider_id not in _GITHUB:
        raise UnprocessableError("Auto-creating webhooks is not supported for your repository.")
    if pipeline.webhook_created:
        raise UnprocessableError("Webhooks could not be created for your repository.")
    pipeline.webhook_created = True
    return Reply(201)


@routes.route("GET", GITHUB_WEBHOOKS, scope="read_pipelines")
def get_github_webhooks(call: Call) -> Reply:
    """Return whether webhooks are enabled."""
    return _webhooks_reply(call, _github_pipeline(call))


@routes.route("PUT", GITHUB_WEBHOOKS, scope="write_pipelines")
def enable_github_webhooks(call: Call) -> Reply:
    """Enable webhooks. Idempotent."""
    pipeline = _github_pipeline(call)
    pipeline.webhooks_disabled_at = pipeline.webhooks_disabled_by = None
    return _webhooks_reply(call, pipeline)


@routes.route("DELETE", GITHUB_WEBHOOKS, scope="write_pipelines")
def disable_github_webhooks(call: Call) -> Reply:
    """Disable webhooks. If they already are, time and user stay the same."""
    pipeline = _github_pipeline(call)
    if pipeline.webhooks_disabled_at is None:
        pipeline.webhooks_disabled_at, pipeline.webhooks_disabled_by = call.now, call.token.user.name
    return _webhooks_reply(call, pipeline)


def _github_pipeline(call: Call) -> Pipeline:
    pipeline = lookup.managed_pipeline(call)
    if pipeline.provider_id not in _GITHUB:
        raise NotFoundError("Not Found")
    return pipeline


def _webhooks_reply(call: Call, pipeline: Pipeline) -> Reply:
    return json(
        {
            "url": f"{pipeline_url(call, pipeline)}/github-webhooks",
            "enabled": pipeline.webhooks_disabled_at is None,
            "disabled_at": iso_or_none(pipeline.webhooks_disabled_at),
            "disabled_by": pipeline.webhooks_disabled_by,
        }
    )
