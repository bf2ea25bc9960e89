"""Overhead of a call over the same call of a bare HTTP client."""

from __future__ import annotations

import asyncio
import gc
import json
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from statistics import median
from typing import Any

import attrs

from .. import clients
from ..lab import Lab
from ..measure import Rounds, Samples, Spread, number, take_turns
from ..report import Bar, Result, Table
from ..server import serving
from ..site import USER, build, compact, organization

_BATCH = 25
_TOLERANCE = 0.05


@attrs.frozen
class Calls:
    """µs of a call, in batches that took turns."""

    wall: Samples
    cpu: Samples

    def table(self) -> Table:
        rows = [
            [
                name,
                str(self.wall.ratio(name, _base(name))),
                str(self.cpu.ratio(name, _base(name))),
                number(self.wall.median(name)),
                number(self.cpu.median(name)),
            ]
            for name in self.wall.of
        ]
        return Table(
            ["client", "ratio to bare", "ratio of processor time", "µs, median call", "processor µs, mean call"], rows
        )

    def cost(self, name: str) -> Spread:
        """Return the larger ratio to bare: of the median call, or of the processor time of all calls."""
        return max(
            self.wall.ratio(name, _base(name)), self.cpu.ratio(name, _base(name)), key=lambda spread: spread.middle
        )

    def bar(self, what: str, name: str) -> Bar:
        return Bar(what, self.cost(name), 1.10, tolerance=_TOLERANCE)


def _base(name: str) -> str:
    return clients.HTTPX_2 if name in (clients.OURS_2, clients.HTTPX_2) else clients.HTTPX


def check(name: str, found: Any, expected: dict[str, Any]) -> None:
    """Raise `RuntimeError` unless the contender has read the expected object."""
    plain = name in (clients.HTTPX, clients.HTTPX_2, clients.PYBUILDKITE)
    identity, created = (found["id"], found["created_at"]) if plain else (found.id, found.created_at)
    if str(identity) != expected["id"] or plain == isinstance(created, datetime):
        raise RuntimeError(f"{name} has read another object")


def blocking(calls: Mapping[str, clients.Call], expected: dict[str, Any], rounds: Rounds) -> Calls:
    def batch(call: clients.Call) -> Callable[[], list[float]]:
        def run() -> list[float]:
            durations = []
            for _ in range(_BATCH):
                start = time.perf_counter()
                call()
                durations.append(time.perf_counter() - start)
            return durations

        return run

    for name, call in calls.items():
        check(name, call(), expected)
    return _take_turns({name: batch(call) for name, call in calls.items()}, rounds)


def asynchronous(
    make: Callable[[], Mapping[str, clients.AsyncCall]], expected: dict[str, Any], rounds: Rounds
) -> Calls:
    with asyncio.Runner() as runner:

        async def made() -> Mapping[str, clients.AsyncCall]:
            calls = make()
            for name, call in calls.items():
                check(name, await call(), expected)
            return calls

        def batch(call: clients.AsyncCall) -> Callable[[], list[float]]:
            async def run() -> list[float]:
                durations = []
                for _ in range(_BATCH):
                    start = time.perf_counter()
                    await call()
                    durations.append(time.perf_counter() - start)
                return durations

            return lambda: runner.run(run())

        return _take_turns({name: batch(call) for name, call in runner.run(made()).items()}, rounds)


def _take_turns(batches: Mapping[str, Callable[[], list[float]]], rounds: Rounds) -> Calls:
    """Measure the median call of each batch, because an interrupted one is meaningless."""
    for batch in batches.values():
        batch()
    gc.collect()
    gc.freeze()

    def sample(batch: Callable[[], list[float]]) -> tuple[float, float]:
        before = time.process_time()
        durations = batch()
        return 1e6 * median(durations), 1e6 * (time.process_time() - before) / _BATCH

    return Calls(*take_turns({name: partial(sample, batch) for name, batch in batches.items()}, rounds))


def measure(lab: Lab) -> Result:
    org, some = organization(), json.loads(build(10))
    with serving() as url:
        one = blocking(clients.get_build(url, org), some, lab.rounds(10, 50))
        user = blocking(clients.get_user(url), USER, lab.rounds(10, 50))
        later = asynchronous(lambda: clients.get_build_async(url, org), some, lab.rounds(10, 50))
    tables = [one.table(), user.table(), later.table()]
    heads = ("one build, 10 jobs", f"the user, {len(compact(USER))} bytes", "one build, `await`")
    for table, head in zip(tables, heads, strict=True):
        table.head[0] = head
    return Result(
        question="What does a call cost?",
        summary=f"Over loopback, `builds.get` takes {one.cost(clients.OURS).middle:.2f} times as long as bare httpx"
        f" with `json.loads`, and the smallest call {user.cost(clients.OURS).middle:.2f} times: the larger of the"
        " ratios of wall and processor time.",
        tables=tables,
        notes=["pybuildkite opens a connection for each call, which accounts for most of its overhead."],
        bars=[
            one.bar("`builds.get` ÷ bare httpx", clients.OURS),
            one.bar("`builds.get` over httpx2 ÷ bare httpx2", clients.OURS_2),
            user.bar("`user.get`, the smallest call, ÷ bare httpx", clients.OURS),
            later.bar("`await builds.get` ÷ bare httpx", clients.OURS),
            later.bar("`await builds.get` over httpx2 ÷ bare httpx2", clients.OURS_2),
        ],
    )
