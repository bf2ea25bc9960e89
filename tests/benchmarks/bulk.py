"""Bulk work of a client: one call that sends many requests, and the least time that they need."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs

from .site import PER_PAGE, Organization

AT_ONCE = 8
SYNC, ASYNC = "sync", "async"
KINDS = (SYNC, ASYNC)
LOGS, PAGES, ARTIFACTS = "logs", "pages", "artifacts"
IN_MEMORY = Path("/dev/shm")


@attrs.frozen
class Cost:
    """Seconds of a request, of wall and of processor time."""

    wall: float
    cpu: float


@attrs.frozen
class Stage:
    """Requests of one type, of which some are in flight at the same time."""

    request: str
    """The name of a method of `BareRequests`."""
    count: int
    at_once: int = 1
    counted: int = 1
    """Requests that count towards the rate limit."""

    def paths(self, to: Path) -> list[Path]:
        """Return the path of a file for each request."""
        return [to / f"{self.request}-{index}" for index in range(self.count)]


@attrs.frozen
class Work:
    """Bulk work: one call of the client, and the requests that it needs."""

    name: str
    title: str
    stages: tuple[Stage, ...]

    @property
    def requests(self) -> int:
        """Number of requests."""
        return sum(stage.count for stage in self.stages)

    def seconds_by_latency(self, costs: Mapping[str, Cost]) -> float:
        """Return the least time in which the requests can follow each other."""
        return sum(math.ceil(stage.count / stage.at_once) * costs[stage.request].wall for stage in self.stages)

    def seconds_of_processor(self, costs: Mapping[str, Cost]) -> float:
        """Return the processor time of the requests."""
        return sum(stage.count * costs[stage.request].cpu for stage in self.stages)

    def least_seconds(self, costs: Mapping[str, Cost]) -> float:
        """Return the least time that the latency and one processor allow."""
        return max(self.seconds_by_latency(costs), self.seconds_of_processor(costs))

    def least_seconds_limited(self, costs: Mapping[str, Cost], quota: int, window: int) -> float:
        """Return the least time that a rate limit allows: whole windows, and the requests of the last one."""
        windows, rest = divmod(sum(stage.count * stage.counted for stage in self.stages) - 1, quota)
        last = self.stages[-1]
        return windows * window + math.ceil((rest + 1) / last.counted / last.at_once) * costs[last.request].wall


def works(properties: Organization) -> dict[str, Work]:
    """Return the bulk work for a build with these jobs and artifacts, and for the pages of builds."""
    jobs, pages, artifacts = properties.jobs, properties.pages, properties.artifacts
    lists = math.ceil(artifacts / PER_PAGE)
    return {
        LOGS: Work(
            LOGS,
            f"`builds.download_logs`, {jobs} logs",
            # Only the first page of jobs has the cursor of the second.
            (Stage("jobs", math.ceil(jobs / PER_PAGE)), Stage("log", jobs, AT_ONCE)),
        ),
        PAGES: Work(
            PAGES,
            f"`builds.list_for_organization`, {pages} pages",
            # The first page has the number of the last one.
            (Stage("page", 1), Stage("page", pages - 1, AT_ONCE)),
        ),
        ARTIFACTS: Work(
            ARTIFACTS,
            f"`artifacts.download_build`, {artifacts} artifacts",
            (Stage("artifacts", 1), Stage("artifacts", lists - 1, AT_ONCE), Stage("artifact", artifacts, AT_ONCE)),
        ),
    }


@contextmanager
def folder() -> Iterator[Path]:
    """Yield a folder in memory, because disks write at random times."""
    with tempfile.TemporaryDirectory(dir=IN_MEMORY if IN_MEMORY.is_dir() else None) as path:
        yield Path(path)


def run(client: Any, work: str, org: str, to: Path) -> None:
    """Do bulk work with a blocking client."""
    if work == LOGS:
        client.builds.download_logs(org, "web", 1, to=to, concurrency=AT_ONCE)
    elif work == ARTIFACTS:
        client.artifacts.download_build(org, "web", 1, to=to, concurrency=AT_ONCE)
    else:
        for _ in client.builds.list_for_organization(org).prefetch(AT_ONCE):
            pass


async def run_async(client: Any, work: str, org: str, to: Path) -> None:
    """Do bulk work with an asynchronous client."""
    if work == LOGS:
        await client.builds.download_logs(org, "web", 1, to=to, concurrency=AT_ONCE)
    elif work == ARTIFACTS:
        await client.artifacts.download_build(org, "web", 1, to=to, concurrency=AT_ONCE)
    else:
        async for _ in client.builds.list_for_organization(org).prefetch(AT_ONCE):
            pass
