"""The items of a page."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

from .._base.json_values import as_object, is_array, is_object

#: Properties that identify an item, in the order of preference.
_KEYS: Final = ("id", "uuid", "execution_id")


def items_of(body: object) -> list[Any] | None:
    """Return the items of a page, or None if the body is not a page."""
    found = body if is_array(body) else as_object(body).get("items")
    return found if is_array(found) else None


def key_of(item: object) -> str:
    """Return what identifies an item of a list, or the whole item."""
    if is_object(item):
        for name in _KEYS:
            if isinstance(item.get(name), str | int):
                return str(item[name])
    return json.dumps(item, sort_keys=True)


def keys_of(items: Iterable[object]) -> list[str]:
    """Return what identifies each item."""
    return [key_of(item) for item in items]
