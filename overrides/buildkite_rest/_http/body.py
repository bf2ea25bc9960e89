"""Bodies that are read piece by piece, and closed whatever happens."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Final

from .._base.errors import APIConnectionError, ConfigurationError, DecodeError
from .._base.safe_text import safe_excerpt
from .._base.urls import host_of
from .content_coding import coding_of
from .failures import connection_error, failure_of
from .gzip_stream import Gunzip, GzipError
from .library_errors import translated
from .lines import Lines

if TYPE_CHECKING:
    from .library import Library, Request, Response


_inherited: Final[list[object]] = []
"""Streams that were opened in the process from which this one was forked. They are kept, because ending them would
close connections, or wait for locks, of that process."""


def read_error(
    library: Library, error: Exception, request: Request, operation_id: str, what: str = ""
) -> APIConnectionError:
    """Return the error for a response that is not complete, and `what` was interrupted."""
    return connection_error(
        failure_of(library, error, what),
        operation_id=operation_id,
        method=request.method,
        host=host_of(str(request.url)),
    )


@contextmanager
def closing(response: Response) -> Generator[None]:
    """Close `response` in the end, so that its connection is free or gone."""
    try:
        yield
    finally:
        response.close()


@asynccontextmanager
async def aclosing(response: Response) -> AsyncGenerator[None]:
    """Close `response` in the end, so that its connection is free or gone."""
    try:
        yield
    finally:
        await response.aclose()


def pieces(library: Library, response: Response, operation_id: str) -> Iterator[bytes]:
    """Iterate the decoded body as it arrives. Reading it raises one of the failures of the library where it breaks off.

    Raises:
        DecodeError: The body has a content coding that was not requested.
    """
    with translated(library):
        yield from _decoded(library, response, operation_id)


def _decoded(library: Library, response: Response, operation_id: str) -> Iterator[bytes]:
    """Iterate the decoded body. A response that was made with its body has decoded it already."""
    if response.is_stream_consumed:
        return response.iter_bytes()
    match coding_of(response.headers.get("Content-Encoding")):
        case None:
            return response.iter_raw()
        case "gzip":
            return _gunzipped(library, response)
        case _:
            return _refused(response, operation_id)


def _gunzipped(library: Library, response: Response) -> Iterator[bytes]:
    gunzip = Gunzip()
    try:
        for packed in response.iter_raw():
            yield from gunzip.take(packed)
        gunzip.end()
    except GzipError as error:
        raise library.broken_body(str(error)) from None


def _refused(response: Response, operation_id: str) -> Iterator[bytes]:
    """Iterate a body that cannot be decoded. Of an error the status matters more, and no body needs no decoding."""
    for packed in response.iter_raw():
        if not response.is_error:
            raise DecodeError(f"{operation_id}: {not_requested(response.headers)}")
        yield packed


async def apieces(library: Library, response: Response, operation_id: str) -> AsyncIterator[bytes]:
    """Iterate the decoded body as it arrives. See `pieces`."""
    with translated(library):
        async for piece in _adecoded(library, response, operation_id):
            yield piece


def _adecoded(library: Library, response: Response, operation_id: str) -> AsyncIterator[bytes]:
    if response.is_stream_consumed:
        return response.aiter_bytes()
    match coding_of(response.headers.get("Content-Encoding")):
        case None:
            return response.aiter_raw()
        case "gzip":
            return _agunzipped(library, response)
        case _:
            return _arefused(response, operation_id)


async def _agunzipped(library: Library, response: Response) -> AsyncIterator[bytes]:
    gunzip = Gunzip()
    try:
        async for packed in response.aiter_raw():
            for piece in gunzip.take(packed):
                yield piece
        gunzip.end()
    except GzipError as error:
        raise library.broken_body(str(error)) from None


async def _arefused(response: Response, operation_id: str) -> AsyncIterator[bytes]:
    async for packed in response.aiter_raw():
        if not response.is_error:
            raise DecodeError(f"{operation_id}: {not_requested(response.headers)}")
        yield packed


def not_requested(headers: Mapping[str, str]) -> str:
    """Return the reason to refuse a body with a content coding that was not requested."""
    coding = safe_excerpt(headers["Content-Encoding"], 60)
    return f"the response has Content-Encoding '{coding}', which was not requested"


class OutOfTimeError(Exception):
    """The block took too long. A `TimeoutError` may also come from the caller's code."""


def within(seconds: float | None) -> AbstractAsyncContextManager[object]:
    """Raise `OutOfTimeError` when the block takes longer than `seconds`, if there is such a limit."""
    return nullcontext() if seconds is None else _limited(seconds)


@asynccontextmanager
async def _limited(seconds: float) -> AsyncGenerator[None]:
    import asyncio  # noqa: PLC0415 - a blocking client should not pay for it

    limit = asyncio.timeout(seconds)
    try:
        async with limit:
            yield
    except TimeoutError:
        if limit.expired():
            raise OutOfTimeError from None
        raise


class _Body:
    """What is known of a body that somebody reads, in parts and in more than one way."""

    def __init__(self, library: Library, response: Response, operation_id: str) -> None:
        self._library = library
        self._response = response
        self._operation_id = operation_id
        self._lines = Lines()
        self._closed = False
        self._trouble: APIConnectionError | DecodeError | None = None
        self._process = os.getpid()

    @property
    def status(self) -> int:
        """Status of the response."""
        return self._response.status_code

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers of the response."""
        return self._response.headers

    def _check(self) -> None:
        """Refuse to go on where there would seem to be nothing more."""
        self._check_process()
        if self._trouble is not None:
            raise self._trouble
        if self._closed:
            raise ValueError("the stream is closed; read it inside of its with block")

    def _check_process(self) -> None:
        """Raise an error in a forked process. What one of two processes reads from a connection, the other misses."""
        if self._is_inherited():
            raise ConfigurationError(
                f"{self._operation_id}: the stream was opened in the process from which this one was forked; open one"
                " in each process"
            )

    def _is_inherited(self) -> bool:
        return self._process != os.getpid()

    def _broke_off(self, error: Exception) -> None:
        self._trouble = read_error(
            self._library, error, self._response.request, self._operation_id, "the response broke off"
        )


class HTTPByteStream(_Body):
    """The body of a response, read piece by piece."""

    def __init__(self, library: Library, response: Response, operation_id: str) -> None:
        super().__init__(library, response, operation_id)
        self._pieces = pieces(library, response, operation_id)

    def __iter__(self) -> Iterator[bytes]:
        """Iterate the pieces as they arrive, from where reading has stopped.

        Raises:
            APIConnectionError: The body breaks off.
            ConfigurationError: The stream was opened before this process was forked.
            DecodeError: The body has a content coding that was not requested.
            ValueError: The stream is closed.
        """
        self._check()
        if rest := self._lines.rest():
            yield rest
        try:
            for piece in self._pieces:  # `yield from` would end them where a caller stops
                yield piece
                self._check()  # The block may have ended meanwhile, or the process.
        except DecodeError as error:
            self._trouble = error
            raise
        except self._library.failures as error:
            self._broke_off(error)
        if isinstance(self._trouble, APIConnectionError):
            raise self._trouble

    def lines(self) -> Iterator[str]:
        """Iterate the lines.

        A line is given without its end, a line feed and a carriage return before it; bytes that are not UTF-8 are
        replaced.
        """
        for piece in self:
            yield from self._lines.take(piece)
        yield from self._lines.end()

    def read(self) -> bytes:
        """Return all that is left."""
        return b"".join(self)

    def close(self) -> None:
        """Return the connection to the pool, or close it if the body is not read to its end."""
        self._closed = True
        if self._is_inherited():
            _inherited.append(self)
        else:
            self._response.close()


class AsyncHTTPByteStream(_Body):
    """The body of a response, read piece by piece with `async for`."""

    def __init__(self, library: Library, response: Response, operation_id: str) -> None:
        super().__init__(library, response, operation_id)
        self._pieces = apieces(library, response, operation_id)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Iterate the pieces as they arrive, from where reading has stopped. See `HTTPByteStream.__iter__`."""
        self._check()
        if rest := self._lines.rest():
            yield rest
        try:
            async for piece in self._pieces:
                yield piece
                self._check()  # The block may have ended meanwhile, or the process.
        except DecodeError as error:
            self._trouble = error
            raise
        except self._library.failures as error:
            self._broke_off(error)
        if isinstance(self._trouble, APIConnectionError):
            raise self._trouble

    async def lines(self) -> AsyncIterator[str]:
        """Iterate the lines. See `HTTPByteStream.lines`."""
        async for piece in self:
            for line in self._lines.take(piece):
                yield line
        for line in self._lines.end():
            yield line

    async def read(self) -> bytes:
        """Return all that is left."""
        return b"".join([piece async for piece in self])

    async def aclose(self) -> None:
        """Return the connection to the pool, or close it if the body is not read to its end."""
        self._closed = True
        if self._is_inherited():
            _inherited.append(self)
        else:
            await self._response.aclose()
