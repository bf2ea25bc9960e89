"""How many calls a second one asynchronous client makes, with more and more of them at the same time."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable

from .. import clients
from ..lab import Lab
from ..measure import Samples, number, turns
from ..report import Answer, Plot, Table
from ..server import organization, serving

AT_ONCE = (1, 3, 10, 30, 100)
CONTENDERS = (clients.OURS, clients.OURS_2, clients.HTTPX, clients.HTTPX_2)


async def _flood(call: clients.AsyncCall, at_once: int, calls: int) -> float:
    """Return how many calls a second are made by `at_once` tasks that call all the time."""
    left = iter(range(calls))

    async def work() -> None:
        for _ in left:
            await call()

    start = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(at_once)))
    return calls / (time.perf_counter() - start)


def ask(lab: Lab) -> Answer:
    lines: dict[str, list[tuple[float, float]]] = {name: [] for name in CONTENDERS}
    found: dict[int, Samples] = {}
    with serving() as url, asyncio.Runner() as runner:

        async def made() -> dict[str, clients.AsyncCall]:
            return clients.get_build_async(url, organization())

        calls = runner.run(made())

        def flood(name: str, at_once: int, count: int) -> Callable[[], float]:
            def sample() -> float:
                gc.collect()
                return runner.run(_flood(calls[name], at_once, count))

            return sample

        for at_once in AT_ONCE[::2] if lab.quick else AT_ONCE:
            for name in CONTENDERS:
                flood(name, at_once, at_once)()
            work = {name: flood(name, at_once, 100 if lab.quick else 300) for name in CONTENDERS}
            samples = found[at_once] = turns(work, lab.rounds(5))
            for name in CONTENDERS:
                lines[name].append((at_once, samples.median(name)))
    most = max(found)
    over_httpx = found[most].ratio(clients.OURS, clients.HTTPX).middle
    over_both = found[most].ratio(clients.OURS_2, clients.OURS).middle
    bases = {clients.OURS: clients.HTTPX, clients.OURS_2: clients.HTTPX_2}
    ratios = [
        [f"{name} ÷ {base}", *(str(samples.ratio(name, base)) for samples in found.values())]
        for name, base in bases.items()
    ]
    rates = [[name, *(number(rate) for _, rate in line)] for name, line in lines.items()]
    return Answer(
        question="How many calls at once?",
        says=f"With {most} calls at the same time an `AsyncBuildkite` makes {over_httpx:.2f} times as many calls"
        f" a second as a bare httpx with `json.loads`, and over httpx2 {over_both:.1f} times as many as over httpx.",
        tables=[Table(["calls a second, with … at once", *map(str, found)], [*ratios, *rates])],
        plots=[Plot("concurrency", "Asynchronous calls of `builds.get`", "calls at once", "calls a second", lines)],
    )
