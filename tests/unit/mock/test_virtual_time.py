"""Clocks: those that are valid, and clients whose pauses advance that of the mock."""

from __future__ import annotations

import asyncio
import contextvars
import math
from concurrent.futures import ThreadPoolExecutor

import pytest

from buildkite_rest import Buildkite, WaitTimeoutError
from buildkite_rest.mock import MockServer, create_app

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
    with MockServer(builds=5, build_seconds=600, clock=lambda: EPOCH) as server:
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


def test_a_pausing_task_can_be_cancelled(server):
    async def forever():
        while True:
            await server.timing.async_sleep(1.0)

    async def main():
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(forever(), 0.05)

    asyncio.run(main())


@pytest.mark.parametrize("make", [MockServer, create_app])
@pytest.mark.parametrize("now", [math.nan, -1, 253402300800])
def test_a_clock_is_checked_at_the_start(make, now):
    with pytest.raises(ValueError, match="the result of clock is invalid: "):
        make(builds=1, clock=lambda: now)


@pytest.mark.parametrize("now", [0, 10**11])
def test_the_first_and_the_last_time_have_dates(now):
    with MockServer(builds=1, clock=lambda: now) as server:
        server.advance(10**9)
        server.reset()
