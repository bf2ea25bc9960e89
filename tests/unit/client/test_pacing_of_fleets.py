"""Clients in several processes, with one or more tasks each, share a limit.

They know of each other from the headers of their responses only.
"""

import heapq
import math
import random
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from attrs import define, field, frozen

from buildkite_rest import RateLimitPacing
from buildkite_rest._policy.pacing import Pacer, Turn

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
def test_a_thousand_processes_get_fewer_429s_and_end_no_later(limit):
    (paced,) = fleets(1000, 11, limit, pacing=RateLimitPacing(), runs=1)
    (unpaced,) = fleets(1000, 11, limit, pacing=None, runs=1)
    assert paced.api.accepted == unpaced.api.accepted == 11_000
    assert paced.api.refused < 0.8 * unpaced.api.refused
    assert paced.seconds < 1.10 * unpaced.seconds


@pytest.mark.parametrize(
    ("tasks", "calls", "limit"), [(8, 120, 50), (6, 60, 20), (160, 160, 50), (3, 30, 10), (20, 40, 1000), (4, 12, 4)]
)
@pytest.mark.parametrize("pacing", [RateLimitPacing(), RateLimitPacing(below=1), RateLimitPacing(reserve=0.1)])
def test_tasks_of_one_client_get_no_429_and_wait_in_order(tasks, calls, limit, pacing):
    found = fleets(1, calls, limit, pacing=pacing, tasks=tasks, runs=5)
    windows = -(-calls // max(1, int(limit * (1 - pacing.reserve))))
    longest = WINDOW * (-(-tasks // max(1, int(limit * (1 - pacing.reserve)))) + (pacing.below == 1))
    assert [each.api.refused for each in found] == [0] * 5
    assert max(each.seconds for each in found) < WINDOW * (windows - 1 + (pacing.below == 1)) + 5
    assert max(each.clients[0].longest for each in found) < longest + 10
