"""Pages that are read before they are asked for: their order and number, and that nothing of it is left behind."""

import asyncio
import threading
from contextlib import aclosing, suppress

import httpx
import pytest
from tests.unit.client.support import API, Script, build, response
from tests.unit.client.test_pager import builds

from buildkite_rest import AsyncBuildkite, Buildkite, NotFoundError


def numbers(pager):
    return [item.number for item in pager]


def wanted(script):
    """The numbers of the pages that were asked for. Threads may send them in any order."""
    return sorted(int(path.params.get("page", 1)) for path in (request.url for request in script.requests))


def page(number, last=None, following=None):
    """Return a page with one build, and the links that are given."""
    url = f"{API}/v2/builds?per_page=1&page="
    links = [f'<{url}{n}>; rel="{rel}"' for rel, n in (("next", following), ("last", last)) if n is not None]
    return response([build(number)], Link=", ".join(links))


def numbered(pages):
    """Answer each number of a page with what `pages` has for it."""
    return Script(lambda request: pages[int(request.url.params.get("page", 1))])


def test_an_error_is_raised_when_its_page_is_reached(connect):
    pages = {1: page(1, 4, 2), 2: page(2, 4, 3), 3: response({"message": "gone"}, 404), 4: page(4, 4)}
    items = iter(connect(numbered(pages)).builds.list("acme", "web").prefetch(3))
    assert [next(items).number, next(items).number] == [1, 2]
    with pytest.raises(NotFoundError):
        next(items)


def test_a_list_that_shrinks_ends_where_it_now_ends(connect):
    """Page 3 was taken for granted, and its error is nobody's business when page 2 is the last one."""
    pages = {1: page(1, 3, 2), 2: page(2, 2), 3: response({"message": "gone"}, 404)}
    assert numbers(connect(numbered(pages)).builds.list("acme", "web").prefetch(3)) == [1, 2]


def test_a_list_that_grows_is_followed_beyond_its_last_page(connect):
    pages = {1: page(1, 2, 2), 2: page(2, 2, 3), 3: page(3, 4, 4), 4: page(4, 4)}
    script = numbered(pages)
    assert numbers(connect(script).builds.list("acme", "web").prefetch(3)) == [1, 2, 3, 4]
    assert wanted(script) == [1, 2, 3, 4]


def test_unpredictable_urls_are_not_predicted_again(connect):
    def signed(request):
        number = int(request.url.params.get("page", 1))
        links = f'<{API}/v2/builds?page={number + 1}&sign={number}>; rel="next", <?page=9>; rel="last"'
        return response([build(number)], Link=links if number < 9 else "")

    script = Script(signed)
    assert numbers(connect(script).builds.list("acme", "web").prefetch(2)) == list(range(1, 10))
    assert len(script.requests) <= 10  # Each page, and page 3 once more for the signature that did not fit.


def no_threads():
    """Whether all threads of the client end. Nothing waits for them but this."""
    ours = [thread for thread in threading.enumerate() if thread.name.startswith("buildkite_rest")]
    for thread in ours:
        thread.join(30)
    return not any(thread.is_alive() for thread in ours)


class Gate:
    """Lets page 1 pass, and others only when it is opened; knows how many wait at most."""

    def __init__(self):
        self.lock, self.full, self.open = threading.Lock(), threading.Event(), threading.Event()
        self.waiting = self.most = 0

    def __call__(self, request):
        if request.url.params.get("page", "1") != "1":
            with self.lock:
                self.waiting += 1
                self.most = max(self.most, self.waiting)
            if self.most == 3:
                self.full.set()
            self.open.wait(60)
            with self.lock:
                self.waiting -= 1
        return builds(request)


@pytest.mark.parametrize(
    "change",
    [
        lambda pager: pager.prefetch(3),
        lambda pager: pager.prefetch(3).resume(f"{API}/v2/organizations/acme/pipelines/web/builds?page=1&per_page=10"),
    ],
    ids=["from-the-start", "resumed"],
)
def test_threads_keep_to_the_number_and_are_gone_after_an_early_stop(change):
    gate = Gate()
    with Buildkite("token", http_client=httpx.Client(transport=httpx.MockTransport(gate))) as client:
        pages = change(client.builds.list("acme", "web", per_page=10)).pages()
        next(pages)
        assert gate.full.wait(60)
        gate.open.set()
        for _ in range(5):
            next(pages)
        pages.close()
    assert gate.most == 3
    assert no_threads()


class Stalling(httpx.BaseTransport):
    """Responds to requests for page 1, and to others when it is released; knows whether it was closed meanwhile."""

    def __init__(self):
        self.stalled, self.released, self.closed = threading.Event(), threading.Event(), threading.Event()
        self.closed_early = False

    def handle_request(self, request):
        if request.url.params.get("page", "1") != "1":
            self.stalled.set()
            assert self.released.wait(60)
            self.closed_early = self.closed.is_set()
        return builds(request)

    def close(self):
        self.closed.set()


@pytest.fixture
def stalling():
    transport = Stalling()
    yield transport
    transport.released.set()
    assert no_threads()


@pytest.mark.timeout(60)
def test_an_early_stop_does_not_wait_for_a_request_in_flight(stalling):
    with Buildkite("token", http_client=httpx.Client(transport=stalling)) as client:
        for _ in client.builds.list("acme", "web", per_page=10).prefetch(3):
            assert stalling.stalled.wait(60)
            break
    assert not stalling.released.is_set()


def test_a_client_that_is_closed_meanwhile_closes_its_connections_after_the_last_request(stalling):
    with Buildkite("token", http_client=httpx.Client(transport=stalling)) as client:
        pages = client.builds.list("acme", "web", per_page=10).prefetch(3).pages()
        next(pages)
        assert stalling.stalled.wait(60)
        pages.close()
    with pytest.raises(ValueError, match="the client is closed"):
        client.user.get()
    assert not stalling.closed.is_set()
    stalling.released.set()
    assert stalling.closed.wait(60)
    assert not stalling.closed_early


class Waiting(httpx.AsyncBaseTransport):
    """Responds page 1, and others never; counts those that wait and those that were cancelled."""

    def __init__(self, n):
        self.n, self.waiting, self.cancelled, self.full = n, 0, 0, asyncio.Event()

    async def handle_async_request(self, request):
        if request.url.params.get("page", "1") != "1":
            self.waiting += 1
            if self.waiting == self.n:
                self.full.set()
            try:
                await asyncio.Event().wait()
            finally:
                self.cancelled += 1
        return builds(request)


async def stop(pager, full):
    async with aclosing(pager.pages()) as pages:
        async for _ in pages:
            await full.wait()
            return


async def fail(pager, full):
    async for _ in pager:
        await full.wait()
        raise KeyError


async def cancel(pager, full):
    async def consume():
        return [page async for page in pager.pages()]

    task = asyncio.create_task(consume())
    await full.wait()
    task.cancel()
    await asyncio.wait([task])


@pytest.mark.parametrize("way", [stop, fail, cancel])
def test_tasks_are_cancelled_when_the_consumer_stops(way):
    async def run():
        transport = Waiting(3)
        async with AsyncBuildkite("token", http_client=httpx.AsyncClient(transport=transport)) as client:
            with suppress(KeyError):
                await way(client.builds.list("acme", "web", per_page=10).prefetch(3), transport.full)
            async with asyncio.timeout(60):
                while others := asyncio.all_tasks() - {asyncio.current_task()}:
                    await asyncio.wait(others)
        assert (transport.waiting, transport.cancelled) == (3, 3)

    asyncio.run(run(), debug=True)
