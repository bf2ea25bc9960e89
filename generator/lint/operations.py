"""What each operation must say."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from typing import Any

from ..bundle import METHODS, OperationNode, operations
from ..document import resolve
from .rule import Finding, Rule, rule

RULES: list[Rule] = []

_VERB_NOUN = re.compile(r"[a-z]+(?:[A-Z][a-z0-9]*)+")
_SCOPE = re.compile(r"[a-z]+(?:_[a-z]+)+")
_ERRORS = {
    "400": "BadRequest",
    "401": "Unauthorized",
    "403": "Forbidden",
    "404": "NotFound",
    "429": "TooManyRequests",
}
_VARIANT_RETURNS = {"stream", "text"}


@rule("path-shape", RULES)
def path_shape(document: dict[str, Any]) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for path, item in document.get("paths", {}).items():
        if not re.fullmatch(r"/|(?:/(?:[a-zA-Z0-9_.-]+|\{[a-z_]+\}))+", path) or re.search(r"\{[^}]*\.", path):
            yield ("paths", path), "a path has plain segments and {snake_case} parameters, and no slash at its end"
        if (other := seen.setdefault(re.sub(r"\{[^}]*\}", "{}", path), path)) != path:
            yield ("paths", path), f"only the names of parameters tell it from {other}; describe both as one path"
        for key in item.keys() - set(METHODS):
            yield ("paths", path, key), f"{key!r} does not belong here; parameters stand in each operation"


@rule("operation-id", RULES)
def operation_id(document: dict[str, Any]) -> Iterator[Finding]:
    seen: dict[str, OperationNode] = {}
    for operation in operations(document):
        name = operation.node.get("operationId")
        if not isinstance(name, str) or not _VERB_NOUN.fullmatch(name):
            yield operation.pointer, f"operationId {name!r} must be a verb and a noun in camelCase, such as listBuilds"
        elif name in seen:
            other = seen[name]
            yield operation.pointer, f"operationId {name!r} is already that of {other.method.upper()} {other.path}"
        else:
            seen[name] = operation


@rule("operation-tag", RULES)
def operation_tag(document: dict[str, Any]) -> Iterator[Finding]:
    known = {tag["name"] for tag in document.get("tags", ())}
    for operation in operations(document):
        tags = operation.node.get("tags", [])
        if len(tags) != 1 or tags[0] not in known:
            yield operation.pointer, f"tags must hold exactly one tag that the root lists, not {tags}"


@rule("sdk-method", RULES)
def sdk_method(document: dict[str, Any]) -> Iterator[Finding]:
    seen = set[tuple[str, str]]()
    for operation in operations(document):
        tag = (operation.node.get("tags") or [""])[0]
        variants = operation.node.get("x-sdk-variants", [])
        for name in [operation.node.get("x-sdk-method"), *(variant.get("method") for variant in variants)]:
            if not isinstance(name, str) or not re.fullmatch(r"[a-z][a-z0-9_]*", name) or keyword.iskeyword(name):
                yield operation.pointer, f"x-sdk-method {name!r} must be a snake_case name"
            elif (tag, name) in seen:
                yield operation.pointer, f"x-sdk-method {name!r} stands twice under the tag {tag!r}"
            else:
                seen.add((tag, name))


@rule("sdk-variants", RULES)
def sdk_variants(document: dict[str, Any]) -> Iterator[Finding]:
    for operation in operations(document):
        headers = {
            parameter["name"]
            for node in operation.node.get("parameters", ())
            if (parameter := resolve(document, node))["in"] == "header"
        }
        media = {
            kind
            for response in operation.node.get("responses", {}).values()
            for kind in resolve(document, response).get("content", {})
        }
        variants = operation.node.get("x-sdk-variants", [])
        for index, variant in enumerate(variants):
            pointer = (*operation.pointer, "x-sdk-variants", str(index))
            if variant.get("media-type") in [other.get("media-type") for other in variants[:index]]:
                yield pointer, f"another variant has the media type {variant.get('media-type')!r} already"
            if variant.get("media-type") not in media:
                yield pointer, f"no response has the media type {variant.get('media-type')!r}"
            if variant.get("returns") not in _VARIANT_RETURNS:
                yield pointer, f"returns must be one of {', '.join(sorted(_VARIANT_RETURNS))}"
            if unknown := set(variant.get("headers", ())) - headers:
                yield pointer, f"no header parameter is called {', '.join(sorted(unknown))}"


@rule("scopes", RULES)
def scopes(document: dict[str, Any]) -> Iterator[Finding]:
    for operation in operations(document):
        value = operation.node.get("x-scopes")
        if not isinstance(value, list) or not all(isinstance(s, str) and _SCOPE.fullmatch(s) for s in value):
            yield operation.pointer, "x-scopes must list the scopes that the token needs, or be []"


@rule("idempotent", RULES)
def idempotent(document: dict[str, Any]) -> Iterator[Finding]:
    for operation in operations(document):
        if operation.node.get("x-idempotent", False) is not False:
            yield operation.pointer, "x-idempotent can only be false; HTTP methods say the rest"


@rule("alias-methods", RULES)
def alias_methods(document: dict[str, Any]) -> Iterator[Finding]:
    methods = {method.upper() for method in METHODS}
    for operation in operations(document):
        aliases = operation.node.get("x-alias-methods", [])
        taken = {method.upper() for method in document["paths"][operation.path]}
        if not isinstance(aliases, list) or not methods.issuperset(aliases) or len(set(aliases)) < len(aliases):
            yield operation.pointer, "x-alias-methods must list methods in capitals, each once"
        elif both := taken.intersection(aliases):
            yield operation.pointer, f"the path has an operation {', '.join(sorted(both))}, so it is no alias"


@rule("pagination", RULES)
def pagination(document: dict[str, Any]) -> Iterator[Finding]:
    for operation in operations(document):
        kind = operation.node.get("x-pagination")
        names = {resolve(document, node).get("name") for node in operation.node.get("parameters", ())}
        ok = operation.node.get("responses", {}).get("200", {})
        schema = resolve(document, ok.get("content", {}).get("application/json", {}).get("schema", {}))
        if kind == "link":
            if (
                not {"page", "per_page"} <= names
                or "Link" not in ok.get("headers", {})
                or schema.get("type") != "array"
            ):
                yield operation.pointer, "link pagination needs page, per_page, a Link header and an array on 200"
        elif kind == "cursor":
            if (
                not {"per_page", "after", "before"} <= names
                or not {"items", "links"} <= schema.get("properties", {}).keys()
                or resolve(document, schema["properties"]["items"]).get("type") != "array"
            ):
                yield operation.pointer, "cursor pagination needs per_page, after, before and {items, links} on 200"
        elif kind == "none":
            if "page" in names:
                yield operation.pointer, "x-pagination is none, but there is a parameter `page`"
        else:
            yield operation.pointer, f"x-pagination must be link, cursor or none, not {kind!r}"


@rule("external-docs", RULES)
def external_docs(document: dict[str, Any]) -> Iterator[Finding]:
    for operation in operations(document):
        url = str(operation.node.get("externalDocs", {}).get("url", ""))
        if not url.startswith("https://buildkite.com/docs/") and not operation.node.get("x-undocumented"):
            yield operation.pointer, "externalDocs.url must lead to the operation in Buildkite's documentation"


@rule("texts", RULES)
def texts(document: dict[str, Any]) -> Iterator[Finding]:
    for operation in operations(document):
        for key in ("summary", "description"):
            if not str(operation.node.get(key, "")).strip():
                yield operation.pointer, f"{key} is missing"
        if str(operation.node.get("summary", "")).endswith("."):
            yield operation.pointer, "a summary has no full stop"
        for index, node in enumerate(operation.node.get("parameters", ())):
            if not str(resolve(document, node).get("description", "")).strip():
                yield (*operation.pointer, "parameters", str(index)), "a description is missing"


@rule("path-parameters", RULES)
def path_parameters(document: dict[str, Any]) -> Iterator[Finding]:
    for operation in operations(document):
        declared = {
            parameter["name"]
            for node in operation.node.get("parameters", ())
            if (parameter := resolve(document, node))["in"] == "path"
        }
        used = set(re.findall(r"\{([^}]+)\}", operation.path))
        if declared != used:
            odd = ", ".join(sorted(declared ^ used))
            yield operation.pointer, f"path parameters of the path and of the operation differ: {odd}"


@rule("success-status", RULES)
def success_status(document: dict[str, Any]) -> Iterator[Finding]:
    for operation in operations(document):
        if not any(status[0] in "23" for status in operation.node.get("responses", {})):
            yield operation.pointer, "no success status is described"


@rule("error-responses", RULES)
def error_responses(document: dict[str, Any]) -> Iterator[Finding]:
    for operation in operations(document):
        responses = operation.node.get("responses", {})
        needed = set[str]()
        if operation.needs_token:
            needed = {"401", "403", "429"} | ({"404"} if "{" in operation.path else set())
            if "requestBody" in operation.node or _takes_query(document, operation):
                needed.add("400")
        for status, name in _ERRORS.items():
            if status in responses and responses[status] != {"$ref": f"#/components/responses/{name}"}:
                yield (*operation.pointer, "responses", status), f"use the shared response {name}"
            elif status in needed and status not in responses:
                yield operation.pointer, f"status {status} is missing; refer to the shared response {name}"


def _takes_query(document: dict[str, Any], operation: OperationNode) -> bool:
    return any(resolve(document, node)["in"] == "query" for node in operation.node.get("parameters", ()))


@rule("rate-limit-headers", RULES)
def rate_limit_headers(document: dict[str, Any]) -> Iterator[Finding]:
    needed = {f"RateLimit-{user}{name}" for user in ("", "User-") for name in ("Scope", "Remaining", "Limit", "Reset")}
    for operation in operations(document):
        if not operation.needs_token:
            continue
        for status, node in operation.node.get("responses", {}).items():
            if status != "401" and (missing := needed - resolve(document, node).get("headers", {}).keys()):
                yield (*operation.pointer, "responses", status), f"headers are missing: {', '.join(sorted(missing))}"
