"""Rules of values that agree with other values of the same object, from the facts and `implies` of the behaviour."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice, pairwise
from typing import Any, Final, TypeGuard

from attrs import frozen

from ..._base.json_values import is_array
from ..api import Api
from ..behaviour import Implication, SchemaEffects
from ..exchange import Exchange
from ..values import MISSING, all_at, get, identity, moment, shown
from . import Context, rule
from .bodies import Node, nodes_of

#: Problems of one body that are reported.
_SHOWN: Final = 5
_SET: Final = "$set"
#: Seconds by which the clocks of two machines, and of a response in whole seconds, may differ.
_TOLERANCE: Final = 1
_CLOCK_TOLERANCE: Final = 60
#: Difference of an average that is rounded.
_ROUNDED: Final = 0.001
#: Starts of the names of times that may be in the future.
_PLANNED: Final = ("expires", "next_", "reset", "scheduled", "runnable", "available")
#: Ends of the names of what is known about a flag that is set: `paused`, `paused_at`, `paused_by`.
_DETAILS: Final = ("_at", "_by", "_note")
#: Times that are unrelated to the creation of the object that has them.
_UNRELATED: Final = frozenset({"created_at", "reset_at", "scheduled_at"})
_PLACEHOLDER: Final = re.compile(r"\{([^{}]+)\}")
_SIZES: Final[Mapping[str, str]] = {"content": "size", "definition_yaml": "definition_bytes"}


@frozen
class _Shape:
    """What the behaviour says about objects with certain properties."""

    times: Sequence[str]
    events: Sequence[tuple[str, str]]
    """Flags and users of events, each with a property that is set if and only if they are: `paused`, `paused_at`."""
    counts: Sequence[tuple[str, str]]
    """Names of counts, and of the arrays beside them."""
    implies: Sequence[Implication]
    orders: Sequence[Sequence[str]]
    together: Sequence[Sequence[str]]
    sums: Mapping[str, Sequence[str]]
    texts: Mapping[str, str]
    formats: Mapping[str, re.Pattern[str]]
    settled: Sequence[SchemaEffects]
    lasting: Sequence[str]


@lru_cache(5_000)
def _shape(api: Api, names: tuple[str, ...]) -> _Shape:
    facts, schemas = api.behaviour.facts, api.behaviour.schemas.values()
    known = set(names)
    implies = [*facts.implies, *(each for schema in schemas for each in schema.implies)]
    settled = [each.effects for each in schemas if each.effects.settled and each.effects.settled.keys() <= known]
    stems = ((name.removesuffix("_by"), name) for name in names)
    details = [(name, f"{name}{end}") for name in names for end in _DETAILS]
    return _Shape(
        [name for name in names if name.endswith("_at")],
        [*(pair for pair in details if pair[1] in known), *((by, f"{stem}_at") for stem, by in stems if stem != by)],
        [(name, name.removesuffix("_count")) for name in names if name.endswith("_count")],
        [each for each in implies if known.issuperset(map(_first, each.when))],
        [order for each in facts.orders if len(order := [name for name in each if name in known]) > 1],
        [each for each in facts.together if known.issuperset(each)],
        {pointer: parts for pointer, parts in facts.sums.items() if _first(pointer) in known},
        {name: facts.composed[name] for name in names if name in facts.composed},
        {name: re.compile(facts.formats[name]) for name in names if name in facts.formats},
        settled,
        [name for each in schemas for name in each.effects.lasting if name in known],
    )


def _first(pointer: str) -> str:
    return pointer.lstrip("/").partition("/")[0]


def _shapes(exchange: Exchange, context: Context) -> Iterator[tuple[Node, _Shape]]:
    for node in nodes_of(exchange, context, only_new=True):
        yield node, _shape(context.api, tuple(node.value))


@rule("body_consistency")
def body(exchange: Exchange, context: Context) -> Iterator[str]:
    """The values of an object agree with each other."""
    for node, shape in _shapes(exchange, context):
        for judge in (_implied, _events, _sums, _texts, _formats):
            for problem in islice(judge(node.value, shape), _SHOWN):
                yield node.about(problem)


@rule("time_consistency")
def times(exchange: Exchange, context: Context) -> Iterator[str]:
    """Times and numbers are in order, and events are not in the future."""
    for node, shape in _shapes(exchange, context):
        found = {name: time.timestamp() for name in shape.times if (time := moment(node.value[name]))}
        for problem in (*_order(node, shape, found), *_clock(exchange, node.value, found)):
            yield node.about(problem)


@rule("changed_value")
def lasting(exchange: Exchange, context: Context) -> Iterator[str]:
    """Values that do not change any more, such as those of a finished job, are the same in all responses."""
    known = context.remembered("changed_value")
    is_shallow = len(exchange.operation.parameters) <= 1
    for node, shape in _shapes(exchange, context):
        own = identity(node.value)
        kept = dict(_kept(node.value, shape)) if own is not None else {}
        # A part of another object can be deleted and created again with the same id: a member of a team.
        if own is not None and is_shallow and node.parent is None and node.value.get("created_at") is not None:
            kept[f"created_at {exchange.path}"] = node.value["created_at"]
        for name, value in kept.items():
            first = known.setdefault((own, name), value)
            if first != value:
                yield node.about(f"{name.split()[0]} is {shown(value)}, and was {shown(first)} in an earlier response")


def _kept(value: Mapping[str, Any], shape: _Shape) -> Iterator[tuple[str, Any]]:
    for each in shape.settled:
        if all(_is_one(value[name], expected) for name, expected in each.settled.items()):
            names = each.volatile or value.keys()
            yield from ((name, value[name]) for name in names if isinstance(value.get(name), str | int))
    yield from ((name, value[name]) for name in shape.lasting if value[name])


def _implied(value: Mapping[str, Any], shape: _Shape) -> Iterator[str]:
    for each in shape.implies:
        given = {name: value[name] if name in value else get(name, value) for name in each.when}
        if not all(_is_one(given[name], expected) for name, expected in each.when.items()):
            continue
        for pointer, expected in each.then.items():
            wrong = next((found for found in all_at(pointer, value) if not _is_one(found, expected)), MISSING)
            if wrong is not MISSING:
                condition = " and ".join(f"{key.lstrip('/')} is {shown(found)}" for key, found in given.items())
                yield f"{condition}, but {pointer.lstrip('/')} is {shown(wrong)}"


def _is_one(value: Any, expected: Any) -> bool:
    """Return whether a value is the expected one, one of several, or any that is not empty."""
    if is_array(expected):
        return any(_is_one(value, each) if each != [] else value == [] for each in expected)
    if expected == _SET:
        return value is not MISSING and value is not None and value not in ("", [], {})
    return bool(value == expected) and type(value) is type(expected)


def _events(value: Mapping[str, Any], shape: _Shape) -> Iterator[str]:
    """A flag is set if and only if it is known since when, and the user of an event only with its time."""
    for name, detail in shape.events:
        is_known = value.get(detail, value[name]) is not None
        if value[name] is False and value.get(detail) is not None:
            yield f"{name} is false with {detail}"
        elif detail.endswith("_at") and not is_known and value[name] not in (None, False):
            yield f"{name} is {shown(value[name])} without {detail}"
    for names in shape.together:
        if len({value[name] is False or value[name] in (None, "", []) for name in names}) > 1:
            yield " and ".join(f"{name} is {shown(value[name])}" for name in names)


def _sums(value: Mapping[str, Any], shape: _Shape) -> Iterator[str]:
    """Totals are the sums of their parts, counts those of the array beside them, sizes those of the text."""
    for pointer, parts in shape.sums.items():
        total, numbers = get(pointer, value), [each for part in parts for each in all_at(part, value)]
        if len(numbers) >= len(parts) and all(map(_is_number, [total, *numbers])) and sum(numbers) != total:
            yield f"{pointer} is {total}, but its parts add up to {sum(numbers)}"
    for name, listed in shape.counts:
        items, count = value.get(listed), value[name]
        if is_array(items) and _is_number(count) and count != len(items):
            yield f"{name} is {count}, but the array has {len(items)} items"
    for name, size_name in _SIZES.items():
        text, size = value.get(name), value.get(size_name)
        if isinstance(text, str) and _is_number(size):
            # A replacement character stands for up to three bytes of invalid UTF-8.
            length, replaced = len(text.encode("utf-8", "surrogatepass")), text.count("\ufffd")
            if not length - 2 * replaced <= size <= length:
                yield f"{size_name} is {size}, but {name} has {length} bytes"


def _texts(value: Mapping[str, Any], shape: _Shape) -> Iterator[str]:
    for name, template in shape.texts.items():
        text, needed = value[name], [get(each, value) for each in _PLACEHOLDER.findall(template)]
        is_literal = all(isinstance(each, str | int) and "*" not in str(each) for each in needed)
        if isinstance(text, str) and is_literal:
            expected = _PLACEHOLDER.sub(lambda match: str(get(match[1], value)), template)
            pattern = ".*".join(re.escape(_plain(part)) for part in expected.split("*"))
            if not re.fullmatch(pattern, _plain(text), re.IGNORECASE | re.DOTALL):
                yield f"{name} is {shown(text)} instead of {shown(expected)}"


def _plain(text: str) -> str:
    """Return a text in a form in which relative paths can be compared."""
    return text.strip().replace("\\", "/").removeprefix("./").lstrip("/")


def _formats(value: Mapping[str, Any], shape: _Shape) -> Iterator[str]:
    for name, pattern in shape.formats.items():
        found = value[name]
        for word in found if is_array(found) else found.split() if isinstance(found, str) else ():
            if isinstance(word, str) and not pattern.fullmatch(word):
                yield f"{name} is not in the form of one: {shown(word)}"


def _order(node: Node, shape: _Shape, found: Mapping[str, float]) -> Iterator[str]:
    value = node.value
    reported: set[str] = set()
    for order in shape.orders:
        numbers = ((name, found.get(name, value.get(name))) for name in order)
        known = {name: number for name, number in numbers if _is_number(number)}
        for earlier, later in pairwise(known):
            if known[later] < known[earlier] - _ROUNDED and later not in reported:
                reported.add(later)
                yield f"{later} is less than {earlier}: {value[later]} < {value[earlier]}"
    if (created := found.get("created_at")) is None:
        return
    for name, time in found.items():
        if name not in _UNRELATED | reported and time + _TOLERANCE < created:
            yield f"{name} is before created_at: {value[name]} < {value['created_at']}"
    outer = node.parent.value.get("created_at") if node.name == "jobs" and node.parent is not None else None
    if (begun := moment(outer)) and created + _TOLERANCE < begun.timestamp():
        yield f"created_at is before that of the object around it: {value['created_at']} < {outer}"


def _clock(exchange: Exchange, value: Mapping[str, Any], found: Mapping[str, float]) -> Iterator[str]:
    if (date := exchange.time) is None:
        return
    now = date.timestamp()
    for name, time in found.items():
        if not name.startswith(_PLANNED) and time - now > _CLOCK_TOLERANCE:
            yield f"{name} is in the future: {value[name]}"
    seconds = value.get("timestamp")
    if _is_number(seconds) and abs(seconds - now) > _CLOCK_TOLERANCE:
        yield f"timestamp is {seconds} at {now:.0f} seconds since 1970"


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
