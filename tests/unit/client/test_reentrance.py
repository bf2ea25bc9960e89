"""A signal handler, callback or finalizer may use an object while the same thread is inside one of its methods."""

import threading
import time

import pytest
from tests.unit.client.test_jwt import UUID, claims
from tests.unit.client.turns import claim, observe

from buildkite_rest import JWTAuth, RateLimitPacing
from buildkite_rest._policy.pacing import Pacer

LIMITS = {"RateLimit-Limit": "200", "RateLimit-Remaining": "1", "RateLimit-Reset": "30"}


class Interrupted:
    """A callable that runs `handler` inside its first call, as a signal handler would run there."""

    def __init__(self, result):
        self.result = result
        self.handler = None

    def __call__(self, *_):
        handler, self.handler = self.handler, None
        if handler is not None:
            handler()
        return self.result()


def finishes(work):
    """Run `work` in a thread, and return its result. A deadlock fails the test."""
    results = []
    thread = threading.Thread(target=lambda: results.append(work()), daemon=True)
    thread.start()
    thread.join(20)
    assert results, "the thread waits for itself, or failed"
    return results[0]


@pytest.mark.parametrize("method", ["authorization", "renew"])
def test_a_signature_can_be_used_while_another_is_made(rsa_key, method):
    clock = Interrupted(time.time)
    auth = JWTAuth(UUID, rsa_key, clock=clock)
    inner = []
    clock.handler = lambda: inner.append(auth.authorization())
    date = "Mon, 02 Mar 2026 09:15:00 GMT"
    finishes(lambda: auth.renew(date) if method == "renew" else auth.authorization())
    assert claims(inner[0], rsa_key)["iss"] == UUID
    assert claims(finishes(auth.authorization), rsa_key)["iss"] == UUID


def test_a_turn_can_be_claimed_while_limits_are_observed():
    pacer = Pacer(RateLimitPacing())

    def work():
        with pacer._lock.current:
            observe(pacer, LIMITS, "acme", 0.0)
            return claim(pacer, "acme", 0.0, 60.0), claim(pacer, "acme", 0.0, 60.0)

    first, second = finishes(work)
    assert 0 <= first < second
