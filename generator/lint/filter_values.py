"""Rules about the values and names in `x-filters` and `x-sorts`, so that a typo does not disable a check."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from ..document import OperationNode, operations, resolve
from ..fragment import Finding, Pointer
from ..schema_messages import did_you_mean
from .items import item, parts, property_schemas

_TIMES = ("before", "from", "period")
"""Operators that compare times."""


def filter_value(document: dict[str, Any]) -> Iterator[Finding]:
    for pointer, parameter, _ in _used_parameters(document):
        known = list(_values(document, parameter.get("schema", {})))
        for key in ("x-filters", "x-sorts"):
            declared = parameter.get(key, {})
            named = [*declared.get("values", ()), *([declared["default"]] if "default" in declared else ())]
            for value in named if known else ():
                if value not in known:
                    yield (*pointer, key), f"{key}: the parameter is never {value!r}{did_you_mean(str(value), known)}"


def filter_parameter(document: dict[str, Any]) -> Iterator[Finding]:
    for pointer, parameter, users in _used_parameters(document):
        others = [each for operation in users for each in operation.parameters if each["name"] != parameter["name"]]
        same = parameter.get("x-filters", {}).get("same-as")
        if same is not None and same not in (names := [str(each["name"]) for each in others]):
            yield (*pointer, "x-filters"), f"x-filters: there is no other parameter {same}{did_you_mean(same, names)}"
        headers = [str(each["name"]) for each in others if each["in"] == "header"]
        for key in ("x-filters", "x-sorts"):
            for name in parameter.get(key, {}).get("header", ()):
                if name not in headers:
                    yield (*pointer, key), f"{key}: there is no header parameter {name}{did_you_mean(name, headers)}"


def filter_time(document: dict[str, Any]) -> Iterator[Finding]:
    for pointer, parameter, users in _used_parameters(document):
        declared = parameter.get("x-filters", {})
        if declared.get("operator") not in _TIMES or "property" not in declared:
            continue
        named = declared["property"]
        for path in [named] if isinstance(named, str) else named:
            found = [
                schema
                for operation in users
                for schema in property_schemas(document, item(document, operation), path.split("/"))
            ]
            if found and not any(_may_be_time(document, schema) for schema in found):
                message = f"x-filters: {declared['operator']} is for times, and {path} is not a time"
                yield (*pointer, "x-filters"), message


def _used_parameters(document: dict[str, Any]) -> Iterator[tuple[Pointer, dict[str, Any], list[OperationNode]]]:
    """Yield the pointer of each parameter, the parameter, and the operations that have it."""
    users: defaultdict[Pointer, list[OperationNode]] = defaultdict(list)
    nodes: dict[Pointer, dict[str, Any]] = {}
    for operation in operations(document):
        for pointer, parameter in zip(operation.parameter_pointers, operation.parameters, strict=True):
            nodes[pointer] = parameter
            users[pointer].append(operation)
    yield from ((pointer, node, users[pointer]) for pointer, node in nodes.items())


def _values(document: dict[str, Any], node: Any) -> Iterator[str]:
    """Yield the values of a parameter in a URL, or nothing if it may have any."""
    schema = resolve(document, node)
    if schema.get("type") == "boolean":
        yield from ("true", "false")
    yield from schema.get("enum", ())
    for each in [*parts(schema), *([schema["items"]] if "items" in schema else ())]:
        yield from _values(document, each)


def _may_be_time(document: dict[str, Any], node: Any) -> bool:
    schema = resolve(document, node)
    is_time = not schema or schema.get("format") == "date-time"
    return is_time or any(_may_be_time(document, part) for part in parts(schema))


RULES = (filter_value, filter_parameter, filter_time)
