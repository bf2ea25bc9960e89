"""Facts about two responses, from `spec/behaviour/`: what an object has in common with another read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..._base.json_values import is_array
from ..behaviour import Fact, Values
from ..exchange import Exchange
from ..values import MISSING, get, is_empty, shown


def values_at(pointer: str, value: Any) -> Iterator[Any]:
    """Yield what a pointer leads to in a value. `*` leads to each item of an array."""
    head, _, rest = pointer.partition("/*")
    found = get(head, value) if head else value
    if not rest and "/*" not in pointer:
        yield from () if found is MISSING else (found,)
    elif is_array(found):
        for item in found:
            yield from values_at(rest, item)


def matches(value: Any, when: Values) -> bool:
    """Return whether an object has some values. A list has alternatives."""
    return all(get(name, value) in (wanted if is_array(wanted) else [wanted]) for name, wanted in when.items())


def fact_problems(fact: Fact, own: Mapping[str, Any], other: Exchange) -> Iterator[str]:
    """Yield what an object does not have in common with another response."""
    for pointer, theirs in fact.equal.items():
        found, expected = get(pointer, own), get(theirs, other.body)
        if MISSING not in (found, expected) and _text(found) != _text(expected):
            yield f"{pointer} is {shown(found)}, and {theirs} of {other.operation.id} is {shown(expected)}"
    if other.has_next:
        return
    for pointer, theirs in fact.among.items():
        known = {get(theirs, item) for item in other.items}
        for each in values_at(pointer, own):
            if each not in known:
                yield f"{pointer} is {shown(each)}, which {other.operation.id} does not return"
    items = [each for item in other.items for each in (get(fact.of, item) if fact.of else [item])]
    for pointer, when in fact.count.items():
        least, most = (
            sum(matches(item, each) for item in items) for each in (when if isinstance(when, tuple) else (when, when))
        )
        number = get(pointer, own)
        if isinstance(number, int) and not least <= number <= most:
            yield f"{pointer} is {number}, but {other.operation.id} returns {least}"


def _text(value: Any) -> str:
    """Return a value as text, in which what has no content is the same."""
    return "" if is_empty(value) or value in (False, 0, "false", "0") else str(value)
