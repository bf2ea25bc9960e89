"""The rule of agreement: while nothing changes, an object is the same wherever it is shown.

An index has what reads show of each object, by its id, and of each list, by its path.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from attrs import define, evolve, field, frozen

from ..._base.json_values import is_array, is_object
from ..api import Api, Operation
from ..behaviour import Fact
from ..exchange import TOKEN, Exchange
from ..objects import identifier_of
from ..values import MISSING, all_at, differences, get, holds, identity, is_empty, is_uuid, moment, objects_in, shown
from . import Context, rule

CHECK: Final = "responses_disagree"
#: Properties of an object that is mentioned by several properties, such as `user_id` and `user_name`.
_MENTIONED: Final = ("name", "slug", "number", "email", "url")
#: The time of an event.
_EVENT: Final = "occurred_at"
#: Parameters that choose a page.
_PAGING: Final = frozenset({"page", "per_page"})
#: Time and requests by which a window of a rate limit may differ from the headers.
_CLOCKS: Final = timedelta(seconds=10)
_REQUESTS: Final = 3


@frozen(eq=False)
class Shown:
    """What an exchange shows of an object, or of a list of them."""

    exchange: Exchange
    pointer: str
    value: Any
    path: str = ""
    """The path of the object or list, if it is known."""
    lists: frozenset[str] = frozenset()
    """The paths of lists that should have the object."""

    @property
    def place(self) -> tuple[str, str]:
        """The operation and the pointer."""
        return self.exchange.operation.id, self.pointer

    @property
    def is_mention(self) -> bool:
        """Whether the object is inside of another one, which may leave out what they have in common."""
        return self.pointer not in {"", "/*"}


@frozen(eq=False)
class Disagreement:
    """Two exchanges that show different values of a property of an object, or a list without one of its objects."""

    key: str
    name: str
    """The property, or an empty text for the items of a list."""
    one: Exchange
    other: Exchange
    texts: tuple[str, str]
    """What each of them shows."""
    values: tuple[Any, Any] = (None, None)
    """The values of the property."""

    @property
    def kind(self) -> tuple[str, str, str]:
        """What is the same for disagreements of one cause."""
        return self.name, self.one.operation.id, self.other.operation.id

    def message(self, culprit: Exchange) -> str:
        """Return what one of the exchanges shows, and the other in its operation."""
        texts, other = (self.texts, self.other) if culprit is self.one else (self.texts[::-1], self.one)
        return f"{texts[0]}, but {texts[1]} in {other.operation.id}"


@define
class Index:
    """What reads have shown between which nothing was changed."""

    api: Api
    objects: dict[str, dict[tuple[str, str], Shown]] = field(factory=dict[str, dict[tuple[str, str], Shown]])
    """What each place shows of an object, by its id or path."""
    lists: dict[tuple[str, str], Shown] = field(factory=dict[tuple[str, str], Shown])
    """Whole lists by path and operation."""
    members: dict[str, dict[str, Shown]] = field(factory=dict[str, dict[str, Shown]])
    """Objects by the path of a list that should have them, and by id."""

    def add(self, exchange: Exchange) -> Iterator[Disagreement]:
        """Add what an exchange shows, and yield where an earlier one shows something else of the same object."""
        if not _is_comparable(exchange):
            return
        for each in self._shown(exchange):
            if is_array(each.value) and not exchange.request.query.keys() - _PAGING:
                self.lists[each.path, exchange.operation.id] = each
            for key, found in _identified(each) if is_object(each.value) else ():
                known = self.objects.setdefault(key, {})
                for other in known.values():
                    if other.value != found.value:
                        yield from _compared(key, found, other)
                known[found.place] = found
                for path in found.lists:
                    self.members.setdefault(path, {})[key] = found

    def values(self, exchange: Exchange, found: Disagreement) -> Sequence[Any]:
        """Return the values of the property of a disagreement that an exchange shows."""
        objects = [each for each in self._shown(exchange) if is_object(each.value)]
        mentions = [mention for each in objects for key, mention in _identified(each) if key == found.key]
        return [each.value.get(found.name) for each in mentions]

    def list_disagreements(self) -> Iterator[Disagreement]:
        """Yield the lists that lack an object, or that have one that they do not have by default."""
        for (path, _), found in self.lists.items():
            exchange, allowed = found.exchange, _allowed(found.exchange.operation, found.pointer)
            items = {str(identity(item)): item for item in found.value}
            if allowed is None or not all(map(is_uuid, items)):
                continue
            for key, item in items.items():
                if (reason := _wrong(item, allowed)) is not None:
                    yield Disagreement(key, "", exchange, exchange, (f"{key} is in the list", f"its {reason}"))
            is_whole = found.is_mention or not (exchange.has_next or exchange.request.query.get("page"))
            for key, each in self.members.get(path, {}).items() if is_whole else ():
                if is_uuid(key) and key not in items and _wrong(each.value, allowed) is None:
                    where = each.pointer.strip("/*") or "the response"
                    yield Disagreement(key, "", exchange, each.exchange, ("the list lacks " + key, f"it is in {where}"))

    def culprit(self, found: Disagreement) -> Exchange:
        """Return which of two exchanges is at fault: the one that fewer operations agree with.

        Those count first that are about the object, and do not just mention it. If as many agree, it is the one
        without a value, or the one that reads a single object, as objects are in several lists.
        """
        if not found.name:
            return found.one
        known = [each for each in self.objects.get(found.key, {}).values() if found.name in each.value]
        votes: dict[Exchange, tuple[int, int, bool, bool]] = {}
        for exchange, value in zip((found.one, found.other), found.values, strict=True):
            agreeing = [each for each in known if next(differences(each.value[found.name], value), None) is None]
            groups = ([each for each in agreeing if not each.is_mention], agreeing)
            wholes, places = (len({each.exchange.operation.id for each in group}) for group in groups)
            votes[exchange] = wholes, places, not is_empty(value), exchange.is_list
        return min(votes, key=lambda exchange: votes[exchange])

    def _shown(self, exchange: Exchange) -> Iterator[Shown]:
        body = exchange.items if exchange.is_list else exchange.body
        return self._walk(Shown(exchange, "", body, exchange.path))

    def _walk(self, at: Shown) -> Iterator[Shown]:
        """Yield an object or a list, and all inside it, with their paths as far as they are known.

        What is inside of an event is as it was then.
        """
        if is_object(at.value):
            path = _path_of(at.value) or at.path
            yield evolve(at, path=path, lists=(at.lists | {path.rpartition("/")[0]}) - {""})
            for name, inner in at.value.items() if _EVENT not in at.value else ():
                if is_object(inner) or is_array(inner):
                    below = f"{path}/{name}" if path and is_array(inner) else ""
                    yield from self._walk(Shown(at.exchange, f"{at.pointer}/{name}", inner, below))
        elif is_array(at.value) and at.value and is_object(at.value[0]):
            reading = self.api.find("GET", f"{at.path}/x")
            if at.path:
                yield at
            for item in at.value:
                key = None if reading is None else identifier_of(reading[0].parameters[-1], item)
                path = "" if key is None else f"{at.path}/{key}"
                yield from self._walk(Shown(at.exchange, f"{at.pointer}/*", item, path, frozenset({at.path})))


def _is_comparable(exchange: Exchange) -> bool:
    """Return whether a read shows objects as they are, whole and without values that depend on the query."""
    request = exchange.request
    if not exchange.ok or not request.is_plain or not request.is_read or request.credential != TOKEN:
        return False
    for name in request.query.keys() - _PAGING:
        known = exchange.operation.query.get(name)
        filters = None if known is None else known.behaviour.filters
        is_of_items = filters is None or (filters.property and "*" not in str(filters.property))
        if known is None or known.behaviour.includes or not is_of_items:
            return False
    return is_object(exchange.body) or is_array(exchange.body)


def _path_of(value: Mapping[str, Any]) -> str:
    """Return the path of the URL of an object."""
    url = value.get("url")
    return urlsplit(url).path if isinstance(url, str) and "/v2/" in url else ""


def _identified(found: Shown) -> Iterator[tuple[str, Shown]]:
    """Yield what identifies an object and those that its properties mention, and what is shown of each."""
    key = identity(found.value)
    if is_uuid(key) or found.path:
        yield str(key) if is_uuid(key) else found.path, found
    for name, mentioned in found.value.items():
        stem, _, kind = name.rpartition("_")
        if stem and kind in {"id", "uuid"} and is_uuid(mentioned):
            known = {own: found.value[f"{stem}_{own}"] for own in _MENTIONED if f"{stem}_{own}" in found.value}
            if "/v2/" not in str(known.get("url")):
                known.pop("url", None)  # that of a web page
            yield mentioned.lower(), Shown(found.exchange, f"{found.pointer}/{stem}_", known)


def _allowed(operation: Operation, pointer: str) -> dict[str, Any] | None:
    """Return the values of properties that the items of a list have by default, or None if that cannot be known."""
    found = {} if pointer else dict(operation.behaviour.exists_when)
    prefix = f"{pointer.lstrip('/')}/*/".lstrip("/*")
    for parameter in operation.query.values():
        filters = parameter.behaviour.filters
        if filters is not None and filters.default is not None:
            values = filters.values.get(filters.default, [filters.default])
            own = str(filters.property).removeprefix(prefix)
            if filters.operator != "equals":
                return None
            if values is not None and "*" not in own and str(filters.property).startswith(prefix):
                found[own] = values
    return found


def _wrong(item: Mapping[str, Any], allowed: Mapping[str, Any]) -> str | None:
    """Return the first property of an object whose value is not one of the allowed ones."""
    for name, values in allowed.items():
        texts = {str(each).lower() for each in (values if is_array(values) else [values])}
        if name in item and str(item[name]).lower() not in texts:
            return f"{name} is {shown(item[name])}"
    return None


def _compared(key: str, one: Shown, other: Shown) -> Iterator[Disagreement]:
    relative = {*one.exchange.operation.behaviour.relative, *other.exchange.operation.behaviour.relative}
    for pointer, found, expected in differences(one.value, other.value):
        name = pointer.partition("/")[0]
        is_left_out = (found is None and one.is_mention) or (expected is None and other.is_mention)
        if name not in relative and not (is_left_out and (is_object(found) or is_object(expected))):
            shows = ((one, found), (other, expected))
            one_text, other_text = (f"{each.pointer}/{pointer} is {shown(value)}".lstrip("/") for each, value in shows)
            values = (one.value[name], other.value[name])
            yield Disagreement(key, name, one.exchange, other.exchange, (one_text, other_text), values)


@rule(CHECK)
def windows(exchange: Exchange, context: Context) -> Iterator[str]:
    """A time window in a body has the time of its end, and what the headers of the response say about it."""
    has_window = exchange.ok and b'"reset_at"' in exchange.content
    for pointer, each in objects_in(exchange.body) if has_window else ():
        seconds, end = each.get("reset"), moment(each.get("reset_at"))
        if isinstance(seconds, int) and end is not None and exchange.time is not None:
            is_then = abs(end - exchange.time - timedelta(seconds=seconds)) < _CLOCKS
            yield from () if is_then else [f"{pointer[1:]}/reset_at is {end}, but the window ends in {seconds} seconds"]
        known = [str(each.get("limit")), str(each.get("current")), exchange.headers.get("RateLimit-Remaining", "")]
        limit, current, remaining = (int(value) if value.isdecimal() else -1 for value in known)
        is_same = min(limit, current, remaining) >= 0 and str(limit) == exchange.headers.get("RateLimit-Limit")
        if is_same and abs(limit - current - remaining) > _REQUESTS:
            yield f"{pointer[1:]}/current is {current} of {limit}, but RateLimit-Remaining is {remaining}"


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
        for each in all_at(pointer, own):
            if each not in known:
                yield f"{pointer} is {shown(each)}, which {other.operation.id} does not return"
    items = [each for item in other.items for each in (get(fact.of, item) if fact.of else [item])]
    for pointer, when in fact.count.items():
        least, most = (
            sum(holds(each, item) for item in items) for each in (when if isinstance(when, tuple) else (when, when))
        )
        number = get(pointer, own)
        if isinstance(number, int) and not least <= number <= most:
            yield f"{pointer} is {number}, but {other.operation.id} returns {least}"


def _text(value: Any) -> str:
    """Return a value as text, in which what has no content is the same."""
    return "" if is_empty(value) or value in (False, 0, "false", "0") else str(value)
