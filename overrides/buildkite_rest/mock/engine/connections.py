"""Connections that end before the answer, or in the middle of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

Drop: TypeAlias = Callable[[tuple[str, int], bool], bool]
"""Ends the connection of a client, after what was sent has left if the second argument says so, or else with a reset.

Returns whether there is such a connection.
"""


async def break_off(drop: Drop | None, response: Response, scope: Scope, receive: Receive, send: Send) -> bool:
    """Send the head and half of the body, and end the connection. Return whether that was possible."""
    client = _client(scope)
    if drop is None or client is None:
        return False
    if response.body:  # or else the answer would be whole
        await send({"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers})
        half = bytes(response.body)[: len(response.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
    drop(client, True)
    await _gone(receive)
    return True


async def reset(drop: Drop | None, scope: Scope, receive: Receive) -> bool:
    """End the connection without an answer. Return whether that was possible."""
    client = _client(scope)
    if drop is None or client is None or not drop(client, False):
        return False
    await _gone(receive)
    return True


def _client(scope: Mapping[str, Any]) -> tuple[str, int] | None:
    client = scope.get("client")
    return None if client is None else (client[0], client[1])


async def _gone(receive: Receive) -> None:
    """Wait until the server knows that the connection has ended: it complains of answers that are missing before."""
    while (await receive())["type"] != "http.disconnect":
        pass
