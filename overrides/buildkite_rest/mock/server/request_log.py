"""ASGI middleware: the request log."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, MutableMapping
from typing import Any
from urllib.parse import unquote_plus

from starlette.types import ASGIApp, Receive, Scope, Send

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
