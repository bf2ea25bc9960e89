"""JSON pointers into request and response bodies."""

from __future__ import annotations

from typing import Any, Final

from ..._base.json_values import is_array, is_object


class _Missing:
    """The value of a pointer that leads nowhere."""

    def __repr__(self) -> str:
        return "nothing"


MISSING: Final = _Missing()


def resolve(pointer: str, value: Any) -> Any:
    """Return the value at a JSON pointer or property name, or `MISSING`."""
    parts = pointer.split("/")[1:] if pointer.startswith("/") else [pointer] if pointer else []
    for part in parts:
        key = part.replace("~1", "/").replace("~0", "~")
        if is_object(value) and key in value:
            value = value[key]
        elif is_array(value) and key.isdecimal() and int(key) < len(value):
            value = value[int(key)]
        else:
            return MISSING
    return value
