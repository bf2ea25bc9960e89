"""What a call costs beside the same call of a bare HTTP client."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable, Mapping
from statistics import median

import attrs

from .. import clients
from ..lab import Lab
from ..measure import Samples, number
from ..report import Answer, Bar, Table
from ..server import organization, serving

_BATCH = 25
_TOLERANCE = 0.05


@attrs.frozen
class Calls:
    """The µs of a call, in many batches that took turns."""

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
        return Table(["client", "ratio to bare", "of processor time", "µs", "µs of processor"], rows)

    def bar(self, what: str, name: str) -> Bar:
        return Bar(what, self.wall.ratio(name, _base(name)).middle, 1.10, tolerance=_TOLERANCE)

    def over(self, name: str) -> float:
        return self.wall.difference(name, _base(name)).middle


def _base(name: str) -> str:
    return clients.HTTPX_2 if name in (clients.OURS_2, clients.HTTPX_2) else clients.HTTPX


def blocking(calls: Mapping[str, clients.Call], rounds: int) -> Calls:
    def batch(call: clients.Call) -> Callable[[], list[float]]:
        def run() -> list[float]:
            taken = []
            for _ in range(_BATCH):
                start = time.perf_counter()
                call()
                taken.append(time.perf_counter() - start)
            return taken

        return run

    return _take_turns({name: batch(call) for name, call in calls.items()}, rounds)


def asynchronous(make: Callable[[], Mapping[str, clients.AsyncCall]], rounds: int) -> Calls:
    with asyncio.Runner() as runner:

        async def made() -> Mapping[str, clients.AsyncCall]:
            return make()

        def batch(call: clients.AsyncCall) -> Callable[[], list[float]]:
            async def run() -> list[float]:
                taken = []
                for _ in range(_BATCH):
                    start = time.perf_counter()
                    await call()
                    taken.append(time.perf_counter() - start)
                return taken

            return lambda: runner.run(run())

        return _take_turns({name: batch(call) for name, call in runner.run(made()).items()}, rounds)


def _take_turns(batches: Mapping[str, Callable[[], list[float]]], rounds: int) -> Calls:
    """Of a batch count the median call: one that was interrupted says nothing."""
    for batch in batches.values():
        batch()
    gc.collect()
    gc.freeze()
    wall: dict[str, list[float]] = {name: [] for name in batches}
    cpu: dict[str, list[float]] = {name: [] for name in batches}
    names = list(batches)
    for index in range(rounds):
        start = index % len(names)
        for name in names[start:] + names[:start]:
            before = time.process_time()
            wall[name].append(1e6 * median(batches[name]()))
            cpu[name].append(1e6 * (time.process_time() - before) / _BATCH)
    return Calls(Samples(wall), Samples(cpu))


def ask(lab: Lab) -> Answer:
    org = organization()
    with serving() as url:
        build = blocking(clients.get_build(url, org), lab.rounds(50))
        user = blocking(clients.get_user(url), lab.rounds(50))
        later = asynchronous(lambda: clients.get_build_async(url, org), lab.rounds(50))
    tables = [build.table(), user.table(), later.table()]
    for table, head in zip(tables, ("one build, 10 jobs", "the user, 250 bytes", "one build, `await`"), strict=True):
        table.head[0] = head
    ratio = build.wall.ratio(clients.OURS, clients.HTTPX).middle
    return Answer(
        question="What does a call cost?",
        says=f"Over loopback, where nothing else takes time, `builds.get` takes {ratio:.2f} times as long as a bare"
        f" httpx with `json.loads` ({build.over(clients.OURS):+.0f} µs), and the smallest call"
        f" {user.over(clients.OURS):+.0f} µs longer.",
        tables=tables,
        bars=[
            build.bar("`builds.get` ÷ bare `httpx.Client` + `json.loads`", clients.OURS),
            build.bar("the same over httpx2", clients.OURS_2),
            user.bar("`user.get`, the smallest answer, ÷ bare", clients.OURS),
            user.bar("the same over httpx2", clients.OURS_2),
            later.bar("`await builds.get` ÷ bare `httpx.AsyncClient` + `json.loads`", clients.OURS),
            later.bar("the same over httpx2", clients.OURS_2),
        ],
    )
