"""Values, edits and tests of the table of bugs.

A value is a literal, or a mapping of operators that are applied one after the other to the present value:
`{times: 100}`, `{from: /created_at}`, `{query: name, lower: true}`. A test is a literal to be equal to, a list of
which the value must be an item, or a mapping of operators whose last result decides.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

import httpx

if TYPE_CHECKING:
    from tests.conformance.bugs.engine import Exchange

MISSING: Final[Any] = type("Missing", (), {"__bool__": lambda self: False, "__repr__": lambda self: "MISSING"})()
"""Value of a property that does not exist. An edit to it changes nothing."""
_UNFIT: Final = (TypeError, ValueError, AttributeError, KeyError, IndexError, OverflowError)
"""Errors of operators that do not fit a value."""


def places(value: Any, pointer: str) -> Iterator[tuple[Any, Any]]:
    """Yield containers and keys that a JSON pointer selects, where `*` is each item of an array or an object."""
    *path, last = pointer.split("/")[1:]
    nodes = [value]
    for key in path:
        nodes = [node[each] for node in nodes for each in keys(node, key)]
    yield from ((node, each) for node in nodes if isinstance(node, dict | list) for each in keys(node, last, new=True))


def keys(node: Any, key: str, *, new: bool = False) -> list[Any]:
    """Return the keys of a container that a part of a pointer selects."""
    if isinstance(node, list):
        indexes = range(len(node))
        return [*indexes] if key == "*" else [each for each in indexes if str(each) == str(key)]
    if isinstance(node, dict):
        return [*node] if key == "*" else [key] if new or key in node else []
    return []


def get(value: Any, pointer: str) -> Any:
    """Return the value that a pointer selects, or the list of values if it has a `*`. `/` is the whole value."""
    if pointer == "/":
        return value
    found = [node[key] for node, key in places(value, pointer) if key in keys(node, key)]
    return found if "*" in pointer else found[0] if found else MISSING


def put(value: Any, pointer: str, change: Any, exchange: Exchange) -> None:
    """Change the values that a pointer selects."""
    for node, key in places(value, pointer):
        present = node[key] if key in keys(node, key) else MISSING
        if (changed := edited(present, change, exchange)) is not MISSING:
            node[key] = changed


def remove(value: Any, pointer: str) -> None:
    """Remove the values that a pointer selects."""
    for node, key in [*places(value, pointer)][::-1]:
        if key in keys(node, key):
            del node[key]


def evaluate(value: Any, operators: Any, exchange: Exchange) -> Any:
    """Apply operators to a value. What is not a mapping is a literal, which replaces it."""
    if not isinstance(operators, Mapping):
        return operators
    for name, argument in operators.items():
        assert name in OPERATORS or name in FUNCTIONS, name
        if name in OPERATORS:
            value = OPERATORS[name](value, argument, exchange)
        elif value is not None and value is not MISSING:
            literal = evaluate(value, argument, exchange) if name in _OF_VALUES else argument
            value = FUNCTIONS[name](value, literal)
    return value


def edited(value: Any, operators: Any, exchange: Exchange) -> Any:
    """Return a changed value, or the same if it has a type that the operators do not fit."""
    try:
        return evaluate(value, operators, exchange)
    except _UNFIT:
        return value


def holds(value: Any, test: Any, exchange: Exchange) -> bool:
    """Return whether a value passes a test."""
    if isinstance(test, list):
        return any(_equal(value, each) for each in test)
    if not isinstance(test, Mapping):
        return _equal(value, test)
    try:
        return evaluate(value, test, exchange) not in (False, None, MISSING)
    except _UNFIT:
        return False


def all_hold(value: Any, tests: Mapping[str, Any], exchange: Exchange) -> bool:
    """Return whether the values at pointers pass tests."""
    return all(holds(get(value, pointer), test, exchange) for pointer, test in tests.items())


def _equal(value: Any, other: Any) -> bool:
    present = None if value is MISSING else value
    return bool(present == other) and isinstance(present, bool) == isinstance(other, bool)


def _only(items: list[Any], tests: Mapping[str, Any], exchange: Exchange) -> list[Any]:
    return [item for item in items if all_hold(item, tests, exchange.at(item))]


def _map(items: list[Any], change: Any, exchange: Exchange) -> list[Any]:
    changed = [edited(item, change, exchange.at(item)) for item in items]
    return [item for item in changed if item is not MISSING]


def _sorted(items: list[Any], pointers: str) -> list[Any]:
    def key(item: Any) -> list[Any]:
        found = [get(item, pointer) for pointer in pointers.split()]
        return [(value in (None, MISSING), 0 if value in (None, MISSING) else value) for value in found]

    return sorted(items, key=key)


def _later(value: Any, seconds: float) -> Any:
    if not isinstance(value, str):
        return value + seconds
    time = datetime.fromisoformat(value) + timedelta(seconds=seconds)
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _with_query(url: str, changes: Mapping[str, Any]) -> str:
    parsed = httpx.URL(url)
    for name, value in changes.items():
        parsed = parsed.copy_remove_param(name) if value is None else parsed.copy_set_param(name, value)
    return str(parsed)


def _basic(header: str, part: str) -> str:
    scheme, _, value = header.partition(" ")
    user, _, password = b64decode(value).decode("ascii").partition(":")
    secret = {"user": user, "password": password, "either": user or password}[part]
    return f"Bearer {secret}" if scheme.lower() == "basic" else header


_TYPES: Final[dict[str, Any]] = {
    "text": str,
    "number": (int, float),
    "integer": int,
    "list": list,
    "object": dict,
    "boolean": bool,
}


def _is_type(value: Any, name: str) -> bool:
    return isinstance(value, _TYPES[name]) and (name == "boolean" or not isinstance(value, bool))


OPERATORS: Final[dict[str, Callable[[Any, Any, Exchange], Any]]] = {
    # Sources, which replace the value
    "value": lambda value, argument, exchange: argument,
    "from": lambda value, pointer, exchange: get(exchange.item, pointer),
    "sent": lambda value, pointer, exchange: get(exchange.sent, pointer),
    "query": lambda value, name, exchange: exchange.query(name),
    "path": lambda value, name, exchange: exchange.params.get(name, MISSING),
    "header": lambda value, name, exchange: exchange.request.headers.get(name, MISSING),
    "result": lambda value, pointer, exchange: get(exchange.result, pointer),
    "link": lambda value, rel, exchange: exchange.links.get(rel, MISSING),
    "reply_header": lambda value, name, exchange: exchange.reply_headers.get(name, MISSING),
    "before": lambda value, pointer, exchange: get(exchange.before, pointer),
    "full": lambda value, pointer, exchange: get(exchange.full, pointer),
    "read": lambda value, operation, exchange: exchange.read(operation),
    "known": lambda value, pointer, exchange: get(exchange.known, pointer),
    "all_known": lambda value, pointer, exchange: exchange.all_known(pointer),
    "text": lambda value, form, exchange: form.format_map(exchange.item),
    "counted": lambda value, argument, exchange: exchange.server.memory.get("count", 0),
    "now": lambda value, seconds, exchange: exchange.server.now(seconds),
    "unix": lambda value, seconds, exchange: int(exchange.server.backend.clock()) + seconds,
    # Tests and defaults that also hold for a value that does not exist
    "given": lambda value, argument, exchange: (value is not MISSING) is argument,
    "default": lambda value, default, exchange: evaluate(value, default, exchange) if value is MISSING else value,
    "is": lambda value, other, exchange: _equal(value, evaluate(value, other, exchange)),
    "not": lambda value, test, exchange: not holds(value, test, exchange),
    "or": lambda value, other, exchange: value or evaluate(value, other, exchange),
    "if": lambda value, test, exchange: value if holds(value, test, exchange) else MISSING,
    # Lists
    "only": _only,
    "drop": lambda value, tests, exchange: [each for each in value if each not in _only(value, tests, exchange)],
    "any": lambda value, tests, exchange: bool(_only(value, tests, exchange)),
    "map": _map,
}

#: Functions whose argument may be computed too.
_OF_VALUES: Final = {
    "add",
    "plus",
    "times",
    "most",
    "least",
    "union",
    "begins",
    "ends",
    "has",
    "within",
    "above",
    "below",
}

FUNCTIONS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "get": get,
    # Lists
    "first": lambda items, count: items[:count],
    "skip": lambda items, count: items[count:],
    "last": lambda items, count: items[-count:],
    "reverse": lambda items, _: items[::-1],
    "sort": _sorted,
    "add": lambda items, more: [*items, *(more if isinstance(more, list) else [more])],
    "union": lambda items, more: [*items, *(each for each in more if each not in items)],
    "distinct": lambda items, pointer: [
        next(group) for _, group in groupby(_sorted(items, pointer), lambda item: get(item, pointer))
    ],
    "count": lambda items, _: len(items),
    "join": lambda items, separator: separator.join(items),
    # Objects
    "with": lambda item, more: {**item, **more},
    "without": lambda item, names: {name: each for name, each in item.items() if name not in names.split()},
    "pick": lambda item, names: {name: each for name, each in item.items() if name in names.split()},
    "names": lambda item, _: [*item],
    "filled": lambda item, _: {name: each for name, each in item.items() if each not in (None, 0, "", [], {})},
    # Texts
    "becomes": lambda value, table: table.get(value, value),
    "lower": lambda text, _: text.lower(),
    "upper": lambda text, _: text.upper(),
    "title": lambda text, _: text.capitalize(),
    "strip": lambda text, _: text.strip(),
    "split": lambda text, separator: text.split(separator),
    "match": lambda text, pattern: found[0] if (found := re.search(pattern, text)) else None,
    "replace": lambda text, pair: re.sub(pair[0], pair[1], text),
    "parameters": _with_query,
    "basic": _basic,
    "bytes": lambda text, _: len(text.encode()),
    # Numbers and times
    "plus": lambda number, other: number + other,
    "times": lambda number, other: number * other,
    "round": lambda number, digits: round(number, digits or None),
    "integer": lambda number, _: int(number),
    "string": lambda value, _: str(value),
    "later": _later,
    "most": min,
    "least": max,
    # Tests
    "begins": lambda text, other: text.startswith(other),
    "ends": lambda text, other: text.endswith(other),
    "has": lambda text, other: other in text,
    "within": lambda value, other: value in other,
    "above": lambda value, other: value > other,
    "below": lambda value, other: value < other,
    "type": _is_type,
    "longer": lambda text, length: len(text) > length,
}
