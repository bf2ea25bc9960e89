"""The items of a page."""

from __future__ import annotations

from typing import Any

from .._base.json_values import as_object, is_array


def items_of(body: object) -> list[Any] | None:
    """Return the items of a page, or None if the body is not a page."""
    found = body if is_array(body) else as_object(body).get("items")
    return found if is_array(found) else None
