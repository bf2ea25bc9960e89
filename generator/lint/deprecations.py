"""Rules about what is deprecated or has another name than before."""

import keyword
import re
from collections.abc import Container, Iterator
from typing import Any

from ..document import (
    JSON,
    RENAMED_FROM,
    OperationNode,
    operations,
    reachable_schemas,
    received_schemas,
    resolve,
    schema_name,
    target,
    walk,
)
from ..fragment import Finding, Pointer
from ..openapi_python_client import python_name
from ..schema_positions import is_schema_position, schemas
from .names import METHOD_NAMES, PROPERTY_NAMES

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_ARGUMENT_NAMES = {"max_items", "self"}
"""Arguments that the generator adds."""
_FIELD_NAMES = {"extra_fields", "self", *PROPERTY_NAMES}
"""Attributes of every model, and types that annotations of its fields name."""


def deprecated_flag(document: dict[str, Any]) -> Iterator[Finding]:
    for pointer, node in walk(document):
        if not isinstance(node, dict) or pointer[-1:] == ("properties",) or "deprecated" not in node:
            continue
        if node["deprecated"] is not True:
            yield pointer, "deprecated is true or absent"
        elif node.get("in") and (node["in"] == "path" or node.get("required")):
            yield pointer, "a required parameter cannot be left out; deprecate the operation instead"
        elif RENAMED_FROM in node:
            yield pointer, f"what has {RENAMED_FROM} is new; deprecated is for what has no new name"
    for operation in operations(document):
        body = resolve(document, operation.node.get("requestBody", {})).get("content", {}).get(JSON, {})
        schema = resolve(document, body.get("schema", {}))
        for name in schema.get("required", ()):
            if resolve(document, schema.get("properties", {}).get(name, {})).get("deprecated"):
                yield (*operation.pointer, "requestBody"), f"the required property {name!r} cannot be deprecated"


def renamed_method(document: dict[str, Any]) -> Iterator[Finding]:
    names = {(tag, name) for operation in operations(document) for tag, name in _methods(operation)}
    for operation in operations(document):
        if RENAMED_FROM in operation.node:
            old, (tag, _) = operation.node[RENAMED_FROM], next(_methods(operation))
            others = {name for other, name in names if other == tag} | METHOD_NAMES
            for message in _problems(old, others, f"the tag {tag!r} has another method {old!r}, or cannot have it"):
                yield (*operation.pointer, RENAMED_FROM), message
            names.add((tag, str(old)))


def _methods(operation: OperationNode) -> Iterator[tuple[str, str]]:
    """Yield the tag and the name of each method. Other rules check that they exist."""
    tag = (operation.node.get("tags") or [""])[0]
    for name in (operation.node, *operation.node.get("x-sdk-variants", ())):
        yield tag, str(name.get("x-sdk-method", name.get("method")))


def renamed_argument(document: dict[str, Any]) -> Iterator[Finding]:
    for operation in operations(document):
        parameters, properties = operation.parameters, dict(_body_properties(document, operation))
        sent = [node["name"].removesuffix("[]") for node in parameters]
        sent += [pointer[-1] for pointer in properties]
        names = [*sent, *map(python_name, sent), *_ARGUMENT_NAMES]
        arguments = {**dict(zip(operation.parameter_pointers, parameters, strict=True)), **properties}
        renamed = {pointer: node for pointer, node in arguments.items() if RENAMED_FROM in node}
        for pointer, node in renamed.items():
            old, place = node[RENAMED_FROM], (*pointer, RENAMED_FROM)
            others = [*names, *(str(each[RENAMED_FROM]) for other, each in renamed.items() if other != pointer)]
            for message in _problems(old, others, f"{operation.name} has another argument {old!r}"):
                yield place, message
            if any(f"{node.get('name')}[]" == each["name"] for each in parameters):
                yield place, f"the argument is that of {node['name']}[]; move {RENAMED_FROM} there"


def _body_properties(document: dict[str, Any], operation: OperationNode) -> Iterator[tuple[Pointer, dict[str, Any]]]:
    """Yield the pointer and the schema of each property of a body."""
    body, pointer = operation.node.get("requestBody", {}), (*operation.pointer, "requestBody")
    for media_type, content in resolve(document, body).get("content", {}).items():
        schema, place = content.get("schema", {}), (*target(body, pointer), "content", media_type, "schema")
        for name, node in resolve(document, schema).get("properties", {}).items():
            yield (*target(schema, place), "properties", name), node


def renamed_field(document: dict[str, Any]) -> Iterator[Finding]:
    received, nested = _received(document), _nested_in_requests(document)
    for pointer, schema in schemas(document):
        renamed = {name: node for name, node in schema.get("properties", {}).items() if RENAMED_FROM in node}
        for name, node in renamed.items():
            old, place = node[RENAMED_FROM], (*pointer, "properties", name, RENAMED_FROM)
            others = {*schema["properties"], *(str(each[RENAMED_FROM]) for key, each in renamed.items() if key != name)}
            message = f"the schema has another property {old!r}"
            yield from ((place, each) for each in _problems(old, others | _FIELD_NAMES, message))
            if pointer[2:3] and pointer[2] not in received:
                yield place, "only arguments and fields of responses keep former names, not keys of nested objects"
            elif pointer[2:3] and pointer[2] in nested:
                yield place, "its keys are sent in nested objects too, where they have no former names; use two schemas"


def _received(document: dict[str, Any]) -> set[str]:
    """Return the schemas of responses, of webhooks and of whole request bodies."""
    whole = set[str]()
    for operation in operations(document):
        for each in resolve(document, operation.node.get("requestBody", {})).get("content", {}).values():
            whole |= {schema_name(each.get("schema")) or ""}
    return received_schemas(document) | whole


def _nested_in_requests(document: dict[str, Any]) -> set[str]:
    """Return the schemas of the values of arguments. Those of objects are dictionaries."""
    roots = list[Any]()
    for operation in operations(document):
        roots += (node for _, node in _body_properties(document, operation))
        roots += (parameter.get("schema", {}) for parameter in operation.parameters)
    return reachable_schemas(document, roots)


def renamed_place(document: dict[str, Any]) -> Iterator[Finding]:
    for pointer, node in walk(document):
        if isinstance(node, dict) and RENAMED_FROM in node and not _has_name(pointer):
            yield (*pointer, RENAMED_FROM), "only an operation, a parameter or a property has a former name"


def _has_name(pointer: Pointer) -> bool:
    if pointer[:1] == ("paths",) and len(pointer) == 3:
        return True
    if is_schema_position(pointer):
        return pointer[-2] == "properties"
    return pointer[-2:-1] in (("parameters",), ("properties",))


def _problems(old: Any, others: Container[Any], collision: str) -> Iterator[str]:
    if not isinstance(old, str) or not _NAME.fullmatch(old) or keyword.iskeyword(old):
        yield f"{RENAMED_FROM} {old!r} must be a snake_case name"
    elif old in others:
        yield f"{RENAMED_FROM}: {collision}"


RULES = (deprecated_flag, renamed_method, renamed_argument, renamed_field, renamed_place)
