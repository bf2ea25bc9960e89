"""JSON pointers."""

from __future__ import annotations

from typing import Any

from .._base.json_values import is_array, is_object


def resolve_pointer(pointer: str, value: Any) -> Any:
    """Return the value that a JSON pointer leads to, or None."""
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if is_object(value):
            value = value.get(key)
        elif is_array(value) and key.isdecimal() and len(key) < 10 and int(key) < len(value):
            value = value[int(key)]
        else:
            return None
    return value
