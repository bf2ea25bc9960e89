"""Lets a test that answers in words of httpx serve a client of httpx2, so that every such test runs on both."""

from contextlib import contextmanager

import httpx
import httpx2


def mock_transport(handler):
    """Return the transport of httpx2 that does what `httpx.MockTransport(handler)` does."""

    def handle(request):
        content = request.content or None
        asked = httpx.Request(
            request.method,
            str(request.url),
            headers=request.headers.raw,
            content=content,
            extensions=request.extensions,
        )
        with _translated():
            given = handler(asked)
        return httpx2.Response(given.status_code, headers=given.headers.raw, stream=_Stream(given.stream))

    return httpx2.MockTransport(handle)


class _Stream(httpx2.SyncByteStream, httpx2.AsyncByteStream):
    def __init__(self, stream):
        self._stream = stream

    def __iter__(self):
        with _translated():
            yield from self._stream

    async def __aiter__(self):
        with _translated():
            async for piece in self._stream:
                yield piece

    def close(self):
        self._stream.close()

    async def aclose(self):
        await self._stream.aclose()


@contextmanager
def _translated():
    try:
        yield
    except httpx.HTTPError as error:
        raise getattr(httpx2, type(error).__name__)(str(error)) from error
