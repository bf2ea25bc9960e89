"""Test a program that calls Buildkite, with the fixtures of `buildkite-rest[mock]`."""

from __future__ import annotations

import asyncio

import pytest
from release import may_release

from buildkite_rest import AsyncBuildkite, Buildkite, ServerError, UnprocessableEntityError
from buildkite_rest.mock import MockServer

BUILDS = "/v2/organizations/acme/pipelines/web/builds"


def test_a_passed_build_may_be_released(buildkite: Buildkite):
    assert may_release(buildkite, "acme", "web", "HEAD")
    newest = next(iter(buildkite.builds.list("acme", "web", max_items=1)))
    assert newest.message == "Release"


def test_each_test_starts_with_the_initial_data(buildkite: Buildkite):
    assert not [build for build in buildkite.builds.list("acme", "web") if build.message == "Release"]


def test_a_missing_pipeline_may_not_be_released(buildkite: Buildkite):
    assert not may_release(buildkite, "acme", "no-such-pipeline", "HEAD")


def test_a_blocked_build_may_not_be_released(buildkite: Buildkite):
    assert not may_release(buildkite, "acme", "api", "HEAD")


def test_a_read_that_fails_is_retried(buildkite_mock: MockServer, buildkite: Buildkite):
    buildkite_mock.inject("502", method="GET", times=2)
    assert may_release(buildkite, "acme", "web", "HEAD")


def test_a_rate_limited_request_is_retried(buildkite_mock: MockServer, buildkite: Buildkite):
    buildkite_mock.inject("429", method="POST")
    assert may_release(buildkite, "acme", "web", "HEAD")


def test_a_create_that_fails_is_not_retried(buildkite_mock: MockServer, buildkite: Buildkite):
    buildkite_mock.inject("500", method="POST")
    with pytest.raises(ServerError):
        may_release(buildkite, "acme", "web", "HEAD")


def test_the_commit_of_the_main_branch_is_built(buildkite_mock: MockServer, buildkite: Buildkite):
    may_release(buildkite, "acme", "web", "c0ffee")
    [request] = buildkite_mock.requests_to("POST", BUILDS)
    assert request.json == {"commit": "c0ffee", "branch": "main", "message": "Release"}


def test_an_invalid_commit_is_reported(buildkite_mock: MockServer, buildkite: Buildkite):
    errors = [{"field": "commit", "code": "invalid"}]
    buildkite_mock.respond("POST", BUILDS, status=422, json={"message": "Validation Failed", "errors": errors})
    with pytest.raises(UnprocessableEntityError, match="commit invalid"):
        may_release(buildkite, "acme", "web", "no such commit")


def test_an_asynchronous_client(async_buildkite: AsyncBuildkite):
    async def agents() -> list[str]:
        async with async_buildkite as client:
            return [agent.name or "" async for agent in client.agents.list("acme", max_items=3)]

    assert len(asyncio.run(agents())) == 3
