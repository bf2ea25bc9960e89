"""Rules about operations."""

import keyword
import re
from collections.abc import Iterator
from typing import Any

from ..buildkite import DOCUMENTATION, ERROR_RESPONSES, PAGINATION
from ..document import (
    JSON,
    METHODS,
    OperationNode,
    operations,
    resolve,
    walk,
    without_parameter_names,
)
from ..fragment import Finding

_VERB_NOUN = re.compile(r"[a-z]+(?:[A-Z][a-z0-9]*)+")
_DOT_SEGMENT = re.compile(r"/(?:\.|%2e){1,2}(?=[/?#]|$)", re.IGNORECASE)
"""A segment that clients of HTTP remove from a URL, with the one before it."""
_SCOPE = re.compile(r"[a-z]+(?:_[a-z]+)+")
_VARIANT_RETURNS = {"bytes", "stream", "text"}
_WEBHOOK = "webhook_"
"""Prefix of the tags of webhooks."""


def path_shape(document: dict[str, Any]) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for path, item in document.get("paths", {}).items():
        if not re.fullmatch(r"/|(?:/(?:[a-zA-Z0-9_.-]+|\{[a-z_]+\}))+", path) or _DOT_SEGMENT.search(path):
            yield ("paths", path), "a path has plain segments and {snake_case} parameters, and no trailing slash"
        if (other := seen.setdefault(without_parameter_names(path), path)) != path:
            yield ("paths", path), f"differs from {other} only in the names of parameters; merge the two paths"
        for key in item.keys() - set(METHODS):
            yield ("paths", path, key), f"{key!r} is not an HTTP method; list parameters in each operation"


def operation_id(document: dict[str, Any]) -> Iterator[Finding]:
    seen: dict[str, OperationNode] = {}
    for operation in operations(document):
        name = operation.node.get("operationId")
        if not isinstance(name, str) or not _VERB_NOUN.fullmatch(name):
            yield operation.pointer, f"operationId {name!r} must be a verb and a noun in camelCase, such as listBuilds"
        elif name in seen:
            other = seen[name]
            yield operation.pointer, f"operationId {name!r} is already used by {other.method.upper()} {other.path}"
        else:
            seen[name] = operation


def operation_tag(document: dict[str, Any]) -> Iterator[Finding]:
    known = {tag["name"] for tag in document.get("tags", ())}
    for operation in operations(document):
        tags = operation.node.get("tags", [])
        if any(str(tag).startswith(_WEBHOOK) for tag in tags):
            yield operation.pointer, f"a tag that begins with {_WEBHOOK} is for webhooks"
        elif len(tags) != 1 or tags[0] not in known:
            yield operation.pointer, f"tags must be exactly one of the tags listed in the root, not {tags}"


def sdk_method(document: dict[str, Any]) -> Iterator[Finding]:
    seen = set[tuple[str, str]]()
    for operation in operations(document):
        tag = (operation.node.get("tags") or [""])[0]
        variants = operation.node.get("x-sdk-variants", [])
        for name in [operation.node.get("x-sdk-method"), *(variant.get("method") for variant in variants)]:
            if not isinstance(name, str) or not re.fullmatch(r"[a-z][a-z0-9_]*", name) or keyword.iskeyword(name):
                yield operation.pointer, f"x-sdk-method {name!r} must be a snake_case name"
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
            if variant.get("returns") not in _VARIANT_RETURNS:
                yield pointer, f"returns must be one of {', '.join(sorted(_VARIANT_RETURNS))}"
            if unknown := set(variant.get("headers", ())) - headers:
                yield pointer, f"there is no header parameter {', '.join(sorted(unknown))}"


def scopes(document: dict[str, Any]) -> Iterator[Finding]:
    schemes = document["components"].get("securitySchemes", {}).values()
    known = [scope for scheme in schemes for scope in scheme.get("x-scopes", ())]
    for operation in operations(document):
        value = operation.node.get("x-scopes")
        if not isinstance(value, list) or not all(isinstance(scope, str) for scope in value):
            yield operation.pointer, "x-scopes must list the scopes that the token needs, or be []"
        elif invalid := [scope for scope in value if not _SCOPE.fullmatch(scope)]:
            names = ", ".join(invalid)
            yield operation.pointer, f"x-scopes: a scope is a verb and nouns, such as read_builds, not {names}"
        elif unknown := [scope for scope in value if scope not in known]:
            yield operation.pointer, f"x-scopes: the security schemes of the root do not list {', '.join(unknown)}"


def pagination(document: dict[str, Any]) -> Iterator[Finding]:
    for operation in operations(document):
        name = operation.node.get("x-pagination")
        names = {parameter.get("name") for parameter in operation.parameters}
        response = operation.node.get("responses", {}).get("200", {})
        page = resolve(document, response.get("content", {}).get(JSON, {}).get("schema", {}))
        if name not in list(PAGINATION):  # the value may be unhashable
            yield operation.pointer, f"x-pagination must be one of {', '.join(PAGINATION)}, not {name!r}"
        elif kind := PAGINATION[name]:
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


def external_docs(document: dict[str, Any]) -> Iterator[Finding]:
    for operation in operations(document):
        url = str(operation.node.get("externalDocs", {}).get("url", ""))
        if not _is_below(url, DOCUMENTATION) and not operation.node.get("x-undocumented"):
            yield (
                operation.pointer,
                f"externalDocs.url must be a page below {DOCUMENTATION}, or set x-undocumented",
            )
    for pointer, node in walk(document):
        if pointer[-1:] != ("externalDocs",) or pointer[-2:-1] == ("properties",):
            continue
        is_of_operation = pointer[0] == "paths" and len(pointer) == 4
        if not is_of_operation and not _is_below(str(node.get("url", "")), DOCUMENTATION):
            yield pointer, f"externalDocs.url must be a page below {DOCUMENTATION}"


def _is_below(url: str, folder: str) -> bool:
    return url.startswith(folder) and not _DOT_SEGMENT.search(url)


def error_responses(document: dict[str, Any]) -> Iterator[Finding]:
    for operation in operations(document):
        responses = operation.node.get("responses", {})
        for status, name in ERROR_RESPONSES.items():
            if status in responses and responses[status] != {"$ref": f"#/components/responses/{name}"}:
                yield (*operation.pointer, "responses", status), f"use the shared response {name}"


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
    path_shape,
    operation_id,
    operation_tag,
    sdk_method,
    sdk_variants,
    scopes,
    pagination,
    external_docs,
    error_responses,
    array_parameter,
    success_schema,
)
