"""What reading ahead gives, at different latencies and numbers of requests in flight."""

from __future__ import annotations

import asyncio
import time

from .. import clients
from ..lab import Lab
from ..report import Answer, Plot, Table
from ..server import organization, serving
from .listing import drain

IN_FLIGHT = (1, 2, 4, 8, 16)
LATENCIES = (10, 50, 200)


def taken(url: str, org: str, ahead: int) -> float:
    with clients.ours(url) as client:
        builds = client.builds.list_for_organization(org)
        start = time.perf_counter()
        drain(builds.prefetch(ahead) if ahead else builds)
        return time.perf_counter() - start


async def taken_async(url: str, org: str, ahead: int) -> float:
    async with clients.ours_async(url) as client:
        builds = client.builds.list_for_organization(org)
        start = time.perf_counter()
        async for _ in builds.prefetch(ahead) if ahead else builds:
            pass
        return time.perf_counter() - start


def ask(lab: Lab) -> Answer:
    pages = 5 if lab.quick else 25
    gains: dict[str, list[tuple[float, float]]] = {}
    with serving() as url:
        for latency in LATENCIES[:1] if lab.quick else LATENCIES:
            org = organization(jobs=1, pages=pages, latency=latency)
            base = taken(url, org, 0)
            gains[f"{latency} ms"] = [(ahead, base / taken(url, org, ahead)) for ahead in IN_FLIGHT]
            base = asyncio.run(taken_async(url, org, 0))
            gains[f"{latency} ms, async"] = [
                (ahead, base / asyncio.run(taken_async(url, org, ahead))) for ahead in IN_FLIGHT
            ]
    best = max(line[-1][1] for line in gains.values())
    return Answer(
        question="What does reading ahead give?",
        says=f"With 16 requests in flight a list of {pages} pages comes up to {best:.1f} times as fast; where answers"
        " come quickly, what limits it is the one processor that decodes them.",
        tables=[
            Table(
                ["times as fast, at a latency of …", *(f"`.prefetch({ahead})`" for ahead in IN_FLIGHT)],
                [[name, *(f"{gain:.1f}" for _, gain in line)] for name, line in gains.items()],
            )
        ],
        plots=[Plot("prefetch", f"A list of {pages} pages, read ahead", "requests in flight", "times as fast", gains)],
    )
