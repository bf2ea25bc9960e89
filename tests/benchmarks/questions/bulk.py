"""Bulk work: all logs and artifacts of a build, and many pages, against the least time that they need."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import attrs

from .. import clients
from ..bare_requests import AsyncBareRequests, BareRequests
from ..bulk import ARTIFACTS, ASYNC, AT_ONCE, KINDS, LOGS, PAGES, SYNC, Work, folder, run, run_async, works
from ..lab import Lab
from ..measure import Samples, number, turns, turns_of_several
from ..report import Bar, Plot, Result, Table
from ..server import serving
from ..site import Organization

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
LIBRARIES = ("httpx", "httpx2")
LEAST_SHARE = 0.9
#: Of the processor time. A download checks its path, and creates a hidden file that is renamed when it is
#: complete, which takes three times as long as writing to a path.
LEAST_SHARE_OF_PROCESSOR = {LOGS: 0.6, PAGES: 0.9, ARTIFACTS: 0.6}
SIZES = (10_000, 100_000, 1_000_000, 4_000_000)
_SAMPLED = 8
_NOTE = (
    "The least time follows from single requests of bare httpx in the same round: their time one after the other in"
    f" {AT_ONCE} places, or their processor time if that is more. The first page of a list is read alone, because it"
    " has the number of pages; a page of jobs has only the cursor of the next one. Without latency, the processor time"
    f" is that of bare httpx for all requests, in {AT_ONCE} threads or tasks too, because threads that wait for each"
    " other cost more than the requests."
)


@attrs.frozen
class Measured:
    """Samples of one type of work, for each kind of client."""

    work: Work
    share: Samples
    """Least possible time ÷ measured."""
    share_of_processor: Samples
    least: Samples
    wall: Samples
    cpu: Samples

    def rows(self) -> list[list[str]]:
        return [
            [
                self.work.title,
                kind,
                str(self.share.spread(kind)),
                number(self.least.median(kind)),
                number(self.wall.median(kind)),
                str(self.share_of_processor.spread(kind)),
                number(1e3 * self.cpu.median(kind) / self.work.requests),
            ]
            for kind in self.share.of
        ]


def _client(url: str, library: str) -> Any:
    return clients.ours(url, None if library == "httpx" else clients.bare(url, library=library))


async def _async_client(url: str, library: str) -> Any:
    return clients.ours_async(url, None if library == "httpx" else clients.bare(url, "AsyncClient", library))


def sample(
    work: Work, costs: Callable[[], Any], call: Callable[..., object], bare: Callable[..., object] | None = None
) -> tuple[float, ...]:
    """Measure requests of bare httpx and then the work of the client, as in `Measured`.

    `bare` does the whole work. Without it, the processor time of bare httpx follows from single requests.
    """
    gc.collect()
    each = costs()
    processor = work.seconds_of_processor(each) if bare is None else _seconds(bare)[1]
    wall, cpu = _seconds(call)
    least = work.least_seconds(each)
    return least / wall, processor / cpu, least, wall, cpu


def _seconds(work: Callable[..., object]) -> tuple[float, float]:
    """Return the wall and the processor time of work that writes into a folder."""
    with folder() as to:
        start, start_cpu = time.perf_counter(), time.process_time()
        work(to)
        return time.perf_counter() - start, time.process_time() - start_cpu


def near(properties: Organization) -> Organization:
    """Return a quarter of the work without latency."""
    parts = {"jobs": properties.jobs, "pages": properties.pages, "artifacts": properties.artifacts}
    return attrs.evolve(properties, latency=0, **{part: count // 4 or count for part, count in parts.items()})


@attrs.frozen
class Place:
    """Where work is measured: a server and an event loop."""

    lab: Lab
    url: str
    runner: asyncio.Runner


def compare(at: Place, properties: Organization, name: str, library: str = "httpx") -> Measured:
    """Measure one type of work, blocking and asynchronous."""
    lab, url, runner = at.lab, at.url, at.runner
    org, work = properties.slug, works(properties)[name]
    one, two = _client(url, library), runner.run(_async_client(url, library))
    bare, async_bare = BareRequests(url, org, library), AsyncBareRequests(url, org, library)
    contenders: dict[str, list[Callable[..., Any]]] = {
        SYNC: [partial(bare.costs, work, _SAMPLED), partial(run, one, name, org)],
        ASYNC: [
            partial(async_bare.costs, work, _SAMPLED, runner),
            lambda to: runner.run(run_async(two, name, org, to)),
        ],
    }
    if not properties.latency:
        contenders[SYNC].append(partial(bare.run, work))
        contenders[ASYNC].append(lambda to: runner.run(async_bare.run(work, to)))
    with folder() as to:  # imports models, and opens connections
        run(one, name, WARM_UP.slug, to / SYNC)
        runner.run(run_async(two, name, WARM_UP.slug, to / ASYNC))
    rounds = lab.rounds(2, 2 if properties.latency else 3)
    samples = {kind: partial(sample, work, *each) for kind, each in contenders.items()}
    return Measured(work, *turns_of_several(samples, rounds))


def speeds(at: Place) -> dict[str, list[tuple[float, float]]]:
    """Return the MB/s of the logs of a build for each size of a log in kB."""
    lab, url, runner = at.lab, at.url, at.runner
    found: dict[str, list[tuple[float, float]]] = {}
    one, two = _client(url, "httpx"), runner.run(_async_client(url, "httpx"))
    jobs = 2 if lab.quick else 8
    for size in SIZES[:2] if lab.quick else SIZES:
        org = Organization(jobs=jobs, size=size).slug
        bare = BareRequests(url, org)

        def timed(call: Callable[..., object]) -> float:
            with folder() as to:
                start = time.perf_counter()
                call(to)
                return time.perf_counter() - start

        def one_by_one(to: Any, bare: BareRequests = bare) -> None:
            for index in range(jobs):
                bare.log(to / str(index))

        work: dict[str, Callable[..., object]] = {
            f"{clients.OURS}, {SYNC}": partial(run, one, LOGS, org),
            f"{clients.OURS}, {ASYNC}": lambda to, org=org: runner.run(run_async(two, LOGS, org, to)),
            "httpx, one by one": one_by_one,
        }
        samples = turns({name: partial(timed, call) for name, call in work.items()}, lab.rounds(3, 5))
        for name in work:
            found.setdefault(name, []).append((size / 1e3, jobs * size / 1e6 / min(samples.of[name])))
    return found


def measure(lab: Lab) -> Result:
    wanted = QUICK if lab.quick else PROPERTIES
    with serving() as url, asyncio.Runner() as runner:
        at = Place(lab, url, runner)
        distant = [compare(at, wanted[name], name) for name in wanted]
        loopback = {
            library: [compare(at, near(wanted[name]), name, library) for name in wanted] for library in LIBRARIES
        }
        growth = speeds(at)
    worst = min(measured.share.median(kind) for measured in distant for kind in KINDS)
    latency = {measured.work.name: wanted[measured.work.name].latency for measured in distant}
    head = ["client", "least ÷ measured", "least s", "s", "bare ÷ client, processor time", "processor ms per request"]
    bars = [
        Bar(
            f"{measured.work.title}, {kind}, {latency[measured.work.name]} ms latency: least time ÷ measured",
            measured.share.spread(kind),
            LEAST_SHARE,
            at_least=True,
            tolerance=0.1,
        )
        for measured in distant
        for kind in KINDS
    ]
    bars += [
        Bar(
            f"{measured.work.title}, {kind}, without latency: processor time of bare httpx ÷ measured",
            measured.share_of_processor.spread(kind),
            LEAST_SHARE_OF_PROCESSOR[measured.work.name],
            at_least=True,
            tolerance=0.1,
        )
        for measured in loopback["httpx"]
        for kind in KINDS
    ]
    return Result(
        question="How long does bulk work take?",
        summary=f"With {AT_ONCE} requests in flight, the logs of {wanted[LOGS].jobs} jobs, {wanted[PAGES].pages} pages"
        f" of builds and {wanted[ARTIFACTS].artifacts} artifacts take at most {1 / worst:.2f} times as long as the"
        " latency and one processor allow.",
        tables=[
            Table(
                [f"with a latency of {' or '.join(sorted({f'{each} ms' for each in latency.values()}))}", *head],
                [row for measured in distant for row in measured.rows()],
            ),
            *(
                Table([f"without latency, on {library}", *head], [row for each in found for row in each.rows()])
                for library, found in loopback.items()
            ),
            Table(
                ["MB/s of logs, each of …", *(f"{kilobytes:g} kB" for kilobytes, _ in next(iter(growth.values())))],
                [[name, *(number(speed) for _, speed in line)] for name, line in growth.items()],
            ),
        ],
        bars=bars,
        plots=[Plot("bulk", "Logs of a build", "kB of a log", "MB/s", growth, log_y=True)],
        notes=[_NOTE],
    )
