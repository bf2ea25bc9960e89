"""How long a list of many pages takes when each answer takes a while."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from .. import clients
from ..lab import Lab
from ..measure import number, wall
from ..report import Answer, Bar, Table
from ..server import organization, serving

LATENCY = 50
SEQUENTIAL = "one page after the other"
PREFETCH = "`.prefetch(8)`"


def drain(items: Iterable[object]) -> None:
    deque(items, maxlen=0)


def reading(url: str, *, jobs: int, pages: int) -> dict[str, Callable[[], object]]:
    org = organization(jobs=jobs, pages=pages, latency=LATENCY)
    one, bare, dicts = clients.ours(url), clients.bare(url), clients.pybuildkite(url)
    return {
        SEQUENTIAL: lambda: drain(one.builds.list_for_organization(org)),
        PREFETCH: lambda: drain(one.builds.list_for_organization(org).prefetch(8)),
        clients.HTTPX: lambda: drain(clients.follow(bare, org)),
        clients.PYBUILDKITE: lambda: drain(clients.follow_pybuildkite(dicts, org)),
    }


def ask(lab: Lab) -> Answer:
    pages = 10 if lab.quick else 100
    with serving() as url:
        small = wall(reading(url, jobs=1, pages=pages), lab.rounds(3))
        large = wall(reading(url, jobs=10, pages=pages // 2), 1)
    gain = small.ratio(SEQUENTIAL, PREFETCH).middle
    rows = [
        [
            f"{clients.OURS}, {name}" if name in (SEQUENTIAL, PREFETCH) else name,
            *(
                cell
                for samples in (small, large)
                for cell in (number(samples.ratio(SEQUENTIAL, name).middle), number(samples.median(name)))
            ),
        ]
        for name in small.of
    ]
    return Answer(
        question=f"How fast is a long list at {LATENCY} ms an answer?",
        says=f"With eight requests in flight a list of {pages} pages comes {gain:.1f} times as fast as one page after"
        " the other, in the same order; eight times would be all that eight requests can give.",
        tables=[
            Table(
                ["reader", f"times as fast, {pages} pages", "s", f"times as fast, {pages // 2} pages of 3 MB", "s"],
                rows,
            )
        ],
        bars=[Bar(f"{pages} pages: sequential ÷ `.prefetch(8)`", gain, 6, at_least=True, tolerance=0.1)],
    )
