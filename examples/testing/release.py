"""A part of a program: build a commit of the main branch, and say whether it may be released."""

from __future__ import annotations

from buildkite_rest import Buildkite, NotFoundError


def may_release(client: Buildkite, organization: str, pipeline: str, commit: str) -> bool:
    """Build a commit and tell whether the build has passed. Without such a pipeline nothing may be released."""
    builds = client.organization(organization).builds
    try:
        build = builds.create(pipeline, commit=commit, branch="main", message="Release")
    except NotFoundError:
        return False
    return builds.wait(pipeline, build.number, timeout=60, interval=0.05).state == "passed"
