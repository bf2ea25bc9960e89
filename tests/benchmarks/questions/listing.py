"""Time of a list of many pages with latency."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import AsyncIterable, Callable, Iterable

from .. import clients
from ..lab import Lab
from ..measure import number, wall
from ..report import Bar, Result, Table
from ..server import organization, serving

LATENCY = 50
SEQUENTIAL = "page by page"
AHEAD = 8
PREFETCH = f"`.prefetch({AHEAD})`"
SEQUENTIAL_ASYNC = f"async, {SEQUENTIAL}"
PREFETCH_ASYNC = f"async, {PREFETCH}"


def drain(items: Iterable[object]) -> None:
    deque(items, maxlen=0)


async def drain_async(items: AsyncIterable[object]) -> None:
    async for _ in items:
        pass


def maximum_speed_up(pages: int, ahead: int) -> float:
    """Return the maximum speed-up of a list. The first page is read alone, because it has the number of pages."""
    return pages / (1 + math.ceil((pages - 1) / ahead))


def reading(url: str, runner: asyncio.Runner, *, jobs: int, pages: int) -> dict[str, Callable[[], object]]:
    org = organization(jobs=jobs, pages=pages, latency=LATENCY)
    one, two, bare, dicts = clients.ours(url), clients.ours_async(url), clients.bare(url), clients.pybuildkite(url)
    one_list, two_list = one.builds.list_for_organization, two.builds.list_for_organization
    return {
        SEQUENTIAL: lambda: drain(one_list(org)),
        PREFETCH: lambda: drain(one_list(org).prefetch(AHEAD)),
        SEQUENTIAL_ASYNC: lambda: runner.run(drain_async(two_list(org))),
        PREFETCH_ASYNC: lambda: runner.run(drain_async(two_list(org).prefetch(AHEAD))),
        clients.HTTPX: lambda: drain(clients.follow(bare, org)),
        clients.PYBUILDKITE: lambda: drain(clients.follow_pybuildkite(dicts, org)),
    }


def measure(lab: Lab) -> Result:
    pages = 10 if lab.quick else 100
    with serving() as url, asyncio.Runner() as runner:
        small = wall(reading(url, runner, jobs=1, pages=pages), lab.rounds(3))
        large = wall(reading(url, runner, jobs=10, pages=pages // 2), lab.rounds(3))
    gain, gain_async = small.ratio(SEQUENTIAL, PREFETCH), small.ratio(SEQUENTIAL_ASYNC, PREFETCH_ASYNC)
    rows = [
        [
            name if name in (clients.HTTPX, clients.PYBUILDKITE) else f"{clients.OURS}, {name}",
            *(
                cell
                for samples in (small, large)
                for cell in (str(samples.ratio(SEQUENTIAL, name)), number(samples.median(name)))
            ),
        ]
        for name in small.of
    ]
    return Result(
        question=f"How fast is a long list at {LATENCY} ms latency?",
        summary=f"With eight requests in flight, a list of {pages} pages is read {gain.middle:.1f} times as fast as"
        f" page by page, in the same order. The maximum is {maximum_speed_up(pages, AHEAD):.1f} times, because the"
        " first page is read alone.",
        tables=[
            Table(
                ["reader", f"speed-up, {pages} pages", "s", f"speed-up, {pages // 2} pages of 3 MB", "s"],
                rows,
            )
        ],
        bars=[
            Bar(f"{pages} pages: sequential ÷ {PREFETCH}", gain, 6, at_least=True, tolerance=0.1),
            Bar(f"{pages} pages, async: sequential ÷ {PREFETCH}", gain_async, 6, at_least=True, tolerance=0.1),
        ],
    )
