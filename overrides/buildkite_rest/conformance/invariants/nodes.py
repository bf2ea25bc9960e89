"""The objects in a body, each with the path to it and the objects around it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeGuard

from attrs import frozen

from ..._base.json_values import is_array, is_object
from ..page_items import items_of

#: Objects of a body to check. A page of builds with all jobs has a few thousand.
_MAX_NODES: Final = 4_000
#: Depth at which to stop. No object of the API is nested as deeply.
_MAX_DEPTH: Final = 12
#: Properties whose content is that of users or of other services, where no convention holds.
FREE_FORM: Final = frozenset({"env", "meta_data", "settings", "data", "tags", "plugins", "matrix", "headers"})
#: Properties that identify an object.
IDENTIFIERS: Final = ("id", "uuid", "slug", "number", "key")
#: Ends of the names of path parameters.
_ID_SUFFIXES: Final = frozenset({"id", "uuid", "slug"})


@frozen
class Node:
    """An object in a body."""

    value: Mapping[str, Any]
    path: str
    """Where it is in the body, such as `jobs[2].agent`. Empty for the body itself."""
    name: str = ""
    """The property that contains it, or its list."""
    parent: Node | None = None

    @property
    def is_own(self) -> bool:
        """Whether it is the body itself or an item of a list, rather than part of another object."""
        return self.parent is None

    @property
    def ancestors(self) -> Iterator[Node]:
        """The objects around it, the nearest first."""
        if self.parent is not None:
            yield self.parent
            yield from self.parent.ancestors

    def label(self, name: str) -> str:
        """Return the path of a property."""
        return f"{self.path}.{name}" if self.path else name

    def identifiers(self) -> set[str]:
        """Return the values that identify the object in a URL, in lower case."""
        return {str(self.value[name]).lower() for name in IDENTIFIERS if is_identifier(self.value.get(name))}


def nodes(body: object) -> Iterator[Node]:
    """Return the objects of a body, without those in properties that users fill."""
    items = items_of(body)
    found = _in_object(body, "", "", None, 0) if items is None else _in_array(items, "", "", None, 0)
    for count, node in enumerate(found):
        if count == _MAX_NODES:
            return
        yield node


def _in_object(value: object, path: str, name: str, parent: Node | None, depth: int) -> Iterator[Node]:
    if is_array(value):
        yield from _in_array(value, path, name, parent, depth)
    elif is_object(value) and depth < _MAX_DEPTH:
        node = Node(value, path, name, parent)
        yield node
        for key, child in value.items():
            if key not in FREE_FORM:
                yield from _in_object(child, node.label(key), key, node, depth + 1)


def _in_array(value: list[Any], path: str, name: str, parent: Node | None, depth: int) -> Iterator[Node]:
    if depth < _MAX_DEPTH:
        for index, child in enumerate(value):
            yield from _in_object(child, f"{path}[{index}]", name, parent, depth + 1)


def stem_of(parameter: str) -> str:
    """Return the kind of object that a path parameter identifies: `team` for `team_uuid`."""
    stem, _, suffix = parameter.rpartition("_")
    return stem if suffix in _ID_SUFFIXES and stem else parameter


def is_identifier(value: object) -> TypeGuard[str | int]:
    """Whether a value can identify an object."""
    return isinstance(value, str | int) and not isinstance(value, bool) and value != ""


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether a value is a JSON number."""
    return isinstance(value, int | float) and not isinstance(value, bool)
