"""Schemas of the spec as a source would state them: types, values and properties, through references and unions."""

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import frozen
from generator.behaviour import WORDS
from generator.document import SCHEMA_PREFIX, lookup
from generator.fragment import Pointer

_COMBINATIONS = ("allOf", "oneOf", "anyOf")


@frozen
class Part:
    """A schema object that contributes to a schema, and its position."""

    pointer: Pointer
    node: dict[str, Any]


@frozen
class SchemaView:
    """A schema, and the parts that it consists of."""

    document: dict[str, Any]
    name: str
    """The name of the component, or of the closest component around it."""
    parts: tuple[Part, ...]

    @classmethod
    def of(cls, document: dict[str, Any], node: Any, pointer: Pointer, name: str) -> "SchemaView":
        """Return the view of the schema `node` at `pointer`."""
        references = [each["$ref"] for each in (node, *node.get("oneOf", ())) if "$ref" in each]
        if len(references) == 1:
            name = references[0].removeprefix(SCHEMA_PREFIX)
        return cls(document, name, tuple(_parts(document, node, pointer)))

    @property
    def types(self) -> frozenset[str]:
        """The JSON types, or nothing if any is allowed."""
        types = set[str]()
        for part in self.parts:
            type_ = part.node.get("type")
            if type_ is None and not any(key in part.node for key in ("const", "enum", *_COMBINATIONS)):
                return frozenset()
            types |= {type_} if isinstance(type_, str) else set(type_ or ())
        return frozenset(types)

    @property
    def values(self) -> dict[str, Pointer]:
        """The values of enumerations, with their positions; empty if there is a part without any."""
        values: dict[str, Pointer] = {}
        for part in self.parts:
            if any(key in part.node for key in _COMBINATIONS) or part.node.get("type") == "null":
                continue
            strict = part.node.get(WORDS, {}).get("strict", {}).get("enum")
            listed = part.node.get("enum", [part.node["const"]] if "const" in part.node else strict)
            if listed is None:
                return {}
            values |= {str(value): (*part.pointer, "enum") for value in listed if value is not None}
        return values

    @property
    def required(self) -> frozenset[str]:
        """The required properties."""
        return frozenset(name for part in self.parts for name in part.node.get("required", ()))

    @property
    def is_map(self) -> bool:
        """Whether properties can have any name."""
        return (
            not self.parts
            or any(
                part.node.get("additionalProperties") not in (None, False)
                # What `allOf` adds to an object need not have properties.
                or (
                    part.node.get("type") in (None, "object")
                    and not _has_content(part.node)
                    and part.pointer[-2:-1] != ("allOf",)
                )
                for part in self.parts
            )
        )

    @property
    def properties(self) -> dict[str, "SchemaView"]:
        """The properties of all parts."""
        found: dict[str, tuple[Part, ...]] = {}
        names: dict[str, str] = {}
        for part in self.parts:
            for name, node in part.node.get("properties", {}).items():
                view = self.of(self.document, node, (*part.pointer, "properties", name), self.name)
                found[name] = (*found.get(name, ()), *view.parts)
                names.setdefault(name, view.name)
        return {name: SchemaView(self.document, names[name], parts) for name, parts in found.items()}

    def narrowed(self, tags: Mapping[str, str]) -> "SchemaView":
        """Return the view without the variants of a union whose constants differ from `tags`, values by property."""
        parts = tuple(part for part in self.parts if not _excludes(part.node.get("properties", {}), tags))
        return SchemaView(self.document, self.name, parts)

    def positions(self, name: str) -> list[Pointer]:
        """Return the positions of a property."""
        return [(*part.pointer, "properties", name) for part in self.parts if name in part.node.get("properties", {})]

    @property
    def elements(self) -> "SchemaView | None":
        """The schema of the items of a list or of the values of a map."""
        for part in self.parts:
            for key in ("items", "additionalProperties"):
                if isinstance(part.node.get(key), dict):
                    return self.of(self.document, part.node[key], (*part.pointer, key), self.name)
        return None

    @property
    def element_values(self) -> dict[str, Pointer]:
        """The values of the enumeration, or of that of the items or of the values of a map."""
        return self.values or (self.elements.values if self.elements else {})

    @property
    def needed(self) -> frozenset[str]:
        """The properties that the behaviour needs though the schema does not require them."""
        facts = (part.node.get(WORDS, {}).get("effects", {}) for part in self.parts)
        return frozenset(name for each in facts for name in each.get("needed", ()))


def _excludes(properties: dict[str, Any], tags: Mapping[str, str]) -> bool:
    return any(properties.get(name, {}).get("const", tag) != tag for name, tag in tags.items())


def _has_content(node: dict[str, Any]) -> bool:
    return any(key in node for key in ("properties", "items", *_COMBINATIONS))


def _parts(document: dict[str, Any], node: dict[str, Any], pointer: Pointer) -> Iterator[Part]:
    if "$ref" in node:
        reference = node["$ref"]
        yield from _parts(document, lookup(document, reference), tuple(reference.removeprefix("#/").split("/")))
        return
    yield Part(pointer, node)
    for key in _COMBINATIONS:
        for index, each in enumerate(node.get(key, ())):
            yield from _parts(document, each, (*pointer, key, str(index)))
