"""Comparison in the other direction: what the spec has and no source states.

What has `x-undocumented` comes from sources that are not read here. A property counts as stated if a page that
documents one of its operations mentions its name, and a value of an enumeration if any page does.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import frozen
from generator.document import OperationNode, operations, resolve
from generator.fragment import Pointer
from tests.evidence.comparison import Comparison, body_view, nested, query_parameters, response_view
from tests.evidence.differences import SPEC
from tests.evidence.schema_view import Part, SchemaView


@frozen
class _Property:
    """A property or a value of an enumeration, and the pages on which it could be."""

    kind: str
    subject: str
    name: str
    pointer: Pointer
    pages: frozenset[Path] | None
    """None for any page."""


def compare_unsourced(comparison: Comparison, words: Mapping[Path, frozenset[str]]) -> None:
    """Find what no source states, after all sources have been added. `words` are those of each page."""
    all_words = frozenset(word for page in words.values() for word in page)
    described = [each for each in operations(comparison.document) if not each.node.get("x-undocumented")]
    found: dict[tuple[str, str], list[_Property]] = {}
    for operation in described:
        for kind, subject, pointer in _parts(operation):
            _check(comparison, kind, subject, pointer, is_stated=pointer in comparison.stated)
        pages = frozenset(comparison.pages.get(operation.pointer, ()))
        for kind, view in (("body", body_view(operation)), ("response", response_view(operation))):
            for each in nested(view) if view else ():
                for found_property in _properties(kind, each, pages):
                    found.setdefault((kind, found_property.subject), []).append(found_property)
    for (kind, subject), properties in found.items():
        is_stated = any(
            each.pointer in comparison.stated
            or any(each.name in words.get(page, ()) for page in each.pages or ())
            or (each.pages is None and each.name in all_words)
            for each in properties
        )
        _check(comparison, kind, subject, properties[0].pointer, is_stated=is_stated)
    for event in comparison.document.get("webhooks", {}):
        pointer = ("webhooks", event)
        _check(comparison, "event", event, pointer, is_stated=pointer in comparison.stated)


def _check(comparison: Comparison, kind: str, subject: str, pointer: Pointer, *, is_stated: bool) -> None:
    comparison.differences.check(SPEC, kind, subject, pointer, [] if is_stated else ["in no source"])


def _parts(operation: OperationNode) -> Iterator[tuple[str, str, Pointer]]:
    """Yield the operation, its query parameters and its statuses."""
    name = operation.node["operationId"]
    yield "operation", name, operation.pointer
    for parameter, (pointer, node) in query_parameters(operation).items():
        if not node.get("x-undocumented"):
            yield "query", f"{name} {parameter}", pointer
    for status in operation.node.get("responses", {}):
        yield "status", f"{name} {status}", (*operation.pointer, "responses", status)


def _properties(kind: str, view: SchemaView, pages: frozenset[Path]) -> Iterator[_Property]:
    for part in view.parts:
        component = part.pointer[2] if part.pointer[0] == "components" else view.name
        for name, node in part.node.get("properties", {}).items():
            if not _is_undocumented(view, part, node):
                yield _Property(kind, f"{component}.{name}", name, (*part.pointer, "properties", name), pages)
        for value in part.node.get("enum", ()):
            pointer = (*part.pointer, "enum", str(value))
            yield _Property(kind, f"{component} {value}", str(value), pointer, None)


def _is_undocumented(view: SchemaView, part: Part, node: dict[str, Any]) -> bool:
    nodes = (part.node, node, resolve(view.document, node))
    return any(each.get("x-undocumented") for each in nodes)
