"""Checks of properties that a request to create an object may have, and that are documented to have no effect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..._base.json_values import is_object
from ..traffic import Response
from .bench import Bench, Subject
from .checks import DEFAULT
from .comparison import equivalent, shown
from .pointers import resolve
from .values import BodyRules, request_schema


def check_ignored(bench: Bench, subject: Subject) -> None:
    """Create objects with properties that have no effect, and check that they do not have the sent values."""
    operation = subject.kind.create
    if operation is None or not bench.wants(operation):
        return
    rules = BodyRules.of(request_schema(bench.spec, operation))
    left = dict(rules.ignored)
    for index, example in enumerate(operation.body_examples):
        body = bench.bodies.body(operation, example, index, subject.values)
        values = {pointer: value for pointer, value in left.items() if _put(body, pointer, value)}
        made = bench.create_first(subject.kind, subject.values, [body]) if values else None
        if made is None or made.created is None:
            continue
        left = {pointer: value for pointer, value in left.items() if pointer not in values}
        bench.report(DEFAULT, _applied(values, rules, made.body), made.created, made.created)
        if made.kind.get is not None:

            def rule(found: Response, values: Mapping[str, Any] = values) -> Iterator[str]:
                yield from _applied(values, rules, found.body) if found.ok else ()

            bench.check(DEFAULT, made.kind.get, made.values, rule, made.created)


def _applied(values: Mapping[str, Any], rules: BodyRules, found: object) -> Iterator[str]:
    """Yield a message for each sent property that the object has, although it should be ignored."""
    for pointer, value in values.items():
        if equivalent(value, resolve(rules.pointers.get(pointer, pointer), found)):
            yield f"{pointer} is {shown(value)}, as sent, although it is documented to be ignored"


def _put(body: dict[str, Any], pointer: str, value: Any) -> bool:
    """Set a property of a body, and return whether the object that it belongs to is in the body."""
    parent, _, name = pointer.rpartition("/")
    if not parent:
        body[name] = value
    elif is_object(node := body.get(parent)):
        body[parent] = {**node, name: value}
    return not parent or parent in body
