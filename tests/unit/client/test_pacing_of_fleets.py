"""Clients in several processes share a limit. They know of each other from the headers of their responses only."""

import heapq
import math
import random
from itertools import count

import pytest
from attrs import define, field, frozen

from buildkite_rest import RateLimitPacing
from buildkite_rest._policy.pacing import Pacer

WINDOW = 60.0


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
    """A process that makes one call after another."""

    pacer: Pacer | None
    left: int
    ended: float = field(default=0.0, init=False)


@frozen
class Outcome:
    """What a fleet did."""

    api: Api
    ends: list[float]

    @property
    def seconds(self) -> float:
        return max(self.ends)

    @property
    def refused(self) -> float:
        """Share of the requests that were answered with 429."""
        return self.api.refused / (self.api.accepted + self.api.refused)


def run(clients: int, calls: int, limit: int, *, pacing: RateLimitPacing | None, seed: int) -> Outcome:
    """Let a fleet make its calls on a clock of its own: each takes 20 to 60 ms and begins right after the last one."""
    chance, api, order = random.Random(seed), Api(limit), count()
    fleet = [Client(Pacer(pacing) if pacing else None, calls) for _ in range(clients)]
    arrivals = [(chance.uniform(0, 0.3), next(order), client) for client in fleet]
    heapq.heapify(arrivals)
    while arrivals:
        now, _, client = heapq.heappop(arrivals)
        accepted, headers = api.respond(now)
        now += chance.uniform(0.01, 0.03)
        if client.pacer:
            client.pacer.observe(headers, "acme", now)
        client.left -= accepted
        if client.left == 0:
            client.ended = now
            continue
        delay = 0.0 if accepted else int(headers["RateLimit-Reset"]) + chance.random()
        delay += client.pacer.claim("acme", now + delay, 120) if client.pacer else 0
        heapq.heappush(arrivals, (now + delay + chance.uniform(0.01, 0.03), next(order), client))
    return Outcome(api, [client.ended for client in fleet])


def fleets(clients: int, calls: int, limit: int, *, pacing: RateLimitPacing | None, runs: int = 20) -> list[Outcome]:
    return [run(clients, calls, limit, pacing=pacing, seed=seed) for seed in range(runs)]


def test_without_pacing_each_process_gets_a_429_in_each_window():
    found = fleets(10, 36, 120, pacing=None)
    assert min(each.refused for each in found) > 0.04


def test_few_requests_of_ten_processes_are_refused():
    found = fleets(10, 36, 120, pacing=RateLimitPacing())
    assert sum(each.refused for each in found) / len(found) < 0.015
    assert max(each.refused for each in found) < 0.03


def test_ten_processes_use_the_whole_limit():
    """360 calls with 120 in a minute begin in three windows."""
    seconds = sorted(each.seconds for each in fleets(10, 36, 120, pacing=RateLimitPacing()))
    assert seconds[len(seconds) * 3 // 4] < 1.10 * 2 * WINDOW


def test_no_process_is_starved():
    found = fleets(10, 36, 120, pacing=RateLimitPacing())
    ratios = sorted(max(each.ends) / min(each.ends) for each in found)
    assert ratios[len(ratios) * 3 // 4] < 1.3


def test_with_a_reserve_no_request_of_ten_processes_is_refused():
    assert [each.refused for each in fleets(10, 36, 120, pacing=RateLimitPacing(reserve=0.1))] == [0] * 20


@pytest.mark.parametrize("limit", [2000, 5000])
def test_a_thousand_processes_get_fewer_429s_and_end_no_later(limit):
    (paced,) = fleets(1000, 11, limit, pacing=RateLimitPacing(), runs=1)
    (unpaced,) = fleets(1000, 11, limit, pacing=None, runs=1)
    assert paced.api.accepted == unpaced.api.accepted == 11_000
    assert paced.api.refused < 0.8 * unpaced.api.refused
    assert paced.seconds < 1.10 * unpaced.seconds
