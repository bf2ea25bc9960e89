"""Speed-up by prefetch, at different latencies and numbers of requests in flight."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from .. import clients
from ..lab import Lab
from ..measure import Rounds, Spread, number, wall
from ..report import Plot, Result, Table
from ..server import serving
from ..site import organization
from .listing import drain, drain_async, maximum_speed_up

IN_FLIGHT = (1, 2, 4, 8, 16)
ROUNDS = {10: (2, 4), 50: (1, 2), 100: (1, 1)}
"""The rounds for each latency, at least and at most. Results with more waiting vary less."""


def ahead(pager: Any, pages: int) -> Any:
    return pager.prefetch(pages) if pages else pager


def reading(url: str, org: str, kind: str, runner: asyncio.Runner) -> Callable[[int], object]:
    """Return a function that reads the list with a number of requests in flight, or page by page with 0."""
    if kind == "async":
        client = clients.ours_async(url)
        return lambda pages: runner.run(drain_async(ahead(client.builds.list_for_organization(org), pages)))
    client = clients.ours(url)
    return lambda pages: drain(ahead(client.builds.list_for_organization(org), pages))


def gain(read: Callable[[int], object], rounds: Rounds) -> list[Spread]:
    """Return the speed-up for each number of requests in flight."""
    read(max(IN_FLIGHT))
    work = {str(pages): (lambda pages=pages: read(pages)) for pages in (0, *IN_FLIGHT)}
    samples = wall(work, rounds)
    return [samples.ratio("0", str(pages)) for pages in IN_FLIGHT]


def measure(lab: Lab) -> Result:
    pages = 5 if lab.quick else 17
    gains: dict[str, list[Spread]] = {}
    with serving() as url, asyncio.Runner() as runner:
        for latency in (10,) if lab.quick else ROUNDS:
            org = organization(jobs=1, pages=pages, latency=latency)
            for kind in ("sync", "async"):
                read = reading(url, org, kind, runner)
                gains[f"{latency} ms, {kind}"] = gain(read, lab.rounds(*ROUNDS[latency]))
    best = max(line[-1].middle for line in gains.values())
    most = [maximum_speed_up(pages, count) for count in IN_FLIGHT]
    lines = {
        name: list(zip(IN_FLIGHT, (spread.middle for spread in line), strict=True)) for name, line in gains.items()
    }
    return Result(
        question="How much does prefetch gain?",
        summary=f"With 16 requests in flight, a list of {pages} pages is read up to {best:.1f} times as fast. The"
        f" maximum is {most[-1]:.1f} times, because the first page is read alone. If responses arrive quickly, the"
        " limit is the single processor that decodes them.",
        tables=[
            Table(
                ["speed-up at a latency of …", *(f"`.prefetch({count})`" for count in IN_FLIGHT)],
                [
                    *([name, *map(str, line)] for name, line in gains.items()),
                    ["maximum", *map(number, most)],
                ],
            )
        ],
        plots=[Plot("prefetch", f"A list of {pages} pages with prefetch", "requests in flight", "speed-up", lines)],
    )
