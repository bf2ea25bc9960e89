"""What reading ahead gives, at different latencies and numbers of requests in flight."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from .. import clients
from ..lab import Lab
from ..measure import Spread, number, wall
from ..report import Answer, Plot, Table
from ..server import organization, serving
from .listing import drain, drain_async, times_at_most

IN_FLIGHT = (1, 2, 4, 8, 16)
ROUNDS = {10: 9, 50: 5, 200: 2}
"""For each latency, how often: what waits longer differs less."""


def ahead(pager: Any, pages: int) -> Any:
    return pager.prefetch(pages) if pages else pager


def reading(url: str, org: str, kind: str, runner: asyncio.Runner) -> Callable[[int], object]:
    """Return what reads the list with so many requests in flight; none is one page after the other."""
    if kind == "async":
        client = clients.ours_async(url)
        return lambda pages: runner.run(drain_async(ahead(client.builds.list_for_organization(org), pages)))
    client = clients.ours(url)
    return lambda pages: drain(ahead(client.builds.list_for_organization(org), pages))


def gain(read: Callable[[int], object], rounds: int) -> list[Spread]:
    """Return how many times as fast the list comes."""
    read(max(IN_FLIGHT))
    work = {str(pages): (lambda pages=pages: read(pages)) for pages in (0, *IN_FLIGHT)}
    samples = wall(work, rounds)
    return [samples.ratio("0", str(pages)) for pages in IN_FLIGHT]


def ask(lab: Lab) -> Answer:
    pages = 5 if lab.quick else 25
    gains: dict[str, list[Spread]] = {}
    with serving() as url, asyncio.Runner() as runner:
        for latency in (10,) if lab.quick else ROUNDS:
            org = organization(jobs=1, pages=pages, latency=latency)
            for kind in ("sync", "async"):
                read = reading(url, org, kind, runner)
                gains[f"{latency} ms, {kind}"] = gain(read, lab.rounds(ROUNDS[latency]))
    best = max(line[-1].middle for line in gains.values())
    most = [times_at_most(pages, count) for count in IN_FLIGHT]
    lines = {
        name: list(zip(IN_FLIGHT, (spread.middle for spread in line), strict=True)) for name, line in gains.items()
    }
    return Answer(
        question="What does reading ahead give?",
        says=f"With 16 requests in flight a list of {pages} pages comes up to {best:.1f} times as fast, of"
        f" {most[-1]:.1f} times that there can be, since the first page comes alone. Where answers come quickly, what"
        " limits it is the one processor that decodes them.",
        tables=[
            Table(
                ["times as fast, at a latency of …", *(f"`.prefetch({count})`" for count in IN_FLIGHT)],
                [
                    *([name, *map(str, line)] for name, line in gains.items()),
                    ["all that there can be", *map(number, most)],
                ],
            )
        ],
        plots=[Plot("prefetch", f"A list of {pages} pages, read ahead", "requests in flight", "times as fast", lines)],
    )
