"""Differences between JSON data and its schema, without the data.

The schema and the data are walked together, so that a path has the names of described properties, and `*` in place of a
key of a map. A validator would not report properties that an open schema lacks, and its messages quote values.
"""

from __future__ import annotations

from contextlib import suppress
from enum import StrEnum
from typing import Any, Final

from attrs import frozen

from .._base.json_values import is_array, is_object
from ._rules import Rule
from ._schemas import Node, Union
from ._shapes import any_of, enum_word, property_name, shape

MAX_DIFFERENCES: Final = 200
"""Different ones that are collected from one body."""
MAX_COMPARED: Final = 20_000
"""Differences of one body, also equal ones, after which the rest of it is not compared."""


class Kind(StrEnum):
    """Kind of a difference."""

    PROPERTY = "undescribed property"
    VALUE = "undescribed value"
    VARIANT = "undescribed variant"
    TYPE = "wrong type"
    MISSING = "missing property"
    INVALID = "invalid value"


@frozen
class Difference:
    """A difference between data and its schema."""

    kind: Kind
    path: str
    """Path in the data, such as `$.jobs[].agent`."""
    found: str
    """Shape of the value."""
    expected: str = ""
    """The rule of the schema that the value breaks."""


@frozen
class Differences:
    """The differences between data and its schema, each once."""

    found: tuple[Difference, ...]
    is_complete: bool
    """Whether all of the data was compared."""


def differences(node: Node, value: object, path: str = "$") -> Differences:
    """Compare decoded JSON with its schema."""
    walk = _Walk()
    with suppress(_EnoughError):
        walk.compare(node, value, path)
    return Differences(tuple(walk.found), is_complete=walk.count <= MAX_COMPARED)


class _EnoughError(Exception):
    """A body has too many differences."""


class _Walk:
    def __init__(self) -> None:
        self.found: dict[Difference, None] = {}
        self.count = 0
        """Number of differences, also of equal ones."""

    def compare(self, node: Node, value: object, path: str) -> None:
        nodes: tuple[Node, ...] = (node,)
        if node.unions:
            expanded = self._expand(node, value, path)
            if expanded is None:
                return
            nodes = expanded
        kind = type(value)
        for each in nodes:
            if each.kinds is not None and kind not in each.kinds and not _is_whole(value, each):
                self._add(Kind.TYPE, path, shape(value), any_of(each.types))
                return
        if is_object(value):
            self._compare_object(nodes, value, path)
        elif is_array(value):
            item_path = f"{path}[]"
            for each in nodes:
                if each.items is not None:
                    for item in value:
                        self.compare(each.items, item, item_path)
                self._check_rules(each.item_rules, value, path)
        else:
            for each in nodes:
                self._compare_scalar(each, value, path)

    def _compare_object(self, nodes: tuple[Node, ...], value: dict[str, Any], path: str) -> None:
        is_open = not any(node.has_properties for node in nodes)
        for name, item in value.items():
            is_described = False
            for node in nodes:
                if (found := node.properties.get(name)) is not None:
                    is_described = True
                    if type(item) not in found.plain_kinds:
                        self.compare(found, item, f"{path}.{name}")
                elif node.patterns or node.is_map:
                    is_described = self._compare_value(node, name, item, f"{path}.*") or is_described
            if not is_described and not is_open:
                self._add(Kind.PROPERTY, f"{path}.{property_name(name)}", shape(item))
        for node in nodes:
            for name in node.required:
                if name not in value:
                    self._add(Kind.MISSING, f"{path}.{name}", "nothing")
            self._check_rules(node.property_rules, value, path)

    def _compare_value(self, node: Node, name: str, item: object, path: str) -> bool:
        """Compare a value of a map, and return whether the schema describes it."""
        matching = [schema for is_matched, schema in node.patterns if is_matched(name)]
        for schema in matching:
            self.compare(schema, item, path)
        if matching or not node.is_map:
            return bool(matching)
        if node.names is not None:
            self.compare(node.names, name, path)
        if node.additional is not None:
            self.compare(node.additional, item, path)
        return True

    def _compare_scalar(self, node: Node, value: object, path: str) -> None:
        if node.enum is not None and value not in node.enum:
            self._add(Kind.VALUE, path, enum_word(value))
        elif isinstance(value, str):
            self._check_rules(node.text_rules, value, path)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            self._check_rules(node.number_rules, value, path)

    def _check_rules(self, rules: tuple[Rule, ...], value: object, path: str) -> None:
        for text, is_satisfied in rules:
            if not is_satisfied(value):
                self._add(Kind.INVALID, path, shape(value), text)

    def _expand(self, node: Node, value: object, path: str) -> tuple[Node, ...] | None:
        """Return the schemas that apply: a node, and the chosen branch of each of its unions, and so on."""
        nodes = [node]
        for union in node.unions:
            branch = self._branch(union, value, path)
            if branch is None:
                return None
            expanded = self._expand(branch, value, path) if branch.unions else (branch,)
            if expanded is None:
                return None
            nodes += expanded
        return tuple(nodes)

    def _branch(self, union: Union, value: object, path: str) -> Node | None:
        """Return the branch of a union that a value belongs to, or None after a difference is added."""
        if union.tag is not None and is_object(value):
            tag = value.get(union.tag)
            if isinstance(tag, str) and tag in union.by_tag:
                return union.by_tag[tag]
            if tag is None:
                self._add(Kind.MISSING, f"{path}.{union.tag}", shape(tag))
            else:
                self._add(Kind.VARIANT, f"{path}.{union.tag}", enum_word(tag))
            return None
        candidates = [each for each in union.branches if _accepts(each, value)]
        if not candidates:
            names = [name for branch in union.branches for name in _types(branch)]
            self._add(Kind.TYPE, path, shape(value), any_of(list(dict.fromkeys(names))))
            return None
        if len(candidates) == 1:
            return candidates[0]
        best = min(candidates, key=lambda each: len(differences(each, value).found))
        open_enums = [each for each in candidates if each.enum is not None]
        if open_enums and best.enum is None and isinstance(value, str) and not best.text_rules:
            self._add(Kind.VALUE, path, enum_word(value))
        return best

    def _add(self, kind: Kind, path: str, found: str, expected: str = "") -> None:
        self.count += 1
        if self.count > MAX_COMPARED:
            raise _EnoughError
        if len(self.found) < MAX_DIFFERENCES:
            self.found[Difference(kind, path, found, expected)] = None


def _is_whole(value: object, node: Node) -> bool:
    """Whether a number such as 1.0 is an integer."""
    return isinstance(value, float) and value.is_integer() and int in (node.kinds or ())


def _accepts(node: Node, value: object) -> bool:
    """Whether the type of a value is one of a branch."""
    if node.kinds is not None:
        return type(value) in node.kinds or _is_whole(value, node)
    return not node.unions or any(_accepts(branch, value) for union in node.unions for branch in union.branches)


def _types(node: Node) -> list[str]:
    if node.types:
        return list(node.types)
    return [name for union in node.unions for branch in union.branches for name in _types(branch)]
