"""Rules of what browsers need: the answer to the request that precedes one from a web page of another origin."""

from __future__ import annotations

from collections.abc import Iterator

from ..exchange import Exchange
from . import Context, rule


@rule("preflight_refused")
def preflight(exchange: Exchange, context: Context) -> Iterator[str]:
    """A preflight request is answered with the method and the headers that it asks for."""
    method = exchange.request.headers.get("Access-Control-Request-Method")
    if method is None:
        return
    if not 200 <= exchange.status < 300:
        yield f"the preflight request gets {exchange.status}"
    if exchange.headers.get("Access-Control-Allow-Origin") != "*":
        yield "Access-Control-Allow-Origin of a preflight request is not *"
    methods = _words(exchange.headers.get("Access-Control-Allow-Methods", ""))
    if not {method.lower(), "*"} & methods:
        yield f"Access-Control-Allow-Methods does not list {method}"
    allowed = _words(exchange.headers.get("Access-Control-Allow-Headers", ""))
    for name in sorted(_words(exchange.request.headers.get("Access-Control-Request-Headers", ""))):
        if name not in allowed and not ("*" in allowed and name != "authorization"):  # which no wildcard includes
            yield f"Access-Control-Allow-Headers does not list {name.title()}"


def _words(text: str) -> set[str]:
    return {word.strip().lower() for word in text.split(",")}
