"""The behaviour: `spec/behaviour/*.yaml`, merged, and its words at the nodes of the document that they are about."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from attrs import frozen
from msgspec import to_builtins

from .document import operations
from .errors import GenerationError, Location, Problem
from .fragment import Fragment, Pointer, read_fragment

SECTIONS = ("operations", "parameters", "schemas", "facts")
WORDS = "x-behaviour"
"""Key of the words of a node in the document that `annotated` returns."""
_SCHEMA = "schema.yaml"


@frozen
class Behaviour:
    """The merged behaviour, and the files that it was merged from."""

    data: dict[str, dict[str, Any]]
    fragments: Sequence[Fragment]
    schema: dict[str, Any]
    """The JSON Schema of the files."""

    def locate(self, pointer: Pointer) -> Location:
        """Return the file and line that `pointer` of the merged behaviour comes from."""
        section, name = pointer[:2]
        owner = next(each for each in self.fragments if name in (each.data.get(section) or {}))
        return owner.locate(pointer)


def read_behaviour(folder: Path) -> Behaviour:
    """Read and merge the files of `folder`, if it exists.

    Raises:
        GenerationError: A file cannot be read, or two files have the same entry.
    """
    data: dict[str, dict[str, Any]] = {section: {} for section in SECTIONS}
    if not folder.is_dir():
        return Behaviour(data, (), {})
    schema = read_fragment(folder / _SCHEMA)
    fragments = [read_fragment(path) for path in sorted(folder.glob("*.yaml")) if path.name != _SCHEMA]
    problems: list[Problem] = []
    for fragment in fragments:
        for section, entries in fragment.data.items():
            target = data.setdefault(section, {})
            for name, entry in entries.items() if isinstance(entries, dict) else ():
                if name in target:
                    problems.append(Problem(fragment.locate((section, name)), "duplicate", f"{name!r} is in two files"))
                target[name] = to_builtins(entry)
    if problems:
        raise GenerationError(problems)
    return Behaviour(data, fragments, schema.data)


def annotated(document: dict[str, Any], behaviour: Behaviour) -> dict[str, Any]:
    """Copy `document` with the words of the behaviour at the operations, parameters, schemas and properties."""
    copy: dict[str, Any] = to_builtins(document)
    components, data = copy["components"], behaviour.data
    for operation in operations(copy):
        words = data["operations"].get(str(operation.node.get("operationId")), {})
        operation.node[WORDS] = words
        for parameter in operation.parameters:
            place = "headers" if parameter["in"] == "header" else parameter["in"]
            if own := words.get(place, {}).get(parameter["name"]):
                parameter[WORDS] = own
    for name, words in data["parameters"].items():
        components["parameters"][name][WORDS] = words
    for name, words in data["schemas"].items():
        for part in _own_parts(components["schemas"][name]):
            part[WORDS] = words
            for key, node in part.get("properties", {}).items():
                node[WORDS] = words.get("properties", {}).get(key, {})
                node.get("items", {})[WORDS] = node[WORDS].get("items", {})
    for schema in components["schemas"].values():
        for part in _own_parts(schema):
            for node in part.get("properties", {}).values():
                _add_described(node, data["facts"].get("described", {}))
    return copy


def _add_described(node: dict[str, Any], described: dict[str, Any]) -> None:
    """Add the keywords that hold for properties by the beginning of their description."""
    for beginning, keywords in described.items():
        if node.get("description", "").startswith(beginning):
            own = node.get(WORDS, {})
            node[WORDS] = own | {"strict": keywords | own.get("strict", {})}


def with_strict(document: dict[str, Any], behaviour: Behaviour) -> dict[str, Any]:
    """Copy `document` with the keywords of `strict` in its schemas."""
    copy = annotated(document, behaviour)
    _apply_strict(copy)
    return copy


def _own_parts(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a schema, or the members of its `allOf` that are not references."""
    return [part for part in schema.get("allOf", ()) if "$ref" not in part] or [schema]


def _apply_strict(node: Any) -> None:
    if isinstance(node, list):
        for each in node:
            _apply_strict(each)
    elif isinstance(node, dict):
        strict = node.pop(WORDS, {}).get("strict", {})
        for each in node.values():
            _apply_strict(each)
        own = node.get("required", ())
        node.update(strict)
        if "required" in strict:
            node["required"] = [*own, *strict["required"]]
