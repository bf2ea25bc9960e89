"""Response bodies: how much of them is read, and streams of them."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from .._base.errors import APIConnectionError, ConfigurationError, DecodeError, SentRequest
from .._base.safe_text import safe_excerpt
from .._base.urls import without_query
from .connection_errors import connection_error, failure_of, translate_errors

if TYPE_CHECKING:
    from .library import Library, Response


_MAX_ERROR_BODY_BYTES: Final = 1 << 20
MAX_BODY_BYTES: Final = 1 << 28
"""Larger responses are not from the API, which streams logs and artifacts."""


class Body(Struct):
    """A response body that is being read, limited in size. That of an error response is cut off."""

    operation_id: str
    limit: int | None
    """The largest size that is accepted, or None for the body of an error response."""
    chunks: list[bytes] = []
    size: int = 0
    is_complete: bool = True
    """Whether the body is not cut off."""
    error: BaseException | None = None
    """The error that cut it off."""

    def append(self, chunk: bytes) -> bool:
        """Add a chunk, and return whether to read on.

        Raises:
            DecodeError: The body is too large.
        """
        self.chunks.append(chunk)
        self.size += len(chunk)
        if self.limit is None:
            self.is_complete = self.size < _MAX_ERROR_BODY_BYTES
        elif self.size > self.limit:
            raise DecodeError(f"the response is larger than {self.limit >> 20} MiB", self.operation_id)
        return self.is_complete


def decode_body(library: Library, response: Response, operation_id: str, *, decodes: bool = True) -> Iterator[bytes]:
    """Iterate the body as it arrives. An incomplete body raises a request error of the library.

    Without `decodes`, the chunks are those of the encoded body. The body of a response that was created with it is
    decoded already.

    Raises:
        DecodeError: The body has a content coding that was not requested.
    """
    requested = response.request.headers.get("Accept-Encoding")
    if decodes and response.is_success and (reason := unrequested_coding(response.headers, requested)):
        raise DecodeError(reason, operation_id)
    with translate_errors(library):
        yield from response.iter_bytes() if decodes or response.is_stream_consumed else response.iter_raw()


async def async_decode_body(
    library: Library, response: Response, operation_id: str, *, decodes: bool = True
) -> AsyncIterator[bytes]:
    """Iterate the body as it arrives. See `decode_body`."""
    requested = response.request.headers.get("Accept-Encoding")
    if decodes and response.is_success and (reason := unrequested_coding(response.headers, requested)):
        raise DecodeError(reason, operation_id)
    with translate_errors(library):
        async for chunk in response.aiter_bytes() if decodes or response.is_stream_consumed else response.aiter_raw():
            yield chunk


def unrequested_coding(headers: Mapping[str, str], requested: str | None = "identity") -> str | None:
    """Return the reason to refuse a body with another content coding than the one `requested`, or None."""
    coding = headers.get("Content-Encoding", "").strip()
    if coding.lower() in ("", "identity", requested):
        return None
    return f"the response has Content-Encoding '{safe_excerpt(coding, 60)}', which was not requested"


class _StreamState:
    """State of a streamed body, which may be read partly as chunks and partly as lines."""

    def __init__(self, library: Library, response: Response, request: SentRequest) -> None:
        self._library = library
        self._response = response
        self._request = request
        from .._base.lines import Lines  # noqa: PLC0415 - few programs read streams

        self._lines = Lines()
        self._closed = False
        self._error: APIConnectionError | DecodeError | None = None
        self._process = os.getpid()

    @property
    def status(self) -> int:
        """Status of the response."""
        return self._response.status_code

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers of the response."""
        return self._response.headers

    @property
    def url(self) -> str:
        """URL of the response, which is that of the last request if redirects were followed, without its query."""
        return without_query(str(self._response.url))

    def _check(self) -> None:
        """Raise an error if the body cannot be read any further."""
        if self._process != os.getpid():  # Bytes that one process reads from a connection are lost to the other.
            raise ConfigurationError(
                f"{self._request.operation_id}: the stream was opened in the process from which this one was forked;"
                " open one in each process"
            )
        if self._error is not None:
            raise self._error
        if self._closed:
            raise ValueError("the stream is closed; read it inside its with block")

    def _set_broken(self, error: Exception) -> None:
        self._error = connection_error(failure_of(self._library, error, "the response broke off"), self._request)


class HTTPByteStream(_StreamState):
    """A streamed response body."""

    def __init__(self, library: Library, response: Response, request: SentRequest, *, decodes: bool = True) -> None:
        super().__init__(library, response, request)
        self._chunks = decode_body(library, response, request.operation_id, decodes=decodes)

    def __iter__(self) -> Iterator[bytes]:
        """Iterate the chunks as they arrive, from the current position. At the end of the body there are none.

        Raises:
            APIConnectionError: The body is incomplete.
            ConfigurationError: The stream was opened before this process was forked.
            DecodeError: The body has a content coding that was not requested.
            ValueError: The stream is closed.
        """
        self._check()
        if rest := self._lines.pop_unread():
            yield rest
        try:
            for chunk in self._chunks:  # `yield from` would close the iterator when the caller stops
                yield chunk
                self._check()  # The block or the process may have changed since.
        except DecodeError as error:
            error.set_response(self._request, self.status)
            self._error = error
            raise
        except self._library.request_error as error:
            self._set_broken(error)
        if isinstance(self._error, APIConnectionError):
            raise self._error

    def lines(self) -> Iterator[str]:
        """Iterate the lines, without line ends: a line feed, or a carriage return and a line feed.

        Bytes that are not UTF-8 are replaced.
        """
        for chunk in self:
            yield from self._lines.feed(chunk)
        yield from self._lines.end()

    def read(self) -> bytes:
        """Return the rest of the body."""
        return b"".join(self)

    def close(self) -> None:
        """Return the connection to the pool, or close it if the body is not read completely."""
        self._closed = True
        self._response.close()


class AsyncHTTPByteStream(_StreamState):
    """A streamed response body, read with `async for`."""

    def __init__(self, library: Library, response: Response, request: SentRequest, *, decodes: bool = True) -> None:
        super().__init__(library, response, request)
        self._chunks = async_decode_body(library, response, request.operation_id, decodes=decodes)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Iterate the chunks as they arrive, from the current position. See `HTTPByteStream.__iter__`."""
        self._check()
        if rest := self._lines.pop_unread():
            yield rest
        try:
            async for chunk in self._chunks:
                yield chunk
                self._check()  # The block or the process may have changed since.
        except DecodeError as error:
            error.set_response(self._request, self.status)
            self._error = error
            raise
        except self._library.request_error as error:
            self._set_broken(error)
        if isinstance(self._error, APIConnectionError):
            raise self._error

    async def lines(self) -> AsyncIterator[str]:
        """Iterate the lines. See `HTTPByteStream.lines`."""
        async for chunk in self:
            for line in self._lines.feed(chunk):
                yield line
        for line in self._lines.end():
            yield line

    async def read(self) -> bytes:
        """Return the rest of the body."""
        return b"".join([chunk async for chunk in self])

    async def aclose(self) -> None:
        """Return the connection to the pool, or close it if the body is not read completely."""
        self._closed = True
        await self._response.aclose()
