"""Values that follow from others of the same object, from the extension `x-implies` of a schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from attrs import frozen

from ..._base.json_values import as_array, as_object, is_array
from ..effects.pointers import MISSING, resolve
from .nodes import Node

_SET: Final = "$set"
_SEPARATOR: Final = "/"


@frozen
class Implication:
    """Values of an object, and those that follow from them."""

    when: Mapping[str, Any]
    then: Mapping[str, Any]

    def problems(self, node: Node) -> Iterator[str]:
        """Yield a message for each value that does not follow, if the object has all of the properties."""
        given = {pointer: resolve(pointer, node.value) for pointer in self.when}
        if not all(is_one(given[pointer], expected) for pointer, expected in self.when.items()):
            return
        condition = " and ".join(f"{node.label(_dotted(pointer))} is {value!r}" for pointer, value in given.items())
        for pointer, expected in self.then.items():
            found = resolve(pointer, node.value)
            if found is not MISSING and not is_one(found, expected):
                wanted = "empty" if expected == _SET else f"not {expected!r}"
                yield f"{condition}, but {_dotted(pointer)} is {found!r}, {wanted}"


class Implications:
    """The implications of the schemas of a spec.

    Args:
        schemas: The schemas by name.
    """

    def __init__(self, schemas: Mapping[str, Any]) -> None:
        self._by_name: dict[str, list[Implication]] = {}
        for schema in map(as_object, schemas.values()):
            for entry in map(as_object, as_array(schema.get("x-implies"))):
                implication = Implication(as_object(entry.get("when")), as_object(entry.get("then")))
                first = next(iter(implication.when), "").removeprefix(_SEPARATOR).partition(_SEPARATOR)[0]
                self._by_name.setdefault(first, []).append(implication)

    def problems(self, node: Node) -> Iterator[str]:
        """Yield the violations by an object."""
        for name in self._by_name.keys() & node.value.keys():
            for implication in self._by_name[name]:
                yield from implication.problems(node)


def _dotted(pointer: str) -> str:
    return pointer.removeprefix(_SEPARATOR).replace(_SEPARATOR, ".")


def is_one(value: Any, expected: Any) -> bool:
    """Return whether a value is the expected one, one of several, or any that is not empty."""
    if value is MISSING:
        return False
    if expected == _SET:
        return value is not None and value not in ("", [], {})
    options = expected if is_array(expected) else [expected]
    return any(value == each and type(value) is type(each) for each in options)
