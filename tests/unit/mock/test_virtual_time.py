"""Clients whose pauses advance the clock of the mock."""

from __future__ import annotations

import asyncio
import contextvars
from concurrent.futures import ThreadPoolExecutor

import pytest

from buildkite_rest import AsyncBuildkite, Buildkite, RateLimitError, WaitTimeoutError
from buildkite_rest._base.times import Timing
from buildkite_rest.mock import ManualClock, MockServer

from .caller import EPOCH

BODY = {"commit": "HEAD", "branch": "main"}


@pytest.fixture(autouse=True)
def no_real_sleep(monkeypatch):
    """Fail on a real pause of a client."""

    def fail(seconds):
        raise AssertionError(f"slept for {seconds} s")

    monkeypatch.setattr("time.sleep", fail)


@pytest.fixture(scope="module")
def shared():
    with MockServer(builds=5, build_seconds=600, clock=ManualClock(EPOCH)) as server:
        yield server


@pytest.fixture
def server(shared):
    shared.reset()
    return shared


@pytest.fixture
def client(server):
    with Buildkite(server.token, base_url=server.url, timing=server.timing) as client:
        yield client


def elapsed(server):
    return server.timing.now() - EPOCH


def test_a_pause_advances_the_clock(server, client):
    server.set_limits(rate_limit=2)
    for _ in range(5):
        client.organizations.get("acme")
    assert elapsed(server) == pytest.approx(120, abs=2)
    assert [request.status for request in server.requests].count(429) == 2


def test_a_build_finishes_while_a_client_waits(server, client):
    build = client.builds.create("acme", "deploy", **BODY)
    assert client.builds.wait("acme", "deploy", build.number, timeout=3600).state == "passed"
    assert 600 <= elapsed(server) < 660


def test_a_timeout_ends(server, client):
    build = client.builds.create("acme", "web", **BODY)
    with pytest.raises(WaitTimeoutError, match="after 30 s"):
        client.builds.wait("acme", "web", build.number, timeout=30)
    assert elapsed(server) == pytest.approx(30, abs=1)


def test_pauses_of_other_threads_do_not_end_a_timeout(server, client):
    build = client.builds.create("acme", "web", **BODY)
    start = contextvars.copy_context()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(server.timing.sleep, [1000.0] * 8))
    assert elapsed(server) == 8000
    assert start.run(server.timing.monotonic) <= server.timing.monotonic() < start.run(server.timing.monotonic) + 60
    assert client.builds.wait("acme", "web", build.number, timeout=5).state == "passed"


def test_threads_share_a_client_and_its_limit(server, client):
    server.set_limits(user_rate_limit=5)
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: client.user.get().name, range(20)))) == 1


def test_tasks_share_a_client_and_its_limit(server):
    async def main():
        async with AsyncBuildkite(server.token, base_url=server.url, timing=server.timing) as client:
            server.set_limits(user_rate_limit=5)
            users = await asyncio.gather(*(client.user.get() for _ in range(12)))
            build = await client.builds.create("acme", "web", **BODY)
            return len(users), (await client.builds.wait("acme", "web", build.number)).state

    assert asyncio.run(main()) == (12, "passed")


def test_a_pausing_task_can_be_cancelled(server):
    async def forever():
        while True:
            await server.timing.async_sleep(1.0)

    async def main():
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(forever(), 0.05)

    asyncio.run(main())


def test_an_ordinary_client_waits_in_real_time(server):
    server.inject("429")
    pauses = []
    with Buildkite(server.token, base_url=server.url, timing=Timing(sleep=pauses.append)) as client:
        client.user.get()
    assert (elapsed(server), len(pauses)) == (0, 1)


def test_a_limit_that_is_longer_than_the_client_waits_is_raised(server, client):
    server.respond("GET", "/v2/user", status=429, json={"message": "Slow", "reset": 86_000}, times=50)
    with pytest.raises(RateLimitError):
        client.user.get()
