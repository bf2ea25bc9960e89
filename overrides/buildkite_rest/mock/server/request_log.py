"""ASGI middleware: the request log, and tolerance of incomplete requests."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, MutableMapping
from typing import Any
from urllib.parse import unquote_plus

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..http.received_requests import MASK, is_secret

_LONGEST = 300
_UNPRINTABLE = re.compile(r"[^!-~]")


def log_requests(app: ASGIApp, write: Callable[[str], object]) -> ASGIApp:
    """Wrap an application to write a line for each finished request.

    The status is `-` if the response is incomplete.
    """

    async def log(scope: Scope, receive: Receive, send: Send) -> None:
        begin = time.perf_counter()
        status, complete = "-", False

        async def recording_send(message: MutableMapping[str, Any]) -> None:
            nonlocal status, complete
            await send(message)
            if message["type"] == "http.response.start":
                status = str(message["status"])
            else:
                complete = not message.get("more_body", False)

        try:
            await app(scope, receive, recording_send)
        finally:
            milliseconds = (time.perf_counter() - begin) * 1000
            write(f"{scope['method']} {_safe_target(scope)} {status if complete else '-'} {milliseconds:.1f} ms")

    return log


def _safe_target(scope: Scope) -> str:
    """Return the path and the query on one line, without secrets."""
    path = _printable(scope.get("raw_path") or scope["path"].encode())
    query = "&".join(map(_masked, _printable(scope["query_string"]).split("&")))
    target = f"{path}{'?' if query else ''}{query}"
    return target if len(target) <= _LONGEST else f"{target[:_LONGEST]}…"


def _printable(text: bytes) -> str:
    return _UNPRINTABLE.sub(lambda found: f"\\x{ord(found[0]):02x}", text.decode("latin-1"))


def _masked(parameter: str) -> str:
    name, equals, _ = parameter.partition("=")
    return f"{name}{equals}{MASK}" if equals and is_secret(unquote_plus(name)) else parameter


_HTTP_VERSIONS = frozenset({"1.0", "1.1"})
#: Response to an HTTP/2 preface. It closes the connection: the rest of the preface would be parsed as a request.
_UNSUPPORTED_VERSION = PlainTextResponse("HTTP/2 is not supported; use HTTP/1.1.", 505, {"Connection": "close"})


def ignore_incomplete_requests(app: ASGIApp) -> ASGIApp:
    """Wrap an application to send no response to incomplete requests.

    A response is delayed until the request is complete: uvicorn responds itself if the rest is not HTTP, and logs a
    traceback for a second response.
    """

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["http_version"] not in _HTTP_VERSIONS:
            await _UNSUPPORTED_VERSION(scope, receive, send)
            return
        complete = disconnected = False

        async def recording_receive() -> Message:
            nonlocal complete, disconnected
            message = await receive()
            disconnected = message["type"] == "http.disconnect"
            complete = complete or not (disconnected or message.get("more_body", False))
            return message

        async def delayed_send(message: Message) -> None:
            while not (complete or disconnected):
                await recording_receive()
            if complete:
                await send(message)

        await app(scope, recording_receive, delayed_send)

    return serve
