"""Schemas of an OpenAPI document, compiled on first use so that data can be compared with them quickly."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import unquote

from attrs import define, field, frozen

from .._base.json_values import as_array, as_object, is_array, is_object
from ..conformance.json_pointers import resolve_pointer
from ._rules import Rule, matcher, rules_of

_PYTHON_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "null": (type(None),),
}
_NOTHING: Final[Mapping[str, Any]] = {"type": []}
"""The schema `false`, as an object."""


@frozen(eq=False)
class Union:
    """Alternatives of a schema: `oneOf` or `anyOf`."""

    branches: tuple[Node, ...]
    tag: str | None = None
    """Property that names the branch."""
    by_tag: Mapping[str, Node] = field(factory=dict[str, "Node"])


@define(eq=False)
class Node:
    """A schema together with the parts of its `allOf`."""

    kinds: frozenset[type] | None = None
    """Types of valid values, or None for any."""
    types: tuple[str, ...] = ()
    """The same types, by their names in JSON Schema."""
    enum: frozenset[Any] | None = None
    properties: dict[str, Node] = field(factory=dict[str, "Node"])
    has_properties: bool = False
    """Whether the schema describes properties, so that others are undescribed."""
    additional: Node | None = None
    """Schema of the values of a map."""
    is_map: bool = False
    patterns: tuple[tuple[Callable[[str], bool], Node], ...] = ()
    """Patterns of names, and the schemas of their values."""
    names: Node | None = None
    """Schema of the keys of a map."""
    required: tuple[str, ...] = ()
    items: Node | None = None
    unions: tuple[Union, ...] = ()
    text_rules: tuple[Rule, ...] = ()
    number_rules: tuple[Rule, ...] = ()
    item_rules: tuple[Rule, ...] = ()
    """Rules for the items of an array."""
    property_rules: tuple[Rule, ...] = ()
    """Rules for the number of properties."""
    plain_kinds: frozenset[type] = frozenset()
    """Types of values of which nothing else is checked."""


class Schemas:
    """The schemas of a document. Nodes are shared, since schemas may contain themselves."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._nodes: dict[tuple[int, ...], Node] = {}

    def resolve(self, node: object) -> Mapping[str, Any]:
        """Return a node of the document, or the one that its `$ref` leads to. That of a cycle is empty."""
        found = as_object(node)
        for _ in range(20):
            reference = found.get("$ref")
            if not isinstance(reference, str):
                return found
            target = resolve_pointer(unquote(reference), self._document)
            found = _NOTHING if target is False else as_object(target)
        return {}

    def node(self, *schemas: object) -> Node:
        """Return the node of a schema, or of several that all apply."""
        key = tuple(map(id, schemas))
        node = self._nodes.get(key)
        if node is None:
            node = self._nodes[key] = Node()
            self._compile(node, [part for schema in schemas for part in self._parts(schema)])
        return node

    def _parts(self, schema: object, depth: int = 0) -> Iterator[Mapping[str, Any]]:
        """Yield a schema and the parts of its `allOf`."""
        found = _NOTHING if schema is False else as_object(schema)
        if "$ref" in found:
            yield {name: value for name, value in found.items() if name != "$ref"}  # siblings apply too
            found = self.resolve(found)
        yield found
        if depth < 20:
            for part in as_array(found.get("allOf")):
                yield from self._parts(part, depth + 1)

    def _compile(self, node: Node, parts: list[Mapping[str, Any]]) -> None:
        properties: dict[str, list[object]] = {}
        for part in parts:
            self._add_types(node, part)
            self._add_values(node, part)
            for name, schema in as_object(part.get("properties")).items():
                properties.setdefault(name, []).append(schema)
            extra = part.get("additionalProperties")
            node.has_properties = node.has_properties or "properties" in part or extra is False
            node.required += tuple(name for name in as_array(part.get("required")) if isinstance(name, str))
            if extra is not None and extra is not False:
                node.is_map = True
                node.additional = self.node(extra) if is_object(extra) else None
            patterns = as_object(part.get("patternProperties")).items()
            node.patterns += tuple((matcher(pattern), self.node(schema)) for pattern, schema in patterns)
            if "propertyNames" in part:
                node.names = self.node(part["propertyNames"])
            if "items" in part:
                node.items = self.node(part["items"])
            for keyword in ("oneOf", "anyOf"):
                if is_array(part.get(keyword)):
                    node.unions += (self._union(part, part[keyword]),)
            _add_rules(node, part)
        node.properties = {name: self.node(*schemas) for name, schemas in properties.items()}
        if node.kinds is not None and node.enum is None and not node.unions:
            checked = {str: node.text_rules, int: node.number_rules, float: node.number_rules}
            node.plain_kinds = frozenset(
                kind for kind in node.kinds if kind not in (dict, list) and not checked.get(kind)
            )
        elif node.kinds is None and node.enum is None and len(node.unions) == 1:
            none = type(None)
            node.plain_kinds = frozenset(
                {none} if any(none in branch.plain_kinds for branch in node.unions[0].branches) else ()
            )

    def _add_types(self, node: Node, part: Mapping[str, Any]) -> None:
        if "type" not in part:
            return
        types = [part["type"]] if isinstance(part["type"], str) else as_array(part["type"])
        kinds = frozenset(kind for name in types for kind in _PYTHON_TYPES.get(name, ()))
        node.types = tuple(types)
        node.kinds = kinds if node.kinds is None else node.kinds & kinds

    def _add_values(self, node: Node, part: Mapping[str, Any]) -> None:
        values = [part["const"]] if "const" in part else part.get("enum")
        if is_array(values):
            enum = frozenset(value for value in values if not isinstance(value, dict | list))
            node.enum = enum if node.enum is None else node.enum & enum

    def _union(self, part: Mapping[str, Any], branches: list[Any]) -> Union:
        discriminator = as_object(part.get("discriminator"))
        tag = discriminator.get("propertyName")
        mapping = as_object(discriminator.get("mapping"))
        nodes = tuple(map(self.node, branches))
        if not isinstance(tag, str) or not mapping:
            return Union(nodes)
        by_reference = {as_object(branch).get("$ref"): node for branch, node in zip(branches, nodes, strict=True)}
        return Union(nodes, tag, {name: by_reference[ref] for name, ref in mapping.items() if ref in by_reference})


def _add_rules(node: Node, part: Mapping[str, Any]) -> None:
    for kind, rule in rules_of(part):
        if kind is str:
            node.text_rules += (rule,)
        elif kind is float:
            node.number_rules += (rule,)
        elif kind is list:
            node.item_rules += (rule,)
        else:
            node.property_rules += (rule,)
