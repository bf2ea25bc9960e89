"""A default client keeps all its connections, whenever calls end."""

import asyncio
import gc
import random
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import httpx
import pytest

from buildkite_rest import APIConnectionError, APITimeoutError, AsyncBuildkite, Buildkite, NotFoundError, RetryPolicy
from buildkite_rest._http import default_clients
from buildkite_rest.mock import ALL_SCOPES_TOKEN, MockServer

CALLS = 16
"""Calls at once, of a client with fewer connections."""
NO_CONNECTION = r"no connection became free after 0\.05 s$"
NOBODY = "http://127.0.0.1:1"
OPTIONS = {"retries": RetryPolicy(max_retries=0), "timeout": 2}

# httpcore leaves it to the garbage collector to close the socket of a call that ends when it has just connected.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")


@pytest.fixture(scope="module")
def server():
    with MockServer(builds=3) as server:
        yield server


@pytest.fixture(scope="module")
def job(server):
    """Return the id of a job with a log."""
    with blocking(server.url) as client:
        builds = client.builds.list("acme", "web")
        return next(job.id for build in builds for job in build.jobs if job.type == "script")


@pytest.fixture
def slow_url():
    with MockServer(builds=1, latency=0.01) as server:
        yield server.url
    gc.collect()


@pytest.fixture
def seconds():
    return random.Random(1)


@pytest.fixture
def one_connection(monkeypatch):
    monkeypatch.setattr(default_clients, "MAX_CONNECTIONS", 1)


@pytest.fixture
def four_connections(monkeypatch):
    monkeypatch.setattr(default_clients, "MAX_CONNECTIONS", 4)


def blocking(url, **options):
    return Buildkite(ALL_SCOPES_TOKEN, base_url=url, **OPTIONS, **options)


def asynchronous(url, **options):
    return AsyncBuildkite(ALL_SCOPES_TOKEN, base_url=url, **OPTIONS, **options)


async def calls(client):
    return await asyncio.gather(*(client.user.get() for _ in range(CALLS)), return_exceptions=True)


@pytest.mark.usefixtures("four_connections")
def test_the_deadlines_of_tasks_pass(slow_url, seconds):
    async def main():
        async with asynchronous(slow_url) as client:
            for _ in range(40):
                yield await calls(client.with_options(deadline=seconds.uniform(0.003, 0.05)))
            yield await calls(client)

    *hurried, last = asyncio.run(collected(main()))
    assert {type(end).__name__ for ends in hurried for end in ends} <= {"User", "APITimeoutError"}
    assert {type(end).__name__ for end in last} == {"User"}


async def collected(items):
    return [item async for item in items]


@pytest.mark.usefixtures("four_connections")
def test_tasks_are_canceled(slow_url, seconds):
    async def cancel(client):
        tasks = [asyncio.create_task(client.user.get()) for _ in range(CALLS)]
        for task in tasks:
            await asyncio.sleep(seconds.uniform(0, 0.005))
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def main():
        async with asynchronous(slow_url) as client:
            for _ in range(20):
                await cancel(client)
            return await calls(client)

    assert {type(end).__name__ for end in asyncio.run(main())} == {"User"}


@pytest.mark.usefixtures("four_connections")
def test_the_deadlines_of_threads_pass(slow_url, seconds):
    def call(deadline):
        with suppress(APITimeoutError):
            client.with_options(deadline=deadline).user.get()

    with blocking(slow_url) as client, ThreadPoolExecutor(CALLS) as threads:
        list(threads.map(call, [seconds.uniform(0.003, 0.05) for _ in range(40 * CALLS)]))
        assert all(threads.map(lambda _: client.user.get(), range(CALLS)))


@pytest.mark.usefixtures("one_connection")
def test_a_call_releases_its_connection(server, job):
    with blocking(server.url) as client:
        with pytest.raises(NotFoundError):
            client.pipelines.get("acme", "unknown")
        with client.jobs.stream_log("acme", job) as log:
            log.read()
            client.user.get()
        with client.jobs.stream_log("acme", job):
            pass
        artifact = client.artifacts.list("acme", "web", 1).first()
        assert client.artifacts.read("acme", artifact.job_id, artifact.id)
    with blocking(NOBODY) as client:
        for _ in range(3):
            with pytest.raises(APIConnectionError, match="refused"):
                client.user.get()


@pytest.mark.usefixtures("one_connection")
def test_a_call_in_a_task_releases_its_connection(server, job):
    async def main():
        async with asynchronous(server.url) as client:
            with pytest.raises(NotFoundError):
                await client.pipelines.get("acme", "unknown")
            async with client.jobs.stream_log("acme", job) as log:
                await log.read()
                await client.user.get()
            async with client.jobs.stream_log("acme", job):
                pass
            artifact = await client.artifacts.list("acme", "web", 1).first()
            assert await client.artifacts.read("acme", artifact.job_id, artifact.id)
        async with asynchronous(NOBODY) as client:
            for _ in range(3):
                with pytest.raises(APIConnectionError, match="all connection attempts failed"):
                    await client.user.get()

    asyncio.run(main())


@pytest.mark.usefixtures("one_connection")
def test_no_connection_becomes_free(server, job):
    with blocking(server.url) as client:
        with client.jobs.stream_log("acme", job), pytest.raises(APITimeoutError, match=NO_CONNECTION):
            client.with_options(timeout=0.05).user.get()
        assert client.user.get().name


@pytest.mark.usefixtures("one_connection")
def test_no_connection_becomes_free_for_a_task(server, job):
    async def main():
        async with asynchronous(server.url) as client:
            async with client.jobs.stream_log("acme", job):
                with pytest.raises(APITimeoutError, match=NO_CONNECTION):
                    await client.with_options(timeout=0.05).user.get()
            assert (await client.user.get()).name

    asyncio.run(main())


@pytest.mark.usefixtures("one_connection")
def test_a_client_is_closed_while_a_call_waits(server, job):
    with ThreadPoolExecutor(1) as threads, blocking(server.url) as client:
        with client.jobs.stream_log("acme", job):
            waiting = threads.submit(client.user.get)
            while not client._http._connections.current._transport._left._waiters:
                time.sleep(0.001)
            client.close()
        with pytest.raises(APIConnectionError, match="the client was closed during the call"):
            waiting.result()


@pytest.mark.usefixtures("one_connection")
def test_a_client_is_closed_while_a_task_waits(server, job):
    async def main():
        async with asynchronous(server.url) as client:
            async with client.jobs.stream_log("acme", job):
                waiting = asyncio.create_task(client.user.get())
                await asyncio.sleep(0)  # after which it waits
                assert client._http._connections.current._transport._free._waiters
                await client.aclose()
            with pytest.raises(APIConnectionError, match="the client was closed during the call"):
                await waiting

    asyncio.run(main())


class Forgetful(httpx.AsyncBaseTransport):
    """A transport with one connection, which takes its time to close."""

    def __init__(self):
        self.requests = 0
        self.closed = 0

    async def handle_async_request(self, request):
        self.requests += 1
        if self.requests > 1:
            raise httpx.PoolTimeout("", request=request)
        return httpx.Response(200, stream=httpx.ByteStream(b""))

    async def aclose(self):
        await asyncio.sleep(0.01)
        self.closed += 1


def test_a_task_is_canceled_while_it_leaves_a_pool_that_was_replaced():
    async def main():
        client = default_clients._AsyncTransport(lambda: pools.append(Forgetful()) or pools[-1])
        request = httpx.Request("GET", "http://127.0.0.1")
        first, second = [await client.handle_async_request(request) for _ in range(2)]
        assert [pool.requests for pool in pools] == [2, 1]
        leaving = asyncio.create_task(first.stream.aclose())
        await asyncio.sleep(0)
        leaving.cancel()
        await client.aclose()
        assert [pool.closed for pool in pools] == [1, 1]
        await second.stream.aclose()
        with pytest.raises(httpx.ConnectError, match="the client is closed"):
            await client.handle_async_request(request)
        await client.aclose()
        assert [pool.closed for pool in pools] == [1, 2]

    pools = []
    asyncio.run(main())
