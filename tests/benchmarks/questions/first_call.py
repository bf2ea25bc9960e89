"""Extra cost of the first call of a process."""

from __future__ import annotations

from collections.abc import Callable

from .. import clients
from ..lab import Lab, in_child
from ..measure import Samples, number, turns
from ..report import Bar, Result, Table
from ..server import organization, serving

CONTENDERS = (clients.OURS, clients.HTTPX, clients.PYBUILDKITE, clients.STOCK)


def measure(lab: Lab) -> Result:
    walls: dict[str, list[float]] = {name: [] for name in CONTENDERS}
    with serving() as url:

        def once(name: str) -> Callable[[], float]:
            def sample() -> float:
                cpu, wall = in_child("fresh:extra_of_first_call", name, url, organization())
                walls[name].append(wall)
                return float(cpu)

            return sample

        for name in CONTENDERS:
            once(name)()
        cpu = turns({name: once(name) for name in CONTENDERS}, lab.rounds(15))
    wall = Samples(walls)
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
        bars=[Bar("first typed call over later ones, processor", cpu.spread(clients.OURS), 25, "ms", tolerance=0.1)],
    )
