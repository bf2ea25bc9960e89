"""Time of a list of many pages with latency."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import AsyncIterable, Callable, Iterable

from .. import clients
from ..lab import Lab
from ..measure import Rounds, number, wall
from ..report import Bar, Plot, Result, Table
from ..server import serving
from ..site import organization

LATENCY = 100
SEQUENTIAL = "page by page"
AHEAD = 8
LEAST_SHARE = 0.7
"""Of the maximum, which does not count the processor time of the pages."""
LEAST_ALIKE = 0.9
"""Of the asynchronous speed-up in the blocking one."""
PREFETCH = f"`.prefetch({AHEAD})`"
SEQUENTIAL_ASYNC = f"async, {SEQUENTIAL}"
PREFETCH_ASYNC = f"async, {PREFETCH}"
OURS = (SEQUENTIAL, PREFETCH, SEQUENTIAL_ASYNC, PREFETCH_ASYNC)


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


def seconds_by_length(url: str, runner: asyncio.Runner, lengths: Iterable[int]) -> dict[str, list[tuple[float, float]]]:
    """Return the seconds of a list for each number of pages, of the readers of this client."""
    found: dict[str, list[tuple[float, float]]] = {}
    for pages in lengths:
        work = reading(url, runner, jobs=1, pages=pages)
        samples = wall({name: work[name] for name in OURS}, Rounds(1, 1))
        for name in OURS:
            found.setdefault(name, []).append((pages, samples.median(name)))
    return found


def measure(lab: Lab) -> Result:
    pages, large_pages = (10, 5) if lab.quick else (17, 9)
    with serving() as url, asyncio.Runner() as runner:
        small = wall(reading(url, runner, jobs=1, pages=pages), lab.rounds(2, 3))
        large = wall(reading(url, runner, jobs=10, pages=large_pages), lab.rounds(2, 3))
        lines = seconds_by_length(url, runner, (1, 3) if lab.quick else (1, 3, 9))
    for name, line in lines.items():
        line.append((pages, small.median(name)))
    gain, gain_async = small.ratio(SEQUENTIAL, PREFETCH), small.ratio(SEQUENTIAL_ASYNC, PREFETCH_ASYNC)
    least = round(LEAST_SHARE * maximum_speed_up(pages, AHEAD), 1)
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
                ["reader", f"speed-up, {pages} pages", "s", f"speed-up, {large_pages} pages of 3 MB", "s"],
                rows,
            )
        ],
        bars=[
            Bar(f"{pages} pages: sequential ÷ {PREFETCH}", gain, least, at_least=True, tolerance=0.1),
            Bar(f"{pages} pages, async: sequential ÷ {PREFETCH}", gain_async, least, at_least=True, tolerance=0.1),
            Bar(
                f"{pages} pages: speed-up by {PREFETCH}, async ÷ sync",
                gain_async.middle / gain.middle,
                LEAST_ALIKE,
                at_least=True,
                tolerance=0.1,
            ),
        ],
        plots=[Plot("listing", f"A list at {LATENCY} ms latency", "pages", "seconds", lines, log_y=True)],
    )
