"""Processor time of other programs. Needs Linux."""

from __future__ import annotations

import os
import resource
import time
from pathlib import Path

_STAT = Path("/proc/stat")
_PROGRAMS = slice(1, 4)
"""The fields of processes: user, nice and system. Interrupts, which sockets need too, do not belong to a process."""


class Others:
    """Measures during a `with` block how many processors are used by programs other than children that end in it."""

    processors: float | None = None

    def __enter__(self) -> Others:
        self._start, self._all, self._own = time.perf_counter(), _all(), _own()
        return self

    def __exit__(self, *_: object) -> None:
        others = _all() - self._all - (_own() - self._own)
        self.processors = max(0.0, others / (time.perf_counter() - self._start))


def _all() -> float:
    """Return the seconds that all processes have used."""
    ticks = _STAT.read_text().split("\n", 1)[0].split()[_PROGRAMS]
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


def _own() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)
