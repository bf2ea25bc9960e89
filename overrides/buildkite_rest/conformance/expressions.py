"""Follows links of the description: from an answer to what can be called on the object in it."""

from __future__ import annotations

from typing import Any

from .._base.json_values import is_array, is_object
from .operation import Link, Operation
from .targets import Values
from .wire import Answer


def link_to(answer: Answer, operation: Operation) -> Link | None:
    """Return the link that leads from an answer to an operation."""
    status = str(answer.status)
    links = answer.operation.links
    return next((link for link in links if link.status == status and link.operation_id == operation.id), None)


def follow(link: Link, answer: Answer, operation: Operation) -> Values | None:
    """Return the path parameters that a link gives an operation, or None if the answer lacks one."""
    values = {name: _evaluate(expression, answer) for name, expression in link.parameters.items()}
    if any(not isinstance(values.get(name), str | int) for name in operation.parameters):
        return None
    return {name: values[name] for name in operation.parameters}


def _evaluate(expression: str, answer: Answer) -> Any:
    source, _, rest = expression.partition("#" if "#" in expression else "path.")
    match source:
        case "$request.":
            return answer.values.get(rest)
        case "$response.body":
            return _at(rest, answer.body)
        case _:
            return None


def _at(pointer: str, value: Any) -> Any:
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if is_object(value):
            value = value.get(key)
        elif is_array(value) and key.isdecimal() and int(key) < len(value):
            value = value[int(key)]
        else:
            return None
    return value
