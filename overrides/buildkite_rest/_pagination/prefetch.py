"""Reads pages of a list before they are asked for.

What follows a page is what its `next` says, exactly as without reading ahead. Reading ahead only guesses what that will
be: pages that are numbered up to a `last` one by the number in their address, others not at all, so that of them one is
read ahead. A guess that turns out wrong is thrown away, with its answer or its error, and no more are made.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Iterable
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Generic, TypeAlias, TypeVar
from urllib.parse import parse_qsl, urlsplit

from attrs import define, field

from .._base.cancellation import Stop
from .._base.workers import Workers
from .page import HTTPPage
from .traversal import Traversal

if TYPE_CHECKING:
    import asyncio

T = TypeVar("T")
J = TypeVar("J")

_Key: TypeAlias = tuple[str, str, str, tuple[tuple[str, str], ...]]

_PAGE: Final = re.compile(r"(?<![^&])page=([0-9]{1,9})(?![^&])")


def following(page: HTTPPage[Any], most: int) -> list[str]:
    """Return addresses of at most `most` pages after `page`, nearest first: its `next`, and those up to the last."""
    if page.next_url is None or most < 1:
        return []
    path, _, query = page.next_url.partition("?")
    found = _PAGE.search(query)
    if found is None or page.last_page is None:
        return [page.next_url]
    number = int(found[1])
    before, after = f"{path}?{query[: found.start(1)]}", query[found.end(1) :]
    numbers = range(number + 1, min(page.last_page, number + most - 1) + 1)
    return [page.next_url, *(f"{before}{each}{after}" for each in numbers)]


def _key(url: str) -> _Key:
    """Return what two addresses of one page have in common, whatever the order of their arguments."""
    parts = urlsplit(url)
    return parts.scheme, parts.netloc, parts.path, tuple(sorted(parse_qsl(parts.query, keep_blank_values=True)))


@define
class _Ahead(Generic[J]):
    """The requests that were started before their pages were asked for: `J` is a future or a task."""

    _most: int
    _begin: Callable[[str], J]
    _wanted: dict[_Key, str] = field(factory=dict[_Key, str], init=False)
    _jobs: dict[_Key, J] = field(factory=dict[_Key, J], init=False)

    def aim(self, page: HTTPPage[Any], traversal: Traversal) -> list[J]:
        """Take note of what follows `page`, and return the jobs that are of no use any more."""
        self._wanted = self._look(page, traversal)
        if self._jobs and self._wanted and next(iter(self._wanted)) not in self._jobs:
            self._most = 1
            self._wanted = self._look(page, traversal)
        return [self._jobs.pop(key) for key in list(self._jobs) if key not in self._wanted]

    def start(self) -> None:
        """Begin with what is wanted and was not begun yet."""
        for key, url in self._wanted.items():
            if key not in self._jobs:
                self._jobs[key] = self._begin(url)

    def take(self, url: str) -> J:
        """Return the job that reads `url`, which `next` gave."""
        return self._jobs.pop(_key(url), None) or self._begin(url)

    def drain(self) -> list[J]:
        """Return all jobs that nobody took."""
        jobs = list(self._jobs.values())
        self._jobs.clear()
        return jobs

    def _look(self, page: HTTPPage[Any], traversal: Traversal) -> dict[_Key, str]:
        return {_key(url): url for url in following(page, traversal.pages_left(page, self._most))}


def read_ahead(
    fetch: Callable[[str, Stop | None], HTTPPage[T]], start: str, traversal: Traversal, most: int
) -> Generator[HTTPPage[T], None, None]:
    """Yield pages while threads read the `most` that follow.

    Stopping early ends their pauses at once. A request in flight cannot be interrupted; it ends in the background.
    """
    workers, stop = _workers(most)

    def begin(url: str) -> Future[HTTPPage[T]]:
        return workers.submit(partial(fetch, url, stop))

    ahead = _Ahead(most, begin)
    try:
        page = traversal.accept(fetch(start, None))
        while True:
            for job in ahead.aim(page, traversal):
                job.cancel()
            ahead.start()
            yield page
            url = traversal.next_url(page)
            if url is None:
                return
            if workers.are_inherited():  # Their results never arrive in a process that was forked meanwhile.
                workers, stop = _workers(most)
                ahead.drain()
            page = traversal.accept(ahead.take(url).result())
    finally:
        workers.close()


def _workers(most: int) -> tuple[Workers, Stop]:
    stop = Stop("the list is not read any further")
    return Workers(most, stop), stop


async def async_read_ahead(
    fetch: Callable[[str], Awaitable[HTTPPage[T]]], start: str, traversal: Traversal, most: int
) -> AsyncGenerator[HTTPPage[T], None]:
    """Yield pages while tasks read the `most` that follow. To stop early cancels them."""
    import asyncio  # noqa: PLC0415 - a blocking client should not pay for it

    async def read(url: str) -> HTTPPage[T]:
        return await fetch(url)

    def begin(url: str) -> asyncio.Task[HTTPPage[T]]:
        return asyncio.create_task(read(url))

    ahead = _Ahead(most, begin)
    try:
        page = traversal.accept(await fetch(start))
        while True:
            await _cancel(ahead.aim(page, traversal))
            ahead.start()
            yield page
            url = traversal.next_url(page)
            if url is None:
                return
            page = traversal.accept(await ahead.take(url))
    finally:
        await _cancel(ahead.drain())


async def _cancel(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel `tasks` and wait until they have ended, with any result.

    There is no `await` where all have ended, as in `asyncio.run` at its end: it closes this generator and those that
    iterate it at the same time, and logs an error for each that it finds running.
    """
    import asyncio  # noqa: PLC0415 - a blocking client should not pay for it

    running: list[asyncio.Task[Any]] = []
    for task in tasks:
        if not task.done():
            task.cancel()
            running.append(task)
        elif not task.cancelled():
            task.exception()  # or asyncio logs that nobody has retrieved it
    if running:
        await asyncio.gather(*running, return_exceptions=True)
