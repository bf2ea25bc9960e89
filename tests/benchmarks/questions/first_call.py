"""Extra cost of the first call of a process."""

from __future__ import annotations

from functools import partial

from .. import clients
from ..lab import Lab, in_child
from ..measure import number, take_turns
from ..report import Bar, Result, Table
from ..server import serving
from ..site import organization
from .imports import YARDSTICK, clocks

CONTENDERS = (clients.OURS, clients.HTTPX)
MOST = 0.17
"""Of the processor time of `import httpx`: 10 ms where that takes 58 ms."""


def measure(lab: Lab) -> Result:
    with serving() as url:
        function = partial(in_child, "fresh:extra_of_first_call")
        calls = {name: partial(function, name, url, organization()) for name in CONTENDERS}
        calls |= {name: partial(clocks, name) for name in YARDSTICK}
        for call in calls.values():
            call()
        cpu, wall = take_turns(calls, lab.rounds(5, 9))
    rows = [
        [name, str(cpu.difference(name, clients.HTTPX)), number(cpu.median(name)), number(wall.median(name))]
        for name in CONTENDERS
    ]
    return Result(
        question="What does the first call cost?",
        summary="The first typed call of a process imports the models that it needs and builds a decoder, which"
        f" takes {cpu.median(clients.OURS):.1f} ms more than a later call. The first call of bare httpx takes"
        f" {cpu.median(clients.HTTPX):.1f} ms more.",
        tables=[Table(["client", "processor ms over httpx", "processor ms over later calls", "wall ms"], rows)],
        bars=[
            Bar(
                "first typed call over later ones ÷ `import httpx`",
                cpu.ratio_to_difference(clients.OURS, YARDSTICK),
                MOST,
                tolerance=0.1,
            )
        ],
    )
