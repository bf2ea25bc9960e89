"""The behaviour at the `x-` keys of an OpenAPI document, for the checks that read it there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any, Final

from .._base.json_values import loads

_PROPERTIES: Final = "properties"


def with_behaviour(document: dict[str, Any]) -> dict[str, Any]:
    """Add the behaviour in the package to a document, and return the document. Its own `x-` keys stay."""
    behaviour = loads(files("_buildkite_rest").joinpath("behaviour.json").read_bytes())
    components = document.get("components", {})
    for operation in _operations(document):
        _add_to_operation(operation, behaviour["operations"].get(operation.get("operationId"), {}), components)
    for name, each in behaviour["parameters"].items():
        _add(components.get("parameters", {}).get(name), each)
    for name, each in behaviour["schemas"].items():
        _add_to_schema(components.get("schemas", {}).get(name, {}), each)
    for schema in components.get("schemas", {}).values():
        for part in _own_parts(schema):
            for node in part.get(_PROPERTIES, {}).values():
                _add_described(node, behaviour["facts"]["described"])
    return document


def _operations(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for item in document["paths"].values():
        yield from (node for node in item.values() if isinstance(node, dict) and "responses" in node)


def _add(node: dict[str, Any] | None, words: Mapping[str, Any]) -> None:
    if node is not None and "$ref" not in node:
        for word, value in words.items():
            node.setdefault(f"x-{word}", value)


def _add_to_operation(node: dict[str, Any], words: Mapping[str, Any], components: Mapping[str, Any]) -> None:
    words = dict(words)
    places = {place: words.pop(place, {}) for place in ("query", "header", "headers", "response-headers")}
    places["header"] = places.pop("headers")
    bodies = [
        (words.pop("invalid-examples", None), "invalid-examples", [node.get("requestBody", {})], "application/json"),
        (words.pop("pointer", None), "pointer", [node["responses"].get("200", {})], "text/plain"),
    ]
    if "without" in words:
        words["strict"] = {"without": words.pop("without")}
    _add(node, words)
    for parameter in node.get("parameters", ()):
        _add(parameter, places.get(parameter.get("in"), {}).get(parameter.get("name"), {}))
    for response in node["responses"].values():
        for name, header in response.get("headers", {}).items():
            _add(header, places["response-headers"].get(name, {}))
    for value, word, nodes, media_type in bodies:
        for body in nodes if value is not None else ():
            _add(body.get("content", {}).get(media_type), {word: value})


def _own_parts(schema: dict[str, Any]) -> list[dict[str, Any]]:
    return [schema, *(part for part in schema.get("allOf", ()) if "$ref" not in part)]


def _add_described(node: dict[str, Any], described: Mapping[str, Mapping[str, Any]]) -> None:
    for beginning, keywords in described.items():
        if node.get("description", "").startswith(beginning):
            node["x-strict"] = {**keywords, **node.get("x-strict", {})}


def _add_to_schema(schema: dict[str, Any], words: Mapping[str, Any]) -> None:
    words = dict(words)
    properties = words.pop(_PROPERTIES, {})
    own = _own_parts(schema)
    if "strict" in words:
        _add(own[-1], {"strict": words.pop("strict")})
    _add(own[0], words)
    for name, each in properties.items():
        for part in own:
            rest = dict(each)
            node = part.get(_PROPERTIES, {}).get(name)
            if node is not None:
                _add(node.get("items"), rest.pop("items", {}))
                _add(node, rest)
