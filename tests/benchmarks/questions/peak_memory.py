"""Memory of a process that reads one page of builds."""

from __future__ import annotations

from functools import partial

from .. import clients
from ..lab import Lab, in_child
from ..measure import number, turns_of_several
from ..report import Bar, Result, Table
from ..server import serving
from ..site import organization


def measure(lab: Lab) -> Result:
    contenders = (clients.NOTHING, clients.OURS, clients.HTTPX, clients.PYBUILDKITE, clients.PYDANTIC, clients.STOCK)
    with serving() as url:
        readers = {name: partial(in_child, "fresh:page_held", name, url, organization()) for name in contenders}
        most, end = turns_of_several(readers, lab.rounds(2))
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
