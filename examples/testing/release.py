"""Build a commit of the main branch, and return whether it may be released."""

from __future__ import annotations

from buildkite_rest import Buildkite, NotFoundError


def may_release(client: Buildkite, organization: str, pipeline: str, commit: str) -> bool:
    """Build a commit and return whether the build has passed. Return False if there is no such pipeline."""
    builds = client.organization(organization).builds
    try:
        build = builds.create(pipeline, commit=commit, branch="main", message="Release")
    except NotFoundError:
        return False
    build = builds.wait(pipeline, build.number, timeout=60, interval=0.05)
    return build.state == "passed" and not build.blocked
