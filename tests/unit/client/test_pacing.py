"""Requests slow down before a limit is exhausted, all threads and tasks of a client together."""

import asyncio
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from tests.unit.client.turns import headers

from buildkite_rest import (
    AsyncBuildkite,
    Buildkite,
    RateLimitError,
    RateLimitPacing,
    RetryPolicy,
    Timing,
)

WINDOW = 60.0


class LimitedApi:
    """An API that allows a number of requests in a window of the clock, and counts those that it refuses."""

    def __init__(self, clock, *, organization=1000, user=1000):
        self.clock = clock
        self.limits = {"rest": organization, "rest_user": user}
        self.begins = clock.now
        self.used = 0
        self.refused = 0
        self.times = []
        self.lock = threading.Lock()

    def __call__(self, request):
        with self.lock:
            if self.clock.now >= self.begins + WINDOW:
                self.begins, self.used = self.clock.now, 0
            self.used += 1
            self.times.append(self.clock.now)
            reset = str(int(self.begins + WINDOW - self.clock.now + 0.999))
            headers = {}
            for prefix, scope in (("RateLimit", "rest"), ("RateLimit-User", "rest_user")):
                left = max(0, self.limits[scope] - self.used)
                headers |= {f"{prefix}-Scope": scope, f"{prefix}-Limit": str(self.limits[scope])}
                headers |= {f"{prefix}-Remaining": str(left), f"{prefix}-Reset": reset}
            for scope, limit in self.limits.items():
                if self.used > limit:
                    self.refused += 1
                    body = {"message": "m", "scope": scope, "limit": limit, "reset": int(reset)}
                    return httpx.Response(429, json=body, headers=headers)
            return httpx.Response(200, json=[], headers=headers)


@pytest.mark.parametrize("limits", [{"organization": 20}, {"user": 20}, {"organization": 20, "user": 15}])
def test_no_request_is_refused(connect, clock, limits):
    api = LimitedApi(clock, **limits)
    client = connect(api, pacing=RateLimitPacing())
    for _ in range(70):
        client.emojis.list("acme")
    assert api.refused == 0
    assert len(api.times) == 70


def test_a_wait_that_is_too_long_is_left_to_the_api(connect, clock):
    api = LimitedApi(clock, organization=1)
    retries = RetryPolicy(max_rate_limit_wait=5, random=lambda: 0.0)
    client = connect(api, pacing=RateLimitPacing(), retries=retries)
    client.emojis.list("acme")
    with pytest.raises(RateLimitError):
        client.emojis.list("acme")
    assert clock.sleeps == []


def test_a_client_with_other_options_shares_the_turns(connect, clock):
    client = connect(LimitedApi(clock, organization=1), pacing=RateLimitPacing())
    client.emojis.list("acme")
    client.with_options(timeout=1).emojis.list("acme")
    assert len(clock.sleeps) == 1


def test_responses_without_limits_cause_no_waits(connect, clock):
    client = connect(lambda _: httpx.Response(200, json=[]), pacing=RateLimitPacing())
    for _ in range(5):
        client.emojis.list("acme")
    assert clock.sleeps == []


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_is_between_0_and_1(share):
    with pytest.raises(ValueError, match=f"reserve must be from 0 to 1, not {share}"):
        RateLimitPacing(reserve=share)


def test_a_reserve_is_left_to_others(connect, clock):
    api = LimitedApi(clock, organization=20)
    client = connect(api, pacing=RateLimitPacing(reserve=0.25))
    for _ in range(45):
        client.emojis.list("acme")
    windows = Counter(int(time // WINDOW) for time in api.times)
    assert api.refused == 0
    assert max(windows.values()) == 15


@pytest.mark.parametrize(
    ("lie", "longest"),
    [
        (headers(0, reset=86400), 60),
        (headers(0, reset=1_790_000_000), 60),
        (headers(0, reset=10**400), 60),
        (headers(-1), 0),
        (headers(0, reset=-1), 0),
        (headers(0, reset=29.5), 0),
        (headers(0, limit="5.0"), 0),
        (headers("0, 0"), 0),
        (headers(5, limit=0), 0),
        (headers(0, limit=0), 0),
        (headers(11), 0),
        (headers(999_999_999, limit=1), 60),
    ],
)
def test_implausible_headers_cause_no_stall(connect, clock, lie, longest):
    client = connect(lambda _: httpx.Response(200, json=[], headers=lie), pacing=RateLimitPacing())
    for _ in range(4):
        client.emojis.list("acme")
    assert max(clock.sleeps, default=0) <= longest


def test_the_organization_is_read_from_the_url(connect, clock):
    client = connect(
        lambda request: httpx.Response(200, json=[], headers=headers(0 if "/acme/" in str(request.url) else 9)),
        pacing=RateLimitPacing(),
    )
    for organization in ("acme", "globex", "globex"):
        client.emojis.list(organization)
    assert clock.sleeps == []
    client.emojis.list("acme")
    assert len(clock.sleeps) == 1


def test_threads_share_the_turns(clock):
    api, waits = LimitedApi(clock, organization=5), []
    all_wait = threading.Barrier(9)

    def call(client):
        client.emojis.list("acme")
        all_wait.wait(timeout=30)

    def sleep(seconds):
        waits.append(seconds)
        all_wait.wait(timeout=30)  # the clock stands still: a thread that went on would be too early
        raise TimeoutError

    http_client = httpx.Client(transport=httpx.MockTransport(api))
    timing = Timing(monotonic=lambda: clock.now, sleep=sleep)
    with (
        Buildkite("t", http_client=http_client, pacing=RateLimitPacing(), timing=timing) as client,
        ThreadPoolExecutor(9) as threads,
    ):
        client.emojis.list("acme")
        calls = [threads.submit(call, client) for _ in range(9)]
    assert sum(each.exception() is not None for each in calls) == len(waits) == 5
    assert (len(api.times), api.refused) == (5, 0)


def test_tasks_that_share_a_client_get_no_429(clock):
    api = LimitedApi(clock, user=20)

    async def sleep(seconds):
        wakes = clock.now + seconds
        for _ in range(100):  # the other tasks come to their own pauses
            await asyncio.sleep(0)
        clock.now = max(clock.now, wakes)

    async def run():
        timing = Timing(monotonic=lambda: clock.now, async_sleep=sleep)
        http_client = httpx.AsyncClient(transport=httpx.MockTransport(api))
        async with AsyncBuildkite("t", http_client=http_client, pacing=RateLimitPacing(), timing=timing) as client:
            await asyncio.gather(*(client.emojis.list("acme") for _ in range(60)))

    began = clock.now
    asyncio.run(run())
    assert (api.refused, len(api.times), clock.now - began) == (0, 60, 120)
