"""Rules of the spec: each response has a documented status and a body that its schema describes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

from ..exchange import Exchange
from . import Context, rule

#: Problems of one body that are reported.
_SHOWN: Final = 5


@rule("not_a_server_error")
def no_server_error(exchange: Exchange, context: Context) -> Iterator[str]:
    """The server does not fail."""
    if exchange.status >= 500:
        yield f"the server fails with {exchange.status}"


@rule("status_code_conformance")
def status(exchange: Exchange, context: Context) -> Iterator[str]:
    """The status is documented."""
    if exchange.request.is_plain and exchange.status < 500 and exchange.status not in exchange.operation.statuses:
        yield f"the status {exchange.status} is not documented"


@rule("response_schema_conformance")
def schema(exchange: Exchange, context: Context) -> Iterator[str]:
    """The JSON of a success is what its schema describes."""
    if exchange.ok and exchange.request.is_plain and exchange.body is not None:
        yield from islice(context.api.response_problems(exchange.operation, exchange.status, exchange.body), _SHOWN)
