"""Bulk work under a rate limit, against the least time that the limit allows."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from typing import Any

import attrs

from .. import clients
from ..bare_requests import AsyncBareRequests, BareRequests
from ..bulk import ARTIFACTS, KINDS, LOGS, PAGES, SYNC, folder, run, run_async, works
from ..lab import Lab, in_child
from ..measure import number
from ..report import Bar, Result, Table
from ..server import serving
from ..site import Organization
from .bulk import PROPERTIES, QUICK, WARM_UP

QUOTAS = {LOGS: 60, PAGES: 60, ARTIFACTS: 240}
"""Requests in a window: a part of what each type of work needs."""
WINDOW = 10
_SAMPLED = 8


def limited(url: str, name: str, kind: str, unlimited: str, org: str) -> tuple[float, float]:
    """Return the least seconds that the limit of `org` allows, and those of a client with pacing.

    `unlimited` is an organization with the same properties, without a limit.
    """
    properties = Organization.of(org)
    work = works(properties)[name]
    with folder() as to, asyncio.Runner() as runner:
        if kind == SYNC:
            costs = BareRequests(url, unlimited).costs(work, _SAMPLED)
            with clients.ours(url) as client:
                run(client, name, WARM_UP.slug, to / "first")
            with clients.ours_paced(url) as client:
                start = time.perf_counter()
                run(client, name, org, to / "second")
                seconds = time.perf_counter() - start
        else:
            costs = AsyncBareRequests(url, unlimited).costs(work, _SAMPLED, runner)
            runner.run(_timed(clients.ours_async(url), name, WARM_UP.slug, to / "first"))
            seconds = runner.run(_timed(clients.ours_async_paced(url), name, org, to / "second"))
    return work.least_seconds_limited(costs, properties.quota, properties.window), seconds


async def _timed(client: Any, name: str, org: str, to: Any) -> float:
    async with client:
        start = time.perf_counter()
        await run_async(client, name, org, to)
        return time.perf_counter() - start


def measure(lab: Lab) -> Result:
    wanted, window = (QUICK, 2) if lab.quick else (PROPERTIES, WINDOW)
    runs = list(product(wanted, KINDS))
    with serving() as url, ThreadPoolExecutor(len(runs)) as threads:

        def one(index: int) -> tuple[float, float]:
            name, kind = runs[index]
            quota = 3 if lab.quick and name == PAGES else QUOTAS[name]
            org = attrs.evolve(wanted[name], quota=quota, window=window, nonce=index + 1)
            least, seconds = in_child("questions.bulk_limited:limited", url, name, kind, wanted[name].slug, org.slug)
            return least, seconds

        found = dict(zip(runs, threads.map(one, range(len(runs))), strict=True))
    titles = {name: work.title for name in wanted for work in [works(wanted[name])[name]]}
    worst = min(least / seconds for least, seconds in found.values())
    return Result(
        question="How long does bulk work take under a rate limit?",
        summary=f"Clients with `RateLimitPacing()` take at most {1 / worst:.2f} times as long as a limit with windows"
        f" of {window} s allows. A reset is sent in whole seconds, and the client waits up to a second longer than"
        " necessary.",
        tables=[
            Table(
                ["with `RateLimitPacing()`", "client", "requests in a window", "least s", "s", "least ÷ measured"],
                [
                    [titles[name], kind, str(QUOTAS[name]), number(least), number(seconds), number(least / seconds)]
                    for (name, kind), (least, seconds) in found.items()
                ],
            )
        ],
        bars=[
            Bar(
                f"{titles[name]}, {kind}, under a limit: least time ÷ measured",
                least / seconds,
                0.9,
                at_least=True,
                tolerance=0.05,
            )
            for (name, kind), (least, seconds) in found.items()
        ],
    )
