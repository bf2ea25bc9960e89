"""Expressions of the behaviour: values that an object has for or after a request, and values of a request body.

`spec/README.md` explains them. All functions are pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, Final

from attrs import field, frozen

from ..._base.json_values import as_array, as_object, is_array, is_object
from ..values import MISSING, equivalent, get, holds, is_empty, moment, shown

#: Difference between the clocks of the server and of this machine.
_TOLERANCE: Final = timedelta(minutes=5)
#: Precision of the header `Date`.
_SECOND: Final = timedelta(seconds=1)
#: Expressions that no single value replaces.
STATES: Final = frozenset({"$set", "$unset"})
_NEVER: Final = datetime.max.replace(tzinfo=UTC)
_SET: Final = "$set"
#: Beginnings of expressions for other objects.
_OTHERS: Final = ("$reference.", "$other.", "$list.", "$swapcase.", "$prefix.", "$cursor")


@frozen
class Sources:
    """What expressions refer to."""

    before: Any = None
    """The object before the request."""
    request: Any = None
    """The request body."""
    response: Any = None
    """The response body."""
    user: Any = None
    """The user of the token, or nothing if it is not known."""
    others: Mapping[str, Any] = field(factory=dict[str, Any])
    """Values of other objects by expression, such as `$other.registry` or `$list.listTeams#/id`."""
    path: Any = None
    """The path values of the request."""
    sibling: Any = None
    """Another item of the list of the object."""
    time: datetime = _NEVER
    """When the server responded."""

    def value(self, expression: str) -> Any:
        """Return the value that an expression refers to, or `MISSING`."""
        source, _, pointer = expression.partition("#")
        known = {
            "$before": self.before,
            "$path": self.path,
            "$request.body": self.request,
            "$response.body": self.response,
            "$sibling": self.sibling,
        }
        if source in known:
            return get(pointer, known[source])
        if source == "$user":
            return get(pointer or "/id", self.user)
        return self.others.get(expression, MISSING)


def is_expression(value: object) -> bool:
    """Return whether a value of the behaviour is an expression."""
    return isinstance(value, str) and value.startswith("$")


def references_in(value: Any) -> Iterator[str]:
    """Yield the expressions for other objects in a value."""
    if is_object(value) or is_array(value):
        for each in value.values() if is_object(value) else value:
            yield from references_in(each)
    elif isinstance(value, str) and value.startswith(_OTHERS):
        yield value


def filled(value: Any, evaluate: Callable[[str], Any]) -> Any:
    """Return a value with its expressions replaced, or `MISSING` if one of them has no value."""
    if is_object(value):
        found = {name: filled(each, evaluate) for name, each in value.items()}
        return MISSING if MISSING in found.values() else found
    if is_array(value):
        items = [filled(each, evaluate) for each in value]
        return MISSING if MISSING in items else items
    return evaluate(value) if is_expression(value) and value not in STATES else value


def problems(expected: Mapping[str, Any], found: object, sources: Sources) -> Iterator[str]:
    """Yield a message for each property that does not have the expected value. Missing ones are not compared."""
    for pointer, value in expected.items():
        returned = get(pointer, found)
        if returned is MISSING and "/" in pointer[1:] and get(pointer.rpartition("/")[0], found) is not MISSING:
            returned = None  # the key of a map
        if returned is not MISSING and (wanted := _mismatch(value, returned, pointer, sources)) is not None:
            yield f"{pointer.strip('/')} is {shown(returned)} instead of {wanted}"


def _mismatch(expected: Any, found: Any, pointer: str, sources: Sources) -> str | None:
    """Return the expected value as text, if it was not found."""
    if is_array(expected):
        return None if found in expected else " or ".join(map(shown, expected))
    if is_object(expected) and "count" in expected:
        items = get(expected["count"], sources.before)
        count = sum(holds(as_object(expected.get("with")), item) for item in as_array(items))
        return None if items is MISSING or found == count else str(count)
    if is_object(expected):
        before = get(pointer, sources.before)
        return _map_mismatch(expected, found, before) if is_object(found) else _part_mismatch(expected, found, before)
    if isinstance(expected, str) and is_expression(expected):
        return _expression_mismatch(expected, found, pointer, sources)
    same = is_empty(found) if expected is None else found == expected and type(found) is type(expected)
    return None if same else shown(expected)


def _expression_mismatch(expression: str, found: Any, pointer: str, sources: Sources) -> str | None:
    rule = _RULES.get(expression)
    if rule is not None:
        return rule(found, get(pointer, sources.before), sources.time)
    value = sources.value(expression)
    if expression.startswith("$user") and is_object(found):
        found = found.get("id")
        return None if value is MISSING or found == value else f"the user of the token, {value}"
    return None if value is MISSING or equivalent(value, found) else shown(value)


def _now(found: Any, before: Any, time: datetime) -> str | None:
    new = moment(found)
    if new is None or abs(new - time) > _TOLERANCE:
        return f"about {time.isoformat()}"
    return None if is_later(new, moment(before)) else f"a later time than before, {before}"


def _future(found: Any, _before: Any, time: datetime) -> str | None:
    new = moment(found)
    return None if new is not None and new > time - _SECOND else f"a time after {time.isoformat()}"


def _increment(found: Any, before: Any, _time: datetime) -> str | None:
    wanted = (before if isinstance(before, int) else 0) + 1
    return None if found is None or found == wanted else str(wanted)


def _new(found: Any, before: Any, _time: datetime) -> str | None:
    return "another value than that of the original" if found == before or is_empty(found) else None


def _set(found: Any, _before: Any, _time: datetime) -> str | None:
    return "a value" if is_empty(found) else None


_RULES: Final[Mapping[str, Callable[[Any, Any, datetime], str | None]]] = {
    "$now": _now,
    "$future": _future,
    "$increment": _increment,
    "$new": _new,
    _SET: _set,
}


def is_later(new: datetime | None, old: datetime | None) -> bool:
    """Return whether a time is after another one, or in the same second if they are whole seconds."""
    if new is None or old is None:
        return True
    return new > old if new.microsecond or old.microsecond else new >= old


def _part_mismatch(expected: Mapping[str, Any], found: Any, before: Any) -> str | None:
    """Check what a text or an array contains. All other items of an array are those that it had before."""
    parts, lacks = as_array(expected.get("contains")), as_array(expected.get("lacks"))
    content = found if is_array(found) else str(found)
    if missing := [each for each in parts if each not in content]:
        return f"a value with {missing[0]}"
    if extra := [each for each in lacks if each in content]:
        return f"a value without {extra[0]}"
    if isinstance(content, str):
        return _order_mismatch(parts, content)
    others, kept = ([item for item in as_array(items) if item not in (*parts, *lacks)] for items in (before, found))
    if is_array(before) and others != kept:
        return f"a value that still has {shown(others)}"
    repeated = next((item for index, item in enumerate(content) if item in content[:index]), None)
    return None if repeated is None else f"a value that has {shown(repeated)} once"


def _order_mismatch(parts: Sequence[str], content: str) -> str | None:
    found = (one for one, other in pairwise(parts) if content.index(one) > content.rindex(other))
    return next((f"a value with {one} before what follows it" for one in found), None)


def _map_mismatch(expected: Mapping[str, Any], found: Mapping[str, Any], before: Any) -> str | None:
    """Check the keys of a map. All others have the values that they had before."""
    lacks = as_array(expected.get("lacks"))
    former = {name: value for name, value in as_object(before).items() if name not in lacks}
    wanted = {**former, **as_object(expected.get("contains"))}
    return None if found == wanted else shown(wanted)
