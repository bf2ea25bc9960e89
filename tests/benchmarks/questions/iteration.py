"""Whether memory stays flat while a long list is iterated, and how long that takes."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from collections.abc import Callable

from .. import clients, memory
from ..lab import Lab, in_child
from ..measure import number, processor_time
from ..report import Answer, Bar, Table
from ..server import organization, page, serving
from .listing import drain


def pages_held(url: str, org: str, kind: str) -> float:
    """Return how many pages, bytes and objects of each, are held at most while a list is iterated."""
    from _buildkite_rest.operations.builds import LIST_BUILDS
    from buildkite_rest._decode import Decoder

    client = clients.ours(url)
    drain(client.builds.list_for_organization(organization()))
    content = page(10, 100)
    gc.collect()
    tracemalloc.start()
    decoded = Decoder(strict=True).decode(LIST_BUILDS, content)
    one = tracemalloc.get_traced_memory()[0] + len(content)
    del decoded
    gc.collect()
    tracemalloc.reset_peak()
    held = tracemalloc.get_traced_memory()[0]
    if kind == "async":
        asyncio.run(_drain_async(url, org))
    else:
        drain(client.builds.list_for_organization(org))
    return (tracemalloc.get_traced_memory()[1] - held) / one


def grown(url: str, org: str, kind: str) -> float:
    """Return by how many MB the process grows from the first ten pages to the last."""
    client = clients.ours(url)
    ten = organization(pages=10)
    if kind == "async":
        asyncio.run(_drain_async(url, ten))
        held = memory.held_now()
        asyncio.run(_drain_async(url, org))
    else:
        drain(client.builds.list_for_organization(ten))
        held = memory.held_now()
        drain(client.builds.list_for_organization(org))
    return memory.held_now() - held


async def _drain_async(url: str, org: str) -> None:
    async with clients.ours_async(url) as client:
        async for _ in client.builds.list_for_organization(org):
            pass


def readers(url: str, org: str) -> dict[str, Callable[[], object]]:
    one, bare, dicts, models = clients.ours(url), clients.bare(url), clients.pybuildkite(url), clients.stock(url)
    return {
        clients.OURS: lambda: drain(one.builds.list_for_organization(org)),
        f"{clients.OURS}, async": lambda: asyncio.run(_drain_async(url, org)),
        clients.HTTPX: lambda: drain(clients.follow(bare, org)),
        clients.PYBUILDKITE: lambda: drain(clients.follow_pybuildkite(dicts, org)),
        clients.STOCK: lambda: drain(clients.follow_stock(models, org)),
    }


def ask(lab: Lab) -> Answer:
    pages = 5 if lab.quick else 100
    org = organization(pages=pages)
    sizes = [(10, 1), (100, 1)] if lab.quick else [(10, 1), (100, 1), (100, 10), (100, 100)]
    per_build: dict[str, list[float]] = {}
    with serving() as url:
        held = {kind: in_child("questions.iteration:pages_held", url, org, kind) for kind in ("sync", "async")}
        growth = {kind: in_child("questions.iteration:grown", url, org, kind) for kind in ("sync", "async")}
        for builds, count in sizes:
            work = readers(url, organization(jobs=1, builds=builds, pages=count))
            samples = processor_time(work, lab.rounds(1 if count == 100 else 9))
            for name in work:
                per_build.setdefault(name, []).append(1e6 * samples.median(name) / builds / count)
    return Answer(
        question="Does memory stay flat in a long list?",
        says=f"Iterating {pages * 100} builds holds {max(held.values()):.1f} pages at once, the one that is read and"
        f" the one that comes, and after the first ten pages the process grows by {max(growth.values()):.1f} MB.",
        tables=[
            Table(
                ["iteration", "pages held at most", f"growth of the process, pages 10 to {pages}, MB"],
                [[kind, number(held[kind]), number(growth[kind])] for kind in held],
            ),
            Table(
                ["µs of processor for a build (1 job), of …", *(f"{builds * count}" for builds, count in sizes)],
                [[name, *map(number, line)] for name, line in per_build.items()],
            ),
        ],
        bars=[Bar(f"iterating {pages * 100} builds: pages held at most", max(held.values()), 2, tolerance=0.1)],
    )
