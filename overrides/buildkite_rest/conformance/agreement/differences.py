"""Differences of two responses about the same object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from ..._base.json_values import as_object, is_array, is_object
from ..._base.plurals import plural
from ..._base.safe_text import safe_excerpt
from ..invariants.nodes import is_identifier, is_number
from ..urls import url_parts

#: Properties that differ from request to request.
_VOLATILE: Final = frozenset({"current", "reset", "reset_at", "remaining", "used", "timestamp"})
#: Properties that an object has wherever it is mentioned.
_STABLE: Final = (
    *("id", "uuid", "graphql_id", "slug", "number", "name", "key", "email", "avatar_url", "created_at", "type", "path"),
)
_KEYS: Final = ("id", "uuid", "user_id", "pipeline_id", "suite_id", "execution_id")
#: Properties whose keys are data, so that none may be left out.
_MAPS: Final = frozenset({"env", "meta_data", "job_state_counts", "executions_count_by_result", "digests"})
_EXCERPT: Final = 80
BLANK: Final[Sequence[Any]] = (None, "", [], {})


def difference(found: Any, expected: Any, path: str = "") -> str | None:
    """Return the first property that both have with different values. Either may lack properties of the other."""
    if is_object(found) and is_object(expected):
        if path.rpartition(".")[2] in _MAPS and (keys := found.keys() ^ expected.keys()):
            return f"{path} has {min(keys)!r} only once"
        for name in found:
            if name in expected and name not in _VOLATILE:
                message = difference(found[name], expected[name], f"{path}.{name}" if path else name)
                if message is not None:
                    return message
        return None
    if is_array(found) and is_array(expected):
        if len(found) != len(expected):
            return f"{path or 'the list'} has {plural(len(found), 'item')} instead of {len(expected)}"
        pairs = enumerate(zip(found, expected, strict=True))
        messages = (difference(one, other, f"{path}[{index}]") for index, (one, other) in pairs)
        return next((message for message in messages if message is not None), None)
    return (
        None if _is_same(found, expected) else f"{path or 'the value'} is {_shown(found)} instead of {_shown(expected)}"
    )


def mention_difference(mention: Mapping[str, Any], whole: Mapping[str, Any], stem: str | None = None) -> str | None:
    """Return the first difference of an object inside another one and the object itself, in what does not change.

    With a stem such as `user`, the object is mentioned by `user_id` and `user_name`.
    """
    if stem is None:
        return difference({name: mention[name] for name in _STABLE if name in mention}, whole)
    names = {
        name: mention[f"{stem}_{name}"]
        for name in ("id", "uuid", "name", "slug", "number")
        if f"{stem}_{name}" in mention
    }
    full_name, name = names.get("name"), whole.get("name")
    if isinstance(full_name, str) and isinstance(name, str) and full_name.endswith(f" {name}"):
        del names["name"]  # that of a test contains its scope
    return difference({name: value for name, value in names.items() if value}, whole)


def contained_difference(items: Sequence[Any], listed: Sequence[Any], page: int) -> str | None:
    """Return how items differ from those of another list, which should have them among its first `page` items."""
    by_key = {key_of(item): item for item in listed}
    for item in items:
        if (key := key_of(item)) is None:
            continue
        if key not in by_key:
            return None if len(listed) >= page else f"{key} is missing in the latter"
        if (message := difference(item, by_key[key])) is not None:
            return f"{key}: {message}"
    return None


def nested_difference(inside: Sequence[Any], listed: Sequence[Any], page: int) -> str | None:
    """Compare a list inside an object with the first page of the same list. Retried jobs are only in the latter."""
    if (message := contained_difference(inside, listed, page)) is not None:
        return message
    keys = {key_of(item) for item in inside}
    current = [item for item in listed if as_object(item).get("retried") is not True]
    missing = [key_of(item) for item in current if key_of(item) not in keys]
    return f"{missing[0]} is missing in the former" if missing else None


def key_of(item: Any) -> str | None:
    """Return what identifies an item of a list."""
    return next((str(item[name]) for name in _KEYS if is_object(item) and is_identifier(item.get(name))), None)


def blank_properties(items: Sequence[Any]) -> set[str]:
    """Return the properties that are null or empty in all of several items, so that none shows a value."""
    names = {name for item in items for name in as_object(item)} if len(items) > 1 else set[str]()
    return {name for name in names if all(as_object(item).get(name) in BLANK for item in items)}


def _is_same(found: Any, expected: Any) -> bool:
    if isinstance(found, bool) or isinstance(expected, bool):
        return found is expected
    if isinstance(found, str) and isinstance(expected, str) and found.startswith(("http://", "https://")):
        return _without_query(found) == _without_query(expected)  # it may have an expiry and a signature
    if is_number(found) and is_number(expected):
        return abs(found - expected) <= 1e-9 * max(abs(found), abs(expected))
    return bool(found == expected)


def _without_query(url: str) -> str:
    return url_parts(url)._replace(query="").geturl() or url


def _shown(value: Any) -> str:
    return "null" if value is None else safe_excerpt(repr(value), _EXCERPT)
