"""Requests for what does not exist, or not there: unknown objects and paths, other parents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import getrandbits
from typing import Any, Final

from ..api import Operation, object_path
from ..exchange import PathValues, Request
from ..executor import Executor
from ..names import made_up
from ..values import is_uuid
from .objects import example_body

UNKNOWN: Final = "unknown_object_found"
OTHER_PARENT: Final = "foreign_parent_accepted"
_NOT_FOUND: Final = frozenset({404, 410})
#: Without a parameter or a file that a change needs, it is a bad request first.
_NOT_CHANGED: Final = frozenset({400, 404, 410})


def send_errors(executor: Executor, operations: Sequence[Operation]) -> Iterator[Operation]:
    """Send requests for what does not exist. Other machines get reads only."""
    for operation in operations:
        if not operation.is_read and not executor.is_local:
            continue
        yield operation
        found = _found(executor, operation)
        if found is not None and operation.parameters:
            _send_unknown(executor, operation, found)
            _send_wrong_parents(executor, operation, found)
    public = next((each for each in operations if each.is_read and not each.parameters), None)
    if public is not None:
        executor.expect(Request(public, suffix="/no-such-path", why="for an unknown path"), {404}, UNKNOWN)


def _send_unknown(executor: Executor, operation: Operation, found: PathValues) -> None:
    """Replace each path parameter by one of no object."""
    expected = _NOT_FOUND if operation.is_read else _NOT_CHANGED
    for name in operation.parameters:
        is_first = name == operation.parameters[0]
        request = _request(executor, operation, {**found, name: unknown(found[name])}, f"with an unknown {name}")
        executor.expect(request, {*expected, 403} if is_first else expected, UNKNOWN)
        if operation.is_read and not is_first:
            executor.expect(request.having(method="HEAD"), expected, UNKNOWN)


def _send_wrong_parents(executor: Executor, operation: Operation, found: PathValues) -> None:
    """Send requests for an object below another parent, which has no such child."""
    *parents, last = operation.parameters
    if not is_uuid(found[last]):
        return
    others = executor.world.objects(operation)
    for name in parents:
        above = parents[: parents.index(name)]
        for other in others:
            if other[name] != found[name] and all(other[each] == found[each] for each in above):
                values = {**found, name: other[name]}
                if not _may_have(executor, operation, values):
                    request = _request(executor, operation, values, f"for the {last} of another {name}")
                    executor.expect(request, _NOT_FOUND if operation.is_read else _NOT_CHANGED, OTHER_PARENT)
                break


def _may_have(executor: Executor, operation: Operation, values: PathValues) -> bool:
    """Return whether a parent may have a child: its list has it, or cannot tell."""
    listing = executor.api.at("GET", object_path(operation.path).rpartition("/")[0])
    if listing is None:
        return True
    pages = executor.read_pages(listing, values, most=1)
    key = values[operation.parameters[-1]]
    return pages.ok and (not pages.is_whole or any(key in each.values() for each in pages.objects))


def _found(executor: Executor, operation: Operation) -> PathValues | None:
    """Return the path values of an object that exists."""
    reading = operation if operation.is_read else executor.api.at("GET", object_path(operation.path))
    if reading is None or {*reading.parameters} != {*operation.parameters}:
        return None
    return next((each for each in executor.world.objects(reading) if executor.read(reading, each).ok), None)


def _request(executor: Executor, operation: Operation, values: PathValues, why: str) -> Request:
    return Request(operation, values, body=example_body(executor, operation, values), why=why)


def unknown(value: Any) -> str | int:
    """Return an identifier of no object, in the form of another one."""
    if str(value).isdecimal():
        return made_up("number", 0)
    return made_up("id" if is_uuid(value) else "object", getrandbits(32))
