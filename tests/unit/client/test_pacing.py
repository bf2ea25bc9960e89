"""Requests slow down before a limit is exhausted: those of threads, of tasks, and of several processes.

Processes know of each other from the headers of their responses only.
"""

import asyncio
import heapq
import math
import random
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from itertools import count
from math import inf
from typing import Any

import httpx
import pytest
from attrs import define, field, frozen

from buildkite_rest import (
    AsyncBuildkite,
    RateLimitError,
    RateLimitPacing,
    RetryPolicy,
    Timing,
)
from buildkite_rest._policy.pacing import Pacer, Pause, Turn

WINDOW = 60.0


def claim(pacer: Pacer, organization: str | None, now: float, max_pause: float = 1000.0) -> float:
    """Let a request to `organization` take its turn, and return its first pause."""
    return seconds(pacer.pause(pacer.new_turn(organization), now, max_pause=max_pause))


def seconds(pause: Pause | None) -> float:
    """Return the seconds of a pause, infinity for one that depends on a response, and 0 for none."""
    if pause is None:
        return 0.0
    return inf if pause.is_poll else pause.seconds


def observe(pacer: Pacer, headers: Mapping[str, str], organization: str | None, now: float) -> None:
    """Let a request to `organization` have a response with these headers."""
    pacer.observe(pacer.new_turn(organization), headers, now, is_accepted=True)


def headers(remaining: int, reset: int = 60, limit: int = 10) -> dict[str, str]:
    """Return the headers of the limit of an organization."""
    return {"RateLimit-Limit": str(limit), "RateLimit-Remaining": str(remaining), "RateLimit-Reset": str(reset)}


def send(pacer: Pacer, now: float) -> Turn:
    """Let a request to `acme` be sent, and return its turn."""
    turn = pacer.new_turn("acme")
    assert pacer.pause(turn, now, max_pause=1000) is None
    return turn


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
        (headers(0, reset=100), 60),
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
        pacing=RateLimitPacing(),
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


def test_a_new_call_does_not_overtake():
    pacer = Pacer(RateLimitPacing())
    observe(pacer, headers(0, limit=1), "acme", 0.0)
    first, second = pacer.new_turn("acme"), pacer.new_turn("acme")
    assert seconds(pacer.pause(first, 0.0, max_pause=1000)) == 60
    assert seconds(pacer.pause(second, 60.0, max_pause=1000)) > 0
    assert seconds(pacer.pause(first, 60.0, max_pause=1000)) == 0


def test_a_slow_response_does_not_begin_another_window():
    """Its reset was right when the response was made, and its rest before that of a later one."""
    pacer = Pacer(RateLimitPacing())
    observe(pacer, headers(3, reset=25), "acme", 4.0)
    slow, fast = send(pacer, 4.3), send(pacer, 5.5)
    pacer.observe(fast, headers(1, reset=20), 8.8, is_accepted=True)
    pacer.observe(slow, headers(2, reset=22), 9.5, is_accepted=True)
    last = send(pacer, 9.5)
    assert claim(pacer, "acme", 9.6) == inf
    pacer.leave(last)
    assert claim(pacer, "acme", 9.7) == pytest.approx(28.8 - 9.7)


def test_a_response_of_the_window_before_does_not_count():
    pacer = Pacer(RateLimitPacing())
    observe(pacer, headers(9, reset=60), "acme", 0.0)
    slow, other = send(pacer, 45.0), send(pacer, 60.0)
    pacer.observe(other, headers(8, reset=60), 60.1, is_accepted=True)
    pacer.observe(slow, headers(0, reset=14), 62.0, is_accepted=True)
    assert claim(pacer, "acme", 62.1) == 0


@pytest.mark.parametrize("response", [None, {}])
def test_a_request_whose_response_is_lost_may_have_been_counted(response):
    pacer = Pacer(RateLimitPacing())
    observe(pacer, headers(4), "acme", 0.0)
    lost, other, last = (pacer.new_turn("acme") for _ in range(3))
    pacer.pause(lost, 1.0, max_pause=1000)
    if response is None:
        pacer.leave(lost)
    else:
        pacer.observe(lost, response, 1.0, is_accepted=True)
    assert [claim(pacer, "acme", 2.0) for _ in range(2)] == [0, 0]
    assert seconds(pacer.pause(other, 2.0, max_pause=1000)) == 0
    assert seconds(pacer.pause(last, 2.0, max_pause=1000)) == inf


@define
class Api:
    """An API with a limit, whose first request begins a window."""

    limit: int
    begins: float = float("-inf")
    used: int = 0
    refused: int = 0
    accepted: int = 0

    def respond(self, now: float) -> tuple[bool, dict[str, str]]:
        """Count a request, and return whether it is accepted, and the headers of the response."""
        if now >= self.begins + WINDOW:
            self.begins, self.used = now, 0
        self.used += 1
        accepted = self.used <= self.limit
        self.accepted += accepted
        self.refused += not accepted
        left, reset = max(0, self.limit - self.used), math.ceil(self.begins + WINDOW - now)
        numbers = {"Limit": self.limit, "Remaining": left, "Reset": reset}
        return accepted, {f"RateLimit-{name}": str(number) for name, number in numbers.items()}


@define
class Client:
    """A process with tasks that make calls until none is left."""

    pacer: Pacer | None
    left: int
    ended: float = field(default=0.0, init=False)
    longest: float = field(default=0.0, init=False)
    """The longest that a call took, with its pauses and retries."""


@frozen
class Outcome:
    """What a fleet did."""

    api: Api
    clients: list[Client]

    @property
    def seconds(self) -> float:
        return max(client.ended for client in self.clients)

    @property
    def refused(self) -> float:
        """Share of the requests that were refused with 429."""
        return self.api.refused / (self.api.accepted + self.api.refused)


@define
class Simulation:
    """A fleet on a clock of its own: a request takes 10 to 30 ms, and so does a response."""

    api: Api
    chance: random.Random
    events: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = field(factory=list, init=False)
    order: count = field(factory=count, init=False)

    def at(self, time: float, action: Callable[..., None], *arguments: object) -> None:
        heapq.heappush(self.events, (time, next(self.order), action, arguments))

    def latency(self) -> float:
        return self.chance.uniform(0.01, 0.03)

    def call(self, now: float, client: Client) -> None:
        if client.left:
            client.left -= 1
            self.attempt(now, client, now)

    def attempt(self, now: float, client: Client, began: float) -> None:
        self.ask(now, client, began, client.pacer.new_turn("acme") if client.pacer else None)

    def ask(self, now: float, client: Client, began: float, turn: Turn | None) -> None:
        pause = client.pacer.pause(turn, now, max_pause=120) if client.pacer and turn else None
        if pause is not None:
            self.at(now + pause.seconds, self.ask, client, began, turn)
        else:
            self.at(now + self.latency(), self.arrive, client, began, turn)

    def arrive(self, now: float, client: Client, began: float, turn: Turn | None) -> None:
        self.at(now + self.latency(), self.receive, client, began, turn, self.api.respond(now))

    def receive(
        self, now: float, client: Client, began: float, turn: Turn | None, response: tuple[bool, dict[str, str]]
    ) -> None:
        accepted, headers = response
        if client.pacer and turn:
            client.pacer.observe(turn, headers, now, is_accepted=accepted)
        if accepted:
            client.ended, client.longest = now, max(client.longest, now - began)
            self.call(now, client)
        else:
            self.at(now + int(headers["RateLimit-Reset"]) + self.chance.random(), self.attempt, client, began)

    def run(self) -> None:
        while self.events:
            now, _, action, arguments = heapq.heappop(self.events)
            action(now, *arguments)


def run(clients: int, calls: int, limit: int, *, pacing: RateLimitPacing | None, seed: int, tasks: int = 1) -> Outcome:
    """Let each client of a fleet make its calls with some tasks."""
    simulation = Simulation(Api(limit), random.Random(seed))
    fleet = [Client(Pacer(pacing) if pacing else None, calls) for _ in range(clients)]
    for client in fleet:
        begins = simulation.chance.uniform(0, 0.3)
        for _ in range(tasks):
            simulation.at(begins, simulation.call, client)
    simulation.run()
    return Outcome(simulation.api, fleet)


def fleets(
    clients: int, calls: int, limit: int, *, pacing: RateLimitPacing | None, runs: int = 20, tasks: int = 1
) -> list[Outcome]:
    return [run(clients, calls, limit, pacing=pacing, seed=seed, tasks=tasks) for seed in range(runs)]


def test_few_requests_of_ten_processes_are_refused():
    found = fleets(10, 36, 120, pacing=RateLimitPacing())
    assert sum(each.refused for each in found) / len(found) < 0.015
    assert max(each.refused for each in found) < 0.03


def test_with_a_reserve_no_request_of_ten_processes_is_refused():
    assert [each.refused for each in fleets(10, 36, 120, pacing=RateLimitPacing(reserve=0.1))] == [0] * 20


@pytest.mark.parametrize("limit", [2000, 5000])
def test_a_thousand_processes_get_fewer_429s_and_end_in_time(limit):
    (paced,) = fleets(1000, 11, limit, pacing=RateLimitPacing(), runs=1)
    (unpaced,) = fleets(1000, 11, limit, pacing=None, runs=1)
    assert paced.api.accepted == unpaced.api.accepted == 11_000
    assert paced.api.refused < 0.8 * unpaced.api.refused
    assert paced.seconds < unpaced.seconds + WINDOW


@pytest.mark.parametrize(
    ("tasks", "calls", "limit"), [(8, 120, 50), (6, 60, 20), (160, 160, 50), (3, 30, 10), (20, 40, 1000), (4, 12, 4)]
)
@pytest.mark.parametrize("pacing", [RateLimitPacing(), RateLimitPacing(reserve=0.1)])
def test_tasks_of_one_client_get_no_429_and_wait_in_order(tasks, calls, limit, pacing):
    found = fleets(1, calls, limit, pacing=pacing, tasks=tasks, runs=5)
    windows = -(-calls // max(1, int(limit * (1 - pacing.reserve))))
    longest = WINDOW * -(-tasks // max(1, int(limit * (1 - pacing.reserve))))
    assert [each.api.refused for each in found] == [0] * 5
    assert max(each.seconds for each in found) < WINDOW * (windows - 1) + 5
    assert max(each.clients[0].longest for each in found) < longest + 10
