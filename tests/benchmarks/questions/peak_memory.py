"""Memory of a process that reads one page of builds."""

from __future__ import annotations

from collections.abc import Callable

from .. import clients
from ..lab import Lab, in_child
from ..measure import Samples, number, turns
from ..report import Bar, Result, Table
from ..server import organization, serving


def measure(lab: Lab) -> Result:
    contenders = (clients.NOTHING, clients.OURS, clients.HTTPX, clients.PYBUILDKITE, clients.PYDANTIC, clients.STOCK)
    ends: dict[str, list[float]] = {name: [] for name in contenders}
    with serving() as url:

        def once(name: str) -> Callable[[], float]:
            def sample() -> float:
                most, end = in_child("fresh:page_held", name, url, organization())
                ends[name].append(end)
                return float(most)

            return sample

        most = turns({name: once(name) for name in contenders}, lab.rounds(3))
    end = Samples(ends)
    rows = [
        [name, str(most.ratio(name, clients.HTTPX)), number(most.median(name)), number(end.median(name))]
        for name in contenders
    ]
    ratio = most.ratio(clients.OURS, clients.HTTPX)
    return Result(
        question="How much memory does a page take?",
        summary=f"A process that reads one page of 3 MB with this client needs {ratio.middle:.2f} times the memory of"
        f" one with bare httpx and dictionaries (at most {most.median(clients.OURS):.0f} MB).",
        tables=[Table(["process", "ratio to httpx", "peak MB", "MB with the page"], rows)],
        bars=[Bar("memory of a process that reads a page ÷ bare httpx", ratio, 1.1, timed=False)],
    )
