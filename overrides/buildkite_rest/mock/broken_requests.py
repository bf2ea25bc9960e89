"""Requests that break off, or turn into something that is not HTTP, before they are whole."""

from __future__ import annotations

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_VERSIONS = frozenset({"1.0", "1.1"})
#: Response to the preface of HTTP/2. It ends the connection, or the rest of the preface would be a request of its own.
_UNSUPPORTED = PlainTextResponse("HTTP/2 is not supported; use HTTP/1.1.", 505, {"Connection": "close"})


def ignored(app: ASGIApp) -> ASGIApp:
    """Return an application that does the same, and says nothing to a request that never became whole.

    An answer waits until all of the request is there, for uvicorn has answered already where the rest is not HTTP, and
    complains of a second answer with a traceback.
    """

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["http_version"] not in _VERSIONS:
            await _UNSUPPORTED(scope, receive, send)
            return
        whole = gone = False

        async def noticed() -> Message:
            nonlocal whole, gone
            message = await receive()
            gone = message["type"] == "http.disconnect"
            whole = whole or not (gone or message.get("more_body", False))
            return message

        async def answer(message: Message) -> None:
            while not (whole or gone):
                await noticed()
            if whole:
                await send(message)

        await app(scope, noticed, answer)

    return serve
