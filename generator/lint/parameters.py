"""Rules about what query parameters do: filters, parts of responses, and the order of lists."""

from collections.abc import Iterator
from typing import Any

from ..document import operations, resolve
from ..fragment import Finding, Pointer
from .items import item, list_item, property_schemas

_OPERATORS = {
    *("equals", "contains", "glob", "from", "before", "entries", "labels"),
    *("unseen", "partition", "period"),
}
_KEYS = {
    *("property", "operator", "values", "default", "perhaps", "flags", "exact", "ignore-case", "in-url"),
    *("may-omit-items", "refers", "related", "source", "implies", "negation", "counts", "changes", "header"),
    *("wildcard", "separator", "groups", "same-as", "listed-by", "likely"),
}
_EFFECTS = ("x-filters", "x-includes", "x-excludes", "x-sorts")
"""Extensions of a parameter, of which it has one."""


def filters(document: dict[str, Any]) -> Iterator[Finding]:
    ids = {operation.node.get("operationId") for operation in operations(document)}
    reported = set[Pointer]()
    for operation in operations(document):
        for pointer, parameter in zip(operation.parameter_pointers, operation.parameters, strict=True):
            if pointer in reported:
                continue
            found = [name for name in _EFFECTS if name in parameter]
            messages = [f"a parameter has one of {', '.join(found)}"] if len(found) > 1 else []
            messages += [*_place_problems(document, parameter), *_effect_problems(parameter)]
            if "x-filters" in parameter:
                messages += _filter_problems(parameter["x-filters"], ids)
            if messages:  # of the parameter itself, wherever it is used
                reported.add(pointer)
            for path in () if messages else _paths(parameter):
                if not _has_property(document, item(document, operation), path):
                    messages.append(f"the items of {operation.node.get('operationId')} have no property {path}")
            yield from ((pointer, message) for message in messages)


def _place_problems(document: dict[str, Any], parameter: dict[str, Any]) -> Iterator[str]:
    """Check the place and the type of a parameter."""
    place = parameter.get("in")
    is_boolean = resolve(document, parameter.get("schema", {})).get("type") == "boolean"
    for name in _EFFECTS:
        if name in parameter and place != "query" and (name, place) != ("x-includes", "header"):
            yield f"{name} does not belong on a {place} parameter"
        elif name in parameter and name in ("x-includes", "x-excludes") and place == "query" and not is_boolean:
            yield f"{name} is for a boolean query parameter"


def _has_property(document: dict[str, Any], schema: Any, path: str) -> bool:
    return next(property_schemas(document, schema, path.split("/")), None) is not None


def list_order(document: dict[str, Any]) -> Iterator[Finding]:
    for operation in operations(document):
        order = operation.node.get("x-order")
        if order is None:
            continue
        path = str(order).removeprefix("-")
        schema = list_item(document, operation)
        if schema is None:
            yield operation.pointer, "x-order is for an operation that returns a list"
        elif not _has_property(document, schema, path):
            yield operation.pointer, f"x-order: the items have no property {path}"


def distinct_items(document: dict[str, Any]) -> Iterator[Finding]:
    for operation in operations(document):
        schema = list_item(document, operation)
        if schema is None and "x-distinct" in operation.node:
            yield operation.pointer, "x-distinct is for an operation that returns a list"
            continue
        for name in operation.node.get("x-distinct", ()):
            if not _has_property(document, schema, name):
                yield operation.pointer, f"x-distinct: the items have no property {name}"


def page_links(document: dict[str, Any]) -> Iterator[Finding]:
    for operation in operations(document):
        if "x-page-links" in operation.node and operation.node.get("x-pagination") != "cursor":
            yield operation.pointer, "x-page-links is for operations with cursors"


def _filter_problems(declared: dict[str, Any], ids: set[Any]) -> Iterator[str]:
    if unknown := declared.keys() - _KEYS:
        yield f"x-filters has no key {min(unknown)}"
    if (operator := declared.get("operator", "equals")) not in _OPERATORS:
        yield f"x-filters: operator must be one of {', '.join(sorted(_OPERATORS))}, not {operator!r}"
    for key in ("related", "source"):
        name = declared.get(key, {})
        operation = name.get("operation") if isinstance(name, dict) else None
        if operation is not None and operation not in ids:
            yield f"x-filters: there is no operation {operation}"
    for name in declared.get("listed-by", {}).values():
        if name not in ids:
            yield f"x-filters: there is no operation {name}"


def _effect_problems(parameter: dict[str, Any]) -> Iterator[str]:
    """Check the keys of `x-includes` and `x-sorts`."""
    is_header = parameter.get("in") == "header"
    included, sorts = parameter.get("x-includes"), parameter.get("x-sorts", {})
    known = {"since", "properties"} if is_header else {"property", "optional"}
    if isinstance(included, dict) and (wrong := included.keys() ^ known) - {"optional"}:
        yield f"x-includes of a {'header' if is_header else 'query parameter'}: {min(wrong)} is missing or unknown"
    if unknown := sorts.keys() - {"by", "default", "header"}:
        yield f"x-sorts has no key {min(unknown)}"


def _paths(parameter: dict[str, Any]) -> Iterator[str]:
    """Yield the paths of the properties that a parameter names."""
    declared = parameter.get("x-filters")
    if declared and not declared.get("related"):
        named = declared.get("property", [])
        yield from named if isinstance(named, list) else [named]
        yield from [*declared.get("perhaps", []), *declared.get("flags", [])]
        yield from [*declared.get("implies", {}), *declared.get("likely", {})]
        yield from [declared["counts"]] if "counts" in declared else []
        yield from [declared["groups"].get("property", "")] if "groups" in declared else []
    for key in ("x-includes", "x-excludes"):
        if key in parameter:
            named = parameter[key]
            if isinstance(named, dict):
                yield from named.get("properties", [named.get("property", "")])
            else:
                yield named


RULES = (filters, list_order, distinct_items, page_links)
