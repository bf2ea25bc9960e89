"""Prefetching: pages are fetched before the caller reaches them.

The `next` URL of a page always decides which page follows. Where pages are numbered up to a `last` one, the URLs of
further pages are predicted from that number; otherwise one page is prefetched. A page that was predicted wrongly is
discarded, with its response or error, and no more are predicted.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Iterable
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from .._base.workers import Cancellation, Workers
from .page import HTTPPage, Traversal

if TYPE_CHECKING:
    import asyncio

T = TypeVar("T")
J = TypeVar("J")

_PAGE: Final = re.compile(r"(?<![^&])page=([0-9]{1,9})(?![^&])")


def next_urls(page: HTTPPage[Any], limit: int) -> list[str]:
    """Return the URLs of at most `limit` pages after `page`: its `next`, and predicted ones up to the last page."""
    url = page.valid_next_url
    if url is None or limit < 1:
        return []
    path, _, query = url.partition("?")
    found = _PAGE.search(query)
    if found is None or page.last_page is None:
        return [url]
    number = int(found[1])
    before, after = f"{path}?{query[: found.start(1)]}", query[found.end(1) :]
    numbers = range(number + 1, min(page.last_page, number + limit - 1) + 1)
    return [url, *(f"{before}{each}{after}" for each in numbers)]


class _PrefetchQueue(Generic[J]):
    """Pages that are being fetched, in order. `J` is a future or a task."""

    def __init__(self, limit: int, start_fetch: Callable[[str], J]) -> None:
        self._limit = limit
        self._start_fetch = start_fetch
        self._wanted: list[str] = []
        self._jobs: dict[str, J] = {}

    def retarget(self, page: HTTPPage[Any], traversal: Traversal) -> list[J]:
        """Predict the pages after `page`, and return the jobs that are no longer needed."""
        self._wanted = next_urls(page, traversal.pages_left(page, self._limit))
        if self._jobs and self._wanted and self._wanted[0] not in self._jobs:
            self._limit = 1
            self._wanted = self._wanted[:1]
        return [self._jobs.pop(url) for url in list(self._jobs) if url not in self._wanted]

    def start(self) -> None:
        """Start the jobs that are missing."""
        for url in self._wanted:
            if url not in self._jobs:
                self._jobs[url] = self._start_fetch(url)

    def pop(self, url: str) -> J:
        """Return the job for `url`, the `next` of a page."""
        return self._jobs.pop(url, None) or self._start_fetch(url)

    def drain(self) -> list[J]:
        """Remove and return the remaining jobs."""
        jobs = list(self._jobs.values())
        self._jobs.clear()
        return jobs


def prefetch_pages(
    fetch: Callable[[str, Cancellation | None], HTTPPage[T]], start: str, traversal: Traversal, prefetch_count: int
) -> Generator[HTTPPage[T], None, None]:
    """Yield pages while threads fetch the next `prefetch_count`.

    Closing the generator ends their pauses at once. A request in flight cannot be interrupted; it ends in the
    background.
    """
    workers, cancellation = _workers(prefetch_count)

    def start_fetch(url: str) -> Future[HTTPPage[T]]:
        return workers.submit(partial(fetch, url, cancellation))

    queue = _PrefetchQueue(prefetch_count, start_fetch)
    try:
        page = traversal.accept(fetch(start, None), start)
        while True:
            for job in queue.retarget(page, traversal):
                job.cancel()
            queue.start()
            yield page
            url = traversal.next_url(page)
            if url is None:
                return
            if workers.are_inherited():  # A process that was forked meanwhile never gets their results.
                workers, cancellation = _workers(prefetch_count)
                queue.drain()
            page = traversal.accept(queue.pop(url).result(), url)
    finally:
        workers.close()


def _workers(count: int) -> tuple[Workers, Cancellation]:
    cancellation = Cancellation("the iteration of the list ended")
    return Workers(count, cancellation), cancellation


async def async_prefetch_pages(
    fetch: Callable[[str], Coroutine[Any, Any, HTTPPage[T]]], start: str, traversal: Traversal, prefetch_count: int
) -> AsyncGenerator[HTTPPage[T], None]:
    """Yield pages while tasks fetch the next `prefetch_count`. Closing the generator cancels them."""
    import asyncio  # noqa: PLC0415 - a blocking client should not pay for it

    def start_fetch(url: str) -> asyncio.Task[HTTPPage[T]]:
        return asyncio.create_task(fetch(url))

    queue = _PrefetchQueue(prefetch_count, start_fetch)
    try:
        page = traversal.accept(await fetch(start), start)
        while True:
            await _cancel(queue.retarget(page, traversal))
            queue.start()
            yield page
            url = traversal.next_url(page)
            if url is None:
                return
            page = traversal.accept(await queue.pop(url), url)
    finally:
        await _cancel(queue.drain())


async def _cancel(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel `tasks` and wait for their end.

    Without running tasks there is no `await`: `asyncio.run` closes this generator and its iterators at the same time,
    and logs an error for each that is running.
    """
    import asyncio  # noqa: PLC0415 - a blocking client should not pay for it

    running: list[asyncio.Task[Any]] = []
    for task in tasks:
        if not task.done():
            task.cancel()
            running.append(task)
        elif not task.cancelled():
            task.exception()  # otherwise asyncio logs that it was never retrieved
    if running:
        await asyncio.gather(*running, return_exceptions=True)
