"""Rules of error responses: their shape, and that they show nothing of the inside of the server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

from ..error_rules import allow_problems, error_problems
from ..exchange import Exchange
from . import Context, rule

#: Statuses of errors that the API itself sends, so that their bodies have its shape. Others may come from a proxy.
_ERRORS: Final = frozenset({400, 401, 403, 404, 405, 409, 410, 415, 416, 422, 429})


@rule("error_conformance")
def shape(exchange: Exchange, context: Context) -> Iterator[str]:
    """An error is JSON with a message, and a list of errors in the documented shape if there is one."""
    if exchange.status in _ERRORS and exchange.request.sent_method not in {"HEAD", "OPTIONS"}:
        sent = f"{unquote(exchange.url)}\n{exchange.sent_content.decode(errors='replace')}"
        yield from error_problems(exchange.headers.get("Content-Type", ""), exchange.text, sent)


@rule("method_not_allowed")
def allow(exchange: Exchange, context: Context) -> Iterator[str]:
    """A 405 lists the methods of the path."""
    if exchange.status == 405:
        path = exchange.operation.path
        documented = [each.method for each in context.api.operations if each.path == path]
        yield from allow_problems(exchange.headers.get("Allow", ""), exchange.request.sent_method, documented)
