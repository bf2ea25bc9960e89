"""Requests slow down before a limit is exhausted, all threads and tasks of a client together."""

import asyncio
import threading
from collections import Counter
from itertools import pairwise

import httpx
import pytest
from tests.unit.client.turns import headers

from buildkite_rest import (
    AsyncBuildkite,
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
@pytest.mark.parametrize("below", [0.0, 0.5, 1.0])
def test_no_request_is_refused(connect, clock, limits, below):
    api = LimitedApi(clock, **limits)
    client = connect(api, pacing=RateLimitPacing(below=below))
    for _ in range(70):
        client.emojis.list("acme")
    assert api.refused == 0
    assert len(api.times) == 70


def test_there_are_no_waits_above_the_share(connect, clock):
    client = connect(LimitedApi(clock, organization=20), pacing=RateLimitPacing(below=0.5))
    for _ in range(10):
        client.emojis.list("acme")
    assert clock.sleeps == []
    client.emojis.list("acme")
    assert 5 < clock.sleeps[0] <= 6.1  # ten requests are left for a minute


def test_the_remaining_requests_last_until_the_window_ends(connect, clock):
    api = LimitedApi(clock, organization=20)
    client = connect(api, pacing=RateLimitPacing(below=0.5))
    for _ in range(20):
        client.emojis.list("acme")
    spread = api.times[10:]
    assert spread[-1] - spread[0] > WINDOW * 0.7
    gaps = [later - earlier for earlier, later in pairwise(spread)]
    assert max(gaps) < 3 * min(gaps)


def test_a_wait_that_is_too_long_is_left_to_the_api(connect, clock):
    api = LimitedApi(clock, organization=1)
    retries = RetryPolicy(max_rate_limit_wait=5, random=lambda: 0.0)
    client = connect(api, pacing=RateLimitPacing(below=0), retries=retries)
    client.emojis.list("acme")
    with pytest.raises(RateLimitError):
        client.emojis.list("acme")
    assert clock.sleeps == []


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
@pytest.mark.parametrize("name", ["below", "reserve"])
def test_a_share_is_between_0_and_1(name, share):
    with pytest.raises(ValueError, match=f"{name} must be from 0 to 1, not {share}"):
        RateLimitPacing(**{name: share})


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
        (headers(0, reset=10**400), 60),
        (headers(-1), 0),
        (headers(0, reset=-1), 0),
        (headers("0, 0"), 0),
        (headers(0, limit=0), 0),
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
        pacing=RateLimitPacing(below=0),
    )
    for organization in ("acme", "globex", "globex"):
        client.emojis.list(organization)
    assert clock.sleeps == []
    client.emojis.list("acme")
    assert len(clock.sleeps) == 1


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
