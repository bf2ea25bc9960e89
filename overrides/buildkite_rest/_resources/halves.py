"""Both halves of the handwritten resources: asynchronous methods, and blocking methods that run them.

A blocking method runs the asynchronous one on a `BlockingPort`, whose methods block and never suspend. So the coroutine
has finished after its first step, without an event loop.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from contextlib import asynccontextmanager, closing
from functools import wraps
from inspect import signature
from typing import TYPE_CHECKING, Any, ClassVar, Concatenate, Generic, ParamSpec, Self, TypeAlias, TypeVar

from msgspec.structs import replace

if TYPE_CHECKING:
    from _buildkite_rest.ports import Arguments, AsyncPager, AsyncPort, Operation, Page, Pager, Port

    from .._base.workers import Cancellation
    from .._http.body import HTTPByteStream
    from .._http.options import Settings
    from .._http.port import AsyncHTTPPort, HTTPPort

A = TypeVar("A")
P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")
AnyPort: TypeAlias = "AsyncHTTPPort | BlockingPort"
"""A port of asynchronous methods."""


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Return the result of a coroutine that never suspends."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    raise RuntimeError("a blocking method has awaited something that suspends")


def iterate(items: AsyncGenerator[T]) -> Generator[T]:
    """Yield the items of an asynchronous generator that never suspends."""
    try:
        while True:
            try:
                item = run(items.__anext__())
            except StopAsyncIteration:
                return
            yield item
    finally:
        run(items.aclose())


class _Pager(Generic[T]):
    """An asynchronous pager over a blocking one."""

    def __init__(self, pager: Pager[T]) -> None:
        self._pager = pager

    async def __aiter__(self) -> AsyncGenerator[T]:
        for item in self._pager:
            yield item

    async def pages(self) -> AsyncGenerator[Page[T]]:
        with closing(self._pager.pages()) as pages:
            for page in pages:
                yield page

    async def first(self) -> T | None:
        return self._pager.first()

    def prefetch(self, n: int) -> AsyncPager[T]:
        return _Pager(self._pager.prefetch(n))

    def resume(self, next_url: str) -> AsyncPager[T]:
        return _Pager(self._pager.resume(next_url))


class _Stream:
    """An asynchronous stream over a blocking one."""

    def __init__(self, stream: HTTPByteStream) -> None:
        self._stream = stream
        self.url, self.status, self.headers = stream.url, stream.status, stream.headers

    async def __aiter__(self) -> AsyncGenerator[bytes]:
        for chunk in self._stream:
            yield chunk

    async def lines(self) -> AsyncGenerator[str]:
        for line in self._stream.lines():
            yield line

    async def read(self) -> bytes:
        return self._stream.read()


class BlockingPort:
    """An asynchronous port over a blocking one."""

    def __init__(self, port: HTTPPort) -> None:
        async def sleep(seconds: float) -> None:
            port.timing.sleep(seconds)

        self._port = port
        self.settings = replace(port.settings, timing=replace(port.timing, async_sleep=sleep))
        self.in_background = port.in_background

    async def send(self, operation: Operation[T], arguments: Arguments) -> T:
        """Send a request and return the decoded response."""
        return self._port.send(operation, arguments)

    def paginate(self, operation: Operation[T], arguments: Arguments, max_items: int | None) -> AsyncPager[T]:
        """Return the list that starts with this request."""
        return _Pager(self._port.paginate(operation, arguments, max_items))

    @asynccontextmanager
    async def stream(self, operation: Operation[Any], arguments: Arguments) -> AsyncGenerator[_Stream]:
        """Send a request and yield the response body as a stream."""
        with self._port.stream(operation, arguments) as stream:
            yield _Stream(stream)

    @asynccontextmanager
    async def stream_url(self, url: str, headers: dict[str, str], attempt: int = 1) -> AsyncGenerator[_Stream]:
        """Yield the response body of a URL outside the API."""
        with self._port.stream_url(url, headers, attempt) as stream:
            yield _Stream(stream)

    def with_settings(self, settings: Settings) -> BlockingPort:
        """Return a port with other settings over the same connections."""
        return BlockingPort(self._port.with_settings(settings))

    def cancellable(self, cancellation: Cancellation) -> BlockingPort:
        """Return a port over the same connections for a thread that `cancellation` cancels."""
        return BlockingPort(self._port.cancellable(cancellation))


class AsyncResource:
    """A resource whose methods use more of the transport than generated ones do."""

    _port: AsyncPort

    def __init__(self, port: AnyPort) -> None:
        self._port = self._http = port

    def _with_settings(self, settings: Settings) -> Self:
        return type(self)(self._http.with_settings(settings))


class Resource:
    """The blocking half of a resource. It has a blocking counterpart of each method of the asynchronous half."""

    _port: Port
    _half: ClassVar[type[AsyncResource]]

    def __init__(self, port: HTTPPort) -> None:
        self._port = self._http = port
        self._asynchronous = self._half(BlockingPort(port))


def blocking(method: Callable[Concatenate[A, P], Coroutine[Any, Any, T]]) -> Callable[Concatenate[Any, P], T]:
    """Return the blocking counterpart of an asynchronous method."""
    return _counterpart(method, run)


def blocking_generator(
    method: Callable[Concatenate[A, P], AsyncGenerator[T]],
) -> Callable[Concatenate[Any, P], Generator[T]]:
    """Return the blocking counterpart of an asynchronous generator."""
    return _counterpart(method, iterate)


def _counterpart(
    method: Callable[Concatenate[A, P], R], complete: Callable[[R], T]
) -> Callable[Concatenate[Any, P], T]:
    @wraps(method)
    def call(resource: Any, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return complete(method(resource._asynchronous, *args, **kwargs))

    shown = signature(method)
    returned = shown.return_annotation.removeprefix("Async")
    call.__dict__["__signature__"] = shown.replace(return_annotation=returned)
    call.__qualname__ = method.__qualname__.removeprefix("Async")
    return call
