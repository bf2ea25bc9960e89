"""Calls per second of one asynchronous client, at increasing concurrency."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from .. import clients
from ..lab import Lab
from ..measure import Samples, number, turns
from ..report import Bar, Plot, Result, Table
from ..server import serving
from ..site import organization

AT_ONCE = (1, 3, 10, 30, 100)
WAITING = 30
LATENCY = 20
CONTENDERS = (clients.OURS, clients.OURS_2, clients.HTTPX, clients.HTTPX_2)


async def _flood(call: clients.AsyncCall, at_once: int, calls: int) -> float:
    """Return the calls per second of `at_once` tasks that call continuously."""
    left = iter(range(calls))

    async def work() -> None:
        for _ in left:
            await call()

    start = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(at_once)))
    return calls / (time.perf_counter() - start)


def _flood_threads(call: clients.Call, at_once: int, calls: int) -> float:
    """Return the calls per second of `at_once` threads that call continuously."""

    def work(count: int) -> None:
        for _ in range(count):
            call()

    with ThreadPoolExecutor(at_once) as threads:
        list(threads.map(work, [1] * at_once))  # starts the threads and opens their connections
        start = time.perf_counter()
        list(threads.map(work, [calls // at_once] * at_once))
        return calls // at_once * at_once / (time.perf_counter() - start)


def threads_rates(lab: Lab, url: str) -> dict[str, list[float]]:
    """Return the calls per second of blocking clients at each concurrency, then with latency."""
    found: dict[str, list[float]] = {}
    places = [*((at_once, 0) for at_once in (AT_ONCE[::2] if lab.quick else AT_ONCE)), (WAITING, LATENCY)]
    for at_once, latency in places:
        calls = clients.get_build(url, organization(latency=latency))
        for name in (clients.OURS, clients.OURS_2):
            rate = max(
                _flood_threads(calls[name], at_once, 100 if lab.quick else 200) for _ in range(lab.rounds(2).most)
            )
            found.setdefault(f"{name}, threads", []).append(rate)
    return found


def measure(lab: Lab) -> Result:
    lines: dict[str, list[tuple[float, float]]] = {name: [] for name in CONTENDERS}
    found: dict[int, Samples] = {}
    with serving() as url, asyncio.Runner() as runner:

        async def made(latency: int) -> dict[str, clients.AsyncCall]:
            return clients.get_build_async(url, organization(latency=latency))

        def flood(call: clients.AsyncCall, at_once: int, count: int) -> Callable[[], float]:
            def sample() -> float:
                gc.collect()
                return runner.run(_flood(call, at_once, count))

            return sample

        def rates(calls: dict[str, clients.AsyncCall], at_once: int) -> Samples:
            for name in CONTENDERS:
                flood(calls[name], at_once, at_once)()
            work = {name: flood(calls[name], at_once, 100 if lab.quick else 200) for name in CONTENDERS}
            return turns(work, lab.rounds(2, 3))

        calls = runner.run(made(0))
        for at_once in AT_ONCE[::2] if lab.quick else AT_ONCE:
            found[at_once] = rates(calls, at_once)
            for name in CONTENDERS:
                lines[name].append((at_once, found[at_once].median(name)))
        waiting = rates(runner.run(made(LATENCY)), WAITING)
        threads = threads_rates(lab, url)
    most = max(found)
    over_httpx = found[most].ratio(clients.OURS, clients.HTTPX).middle
    over_both = found[most].ratio(clients.OURS_2, clients.OURS).middle
    bases = {clients.OURS: clients.HTTPX, clients.OURS_2: clients.HTTPX_2}
    ratios = [
        [f"{name} ÷ {base}", *(str(samples.ratio(name, base)) for samples in (*found.values(), waiting))]
        for name, base in bases.items()
    ]
    rows = [[name, *(number(rate) for _, rate in line), number(waiting.median(name))] for name, line in lines.items()]
    rows += [[name, *map(number, line)] for name, line in threads.items()]
    bar = f"{WAITING} concurrent calls, {LATENCY} ms latency: calls per second ÷ bare"
    return Result(
        question="How many concurrent calls?",
        summary=f"With {most} concurrent calls, an `AsyncBuildkite` makes {over_httpx:.2f} times as many calls per"
        f" second as bare httpx with `json.loads`, and {over_both:.1f} times as many over httpx2 as over httpx.",
        tables=[
            Table(
                ["calls per second at a concurrency of …", *map(str, found), f"{WAITING}, {LATENCY} ms latency"],
                [*ratios, *rows],
            )
        ],
        bars=[
            Bar(f"{bar} httpx", waiting.ratio(clients.OURS, clients.HTTPX), 0.9, at_least=True, tolerance=0.1),
            Bar(
                f"{bar} httpx2",
                waiting.ratio(clients.OURS_2, clients.HTTPX_2),
                0.9,
                at_least=True,
                tolerance=0.1,
            ),
        ],
        plots=[
            Plot("concurrency", "Asynchronous calls of `builds.get`", "concurrent calls", "calls per second", lines)
        ],
    )
