"""Rules about what query parameters do: filters, parts of responses, and the order of lists."""

from collections.abc import Iterator
from typing import Any

from ..document import JSON, OperationNode, operations, resolve
from ..fragment import Finding
from ..profile import Profile

_OPERATORS = {
    *("equals", "contains", "glob", "from", "before", "entries", "labels"),
    *("unseen", "partition", "period"),
}
_KEYS = {
    *("property", "operator", "values", "default", "perhaps", "flags", "exact", "ignore-case", "may-omit-items"),
    *("refers", "related", "source", "implies", "negation", "counts", "changes", "header"),
    *("wildcard", "separator", "groups", "same-as", "listed-by"),
}
_EFFECTS = ("x-filters", "x-includes", "x-excludes", "x-sorts")


def filters(document: dict[str, Any], profile: Profile) -> Iterator[Finding]:
    ids = {operation.node.get("operationId") for operation in operations(document)}
    for operation in operations(document):
        for index, parameter in enumerate(operation.parameters):
            pointer = (*operation.pointer, "parameters", str(index))
            if len(found := [name for name in _EFFECTS if name in parameter]) > 1:
                yield pointer, f"a parameter has one of {', '.join(found)}"
            if "x-filters" in parameter:
                for message in _filter_problems(parameter["x-filters"], ids):
                    yield pointer, message
            for message in _effect_problems(parameter):
                yield pointer, message
            for path in _paths(parameter):
                if not _has_property(document, _item(document, operation, profile), path.replace("/*", "").split("/")):
                    yield pointer, f"the items of {operation.node.get('operationId')} have no property {path}"


def list_order(document: dict[str, Any], profile: Profile) -> Iterator[Finding]:
    for operation in operations(document):
        order = operation.node.get("x-order")
        if order is None:
            continue
        path = str(order).removeprefix("-")
        if not _has_property(document, _item(document, operation, profile), path.split("/")):
            yield operation.pointer, f"x-order: the items have no property {path}"


def distinct_items(document: dict[str, Any], profile: Profile) -> Iterator[Finding]:
    for operation in operations(document):
        for name in operation.node.get("x-distinct", ()):
            if not _has_property(document, _item(document, operation, profile), [name]):
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
        yield from [*declared.get("perhaps", []), *declared.get("flags", []), *declared.get("implies", {})]
        yield from [declared["counts"]] if "counts" in declared else []
        yield from [declared["groups"].get("property", "")] if "groups" in declared else []
    for key in ("x-includes", "x-excludes"):
        if key in parameter:
            named = parameter[key]
            if isinstance(named, dict):
                yield from named.get("properties", [named.get("property", "")])
            else:
                yield named


def _item(document: dict[str, Any], operation: OperationNode, profile: Profile) -> Any:
    """Return the schema of an item of a list, or of the object of another response."""
    response = resolve(document, operation.node.get("responses", {}).get("200", {}))
    schema = resolve(document, response.get("content", {}).get(JSON, {}).get("schema", {}))
    name = operation.node.get("x-pagination")
    if isinstance(name, str) and (kind := profile.paginations.get(name)):
        schema = resolve(document, kind.items(schema) or {})
    return schema.get("items", schema)


def _has_property(document: dict[str, Any], schema: Any, path: list[str]) -> bool:
    """Return whether a schema, or a part of it, has a property. Maps have all."""
    schema = resolve(document, schema)
    if not path:
        return True
    if "items" in schema:
        return _has_property(document, schema["items"], path)
    if path[0] in schema.get("properties", {}) and _has_property(document, schema["properties"][path[0]], path[1:]):
        return True
    if schema.get("additionalProperties"):
        return True
    parts = [part for key in ("allOf", "oneOf", "anyOf") for part in schema.get(key, ())]
    return any(_has_property(document, part, path) for part in parts)


RULES = (filters, list_order, distinct_items, page_links)
