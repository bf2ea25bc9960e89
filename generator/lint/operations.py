"""Rules about operations."""

import keyword
from collections.abc import Iterator
from typing import Any

from ..buildkite import PAGINATION
from ..document import JSON, OperationNode, operations, resolve
from ..fragment import Finding
from .names import METHOD_NAMES


def operation_named(document: dict[str, Any]) -> Iterator[Finding]:
    tags = {tag["name"] for tag in document["tags"]}
    schemes = document["components"].get("securitySchemes", {}).values()
    scopes = {scope for scheme in schemes for scope in scheme.get("x-scopes", ())}
    ids: dict[str, OperationNode] = {}
    for operation in operations(document):
        node = operation.node
        if (first := ids.setdefault(node["operationId"], operation)) is not operation:
            yield operation.pointer, f"operationId {node['operationId']!r} is already used by {first.name}"
        for name in {*node["tags"]} - tags:
            yield operation.pointer, f"the tags of the root do not list {name}"
        for name in {*node["x-scopes"]} - scopes:
            yield operation.pointer, f"the security schemes of the root do not list {name}"


def sdk_method(document: dict[str, Any]) -> Iterator[Finding]:
    seen = set[tuple[str, str]]()
    for operation in operations(document):
        [tag] = operation.node["tags"]
        variants = operation.node.get("x-sdk-variants", [])
        for name in [operation.node["x-sdk-method"], *(variant["method"] for variant in variants)]:
            if keyword.iskeyword(name):
                yield operation.pointer, f"x-sdk-method {name!r} is a keyword of Python"
            elif name in METHOD_NAMES:
                yield operation.pointer, f"x-sdk-method {name!r} is a name that the generated class uses itself"
            elif (tag, name) in seen:
                yield operation.pointer, f"x-sdk-method {name!r} is used twice under the tag {tag!r}"
            else:
                seen.add((tag, name))


def sdk_variants(document: dict[str, Any]) -> Iterator[Finding]:
    for operation in operations(document):
        headers = {each["name"] for each in operation.parameters if each["in"] == "header"}
        media = {
            kind
            for response in operation.node.get("responses", {}).values()
            for kind in resolve(document, response).get("content", {})
        }
        variants = operation.node.get("x-sdk-variants", [])
        for index, variant in enumerate(variants):
            pointer = (*operation.pointer, "x-sdk-variants", str(index))
            if variant.get("media-type") in [other.get("media-type") for other in variants[:index]]:
                yield pointer, f"another variant already has the media type {variant.get('media-type')!r}"
            if variant.get("media-type") not in media:
                yield pointer, f"no response has the media type {variant.get('media-type')!r}"
            if unknown := set(variant.get("headers", ())) - headers:
                yield pointer, f"there is no header parameter {', '.join(sorted(unknown))}"


def pagination(document: dict[str, Any]) -> Iterator[Finding]:
    for operation in operations(document):
        name = operation.node.get("x-pagination")
        names = {parameter.get("name") for parameter in operation.parameters}
        response = operation.node.get("responses", {}).get("200", {})
        page = resolve(document, response.get("content", {}).get(JSON, {}).get("schema", {}))
        if kind := PAGINATION[str(name)]:
            complete = (
                names.issuperset(kind.parameters)
                and (kind.header is None or kind.header in response.get("headers", {}))
                and page.get("properties", {}).keys() >= set(kind.envelope)
                and resolve(document, kind.items(page)).get("type") == "array"
            )
            if not complete:
                yield operation.pointer, f"{name} pagination needs {kind.required}"
        else:
            for other, kind in PAGINATION.items():
                if kind and names.issuperset(kind.parameters):
                    listed = ", ".join(kind.parameters)
                    yield operation.pointer, f"x-pagination is none, but there are the parameters of {other}: {listed}"


def array_parameter(document: dict[str, Any]) -> Iterator[Finding]:
    for operation in operations(document):
        for index, parameter in enumerate(operation.parameters):
            if parameter["in"] != "query":
                continue
            pointer = (*operation.pointer, "parameters", str(index))
            schema, name = resolve(document, parameter["schema"]), parameter["name"]
            is_array = "array" in schema.get("type", ())
            if is_array != name.endswith("[]"):
                yield pointer, f"the name of an array ends in [], and no other name does; this is {name!r}"
            elif "object" in schema.get("type", ()) and parameter.get("style") != "deepObject":
                yield pointer, f"{name!r} is an object, which needs `style: deepObject`"


def success_schema(document: dict[str, Any]) -> Iterator[Finding]:
    for operation in operations(document):
        found: list[Any] = []
        for status, response in operation.success_responses.items():
            content = response.get("content", {})
            if JSON in content and (schema := content[JSON].get("schema")) not in found:
                found.append(schema)
                if len(found) > 1:
                    pointer = (*operation.pointer, "responses", status)
                    yield pointer, "a method returns one type; all JSON success responses have the same schema"


RULES = (
    operation_named,
    sdk_method,
    sdk_variants,
    pagination,
    array_parameter,
    success_schema,
)
