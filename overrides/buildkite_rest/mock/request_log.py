"""A line for each request: method, address, status, milliseconds."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, MutableMapping
from typing import Any
from urllib.parse import unquote_plus

from starlette.types import ASGIApp, Receive, Scope, Send

_LONGEST = 300
_UNPRINTABLE = re.compile(r"[^!-~]")
#: Parameters whose values let somebody in.
_SECRET = re.compile("token|key|secret|signature|password", re.IGNORECASE)


def logged(app: ASGIApp, write: Callable[[str], object]) -> ASGIApp:
    """Return an application that does the same, and writes a line when a request is over.

    In place of the status of a request that was not answered to the end stands `-`.
    """

    async def log(scope: Scope, receive: Receive, send: Send) -> None:
        begin = time.perf_counter()
        status, complete = "-", False

        async def noticed(message: MutableMapping[str, Any]) -> None:
            nonlocal status, complete
            await send(message)
            if message["type"] == "http.response.start":
                status = str(message["status"])
            else:
                complete = not message.get("more_body", False)

        try:
            await app(scope, receive, noticed)
        finally:
            milliseconds = (time.perf_counter() - begin) * 1000
            write(f"{scope['method']} {_shown(scope)} {status if complete else '-'} {milliseconds:.1f} ms")

    return log


def _shown(scope: Scope) -> str:
    """Return the path and the query on one line, without secrets."""
    path = _printable(scope.get("raw_path") or scope["path"].encode())
    query = "&".join(map(_masked, _printable(scope["query_string"]).split("&")))
    shown = f"{path}{'?' if query else ''}{query}"
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}…"


def _printable(text: bytes) -> str:
    return _UNPRINTABLE.sub(lambda found: f"\\x{ord(found[0]):02x}", text.decode("latin-1"))


def _masked(parameter: str) -> str:
    name, equals, _ = parameter.partition("=")
    return f"{name}{equals}***" if equals and _SECRET.search(unquote_plus(name)) else parameter
