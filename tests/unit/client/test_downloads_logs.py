"""Logs of any size and content stream through a memory that does not grow."""

import asyncio
import tracemalloc

import httpx
import pytest

from buildkite_rest import AsyncBuildkite, Buildkite

PIECE = b"a line of a log\n" * 4096
PIECES = 800
LARGE = PIECES * len(PIECE)


class Large(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A log of 50 MB that is never whole."""

    def __iter__(self):
        for _ in range(PIECES):
            yield bytes(PIECE)

    async def __aiter__(self):
        for piece in self:
            yield piece


def transport(**body):
    return httpx.MockTransport(lambda _: httpx.Response(200, headers={"Content-Type": "text/plain"}, **body))


def pieces(**body):
    with (
        Buildkite("token", http_client=httpx.Client(transport=transport(**body))) as client,
        client.jobs.stream_log("acme", "job") as stream,
    ):
        yield from stream


async def async_pieces(**body):
    http = httpx.AsyncClient(transport=transport(**body))
    async with AsyncBuildkite("token", http_client=http) as client, client.jobs.stream_log("acme", "job") as stream:
        async for piece in stream:
            yield piece


def size(**body):
    return sum(len(piece) for piece in pieces(**body))


def async_size(**body):
    async def total():
        return sum([len(piece) async for piece in async_pieces(**body)])

    return asyncio.run(total())


@pytest.mark.parametrize("measure", [size, async_size])
def test_a_large_log_needs_little_memory(measure):
    measure(content=b"warm")  # What is imported on the first call is not the log's.
    tracemalloc.start()
    try:
        assert measure(stream=Large()) == LARGE > 50_000_000
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4_000_000


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00caf\xe9\r\n"], ids=["empty", "not-utf-8"])
def test_the_bytes_are_as_they_came(content):
    async def collect():
        return b"".join([piece async for piece in async_pieces(content=content)])

    assert b"".join(pieces(content=content)) == content
    assert asyncio.run(collect()) == content
