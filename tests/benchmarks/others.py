"""Processor time of other programs. Needs Linux."""

from __future__ import annotations

import os
import resource
import time
from pathlib import Path

_STAT = Path("/proc/stat")
_IDLE = ("idle", "iowait")
_FIELDS = ("user", "nice", "system", "idle", "iowait", "irq", "softirq")


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
    """Return the seconds that the processors of the machine have been busy."""
    ticks = dict(zip(_FIELDS, map(int, _STAT.read_text().split("\n", 1)[0].split()[1:]), strict=False))
    return sum(count for field, count in ticks.items() if field not in _IDLE) / os.sysconf("SC_CLK_TCK")


def _own() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)
