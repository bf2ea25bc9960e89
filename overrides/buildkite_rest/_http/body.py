"""Response bodies: their content coding, and streams of them."""

from __future__ import annotations

import os
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import TYPE_CHECKING, Final, Literal

from .._base.errors import APIConnectionError, ConfigurationError, DecodeError, SentRequest
from .._base.safe_text import safe_excerpt
from .._base.urls import without_query
from .failures import connection_error, failure_of, translate_errors

if TYPE_CHECKING:
    from .library import Library, Response

_MAX_CHUNK_BYTES: Final = 1 << 20
_WITH_HEADER: Final = zlib.MAX_WBITS | 16
_MAGIC: Final = b"\x1f\x8b"
_GZIP: Final = frozenset({"gzip", "x-gzip"})
"""The only coding that is requested: the HTTP libraries do not detect truncation of others."""


class ContentDecoder:
    """Decoder of the content coding of one body. A body that a caller does not want decoded is yielded as it is."""

    def __init__(self, library: Library, response: Response, operation_id: str, *, decodes: bool) -> None:
        self._library = library
        self._response = response
        self._operation_id = operation_id
        coding = coding_of(response.headers.get("Content-Encoding")) if decodes else None
        if coding == "gzip" and response.is_success:
            coding = "gzip" if "gzip" in response.request.headers.get("Accept-Encoding", "") else "other"
        self._is_refused = coding == "other" and response.is_success
        self._decompressor = zlib.decompressobj(_WITH_HEADER) if coding == "gzip" else None
        self._has_data = False
        self._finished = False

    def decode(self, chunk: bytes) -> Iterator[bytes]:
        """Yield the decoded data of a chunk. That of gzip is in chunks of at most 1 MiB.

        Raises:
            DecodeError: The body has a content coding that was not requested. One of an error is not decoded.
        """
        if self._is_refused:
            raise DecodeError(not_requested(self._response.headers), self._operation_id)
        if self._decompressor is None:
            yield chunk
            return
        self._has_data = self._has_data or bool(chunk)
        while not self._finished:
            try:
                decoded = self._decompressor.decompress(chunk, _MAX_CHUNK_BYTES)
            except zlib.error as error:
                raise self._library.module.DecodingError(f"the body is not gzip: {error}") from None
            if decoded:
                yield decoded
            chunk = self._decompressor.unconsumed_tail
            if self._decompressor.unused_data.startswith(_MAGIC):  # another member
                chunk, self._decompressor = self._decompressor.unused_data, zlib.decompressobj(_WITH_HEADER)
            elif not chunk and len(decoded) < _MAX_CHUNK_BYTES:
                self._finished = not _MAGIC.startswith(self._decompressor.unused_data)
                return

    def end(self) -> None:
        """Raise a request error of the library if the data is truncated."""
        if self._has_data and self._decompressor is not None and not self._decompressor.eof:
            raise self._library.module.DecodingError("the compressed body is truncated")


def decode_body(library: Library, response: Response, operation_id: str, *, decodes: bool = True) -> Iterator[bytes]:
    """Iterate the body as it arrives. An incomplete body raises a request error of the library.

    Without `decodes`, the chunks are those of the encoded body. The body of a response that was created with it is
    decoded already.

    Raises:
        DecodeError: The body has a content coding that was not requested.
    """
    if response.is_stream_consumed:
        yield from response.iter_bytes()
        return
    decoder = ContentDecoder(library, response, operation_id, decodes=decodes)
    with translate_errors(library):
        for chunk in response.iter_raw():
            yield from decoder.decode(chunk)
        decoder.end()


async def async_decode_body(
    library: Library, response: Response, operation_id: str, *, decodes: bool = True
) -> AsyncIterator[bytes]:
    """Iterate the body as it arrives. See `decode_body`."""
    if response.is_stream_consumed:
        async for chunk in response.aiter_bytes():
            yield chunk
        return
    decoder = ContentDecoder(library, response, operation_id, decodes=decodes)
    with translate_errors(library):
        async for chunk in response.aiter_raw():
            for decoded in decoder.decode(chunk):
                yield decoded
        decoder.end()


def not_requested(headers: Mapping[str, str]) -> str:
    """Return the reason to refuse a body with a content coding that was not requested."""
    coding = safe_excerpt(headers["Content-Encoding"], 60)
    return f"the response has Content-Encoding '{coding}', which was not requested"


def coding_of(content_encoding: str | None) -> Literal["gzip", "other"] | None:
    """Return how a body with this `Content-Encoding` is encoded: None for not at all.

    Names are case-insensitive, and `identity` means none. A body that is encoded twice has an `other` coding, even gzip
    in gzip, which only a decompression bomb has.
    """
    if not content_encoding:
        return None
    codings = [
        name for coding in content_encoding.split(",") if (name := coding.strip().lower()) not in ("", "identity")
    ]
    if not codings:
        return None
    return "gzip" if len(codings) == 1 and codings[0] in _GZIP else "other"


def is_undecoded(headers: Mapping[str, str], body: bytes) -> bool:
    """Whether the body of an error has a coding that was not requested, so that it was not decoded."""
    return coding_of(headers.get("Content-Encoding")) == "other" and body[:1] not in (b"{", b"[", b"")


class DeadlineError(Exception):
    """The deadline of a block passed. Not a `TimeoutError`, which the caller's code may raise."""


def deadline(seconds: float | None) -> AbstractAsyncContextManager[object]:
    """Raise `DeadlineError` if the block takes longer than `seconds`, unless they are None."""
    return nullcontext() if seconds is None else _deadline(seconds)


@asynccontextmanager
async def _deadline(seconds: float) -> AsyncGenerator[None]:
    import asyncio  # noqa: PLC0415 - a blocking client should not pay for it

    timeout = asyncio.timeout(seconds)
    try:
        async with timeout:
            yield
    except TimeoutError:
        if timeout.expired():
            raise DeadlineError from None
        raise


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
