"""Memory of iterating a long list."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from collections import deque
from collections.abc import Callable

from .. import clients
from ..lab import Lab, in_child
from ..measure import number
from ..report import Bar, Result, Table
from ..server import serving
from ..site import organization, page

AHEAD = 8
SYNC, ASYNC, PREFETCH = "sync", "async", f"`.prefetch({AHEAD})`"
LIMITS = {SYNC: 2, ASYNC: 2, PREFETCH: AHEAD + 3}
"""The most pages in memory: the current one and the next, or those that are read ahead."""


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


def reader(url: str, kind: str) -> Callable[[str], object]:
    """Return a function that iterates all builds of an organization with one client."""
    if kind == ASYNC:
        client, runner = clients.ours_async(url), asyncio.Runner()

        async def drain(org: str) -> None:
            async for _ in client.builds.list_for_organization(org):
                pass

        return lambda org: runner.run(drain(org))
    builds = clients.ours(url).builds
    if kind == PREFETCH:
        return lambda org: deque(builds.list_for_organization(org).prefetch(AHEAD), maxlen=0)
    return lambda org: deque(builds.list_for_organization(org), maxlen=0)


def measure(lab: Lab) -> Result:
    pages = 20 if lab.quick else 100
    org = organization(pages=pages)
    with serving() as url:
        held = {kind: in_child("questions.iteration:pages_held", url, org, kind) for kind in LIMITS}
    return Result(
        question="Does memory stay flat in a long list?",
        summary=f"Iterating {pages * 100} builds holds at most {held[SYNC]:.1f} pages in memory: the current one and"
        " the next.",
        tables=[Table(["iteration", "peak pages in memory"], [[kind, number(held[kind])] for kind in held])],
        bars=[
            Bar(
                f"iterating {pages * 100} builds, {kind}: peak pages in memory",
                held[kind],
                most,
                tolerance=0.1,
                timed=False,
            )
            for kind, most in LIMITS.items()
        ],
    )
