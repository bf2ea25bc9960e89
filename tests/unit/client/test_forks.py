"""A process that is forked while other threads hold the locks of the client."""

import os
import threading
import time
from contextlib import contextmanager

from tests.unit.client.test_processes import in_fork, pytestmark, url
from tests.unit.client.turns import claim, observe

from buildkite_rest import Buildkite, JWTAuth, RateLimitPacing, RetryPolicy
from buildkite_rest._policy.pacing import Pacer

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


def test_a_turn_that_is_claimed_elsewhere_meanwhile():
    pacer = Pacer(RateLimitPacing(below=1))
    observe(pacer, LIMITS, "acme", 0.0)
    claim(pacer, "acme", 0.0, 60.0)
    with held(pacer._lock.current):
        waits = in_fork(lambda: (observe(pacer, LIMITS, "acme", 0.0), claim(pacer, "acme", 0.0, 60.0))[1])
    assert 0 < waits <= claim(pacer, "acme", 0.0, 60.0)


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
