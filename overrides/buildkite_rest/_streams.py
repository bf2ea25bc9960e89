"""Bodies that are read piece by piece, and closed whatever happens."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, nullcontext
from typing import TYPE_CHECKING

from ._errors import APIConnectionError
from ._failures import connection_error, failure_of, host_of
from ._gzip import Gunzip, GzipError
from ._lines import Lines

if TYPE_CHECKING:
    from ._http import Library, Request, Response


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


def unpacked_once(response: Response) -> Response:
    """Return `response`, whose body is left as it came when it was compressed more than once.

    Nobody does that but to make a gigabyte of a few bytes, which the library would then hold in memory.
    """
    if len(response.headers.get_list("Content-Encoding", split_commas=True)) > 1:
        del response.headers["Content-Encoding"]
    return response


def _is_gzip(response: Response) -> bool:
    """Whether the body is to be unpacked here. A response that was made with its body has unpacked it already."""
    return response.headers.get("Content-Encoding", "").lower() == "gzip" and not response.is_stream_consumed


def pieces(library: Library, response: Response) -> Iterator[bytes]:
    """Give the body as it arrives. Reading it raises one of the failures of the library where it breaks off."""
    return _gunzipped(library, response) if _is_gzip(response) else response.iter_bytes()


def _gunzipped(library: Library, response: Response) -> Iterator[bytes]:
    gunzip = Gunzip()
    try:
        for packed in response.iter_raw():
            yield from gunzip.take(packed)
        gunzip.end()
    except GzipError as error:
        raise library.broken_body(str(error)) from None


def apieces(library: Library, response: Response) -> AsyncIterator[bytes]:
    """Give the body as it arrives. Reading it raises one of the failures of the library where it breaks off."""
    return _agunzipped(library, response) if _is_gzip(response) else response.aiter_bytes()


async def _agunzipped(library: Library, response: Response) -> AsyncIterator[bytes]:
    gunzip = Gunzip()
    try:
        async for packed in response.aiter_raw():
            for piece in gunzip.take(packed):
                yield piece
        gunzip.end()
    except GzipError as error:
        raise library.broken_body(str(error)) from None


def within(seconds: float | None) -> AbstractAsyncContextManager[object]:
    """Raise `TimeoutError` when the block takes longer than `seconds`, if there is such a limit."""
    if seconds is None:
        return nullcontext()
    import asyncio  # noqa: PLC0415 - a blocking client should not pay for it

    return asyncio.timeout(seconds)


class _Body:
    """What is known of a body that somebody reads, in parts and in more than one way."""

    def __init__(self, library: Library, response: Response, operation_id: str) -> None:
        self._library = library
        self._response = response
        self._operation_id = operation_id
        self._lines = Lines()
        self._closed = False
        self._trouble: APIConnectionError | None = None

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
        if self._trouble is not None:
            raise self._trouble
        if self._closed:
            raise ValueError("the stream is closed; read it inside of its with block")

    def _broke_off(self, error: Exception) -> APIConnectionError:
        self._trouble = read_error(
            self._library, error, self._response.request, self._operation_id, "the response broke off"
        )
        return self._trouble


class HTTPByteStream(_Body):
    """The body of a response, read piece by piece."""

    def __init__(self, library: Library, response: Response, operation_id: str) -> None:
        super().__init__(library, response, operation_id)
        self._pieces = pieces(library, response)

    def __iter__(self) -> Iterator[bytes]:
        """Iterate the pieces as they arrive, from where reading has stopped.

        Raises:
            APIConnectionError: The body breaks off.
            ValueError: The stream is closed.
        """
        self._check()
        if rest := self._lines.rest():
            yield rest
        try:
            for piece in self._pieces:  # noqa: UP028 - `yield from` would end them where a caller stops
                yield piece
        except self._library.failures as error:
            broken = self._broke_off(error)
            raise broken from broken.__cause__

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
        """Give the connection back, or up."""
        self._closed = True
        self._response.close()


class AsyncHTTPByteStream(_Body):
    """The body of a response, read piece by piece with `async for`."""

    def __init__(self, library: Library, response: Response, operation_id: str) -> None:
        super().__init__(library, response, operation_id)
        self._pieces = apieces(library, response)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Iterate the pieces as they arrive, from where reading has stopped. See `HTTPByteStream.__iter__`."""
        self._check()
        if rest := self._lines.rest():
            yield rest
        try:
            async for piece in self._pieces:
                yield piece
        except self._library.failures as error:
            broken = self._broke_off(error)
            raise broken from broken.__cause__

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
        """Give the connection back, or up."""
        self._closed = True
        await self._response.aclose()
