"""Requests of bare httpx, which do what the client does with each: decode it, or write and hash a file."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import attrs

from . import clients
from .site import PER_PAGE, Organization


@attrs.frozen
class Stage:
    """Requests of one type, of which some are in flight at the same time."""

    request: str
    """The name of a method of `BareRequests`."""
    count: int
    at_once: int = 1

    def paths(self, to: Path) -> list[Path]:
        """Return the path of a file for each request."""
        return [to / f"{self.request}-{index}" for index in range(self.count)]


class _Paths:
    """Paths of the requests of bulk work in an organization."""

    def __init__(self, org: str) -> None:
        base = f"/v2/organizations/{org}"
        build = f"{base}/pipelines/web/builds/1"
        self.page = f"{base}/builds?per_page={PER_PAGE}"
        self.jobs = f"{build}/jobs?per_page={PER_PAGE}"
        self.artifacts = f"{build}/artifacts?per_page={PER_PAGE}"
        self.log = f"{base}/jobs/job/log"
        self.download = f"{base}/jobs/job/artifacts/0-{Organization.of(org).size}/download"


class BareRequests:
    """Requests of an `httpx.Client`."""

    def __init__(self, url: str, org: str) -> None:
        self._client = clients.bare(url)
        self._paths = _Paths(org)

    def page(self, _to: Path) -> None:
        clients.loaded(self._client.get(self._paths.page))

    def jobs(self, _to: Path) -> None:
        clients.loaded(self._client.get(self._paths.jobs))

    def artifacts(self, _to: Path) -> None:
        clients.loaded(self._client.get(self._paths.artifacts))

    def log(self, to: Path) -> None:
        self._save(self._paths.log, to)

    def artifact(self, to: Path) -> None:
        url = self._client.get(self._paths.download).json()["url"]
        self._save(url, to, hashlib.sha1(usedforsecurity=False))

    def _save(self, url: str, to: Path, digest: Any = None) -> None:
        with self._client.stream("GET", url) as response, to.open("wb") as file:
            for chunk in response.iter_bytes():
                file.write(chunk)
                if digest is not None:
                    digest.update(chunk)

    def run(self, stages: Iterable[Stage], to: Path) -> None:
        """Send all requests, each stage in as many threads as it has requests in flight."""
        for stage in stages:
            request = getattr(self, stage.request)
            with ThreadPoolExecutor(stage.at_once) as threads:
                list(threads.map(request, stage.paths(to)))


class AsyncBareRequests:
    """Requests of an `httpx.AsyncClient`."""

    def __init__(self, url: str, org: str) -> None:
        self._client = clients.bare(url, "AsyncClient")
        self._paths = _Paths(org)

    async def page(self, _to: Path) -> None:
        clients.loaded(await self._client.get(self._paths.page))

    async def jobs(self, _to: Path) -> None:
        clients.loaded(await self._client.get(self._paths.jobs))

    async def artifacts(self, _to: Path) -> None:
        clients.loaded(await self._client.get(self._paths.artifacts))

    async def log(self, to: Path) -> None:
        await self._save(self._paths.log, to)

    async def artifact(self, to: Path) -> None:
        url = (await self._client.get(self._paths.download)).json()["url"]
        await self._save(url, to, hashlib.sha1(usedforsecurity=False))

    async def _save(self, url: str, to: Path, digest: Any = None) -> None:
        async with self._client.stream("GET", url) as response:
            with to.open("wb") as file:
                async for chunk in response.aiter_bytes():
                    file.write(chunk)
                    if digest is not None:
                        digest.update(chunk)

    async def run(self, stages: Iterable[Stage], to: Path) -> None:
        """Send all requests, each stage in as many tasks as it has requests in flight."""
        for stage in stages:
            request, paths = getattr(self, stage.request), iter(stage.paths(to))

            async def send_next(request: Any = request, paths: Iterator[Path] = paths) -> None:
                for path in paths:
                    await request(path)

            await asyncio.gather(*(send_next() for _ in range(stage.at_once)))
