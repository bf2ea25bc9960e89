"""The rules as checks of schemathesis, and of the requests of the phases that are not plans."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import requests
import schemathesis
from requests.structures import CaseInsensitiveDict
from schemathesis import Case, CheckContext, Response
from schemathesis.core.media_types import YAML_MEDIA_TYPES

from .._base.json_values import as_object, is_array
from .._pagination.links import parse_links
from .api import Operation
from .exchange import NO_BODY, Exchange, Request
from .order import order_problems
from .page_links import ListRequest, cursor_problems, page_problems, same_links_problems
from .rules import Context, Rule, rules

#: Relations of the pages of a list.
_PAGES: Final = frozenset({"next", "prev", "first", "last"})
#: Checks of schemathesis that rules replace.
REPLACED: Final = (
    *("not_a_server_error", "status_code_conformance", "content_type_conformance"),
    *("response_headers_conformance", "response_schema_conformance"),
)
#: Start of the names of the rules in schemathesis, which has other checks with the same names.
PREFIX: Final = "rule_"
_context: list[Context] = []
_last: list[tuple[Response, Exchange]] = []


def register() -> None:
    """Register the rules in schemathesis, which runs all registered checks. The spec declares YAML as plain text."""
    for name, function in _all_rules().items():
        schemathesis.check(_check(f"{PREFIX}{name}", function))
    schemathesis.deserializer(*YAML_MEDIA_TYPES)(lambda _, response: response.text)


def watch(context: Context) -> None:
    """Set what the rules know of a run: checks are registered for the whole process."""
    _context[:] = [context]


def problems_of(exchange: Exchange, context: Context) -> Iterator[tuple[str, str]]:
    """Yield the check and the message of each problem that the rules find in an exchange."""
    for check, function in _all_rules().items():
        for message in function(exchange, context):
            yield check, message


def exchange_of(
    operation: Operation,
    request: requests.PreparedRequest,
    status: int,
    headers: Mapping[str, str],
    content: bytes,
    *,
    body: Any = NO_BODY,
) -> Exchange:
    """Return a response and its request as an exchange. The JSON in `body` has only values that are meant as such."""
    url, method = str(request.url), str(request.method)
    parts = urlsplit(url)
    path = "/".join(["", *parts.path.split("/")[-operation.path.count("/") :]])
    sent = request.body
    return Exchange(
        Request(
            operation,
            operation.values_in(path) or {},
            parse_qs(parts.query, keep_blank_values=True),
            body=body,
            method="" if method == operation.method else method,
        ),
        status,
        headers,
        content,
        url,
        {name: str(value) for name, value in request.headers.items()},
        sent.encode() if isinstance(sent, str) else sent if isinstance(sent, bytes) else b"",
    )


def _check(name: str, function: Rule) -> Callable[[CheckContext, Response, Case[Any]], bool | None]:
    """Return a rule as a check of schemathesis."""

    def check(_: CheckContext, response: Response, case: Case[Any]) -> bool | None:
        context = next(iter(_context), None)
        exchange = None if context is None else _exchange(context, response, case)
        if context is not None and exchange is not None and (text := "\n".join(function(exchange, context))):
            raise AssertionError(text)
        return None

    check.__name__ = name
    return check


def _exchange(context: Context, response: Response, case: Case[Any]) -> Exchange | None:
    """Return the exchange of a response, which all rules share, or None if the spec does not have the operation."""
    operation = context.api.at(case.operation.method.upper(), case.operation.path)
    if operation is None:
        return None
    if not _last or _last[0][0] is not response:
        headers = CaseInsensitiveDict({name: ", ".join(values) for name, values in response.headers.items()})
        _last[:] = [
            (response, exchange_of(operation, response.request, response.status_code, headers, response.content))
        ]
    return _last[0][1]


def _all_rules() -> Mapping[str, Rule]:
    return {"link_conformance": _links, "item_order": _order, **rules()}


def _links(exchange: Exchange, context: Context) -> Iterator[str]:
    """The URLs of other pages lead to the same list, with page numbers that fit, or there are none."""
    operation, header = exchange.operation, exchange.headers.get("Link", "")
    if exchange.status != 200 or exchange.request.method:
        return
    if operation.pagination not in {"link", "cursor"}:
        links = parse_links(header) if is_array(exchange.body) else {}
        yield from (f"a list without pages has a Link with rel={name}" for name in _PAGES & links.keys())
        return
    names = operation.query.keys()
    request = ListRequest(exchange.url, lambda name: name.partition("[")[0] in names or name in names)
    if operation.pagination == "cursor":
        yield from cursor_problems(request, exchange.object)
        response = as_object(as_object(operation.node.get("responses")).get("200"))
        if "Link" in as_object(response.get("headers")):
            yield from same_links_problems(exchange.object, header)
    elif is_array(exchange.body):
        yield from page_problems(request, header, len(exchange.body))


def _order(exchange: Exchange, context: Context) -> Iterator[str]:
    """The items of a page are in the documented order, unless a parameter sorts them."""
    order = exchange.operation.behaviour.order
    sorting = (name for name, each in exchange.operation.query.items() if each.behaviour.sorts is not None)
    if exchange.is_list and order is not None and not exchange.request.query.keys() & set(sorting):
        yield from order_problems(order, exchange.items)
