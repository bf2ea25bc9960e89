"""Comparison of the object in the response to a change with the object that is read."""

from __future__ import annotations

from typing import Any

from ..._base.json_values import as_object, is_object
from ..agreement.differences import difference
from ..spec import Operation, Spec
from .values import volatile


def returned_difference(spec: Spec, read: Operation | None, returned: object, found: object) -> str | None:
    """Return the first difference in what neither time nor other objects change."""
    moving = volatile(spec, read)
    stable = {name: _without_counts(value) for name, value in as_object(returned).items() if name not in moving}
    return difference(_without_counts(stable), found)


def _without_counts(value: Any) -> Any:
    if is_object(value):
        return {name: _without_counts(each) for name, each in value.items() if not name.endswith("_count")}
    return value
