"""Requests that break off, or turn into something that is not HTTP, before they are whole."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send


def ignored(app: ASGIApp) -> ASGIApp:
    """Return an application that does the same, and says nothing to a request that never became whole.

    An answer waits until all of the request is there, for uvicorn has answered already where the rest is not HTTP, and
    complains of a second answer with a traceback.
    """

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
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
