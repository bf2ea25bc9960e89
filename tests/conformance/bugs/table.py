"""Bugs of the table, which data describes. `README.md` explains the language."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, Final, TypeAlias

import yaml
from attrs import evolve, frozen
from tests.conformance.bugs.engine import (
    IDS,
    NAMES,
    Exchange,
    Request,
    Response,
    Server,
    change_links,
    is_collection,
    items_of,
    links,
    operations,
    page_of,
    param_of,
    relink,
    with_items,
)
from tests.conformance.bugs.values import MISSING, OPERATORS, all_hold, edited, get, holds, put, remove

from buildkite_rest.mock.resources.access_tokens import ALL_SCOPES_TOKEN, GLOBEX_TOKEN

KINDS: Final = ("bodies", "lists", "state", "headers", "errors", "access")
_KEYS: Final = (
    "name",
    "at",
    "when",
    "first",
    "request",
    "then",
    "response",
    "effect",
    "refuse",
    "stale",
    "after",
)
_OF_REQUEST: Final = ("operation", "path", "method", "as", "headers", "query", "body", "remove")
_KEYS_OF: Final[dict[str, tuple[str, ...]]] = {
    "request": _OF_REQUEST,
    "first": (*_OF_REQUEST, "each", "where"),
    "then": (*_OF_REQUEST, "each", "where"),
    "response": (
        "status",
        "headers",
        "links",
        "content",
        "list",
        "items",
        "message",
        "body",
        "each",
        "where",
        "remove",
    ),
    "after": ("at", "when", "until", "same"),
    "refuse": ("status", "message"),
}
_OF_RESPONSE: Final = {"status", "message", "result", "reply_header"}
"""Conditions that are known after the server has responded."""


Run: TypeAlias = Callable[[Server, Request], Response]


@frozen
class Bug:
    """A planted bug."""

    name: str
    kind: str
    """One of `KINDS`."""
    at: tuple[str, ...]
    """Operations whose requests or responses it changes. None means all."""
    memory: tuple[str, ...]
    """Further operations that it remembers."""
    run: Run
    """Whether only requests that a key signs (JWT) show it."""

    def concerns(self, operation: str | None) -> bool:
        """Return whether the bug must see requests of an operation."""
        return not self.at or operation in self.at or operation in self.memory


def load(path: Path) -> list[Bug]:
    """Return the bugs of a table."""
    found = []
    for kind, entries in yaml.safe_load(path.read_text()).items():
        assert kind in KINDS, kind
        found += [_bug(kind, entry) for entry in entries]
    return found


def _bug(kind: str, entry: Mapping[str, Any]) -> Bug:
    for name, keys in {"": _KEYS, **_KEYS_OF}.items():
        for part in _listed(entry.get(name) if name else entry):
            unknown = () if isinstance(part, str) else {key for key in part if key not in keys and key[0] != "/"}
            assert not unknown, f"{entry['name']}: {unknown}"
    after = entry.get("after", {})
    after = {"at": after} if isinstance(after, str) else after
    stale = entry.get("stale", {})
    stale = {} if stale is True else stale
    at = _names(entry.get("at", "any"))
    memory = _names(f"{after.get('at', '')} {after.get('until', '')} {stale.get('until', '')}")
    missing = {*at, *memory} - operations().keys()
    assert not missing, f"{entry['name']}: {missing}"
    run = _Entry(entry, frozenset(at), after).run
    return Bug(entry["name"], kind, at, memory, run)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _names(text: str) -> tuple[str, ...]:
    return () if text == "any" else tuple(text.split())


@frozen
class _Entry:
    entry: Mapping[str, Any]
    at: frozenset[str]
    after: Mapping[str, Any]

    def run(self, server: Server, request: Request) -> Response:
        exchange = Exchange(server, request)
        name = "" if request.operation is None else request.operation.id
        is_remembered = name in _names(self.after.get("at", ""))
        if is_remembered or "before" in str(self.entry):
            _ = exchange.before
        exchange.reply = self._reply(exchange) if not self.at or name in self.at else server.call(request)
        if exchange.reply.status < 300:
            if is_remembered and _passes(self.after.get("when", {}), exchange):
                self._remember(exchange)
            if name in _names(self.after.get("until", "")):
                known = self._known(exchange, exchange.result)
                server.memory["known"] = [each for each in server.memory.get("known", []) if each is not known]
        return exchange.reply

    def _reply(self, exchange: Exchange) -> Response:
        server, request, when = exchange.server, exchange.request, dict(self.entry.get("when", {}))
        exchange.known = self._known(exchange)
        late = {name: when.pop(name) for name in [*when] if name in _OF_RESPONSE}
        needs_known = self.after and ("same" in self.after or "request" in self.entry)
        counting = when.pop("count", None)
        is_meant = _passes(when, exchange) and not (needs_known and exchange.known is None)
        if is_meant and counting is not None:
            server.memory["count"] = server.memory.get("count", 0) + 1
            is_meant = holds(server.memory["count"], counting, exchange)
        if not is_meant:
            return server.call(request)
        restores = "refuse" in self.entry or self.entry.get("effect") == "none"
        state = deepcopy(server.backend, {id(server.backend.clock): server.backend.clock}) if restores else None
        _send_all(self.entry.get("first"), exchange)
        reply = exchange.reply = server.call(request if late else self._changed(exchange))
        if late or "refuse" in self.entry:
            exchange.known = exchange.known or self._known(exchange, exchange.result)
            if not _passes(late, exchange) or (self.after and exchange.known is None):
                return reply
            if late and "request" in self.entry:
                limits = {name: value for name, value in reply.headers.items() if name.startswith("ratelimit-")}
                exchange.reply = reply = server.behind(self._changed(exchange))
                reply.headers |= limits
        if "query" in self.entry.get("request", {}):
            relink(reply, request.query)
        if reply.status >= 400 and not late:
            return reply
        _send_all(self.entry.get("then"), exchange)
        if state is not None:
            server.backend.replace_with(state)
        if "refuse" in self.entry:
            reply.status, reply.json = self.entry["refuse"]["status"], {"message": self.entry["refuse"]["message"]}
        if "stale" in self.entry:
            key = f"{request.path}?{request.query} {request.headers.get('authorization')}"
            reply.body, link = server.memory.setdefault(key, (reply.body, reply.headers.get("link")))
            reply.headers |= {} if link is None else {"link": link}
        if "response" in self.entry:
            self._edit(self.entry["response"], exchange, reply)
        return reply

    def _changed(self, exchange: Exchange) -> Request:
        return changed_request(self.entry.get("request", {}), exchange.at(exchange.sent))

    # Memory

    def _keys(self, exchange: Exchange, item: Any, *, is_single: bool) -> set[str]:
        """Return what identifies an object: its path and its id, or some path parameters."""
        request, operation, keys = exchange.request, exchange.request.operation, set[str]()
        if "same" in self.after:
            return {str([request.params.get(name) or request.headers.get(name) for name in self.after["same"].split()])}
        path = request.path.rstrip("/")
        if is_single and operation is not None and not is_collection(operation.path):
            action = operation.path.rpartition("}")[2]
            keys.add(path.removesuffix(action) if action else path)
            keys |= {value for name, value in [*request.params.items()][-1:] if name.endswith("_id")}
        if isinstance(item, dict):
            keys |= {f"{path}/{item[name]}" for name in NAMES if name in item} | {
                str(item[n]) for n in IDS if n in item
            }
        return keys

    def _remember(self, exchange: Exchange) -> None:
        memory = exchange.server.memory
        for item in items_of(exchange.result) or [exchange.before]:
            keys = self._keys(exchange, item, is_single=not isinstance(exchange.result, list))
            kept = [each for each in memory.get("known", []) if not each["keys"] & keys]
            entry = {"before": exchange.before, "sent": exchange.sent, "result": item, "keys": keys}
            memory["known"] = [*kept, entry]

    def _known(self, exchange: Exchange, item: Any = None, *, is_single: bool = True) -> Any:
        keys = self._keys(exchange, item, is_single=is_single)
        return next((each for each in exchange.server.memory.get("known", []) if each["keys"] & keys), None)

    # Responses

    def _edit(self, edits: Mapping[str, Any], exchange: Exchange, reply: Response) -> None:
        reply.status = edits.get("status", reply.status)
        _edit_mapping(reply.headers, edits.get("headers", {}), exchange)
        if "links" in edits:
            change_links(reply, partial(_edit_mapping, edits=edits["links"], exchange=exchange))
        if "content" in edits:
            reply.body = str(edited(reply.body.decode(), edits["content"], exchange) or "").encode()
        body = before = reply.json
        exchange.item = body
        if "list" in edits:
            body = _repaged(exchange, reply, edits["list"])
        if "items" in edits:
            body = with_items(body, edited(items_of(body), edits["items"], exchange))
        if "message" in edits:
            body = {"message": edited(reply.message, edits["message"], exchange)}
        if "body" in edits:
            body = edited(body, edits["body"], exchange)
        body = deepcopy(body)
        for item in items_of(body):
            known = self._known(exchange, item, is_single=item is body) or exchange.known if self.after else None
            if known is not None or not self.after:
                _edit_item(item, edits, evolve(exchange, known=known))
        if body is None and before is not None:
            reply.body, _ = b"", reply.headers.pop("content-type")
        elif body != before:
            reply.json = body


def _edit_item(item: Any, edits: Mapping[str, Any], exchange: Exchange) -> None:
    parts = get({"each": item}, f"/each{edits.get('each', '')}")
    for part in parts if "*" in edits.get("each", "") else [parts]:
        here = exchange.at(part)
        if not all_hold(part, edits.get("where", {}), here):
            continue
        _edit_pointers(part, edits, here.at(deepcopy(part)))


def _edit_pointers(value: Any, edits: Mapping[str, Any], exchange: Exchange) -> None:
    for pointer, edit in edits.items():
        if pointer.startswith("/"):
            put(value, pointer, edit, exchange)
    for pointer in edits.get("remove", "").split():
        remove(value, pointer)


def _edit_mapping(values: dict[str, Any], edits: Mapping[str, Any], exchange: Exchange) -> dict[str, Any]:
    for name, edit in edits.items():
        for each in fnmatch.filter(values, name) if "*" in name else [name]:
            changed = edited(values.get(each, MISSING), edit, exchange)
            if changed is None:
                values.pop(each, None)
            elif changed is not MISSING:
                values[each] = changed if isinstance(changed, list) else str(changed)
    return values


def _repaged(exchange: Exchange, reply: Response, edit: Any) -> Any:
    """Return the page of the whole list with an edit, and give the response its links."""
    request = evolve(exchange.request, method="GET")
    filters = {name: values for name, values in request.query.items() if name not in ("page", "per_page")}
    items: list[Any] = []
    numbers = count(1)
    following = True
    while following:
        every = {"page": [str(next(numbers))], "per_page": ["100"]}
        response = exchange.server.behind(evolve(request, query={**filters, **every}))
        items += items_of(response.json)
        following = "next" in links(response)
    items = edited(items, edit, exchange)
    page, size = page_of(request)
    last = max(1, -(-len(items) // size))
    pages = {"first": 1, "prev": min(page - 1, last)} if page > 1 else {}
    pages |= {"next": page + 1, "last": last} if page < last else {}
    reply.headers["link"] = ""
    change_links(
        reply, lambda _: {rel: f"http://{request.headers['host']}{request.path}?page={to}" for rel, to in pages.items()}
    )
    relink(reply, request.query)
    return items[(page - 1) * size : page * size]


# Requests


def _passes(tests: Mapping[str, Any], exchange: Exchange) -> bool:
    return all(_holds_at(place, test, exchange) for place, test in tests.items())


def _holds_at(place: str, test: Any, exchange: Exchange) -> bool:
    """Return whether a condition holds: a test of one value, or tests of several by name or pointer."""
    request, reply = exchange.request, exchange.reply
    operation = request.operation
    values: dict[str, Callable[[], Any]] = {
        "method": lambda: request.method,
        "operation": lambda: operation.id if operation is not None else None,
        "scopes": lambda: exchange.scopes,
        "status": lambda: reply and reply.status,
        "message": lambda: reply and reply.message,
    }
    if place.startswith("/"):
        return holds(get(exchange.sent, place), test, exchange)
    if place in values:
        return holds(values[place](), test, exchange)
    # The others are operators, such as `query` and `before`.
    return all(holds(OPERATORS[place](MISSING, name, exchange), each, exchange) for name, each in test.items())


def changed_request(edits: Mapping[str, Any], exchange: Exchange) -> Request:
    """Return the request with edits."""
    request = changed = exchange.request
    operation = operations()[edits["operation"]] if "operation" in edits else request.operation
    if operation is not None and edits.keys() & {"operation", "path"}:
        params = exchange.params_of(operation.id)
        path = {name: edited(params.get(name), each, exchange) for name, each in edits.get("path", {}).items()}
        params |= {name: each for name, each in path.items() if each is not MISSING}
        changed = evolve(changed, method=operation.method, path=operation.path.format_map(params))
    if "operation" in edits:
        changed = evolve(changed, query={}, body=b"")
    headers = dict(request.headers)
    if "as" in edits:
        token = GLOBEX_TOKEN if edits["as"] == "globex" or "/globex" in changed.path else ALL_SCOPES_TOKEN
        headers["authorization"] = f"Bearer {token}"
    _edit_mapping(headers, edits.get("headers", {}), exchange)
    query: dict[str, Any] = {
        name: values if len(values) > 1 or name.endswith("[]") else values[0] for name, values in changed.query.items()
    }
    _edit_mapping(query, edits.get("query", {}), exchange)
    query = {name: each if isinstance(each, list) else [each] for name, each in query.items()}
    changed = evolve(changed, method=edits.get("method", changed.method), headers=headers, query=query)
    sent = {} if "operation" in edits else request.json
    body = edited(sent, edits["body"], exchange) if "body" in edits else deepcopy(sent)
    if isinstance(body, dict):
        _edit_pointers(body, edits, exchange)
    if body is None and "body" in edits:
        return evolve(changed, body=b"")
    return changed if body == sent else changed.with_json(body)


def _send_all(entries: Any, exchange: Exchange) -> None:
    """Send further requests as an administrator."""
    for entry in _listed(entries):
        for item, params in _each(entry.get("each", ""), exchange, exchange.result, {}):
            here = exchange.at(item)
            if all_hold(item, entry.get("where", {}), here):
                edits = {"as": "admin", **entry, "path": {**params, **entry.get("path", {})}}
                exchange.server.behind(changed_request(edits, here))


def _each(lists: str | dict[str, Any], exchange: Exchange, item: Any, params: Mapping[str, Any]) -> Iterator[Any]:
    """Yield the items of lists in lists, with the path parameters that lead to them."""
    if isinstance(lists, dict):
        yield from ((each, {}) for each in edited(MISSING, lists, exchange) or [])
        return
    if not lists:
        yield item, params
        return
    name, _, rest = lists.partition(" ")
    for each in exchange.server.items(exchange.request, name, {**exchange.params, **params}):
        yield from _each(rest, exchange, each, {**params, **_own_param(name, each)})


def _own_param(name: str, item: Any) -> dict[str, Any]:
    """Return the path parameter of an item of a list."""
    folder = f"{operations()[name].path}/{{"
    found = [
        each.path[len(folder) :].partition("}")[0] for each in operations().values() if each.path.startswith(folder)
    ]
    return {param: param_of(item, param) for param in found[:1]}


PYTHON: Final[list[Bug]] = []
"""Bugs that are functions."""


def bug(kind: str, at: str, name: str, *, memory: str = "") -> Callable[[Run], Run]:
    """Add a function as a bug of operations. It also sees requests of those in `memory`."""

    def add(run: Run) -> Run:
        assert kind in KINDS
        PYTHON.append(Bug(name, kind, _names(at), _names(memory), run))
        return run

    return add
