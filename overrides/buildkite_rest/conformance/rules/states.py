"""Rules of values that agree with other values of the same object, from the facts and `implies` of the behaviour."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import islice, pairwise
from typing import Any, Final, TypeGuard

from ..._base.json_values import as_array, as_object, is_array, is_object
from ..behaviour import Facts, Implication
from ..exchange import Exchange
from ..values import MISSING, get, identity, moment, shown
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
#: Longest time for which credentials without an id, which cannot be revoked, are valid.
_LONGEST: Final = 24 * 60 * 60
#: Ends of the names of what is known about a flag that is set: `paused`, `paused_at`, `paused_by`.
_DETAILS: Final = ("_at", "_by", "_note")
#: Events of which the user is known.
_WITH_USER: Final = ("accepted_at", "revoked_at", "enabled_at")
#: Times that are unrelated to the creation of the object that has them.
_UNRELATED: Final = frozenset({"created_at", "reset_at", "scheduled_at"})
_PLACEHOLDER: Final = re.compile(r"\{([^{}]+)\}")
_SIZES: Final[Mapping[str, str]] = {"content": "size", "definition_yaml": "definition_bytes"}


@rule("body_consistency")
def body(exchange: Exchange, context: Context) -> Iterator[str]:
    """The values of an object agree with each other."""
    facts = context.api.behaviour.facts
    implications = _implications(context)
    for node in nodes_of(exchange, context):
        for found in (
            _implied(node, implications),
            _flags(node),
            _sums(node, facts),
            _texts(node, facts),
            _formats(node, facts),
        ):
            for problem in islice(found, _SHOWN):
                yield node.about(problem)


@rule("time_consistency")
def times(exchange: Exchange, context: Context) -> Iterator[str]:
    """Times and numbers are in order, and events are not in the future."""
    facts = context.api.behaviour.facts
    for node in nodes_of(exchange, context):
        found = {name: time.timestamp() for name, value in node.value.items() if (time := _time(name, value))}
        for problem in (*_order(node, facts, found), *_clock(exchange, node, facts, found)):
            yield node.about(problem)


@rule("changed_value")
def lasting(exchange: Exchange, context: Context) -> Iterator[str]:
    """Values that do not change any more, such as those of a finished job, are the same in all responses."""
    known = context.remembered("changed_value")
    for node in nodes_of(exchange, context):
        if (own := identity(node.value)) is None:
            continue
        # A part of another object can be deleted and created again with the same id: a member of a team.
        where = exchange.path if node.parent is None and len(exchange.operation.parameters) <= 1 else None
        for name, value in _kept(node.value, context, has_path=where is not None):
            first = known.setdefault((own, where if name == "created_at" else None, name), value)
            if first != value:
                yield node.about(f"{name} is {shown(value)}, and was {shown(first)} in an earlier response")


def _kept(value: Mapping[str, Any], context: Context, *, has_path: bool) -> Iterator[tuple[str, Any]]:
    if has_path and value.get("created_at") is not None:
        yield "created_at", value["created_at"]
    for schema in context.api.behaviour.schemas.values():
        effects = schema.effects
        if effects.settled and all(_is_one(value.get(name, MISSING), each) for name, each in effects.settled.items()):
            names = set(effects.volatile) or value.keys()
            yield from ((name, value[name]) for name in names & value.keys() if isinstance(value[name], str | int))
        yield from ((name, value[name]) for name in effects.lasting if value.get(name))


def _implications(context: Context) -> Mapping[str, list[Implication]]:
    """Return all implications by the first property that each needs."""
    found = context.remembered("implies")
    if not found:
        behaviour = context.api.behaviour
        for each in (*behaviour.facts.implies, *(each for one in behaviour.schemas.values() for each in one.implies)):
            found.setdefault(next(iter(each.when)).lstrip("/").partition("/")[0], []).append(each)
    return found


def _implied(node: Node, implications: Mapping[str, list[Implication]]) -> Iterator[str]:
    value = node.value
    for name in value.keys() & implications.keys():
        for each in implications[name]:
            if not all(_is_one(get(pointer, value), expected) for pointer, expected in each.when.items()):
                continue
            for pointer, expected in each.then.items():
                wrong = next((found for found in _all(pointer, value) if not _is_one(found, expected)), MISSING)
                if wrong is not MISSING:
                    given = " and ".join(f"{key.lstrip('/')} is {shown(get(key, value))}" for key in each.when)
                    yield f"{given}, but {pointer.lstrip('/')} is {shown(wrong)}"


def _all(pointer: str, value: Any) -> Iterator[Any]:
    """Yield what a pointer leads to, in which `*` is each item of an array or each value of an object."""
    first, star, rest = pointer.partition("*")
    found = get(first, value)
    if not star:
        yield from () if found is MISSING else (found,)
        return
    for item in found.values() if is_object(found) else as_array(found):
        yield from _all(rest, item) if rest else (item,)


def _is_one(value: Any, expected: Any) -> bool:
    """Return whether a value is the expected one, one of several, or any that is not empty."""
    if is_array(expected):
        return any(_is_one(value, each) if each != [] else value == [] for each in expected)
    if expected == _SET:
        return value is not MISSING and value is not None and value not in ("", [], {})
    return bool(value == expected) and type(value) is type(expected)


def _flags(node: Node) -> Iterator[str]:
    """A flag is set if and only if it is known since when, and the user of an event if and only if its time."""
    value = node.value
    for name, flag in value.items():
        if flag is True and value.get(f"{name}_at", flag) is None:
            yield f"{name} is true without {name}_at"
        elif flag is False:
            yield from (f"{name} is false with {name}{end}" for end in _DETAILS if value.get(name + end) is not None)
        elif name.endswith("_by") and flag is not None and value.get(f"{name[:-3]}_at", flag) is None:
            yield f"{name} is set without {name[:-3]}_at"
        elif name in _WITH_USER and flag is not None and value.get(f"{name[:-3]}_by", flag) is None:
            yield f"{name} is set without {name[:-3]}_by"


def _sums(node: Node, facts: Facts) -> Iterator[str]:
    """Totals are the sums of their parts, counts those of the array beside them, sizes those of the text."""
    value = node.value
    for pointer, parts in facts.sums.items():
        total = get(pointer, value) if pointer.partition("/")[0] in value else None
        numbers = [each for part in parts for each in _all(part, value)] if total is not None else []
        if len(numbers) >= len(parts) and all(map(_is_number, [total, *numbers])) and sum(numbers) != total:
            yield f"{pointer} is {total}, but its parts add up to {sum(numbers)}"
    for name, count in value.items():
        items = value.get(name.removesuffix("_count")) if name.endswith("_count") else None
        if is_array(items) and _is_number(count) and count != len(items):
            yield f"{name} is {count}, but the array has {len(items)} items"
    for name, size_name in _SIZES.items():
        text, size = value.get(name), value.get(size_name)
        if isinstance(text, str) and _is_number(size):
            # A replacement character stands for up to three bytes of invalid UTF-8.
            length, replaced = len(text.encode("utf-8", "surrogatepass")), text.count("\ufffd")
            if not length - 2 * replaced <= size <= length:
                yield f"{size_name} is {size}, but {name} has {length} bytes"
    listed = Counter(str(as_object(job).get("state")) for job in as_array(value.get("jobs")))
    counts = as_object(get("job_state_counts/states", value)) if "job_state_counts" in value else {}
    for state, number in listed.items() if counts else ():
        if _is_number(counted := counts.get(state, 0)) and counted < number:
            yield f"job_state_counts has {counted} {state} jobs, but {number} are listed"


def _texts(node: Node, facts: Facts) -> Iterator[str]:
    for name in facts.texts.keys() & node.value.keys():
        text, template = node.value[name], facts.texts[name]
        needed = [get(each, node.value) for each in _PLACEHOLDER.findall(template)]
        if isinstance(text, str) and all(isinstance(each, str | int) for each in needed):
            expected = _PLACEHOLDER.sub(lambda match: str(get(match[1], node.value)), template)
            pattern = ".*".join(re.escape(_plain(part)) for part in expected.split("*"))
            if "*" not in "".join(map(str, needed)) and not re.fullmatch(
                pattern, _plain(text), re.IGNORECASE | re.DOTALL
            ):
                yield f"{name} is {shown(text)} instead of {shown(expected)}"


def _plain(text: str) -> str:
    """Return a text in a form in which relative paths can be compared."""
    return text.strip().replace("\\", "/").removeprefix("./").lstrip("/")


def _formats(node: Node, facts: Facts) -> Iterator[str]:
    for name in facts.formats.keys() & node.value.keys():
        value = node.value[name]
        words = value if is_array(value) else value.split() if isinstance(value, str) else ()
        for word in words:
            if isinstance(word, str) and not _pattern(facts.formats[name]).fullmatch(word):
                yield f"{name} has not the form of one: {shown(word)}"


@lru_cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text)


def _order(node: Node, facts: Facts, found: Mapping[str, float]) -> Iterator[str]:
    value = node.value
    reported: set[str] = set()
    for order in facts.orders:
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


def _clock(exchange: Exchange, node: Node, facts: Facts, found: Mapping[str, float]) -> Iterator[str]:
    if (date := exchange.time) is None:
        return
    now, value = date.timestamp(), node.value
    for name, time in found.items():
        if not name.startswith(facts.planned) and time - now > _CLOCK_TOLERANCE:
            yield f"{name} is in the future: {value[name]}"
    seconds = value.get("timestamp")
    if _is_number(seconds) and abs(seconds - now) > _CLOCK_TOLERANCE:
        yield f"timestamp is {seconds} at {now:.0f} seconds since 1970"
    end = found.get("expires_at", now)
    is_new = exchange.request.sent_method == "POST" and "id" not in value
    if is_new and not now <= end <= now + _LONGEST:
        yield f"expires_at is {value['expires_at']} at {date.isoformat()}, not within a day"


def _time(name: str, value: Any) -> Any:
    return moment(value) if name.endswith("_at") else None


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
