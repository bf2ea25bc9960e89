"""Bulk work: all logs and artifacts of a build, and many pages, against bare httpx with the same requests."""

from __future__ import annotations

import asyncio
import gc
import math
import tempfile
import time
from collections import deque
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

import attrs

from .. import clients
from ..bare_requests import AsyncBareRequests, BareRequests, Stage
from ..lab import Lab
from ..measure import Samples, number, take_turns
from ..report import Bar, Result, Table
from ..server import serving
from ..site import PER_PAGE, Organization

AT_ONCE = 8
IN_MEMORY = Path("/dev/shm")
LOGS, PAGES, ARTIFACTS = "`builds.download_logs`", "`builds.list_for_organization`", "`artifacts.download_build`"
PROPERTIES = {
    LOGS: Organization(jobs=160, size=100_000, latency=50),
    PAGES: Organization(jobs=1, pages=100, latency=50),
    ARTIFACTS: Organization(artifacts=500, size=10_000, latency=20),
}
QUICK = {
    LOGS: Organization(jobs=110, size=10_000, latency=1),
    PAGES: Organization(jobs=1, pages=5, latency=1),
    ARTIFACTS: Organization(artifacts=110, size=1_000, latency=1),
}
WARM_UP = Organization(jobs=8, pages=2, artifacts=8)
#: Of the processor time. A download checks its path, and creates a hidden file that is renamed when it is complete.
LEAST_SHARE_OF_PROCESSOR = {LOGS: 0.6, PAGES: 0.9, ARTIFACTS: 0.6}
BARE, OURS = "httpx", clients.OURS


def stages(work: str, properties: Organization) -> tuple[Stage, ...]:
    """Return the requests that the work needs."""
    if work == LOGS:  # a page of jobs has only the cursor of the next one
        return Stage("jobs", math.ceil(properties.jobs / PER_PAGE)), Stage("log", properties.jobs, AT_ONCE)
    if work == PAGES:  # the first page has the number of the last one
        return Stage("page", 1), Stage("page", properties.pages - 1, AT_ONCE)
    lists = math.ceil(properties.artifacts / PER_PAGE)
    return (
        Stage("artifacts", 1),
        Stage("artifacts", lists - 1, AT_ONCE),
        Stage("artifact", properties.artifacts, AT_ONCE),
    )


#: Calls of either client. That of `PAGES` is iterated.
CALLS: dict[str, Callable[[Any, str, Path], Any]] = {
    LOGS: lambda client, org, to: client.builds.download_logs(org, "web", 1, to=to, concurrency=AT_ONCE),
    ARTIFACTS: lambda client, org, to: client.artifacts.download_build(org, "web", 1, to=to, concurrency=AT_ONCE),
    PAGES: lambda client, org, _: client.builds.list_for_organization(org).prefetch(AT_ONCE),
}


def run(client: Any, work: str, org: str, to: Path) -> None:
    """Do bulk work with a blocking client."""
    deque(CALLS[work](client, org, to), maxlen=0)


async def run_async(client: Any, work: str, org: str, to: Path) -> None:
    """Do bulk work with an asynchronous client."""
    if work != PAGES:
        await CALLS[work](client, org, to)
        return
    async for _ in CALLS[work](client, org, to):
        pass


def seconds(work: Callable[[Path], object]) -> tuple[float, float]:
    """Return the wall and the processor time of work that writes into a folder, in memory: disks write at random."""
    gc.collect()
    with tempfile.TemporaryDirectory(dir=IN_MEMORY if IN_MEMORY.is_dir() else None) as folder:
        start, start_cpu = time.perf_counter(), time.process_time()
        work(Path(folder))
        return time.perf_counter() - start, time.process_time() - start_cpu


@attrs.frozen
class Measured:
    """Samples of one type of work of one kind of client, and of bare httpx."""

    what: str
    work: str
    wall: Samples
    cpu: Samples

    def row(self) -> list[str]:
        shares = [str(samples.ratio(BARE, OURS)) for samples in (self.wall, self.cpu)]
        return [self.what, *shares, number(self.wall.median(OURS)), number(self.wall.median(BARE))]


def compare(lab: Lab, url: str, work: str, properties: Organization) -> list[Measured]:
    """Measure one type of work, blocking and asynchronous."""
    needed, org = stages(work, properties), properties.slug
    count = max(properties.artifacts, properties.pages) if work != LOGS else properties.jobs
    what = f"{work}, {count}, {properties.latency} ms latency"
    one, two = clients.ours(url), clients.ours_async(url)
    bare, async_bare = BareRequests(url, org), AsyncBareRequests(url, org)
    with asyncio.Runner() as runner:

        def wait(make: Callable[[Path], Coroutine[Any, Any, None]]) -> Callable[[Path], None]:
            return lambda to: runner.run(make(to))

        pairs = {
            "sync": (partial(bare.run, needed), partial(run, one, work, org)),
            "async": (
                wait(partial(async_bare.run, needed)),
                wait(partial(run_async, two, work, org)),
            ),
        }
        seconds(partial(run, one, work, WARM_UP.slug))  # imports models, and opens connections
        seconds(wait(partial(run_async, two, work, WARM_UP.slug)))
        return [
            Measured(
                f"{what}, {kind}",
                work,
                *take_turns({BARE: partial(seconds, theirs), OURS: partial(seconds, ours)}, lab.rounds(2)),
            )
            for kind, (theirs, ours) in pairs.items()
        ]


def measure(lab: Lab) -> Result:
    wanted = QUICK if lab.quick else PROPERTIES
    with serving() as url:
        distant = [each for work in wanted for each in compare(lab, url, work, wanted[work])]
        near = {work: attrs.evolve(properties, latency=0) for work, properties in wanted.items()}
        loopback = [each for work in wanted for each in compare(lab, url, work, near[work])]
    worst = min(measured.wall.ratio(BARE, OURS).middle for measured in distant)
    bar = partial(Bar, at_least=True, tolerance=0.1)
    return Result(
        question="How long does bulk work take?",
        summary=f"With {AT_ONCE} requests in flight and latency, bulk work takes at most {1 / worst:.2f} times as long"
        " as the same requests of bare httpx, which writes and hashes the same files.",
        tables=[
            Table(
                ["work", "bare ÷ client, time", "bare ÷ client, processor time", "s", "s of bare httpx"],
                [measured.row() for measured in (*distant, *loopback)],
            )
        ],
        bars=[
            *(bar(f"{each.what}: time of bare httpx ÷ measured", each.wall.ratio(BARE, OURS), 0.9) for each in distant),
            *(
                bar(
                    f"{each.what}: processor time of bare httpx ÷ measured",
                    each.cpu.ratio(BARE, OURS),
                    LEAST_SHARE_OF_PROCESSOR[each.work],
                )
                for each in loopback
            ),
        ],
    )
