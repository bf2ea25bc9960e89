"""Measurements in a fresh process, which has imported only this module and what the contender needs."""

from __future__ import annotations

import time
from collections.abc import Callable

from . import clients


def extra_of_first_call(name: str, url: str, org: str) -> tuple[float, float]:
    """Return how much longer the first call takes than later ones, in ms of processor and wall time."""
    call = _call(name, url, org)
    cpu, wall = [], []
    for _ in range(8):
        start_cpu, start_wall = time.process_time(), time.perf_counter()
        call()
        cpu.append(1e3 * (time.process_time() - start_cpu))
        wall.append(1e3 * (time.perf_counter() - start_wall))
    return cpu[0] - sorted(cpu)[3], wall[0] - sorted(wall)[3]


def _call(name: str, url: str, org: str) -> Callable[[], object]:
    """Return a first typed call, with the client created but nothing else imported."""
    if name == clients.OURS:
        client = clients.ours(url)
        return lambda: client.builds.get(org, "web", 1)
    bare, path = clients.bare(url), f"/v2/organizations/{org}/pipelines/web/builds/1"
    return lambda: clients.loaded(bare.get(path))
