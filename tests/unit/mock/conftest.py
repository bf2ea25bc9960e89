"""Fixtures: a backend with a manual clock, a client that calls its API in process, and a server on sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from buildkite_rest.mock import Backend, MockServer, create_app, create_storage_app, seeded_backend
from buildkite_rest.mock.clock import AdvanceableClock

from .caller import CLUSTER, EPOCH, PIPELINES, STORAGE, Caller


@pytest.fixture(scope="session")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture
def clock() -> AdvanceableClock:
    return AdvanceableClock(lambda: EPOCH + 3600)


@pytest.fixture
def backend(clock: AdvanceableClock) -> Backend:
    return seeded_backend(builds=120, clock=clock, epoch=EPOCH)


@pytest.fixture
def api(runner: asyncio.Runner, backend: Backend) -> Caller:
    return Caller(runner, create_app(backend, storage_url=STORAGE))


@pytest.fixture
def storage(runner: asyncio.Runner, backend: Backend) -> Caller:
    return Caller(runner, create_storage_app(backend), token=None, base_url=STORAGE)


@pytest.fixture
def create(api):
    """Return a function that creates a build."""

    def create(pipeline="web", **body):
        response = api.post(f"{PIPELINES}/{pipeline}/builds", json={"commit": "HEAD", "branch": "main", **body})
        assert response.status_code == 201, response.text
        return response.json()

    return create


@pytest.fixture
def pipeline(api):
    """Return a function that creates a pipeline with some steps."""

    def pipeline(name, steps):
        body = {"name": name, "repository": "git@github.com:acme/x.git", "cluster_id": CLUSTER, "configuration": steps}
        response = api.post(PIPELINES, json=body)
        assert response.status_code == 201, response.text
        return response.json()["slug"]

    return pipeline


@pytest.fixture
def member(backend):
    """Ada, who is no longer an administrator, and in no team."""
    acme = backend.organizations["acme"]
    [ada] = [membership for membership in acme.memberships.values() if membership.user.name == "Ada Lovelace"]
    ada.role = "member"
    for team in acme.teams.values():
        team.members.pop(ada.user.id, None)
    return ada.user


@pytest.fixture(scope="session")
def running_server() -> Iterator[MockServer]:
    with MockServer(builds=5) as server:
        yield server


@pytest.fixture
def server(running_server: MockServer) -> MockServer:
    running_server.reset()
    return running_server
