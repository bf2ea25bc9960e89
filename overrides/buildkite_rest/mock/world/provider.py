"""Source code hosts: which one a repository is on, and the settings that a pipeline starts with."""

from __future__ import annotations

import re
from typing import Any

#: A Git server that Buildkite knows nothing of.
PRIVATE = "private"
_HOSTS = {"github.com": "github", "gitlab.com": "gitlab", "bitbucket.org": "bitbucket"}
_REPOSITORY = re.compile(r"(?:\w+://(?:[^@/]*@)?|[^@/\s]+@)?(?P<host>[\w.-]+)[:/](?P<name>.+?)(?:\.git)?/?", re.ASCII)


def provider_of(repository: str) -> str:
    """Return the id of the host of a repository."""
    match = _REPOSITORY.fullmatch(repository)
    return _HOSTS.get(match["host"], PRIVATE) if match else PRIVATE


def default_settings(repository: str) -> dict[str, Any]:
    """Return the settings that a new pipeline has: none where events are not known."""
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
