"""A process that is forked while other threads hold the locks of the client."""

import gc
import os
import threading
import time
from contextlib import contextmanager

import httpx
from attrs import evolve
from tests.unit.client.test_pagination import LAST, builds
from tests.unit.client.test_processes import in_fork, pytestmark, url
from tests.unit.client.turns import claim, observe

from _buildkite_rest.cached_property import cached_property
from buildkite_rest import Buildkite, JWTAuth, RateLimitPacing, RetryPolicy
from buildkite_rest._base.workers import Cancellation, Workers
from buildkite_rest._http.pool import Connections
from buildkite_rest._policy.pacing import Pacer
from buildkite_rest._resources.downloads import BuildDownload
from buildkite_rest.mock import MockServer

__all__ = ["pytestmark", "url"]

UUID = "01920000-0000-7000-8000-000000000021"
LIMITS = {"RateLimit-Limit": "200", "RateLimit-Remaining": "50", "RateLimit-Reset": "30"}


@contextmanager
def held(lock):
    """Let another thread hold `lock` during the block."""
    has, release = threading.Event(), threading.Event()

    def hold():
        with lock:
            has.set()
            assert release.wait(60)

    thread = threading.Thread(target=hold)
    thread.start()
    assert has.wait(60)
    try:
        yield
    finally:
        release.set()
        thread.join()


@contextmanager
def running(work):
    """Let another thread run `work` during the block."""
    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def test_a_signature_that_is_made_elsewhere_meanwhile(rsa_key):
    signing, signed, parent = threading.Event(), threading.Event(), os.getpid()

    def clock():
        if os.getpid() == parent:
            signing.set()
            assert signed.wait(60)
        return time.time()

    auth = JWTAuth(UUID, rsa_key, clock=clock)
    with running(auth.authorization):
        assert signing.wait(60)
        header = in_fork(lambda: (auth.renew(None), auth.authorization())[1])
        signed.set()
    assert header.startswith("Bearer ey")


def test_a_signature_by_an_object_that_was_evolved(rsa_key):
    auth = evolve(JWTAuth(UUID, rsa_key), lifetime=30)
    with held(auth._lock.current):
        assert in_fork(auth.authorization).startswith("Bearer ey")


def test_a_turn_that_is_claimed_elsewhere_meanwhile():
    pacer = Pacer(RateLimitPacing(below=1))
    observe(pacer, LIMITS, "acme", 0.0)
    claim(pacer, "acme", 0.0, 60.0)
    with held(pacer._lock.current):
        waits = in_fork(lambda: (observe(pacer, LIMITS, "acme", 0.0), claim(pacer, "acme", 0.0, 60.0))[1])
    assert 0 < waits <= claim(pacer, "acme", 0.0, 60.0)


def test_connections_that_are_made_elsewhere_meanwhile():
    connections = Connections("first", lambda: "second")
    connections.client()
    with held(connections._lock.current):
        assert in_fork(lambda: (connections.client(), connections.client())) == ("second", "second")


def test_the_close_of_a_client_that_is_used_elsewhere_meanwhile():
    def work():
        before = connections.client()
        connections.close(lambda: closed.append("in the child"))
        return before, list(closed)

    closed = []
    connections = Connections("first", lambda: "second")
    connections.client()
    with connections.keep_open():
        connections.close(lambda: closed.append("in the parent"))
        assert in_fork(work) == ("second", ["in the child"])
        assert closed == []
    assert closed == ["in the parent"]


def test_progress_that_is_reported_elsewhere_meanwhile():
    reporting, reported, parent, seen = threading.Event(), threading.Event(), os.getpid(), []

    def progress(done, _):
        seen.append(done)
        if os.getpid() == parent:
            reporting.set()
            assert reported.wait(60)

    def work():
        download.progress_of(1)(5, None)
        download.cancel()
        return seen[-1]

    download = BuildDownload([10, 10], progress)
    with running(lambda: download.progress_of(0)(1, None)):
        assert reporting.wait(60)
        assert in_fork(work) == 6
        reported.set()


def test_a_fork_by_the_thread_that_reports_progress():
    def progress(done, _):
        seen.append(in_fork(lambda: done) if not seen else done)

    seen = []
    download = BuildDownload([1], progress)
    download.progress_of(0)(1, None)
    download.progress_of(0)(2, None)
    assert seen == [1, 2]


def test_workers_are_closed_in_the_child_too():
    workers = Workers(1, cancellation := Cancellation("stopped"))
    assert workers.submit(lambda: 5).result(60) == 5
    assert in_fork(lambda: (workers.are_inherited(), workers.close(), cancellation.is_cancelled())) == (
        True,
        None,
        True,
    )
    assert not cancellation.is_cancelled()
    workers.close()


def test_a_mock_server_that_is_changed_elsewhere_meanwhile():
    with MockServer(builds=1) as server, held(server._lock.current):
        assert in_fork(server.reset) == "RuntimeError: the mock server has stopped"
        assert in_fork(lambda: server.__exit__(None, None, None)) is None


def test_a_list_that_is_read_ahead_continues_in_the_child():
    def work():
        rest = [found.number for found in items]
        items.close()
        return rest

    with Buildkite("token", http_client=httpx.Client(transport=httpx.MockTransport(builds))) as client:
        connections = client._http._connections
        connections._make = lambda: connections.current  # It has no connections, so processes can share it.
        items = iter(client.builds.list("acme", "web", per_page=10).prefetch(3))
        first = [next(items).number for _ in range(15)]
        assert first + in_fork(work) == list(range(1, LAST + 1))
        assert first + work() == list(range(1, LAST + 1))


def test_a_client_whose_pool_is_in_use_elsewhere_is_closed_and_collected_in_the_child(url):
    def work():
        name = client.user.get().name
        client.close()
        gc.collect()
        return name

    client = Buildkite("t", base_url=url)
    name = client.user.get().name
    with held(client._http._connections.current._transport._pool._optional_thread_lock._lock):
        assert in_fork(client.close) is None
        assert in_fork(work) not in (name, "", None)
    client.close()


def test_a_resource_that_is_first_used_elsewhere_meanwhile():
    class Slow:
        @cached_property
        def resource(self):
            started.set()
            assert os.getpid() != parent or computed.wait(60)
            return "resource"

    started, computed, parent = threading.Event(), threading.Event(), os.getpid()
    slow = Slow()
    with running(lambda: slow.resource):
        assert started.wait(60)
        assert in_fork(lambda: Slow().resource) == "resource"
        computed.set()
    assert slow.resource == "resource"


def test_threads_that_first_use_a_resource_together_get_the_same():
    class Slow:
        @cached_property
        def resource(self):
            together.wait(60)
            return object()

    together, slow = threading.Barrier(2), Slow()
    found = []
    with running(lambda: found.append(slow.resource)):
        found.append(slow.resource)
    assert found[0] is found[1] is slow.resource


def test_children_of_a_client_under_load_work(url, rsa_key):
    """The clock takes its time, so that most forks happen while a thread signs."""

    def clock():
        time.sleep(0.003)
        return time.time() + next(seconds)

    def load():
        while not enough.is_set():
            client.user.get()
            observe(pacer, LIMITS, "acme", time.monotonic())
            claim(pacer, "acme", time.monotonic(), 0.0)

    enough, seconds = threading.Event(), iter(range(0, 1_000_000, 3))
    auth = JWTAuth(UUID, rsa_key, clock=clock)
    options = {"pacing": RateLimitPacing(below=1.0), "retries": RetryPolicy(max_rate_limit_wait=0)}
    with Buildkite(auth, base_url=url, **options) as client:
        pacer = client._http.settings.pacer
        threads = [threading.Thread(target=load) for _ in range(4)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(20):
                assert in_fork(lambda: client.user.get().name).isdecimal()
        finally:
            enough.set()
            for thread in threads:
                thread.join()
