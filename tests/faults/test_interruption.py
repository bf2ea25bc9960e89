"""A call that is interrupted leaves a client that can be used, and nothing behind."""

import asyncio
import os
import signal
import threading

import httpx
import httpx2
import pytest

from buildkite_rest import AsyncBuildkite, Buildkite, RetryPolicy

from .cases import BUILD, SECRET, get, head, response, say, then_stall
from .runner import CONNECTIONS, acting
from .server import Server

pytestmark = pytest.mark.exhaustive

_PAGE = response(b"[%s]" % BUILD, "200 OK", b'Link: <{api}/v2/x?page=2>; rel="next"')


def _list(client):
    return client.builds.list("acme", "web").prefetch(2)


PLACES = {
    "before the response": [then_stall()],
    "in the headers": [then_stall(b"HTTP/1.1 200 OK\r\nX-A: ")],
    "in the body": [then_stall(head(b"Content-Length: 500") + b"{")],
    "in the body of an error": [then_stall(head(b"Content-Length: 500", status="500 No") + b"{")],
    "in the pause before a retry": [say(response(b"", "503 Later", b"Retry-After: 30"))],
    "in the pause of a rate limit": [say(response(b"", "429 Slow", b"RateLimit-Reset: 30"))],
}
every_place = pytest.mark.parametrize("actions", PLACES.values(), ids=PLACES)
both_libraries = pytest.mark.parametrize("module", [httpx, httpx2], ids=["httpx", "httpx2"])


@pytest.fixture
def interrupt():
    """Return a function that presses Ctrl-C when `ready` says so."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    threads = []

    def press(ready):
        def wait():
            while not ready():
                threading.Event().wait(0.01)
            threading.Event().wait(0.1)
            os.kill(os.getpid(), signal.SIGINT)

        threads.append(threading.Thread(target=wait))
        threads[-1].start()

    yield press
    for thread in threads:
        thread.join()
    signal.signal(signal.SIGINT, before)


def _options(module, url, kind, **options):
    limits = module.Limits(max_connections=CONNECTIONS)
    http = getattr(module, kind)(timeout=20, trust_env=False, limits=limits)
    return {"base_url": url, "http_client": http, "retries": RetryPolicy(random=lambda: 0.0), **options}


def _serve(actions):
    server = Server(acting(actions))
    server.addresses = {b"{api}": server.url.encode()}
    return server


@both_libraries
@every_place
def test_ctrl_c(actions, module, interrupt):
    with _serve(actions) as server, Buildkite(SECRET, **_options(module, server.url, "Client")) as client:
        interrupt(lambda: server.heard)
        with pytest.raises(KeyboardInterrupt):
            get(client)
        server.calm = True
        assert [get(client) for _ in range(2 * CONNECTIONS)] == [1] * 2 * CONNECTIONS


@both_libraries
def test_ctrl_c_in_a_list_that_is_read_ahead(module, interrupt):
    with _serve([say(_PAGE), then_stall()]) as server:
        options = _options(module, server.url, "Client")
        with Buildkite(SECRET, **options) as patient:
            client = patient.with_options(timeout=2, max_retries=0)
            interrupt(lambda: len(server.heard) > 1)
            with pytest.raises(KeyboardInterrupt):
                list(_list(client))
            server.calm = True
            assert [get(client) for _ in range(2 * CONNECTIONS)] == [1] * 2 * CONNECTIONS
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("buildkite_rest")]


@both_libraries
def test_ctrl_c_in_a_download(module, interrupt, tmp_path):
    """The request that is under way is the last one."""
    listed = response(b'[{"id": "a", "job_id": "j", "path": "f.txt"}]')
    at = response(b'{"url": "{api}/f"}', "302 Found")
    with (
        _serve([say(listed), say(at), then_stall()]) as server,
        Buildkite(SECRET, **_options(module, server.url, "Client")) as patient,
    ):
        client = patient.with_options(timeout=2)
        interrupt(lambda: len(server.heard) > 2)
        with pytest.raises(KeyboardInterrupt):
            client.artifacts.download_build("acme", "web", 1, to=tmp_path)
        assert len(server.heard) == 3
        assert list(tmp_path.iterdir()) == []
        server.calm = True
        assert [get(client) for _ in range(2 * CONNECTIONS)] == [1] * 2 * CONNECTIONS


async def _heard(server, count):
    while len(server.heard) < count:  # noqa: ASYNC110 - it is counted in another thread
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)


@both_libraries
@every_place
def test_cancellation(actions, module):
    async def run(server):
        async with AsyncBuildkite(SECRET, **_options(module, server.url, "AsyncClient")) as client:
            task = asyncio.create_task(client.builds.get("acme", "web", 1))
            await _heard(server, 1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            server.calm = True
            for _ in range(2 * CONNECTIONS):
                assert (await client.builds.get("acme", "web", 1)).number == 1
        assert len(asyncio.all_tasks()) == 1

    with _serve(actions) as server:
        asyncio.run(run(server))


@both_libraries
def test_cancellation_of_a_list_that_is_read_ahead(module):
    async def read(client):
        return [found async for found in _list(client)]

    async def run(server):
        async with AsyncBuildkite(SECRET, **_options(module, server.url, "AsyncClient")) as client:
            task = asyncio.create_task(read(client))
            await _heard(server, 2)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            server.calm = True
            for _ in range(2 * CONNECTIONS):
                assert (await client.builds.get("acme", "web", 1)).number == 1
        assert len(asyncio.all_tasks()) == 1

    with _serve([say(_PAGE), then_stall()]) as server:
        asyncio.run(run(server))
