"""Memory and time of iterating a long list."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from collections.abc import Callable
from functools import partial

from .. import clients, memory
from ..lab import Lab, in_child
from ..measure import number, processor_time
from ..report import Bar, Plot, Result, Table
from ..server import serving
from ..site import organization, page
from .listing import AHEAD, PREFETCH, drain, drain_async

SYNC, ASYNC = "sync", "async"
KINDS = (SYNC, ASYNC, PREFETCH)


def pages_held(url: str, org: str, kind: str) -> float:
    """Return the peak number of pages in memory, bytes and objects, during iteration."""
    from _buildkite_rest.operations.builds import LIST_BUILDS
    from buildkite_rest._decoding.decoder import Decoder

    read = reader(url, kind)
    read(organization())
    content = page(10, 100)
    gc.collect()
    tracemalloc.start()
    decoded = Decoder(strict=True).decode(LIST_BUILDS, content)
    one = tracemalloc.get_traced_memory()[0] + len(content)
    del decoded
    gc.collect()
    tracemalloc.reset_peak()
    held = tracemalloc.get_traced_memory()[0]
    read(org)
    return (tracemalloc.get_traced_memory()[1] - held) / one


def held_after(url: str, sizes: list[int], kind: str) -> list[float]:
    """Return the MB of the process after a list of each of these numbers of pages."""
    read, held = reader(url, kind), []
    for pages in sizes:
        read(organization(pages=pages))
        held.append(memory.held_now())
    return held


def reader(url: str, kind: str) -> Callable[[str], object]:
    """Return a function that iterates all builds of an organization with one client."""
    if kind == ASYNC:
        client, runner = clients.ours_async(url), asyncio.Runner()
        return lambda org: runner.run(drain_async(client.builds.list_for_organization(org)))
    client = clients.ours(url)
    if kind == PREFETCH:
        return lambda org: drain(client.builds.list_for_organization(org).prefetch(AHEAD))
    return lambda org: drain(client.builds.list_for_organization(org))


def readers(url: str, org: str) -> dict[str, Callable[[], object]]:
    bare, dicts, models = clients.bare(url), clients.pybuildkite(url), clients.stock(url)
    return {
        clients.OURS: partial(reader(url, SYNC), org),
        f"{clients.OURS}, {ASYNC}": partial(reader(url, ASYNC), org),
        clients.HTTPX: lambda: drain(clients.follow(bare, org)),
        clients.PYBUILDKITE: lambda: drain(clients.follow_pybuildkite(dicts, org)),
        clients.STOCK: lambda: drain(clients.follow_stock(models, org)),
    }


def measure(lab: Lab) -> Result:
    pages = 20 if lab.quick else 100  # The heap of a process grows until about ten pages were read.
    org = organization(pages=pages)
    sizes = [(10, 1), (100, 1)] if lab.quick else [(10, 1), (100, 1), (100, 10), (100, 30)]
    lengths = [1, 10, pages] if lab.quick else [1, 10, 30, pages]
    per_build: dict[str, list[float]] = {}
    with serving() as url:
        held = {kind: in_child("questions.iteration:pages_held", url, org, kind) for kind in KINDS}
        after = {kind: in_child("questions.iteration:held_after", url, lengths, kind) for kind in KINDS}
        for builds, count in sizes:
            work = readers(url, organization(jobs=1, builds=builds, pages=count))
            samples = processor_time(work, lab.rounds(1 if count == 30 else 3, 1 if count == 30 else 9))
            for name in work:
                per_build.setdefault(name, []).append(1e6 * samples.median(name) / builds / count)
    growth = {kind: line[-1] - line[1] for kind, line in after.items()}
    most, most_growth = max(held[SYNC], held[ASYNC]), max(growth[SYNC], growth[ASYNC])
    return Result(
        question="Does memory stay flat in a long list?",
        summary=f"Iterating {pages * 100} builds holds at most {most:.1f} pages in memory, the current one and the"
        f" next. After the first ten pages the process grows by {most_growth:.1f} MB.",
        tables=[
            Table(
                ["iteration", "peak pages in memory", f"growth of the process, pages 10 to {pages}, MB"],
                [[kind, number(held[kind]), number(growth[kind])] for kind in held],
            ),
            Table(
                ["processor µs per build (1 job), list of …", *(f"{builds * count}" for builds, count in sizes)],
                [[name, *map(number, line)] for name, line in per_build.items()],
            ),
        ],
        plots=[
            Plot(
                "iteration",
                "Memory after a list has been iterated",
                "pages of 3 MB",
                "MB",
                {kind: list(zip(lengths, line, strict=True)) for kind, line in after.items()},
            )
        ],
        bars=[
            Bar(f"iterating {pages * 100} builds: peak pages in memory", most, 2, tolerance=0.1, timed=False),
            Bar(
                f"iterating {pages * 100} builds with {PREFETCH}: peak pages in memory",
                held[PREFETCH],
                AHEAD + 3,
                timed=False,
            ),
            Bar(
                f"iterating {pages * 100} builds: growth after ten pages",
                most_growth,
                10,
                "MB",
                timed=False,
            ),
        ],
    )
