"""Scripted responses, a clock in virtual time, and one way to call both clients."""

import asyncio
import inspect
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol, TypeAlias

import httpx
import httpx2
from hypothesis import settings

from _buildkite_rest.ports import Operation
from buildkite_rest import Timing

Scripted: TypeAlias = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]

API = "https://api.buildkite.com"

#: Settings of a property that has the same examples on each run.
reproducible = settings(max_examples=200, deadline=None, database=None, derandomize=True)


class Clock:
    """A clock that moves only when somebody sleeps."""

    def __init__(self):
        self.now = 5_000.0
        self.sleeps = []

    def sleep(self, seconds):
        assert len(self.sleeps) < 100, "this would never end"
        self.sleeps.append(seconds)
        self.now += seconds

    async def async_sleep(self, seconds):
        self.sleep(seconds)

    @property
    def timing(self):
        return Timing(lambda: self.now, self.sleep, self.async_sleep, now=lambda: self.now)


class Script:
    """Responds with one after the other, the last one for ever, and stores the requests."""

    def __init__(self, *responses: Scripted):
        self._responses = responses
        self.requests: list[httpx.Request] = []

    def __call__(self, request):
        self.requests.append(request)
        response = self._responses[min(len(self.requests), len(self._responses)) - 1]
        if isinstance(response, Exception):
            raise response
        if not isinstance(response, httpx.Response):
            return response(request)
        return httpx.Response(response.status_code, headers=response.headers, content=response.content)

    @property
    def paths(self):
        """Path and query of each request, as they went over the wire."""
        return [request.url.raw_path.decode() for request in self.requests]


class Chunks(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that comes in chunks and breaks with the first that is an exception."""

    def __init__(self, *chunks):
        self._chunks = chunks
        self.given = 0
        self.closed = False

    def __iter__(self):
        for chunk in self._chunks:
            if isinstance(chunk, Exception):
                raise chunk
            self.given += 1
            yield chunk

    async def __aiter__(self):
        for chunk in self:
            yield chunk

    def close(self):
        self.closed = True

    async def aclose(self):
        self.close()


class Silent:
    """Part of a handler of requests that logs nothing."""

    def log_message(self, *_):
        pass


@contextmanager
def serving(server: ThreadingHTTPServer | Callable[..., BaseHTTPRequestHandler]) -> Iterator[str]:
    """Run a server, or one with this handler, and yield its URL."""
    if not isinstance(server, ThreadingHTTPServer):
        server = ThreadingHTTPServer(("127.0.0.1", 0), server)
    server.daemon_threads = True
    with server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


class Connect(Protocol):
    """Makes a client, sync or async, whose requests a function responds to."""

    def __call__(self, handler: Callable[[httpx.Request], httpx.Response] | None = None, **options: Any) -> Any: ...


class Blocking:
    """The asynchronous client, or what it returned, with the words of the synchronous one."""

    def __init__(self, runner: asyncio.Runner, target):
        self._runner = runner
        self._target = target

    def __getattr__(self, name):
        return self._wrap(getattr(self._target, "aclose" if name == "close" else name))

    def __call__(self, *args, **kwargs):
        return self._wrap(self._target(*args, **kwargs))

    def __iter__(self):
        items = aiter(self._target)
        while True:
            try:
                yield self._runner.run(items.__anext__())
            except StopAsyncIteration:
                return

    def __enter__(self):
        return self._wrap(self._runner.run(self._target.__aenter__()))

    def __exit__(self, *error):
        return self._runner.run(self._target.__aexit__(*error))

    def __repr__(self):
        return repr(self._target)

    def _wrap(self, value):
        if inspect.isawaitable(value):
            return self._runner.run(value)  # What comes out is data.
        ways_in = ("__aiter__", "__aenter__", "_port", "_resources", "_resource")
        if inspect.isroutine(value) or isinstance(value, partial) or any(hasattr(value, way) for way in ways_in):
            return Blocking(self._runner, value)
        return value


def plain(method):
    """Return the method that the `connect` fixture has wrapped, if it has: it is to be called inside the client."""
    return getattr(method, "_target", method)


def operation(**changes):
    """Return an operation that differs from a plain GET by `changes`."""
    plain = {
        "id": "getThing",
        "method": "GET",
        "path": "/v2/things/{name}",
        "scopes": (),
        "needs_token": True,
        "idempotent": True,
        "success": (200,),
        "pagination": "none",
        "query_styles": {},
        "body": "none",
        "body_media": "" if changes.get("body", "none") == "none" else "application/json",
        "accept": "application/json",
        "returns": "json",
        "result": lambda: Any,
    }
    return Operation(**{**plain, **changes})


def build(number=1, **fields):
    """Return the smallest build that matches the spec."""
    return {
        "id": f"01920000-0000-7000-8000-{number:012}",
        "url": f"{API}/v2/organizations/acme/pipelines/web/builds/{number}",
        "web_url": f"https://buildkite.com/acme/web/builds/{number}",
        "number": number,
        "state": "running",
        **dict.fromkeys(("message", "commit", "branch", "env", "source", "creator", "meta_data")),
        "created_at": "2026-03-02T09:15:00.000Z",
        **dict.fromkeys(("scheduled_at", "started_at", "finished_at")),
        **fields,
    }


def response(body=None, status=200, **headers):
    """Return a response with a JSON body; `_` in the name of a header stands for `-`."""
    return httpx.Response(status, json=body, headers={name.replace("_", "-"): str(v) for name, v in headers.items()})


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
            async for chunk in self._stream:
                yield chunk

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
