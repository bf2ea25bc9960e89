"""The clients of httpx that are made by default, which replace a pool that has lost connections.

httpcore 1.0, the pool of httpx, loses a connection if a request is canceled, or its timeout passes, at certain moments:
when it has waited and is just given a connection, when it has just connected, and when it returns a connection. Nobody
can use or close such a connection, so that in the end no request gets one.

So requests wait here until the pool must have a connection for them. If it has none, connections were lost, and another
pool is made.
"""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Iterator, MutableMapping
from contextlib import AbstractAsyncContextManager, nullcontext, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import httpx

from .._base.fork_safety import ForkSafeLock

if TYPE_CHECKING:
    import asyncio

T = TypeVar("T")

MAX_CONNECTIONS: Final = 100
_MAX_IDLE: Final = 20
"""For each idle connection, the pool asks the operating system before each request whether it is still open."""


def _limits() -> httpx.Limits:
    return httpx.Limits(max_connections=MAX_CONNECTIONS, max_keepalive_connections=_MAX_IDLE)


def _timeouts(request: httpx.Request) -> MutableMapping[str, float | None]:
    timeouts: MutableMapping[str, float | None] = request.extensions.setdefault("timeout", {})
    return timeouts


class _Pool(Generic[T]):
    """A transport of httpx, and how many requests use it."""

    def __init__(self, transport: T) -> None:
        self.transport = transport
        self.users = 0


class _Pools(Generic[T]):
    """The pool of a client, and those that it no longer uses but for requests in flight.

    Args:
        make: Makes the transport of httpx.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._current = _Pool(make())
        self._retired = list[_Pool[T]]()
        self._is_closed = False
        self._lock = ForkSafeLock()

    def enter(self, request: httpx.Request) -> _Pool[T]:
        """Return the pool for another request."""
        with self._lock.current:
            self._check(request)
            self._current.users += 1
            return self._current

    def replace(self, lost: _Pool[T], request: httpx.Request) -> _Pool[T]:
        """Return another pool for a request to which the pool that it uses gives no connection."""
        with self._lock.current:
            self._check(request)
            if self._current is lost:
                self._current = _Pool(self._make())
                self._retired.append(lost)
            lost.users -= 1
            self._current.users += 1
            return self._current

    def leave(self, pool: _Pool[T]) -> list[T]:
        """End the use of a pool by a request, and return the transports to close."""
        with self._lock.current:
            pool.users -= 1
            unused = [each.transport for each in self._retired if not each.users]
            if unused:
                self._retired = [each for each in self._retired if each.users]
            return unused

    def close(self) -> list[T]:
        """End the use by further requests, and return the transports to close."""
        with self._lock.current:
            if not self._is_closed:
                self._is_closed = True
                self._retired.append(self._current)  # requests that are connecting may open connections after this
            return [each.transport for each in self._retired]

    def _check(self, request: httpx.Request) -> None:
        if self._is_closed:
            raise httpx.ConnectError("the client is closed", request=request)


class _Body(httpx.SyncByteStream):
    """A response body that calls a function when it is closed."""

    def __init__(self, body: Any, on_close: Callable[[], None]) -> None:
        self._body = body
        self._on_close = on_close

    def __iter__(self) -> Iterator[bytes]:
        chunks: Iterator[bytes] = iter(self._body)
        return chunks

    def close(self) -> None:
        try:
            self._body.close()
        finally:
            self._on_close()


class _Transport(httpx.BaseTransport):
    """A transport that replaces its pool when that has lost connections."""

    def __init__(self, make: Callable[[], httpx.BaseTransport]) -> None:
        self._pools = _Pools(make)
        self._in_flight = 0
        self._left = threading.Condition()
        """Notified when a request has ended. Unlike a semaphore it is reentrant: a finalizer may close a response."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request when the pool has a connection for it.

        Raises:
            httpx.PoolTimeout: No connection became free.
        """
        timeouts = _timeouts(request)
        seconds = timeouts.get("pool")
        pool = self._enter(request, seconds)
        try:
            timeouts["pool"] = 0.0
            try:
                response = pool.transport.handle_request(request)
            except httpx.PoolTimeout:
                pool = self._pools.replace(pool, request)
                response = pool.transport.handle_request(request)
        except BaseException:
            self._leave(pool)
            raise
        finally:
            timeouts["pool"] = seconds
        response.stream = _Body(response.stream, partial(self._leave, pool))
        return response

    def close(self) -> None:
        """Close all connections."""
        for transport in self._pools.close():
            transport.close()

    def _enter(self, request: httpx.Request, seconds: float | None) -> _Pool[httpx.BaseTransport]:
        with self._left:
            if not self._left.wait_for(lambda: self._in_flight < MAX_CONNECTIONS, seconds):
                raise httpx.PoolTimeout("", request=request)
            self._in_flight += 1
        try:
            return self._pools.enter(request)
        except BaseException:
            self._release()
            raise

    def _leave(self, pool: _Pool[httpx.BaseTransport]) -> None:
        self._release()
        for transport in self._pools.leave(pool):
            transport.close()

    def _release(self) -> None:
        with self._left:
            self._in_flight -= 1
            self._left.notify()


class DefaultClient(httpx.Client):
    """A client that replaces a pool that has lost connections."""

    def __init__(self, **options: Any) -> None:
        super().__init__(limits=_limits(), **options)

    def _init_transport(self, *args: Any, **options: Any) -> httpx.BaseTransport:
        return _Transport(partial(super()._init_transport, *args, **options))

    def _init_proxy_transport(self, *args: Any, **options: Any) -> httpx.BaseTransport:
        return _Transport(partial(super()._init_proxy_transport, *args, **options))


class _AsyncBody(httpx.AsyncByteStream):
    """A response body that calls a function when it is closed."""

    def __init__(self, body: Any, on_close: Callable[[], None]) -> None:
        self._body = body
        self._on_close = on_close

    def __aiter__(self) -> AsyncIterator[bytes]:
        chunks: AsyncIterator[bytes] = aiter(self._body)
        return chunks

    async def aclose(self) -> None:
        try:
            await self._body.aclose()
        finally:
            self._on_close()


class _AsyncTransport(httpx.AsyncBaseTransport):
    """A transport that replaces its pool when that has lost connections."""

    def __init__(self, make: Callable[[], httpx.AsyncBaseTransport]) -> None:
        self._pools = _Pools(make)
        self._free: asyncio.Semaphore | None = None
        self._closing = set["asyncio.Task[None]"]()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request when the pool has a connection for it.

        Raises:
            httpx.PoolTimeout: No connection became free.
        """
        timeouts = _timeouts(request)
        seconds = timeouts.get("pool")
        pool = await self._enter(request, seconds)
        try:
            timeouts["pool"] = 0.0
            try:
                response = await pool.transport.handle_async_request(request)
            except httpx.PoolTimeout:
                pool = self._pools.replace(pool, request)
                response = await pool.transport.handle_async_request(request)
        except BaseException:
            self._leave(pool)
            raise
        finally:
            timeouts["pool"] = seconds
        response.stream = _AsyncBody(response.stream, partial(self._leave, pool))
        return response

    async def aclose(self) -> None:
        """Close all connections."""
        for transport in self._pools.close():
            await transport.aclose()
        if self._closing:
            import asyncio  # noqa: PLC0415 - see _enter

            await asyncio.wait(self._closing)

    async def _enter(self, request: httpx.Request, seconds: float | None) -> _Pool[httpx.AsyncBaseTransport]:
        import asyncio  # noqa: PLC0415 - a client is created without it

        free = self._free = self._free or asyncio.Semaphore(MAX_CONNECTIONS)
        # A time limit would cost more than the rest of this method.
        limit: AbstractAsyncContextManager[object] = nullcontext()
        if free.locked():
            limit = asyncio.timeout(seconds)
            if trace := request.extensions.get("trace"):
                await trace("buildkite_rest.wait_for_connection.started", {})
        try:
            async with limit:
                await free.acquire()
        except TimeoutError:
            raise httpx.PoolTimeout("", request=request) from None
        try:
            return self._pools.enter(request)
        except BaseException:
            free.release()
            raise

    def _leave(self, pool: _Pool[httpx.AsyncBaseTransport]) -> None:
        import asyncio  # noqa: PLC0415 - see _enter

        if self._free is not None:
            self._free.release()
        for transport in self._pools.leave(pool):  # in other tasks, which are not canceled with this one
            task = asyncio.create_task(_close(transport))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)


async def _close(transport: httpx.AsyncBaseTransport) -> None:
    with suppress(Exception):  # lost connections may be in any state
        await transport.aclose()


class DefaultAsyncClient(httpx.AsyncClient):
    """A client that replaces a pool that has lost connections."""

    def __init__(self, **options: Any) -> None:
        super().__init__(limits=_limits(), **options)

    def _init_transport(self, *args: Any, **options: Any) -> httpx.AsyncBaseTransport:
        return _AsyncTransport(partial(super()._init_transport, *args, **options))

    def _init_proxy_transport(self, *args: Any, **options: Any) -> httpx.AsyncBaseTransport:
        return _AsyncTransport(partial(super()._init_proxy_transport, *args, **options))
