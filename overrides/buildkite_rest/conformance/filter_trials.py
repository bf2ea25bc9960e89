"""Queries with filters, and values that no item has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from .._base.json_values import is_array
from .filters import INDIRECT, Filter

#: Values that no item has.
UNKNOWN_TEXT: Final = "no-such-value-5f0c8e"
UNKNOWN_UUID: Final = "5f0c8e1a-0000-4000-8000-00000000dead"
FAR_FUTURE: Final = "2999-01-01T00:00:00Z"
FAR_PAST: Final = "1999-01-01T00:00:00Z"


def query_text(query: Mapping[str, Any]) -> str:
    """Return a query as text, not encoded."""
    return "&".join(f"{name}={each}" for name, value in query.items() for each in _listed(value))


def _listed(value: Any) -> Sequence[Any]:
    return value if is_array(value) else [value]


def unknown(each: Filter) -> Any:
    """Return a value that no item has, or None if there is none to try."""
    if each.operator == "from":
        return FAR_FUTURE
    if each.operator == "before":
        return FAR_PAST
    if each.operator == "entries":
        return {each.enum[0]: UNKNOWN_UUID} if each.enum else {"no-such-key": UNKNOWN_TEXT}
    if each.enum or each.operator in {"partition", "period"} or each.parent is not None:
        return None
    if each.operator == "unseen" and "values" in each.source:
        return None
    value = UNKNOWN_UUID if each.is_uuid else UNKNOWN_TEXT
    return [value] if each.is_array else value


def is_direct(each: Filter) -> bool:
    """Return whether the filter compares a property that can be read."""
    return each.operator not in INDIRECT and bool(each.properties or each.related or each.operator == "entries")
