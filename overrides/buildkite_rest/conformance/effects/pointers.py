"""JSON pointers into request and response bodies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from ..._base.json_values import is_array, is_object


class _Missing:
    """The value of a pointer that leads nowhere."""

    def __repr__(self) -> str:
        return "nothing"


MISSING: Final = _Missing()


def resolve(pointer: str, value: Any) -> Any:
    """Return the value at a JSON pointer, also without its first slash, or `MISSING`."""
    parts = pointer.removeprefix("/").split("/") if pointer else []
    for part in parts:
        key = part.replace("~1", "/").replace("~0", "~")
        if is_object(value) and key in value:
            value = value[key]
        elif is_array(value) and key.isdecimal() and int(key) < len(value):
            value = value[int(key)]
        else:
            return MISSING
    return value


def without(value: Mapping[str, Any], pointers: Iterable[str]) -> dict[str, Any]:
    """Return a copy of an object without the properties at some pointers."""
    changed = dict(value)
    for pointer in pointers:
        head, _, rest = pointer.strip("/").partition("/")
        if not rest:
            changed.pop(head, None)
        elif is_object(inner := changed.get(head)):
            changed[head] = without(inner, [rest])
    return changed
