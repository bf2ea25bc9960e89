"""The rule of agreement: while nothing changes, an object is the same wherever it is shown.

Each read adds its objects to an index by id, and its lists to one by path. What another read shows of the same object
or list is compared with that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from attrs import define, evolve, field, frozen

from ..._base.json_values import is_array, is_object
from ..api import Api, Operation
from ..exchange import TOKEN, Exchange
from ..objects import identifier_of
from ..values import identity, is_empty, is_uuid, moment, objects_in, shown
from . import Context, rule

CHECK: Final = "responses_disagree"
#: Time and requests by which a window may differ from the headers.
_CLOCKS: Final = timedelta(seconds=10)
_REQUESTS: Final = 3
#: Properties of an object that is mentioned by several properties, such as `user_id` and `user_name`.
_MENTIONED: Final = ("name", "slug", "number", "email")
#: Properties whose keys are data, so that none may be left out.
_MAPS: Final = frozenset({"env", "meta_data", "states", "executions_count_by_result", "digests"})
#: Parameters that choose a page.
_PAGING: Final = frozenset({"page", "per_page"})


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
class Listed:
    """A list that an exchange shows as a whole."""

    exchange: Exchange
    ids: frozenset[str]
    allowed: Mapping[str, set[str]]
    """Values of properties that the items have, unless a parameter asks for others."""

    def lacks(self, key: str, item: Mapping[str, Any]) -> bool:
        """Return whether an object should be in the list and is not."""
        return key not in self.ids and self.allows(item)

    def allows(self, item: Mapping[str, Any]) -> bool:
        """Return whether an object may be in the list."""
        known = {name: values for name, values in self.allowed.items() if name in item}
        return all(str(item[name]).lower() in values for name, values in known.items())


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

    def message(self, culprit: Exchange) -> str:
        """Return what one of the exchanges shows, and the other in its operation."""
        texts, other = (self.texts, self.other) if culprit is self.one else (self.texts[::-1], self.one)
        return f"{texts[0]}, but {texts[1]} in {other.operation.id}"

    @property
    def kind(self) -> tuple[str, str, str]:
        """What is the same for disagreements of one cause."""
        return self.name, self.one.operation.id, self.other.operation.id


@define
class Index:
    """What reads have shown between which nothing was changed."""

    api: Api
    objects: dict[str, dict[tuple[str, str], Shown]] = field(factory=dict[str, dict[tuple[str, str], Shown]])
    """What each place shows of an object, by its id."""
    lists: dict[str, dict[tuple[str, str], Listed]] = field(factory=dict[str, dict[tuple[str, str], Listed]])
    """What each place shows of a list, by its path."""
    members: dict[str, dict[str, Shown]] = field(factory=dict[str, dict[str, Shown]])
    """Objects by the path of a list that should have them, and by id."""

    def add(self, exchange: Exchange) -> Iterator[Disagreement]:
        """Add what an exchange shows, and yield where an earlier one shows something else."""
        if not _is_comparable(exchange):
            return
        for each in self._walk(
            Shown(exchange, "", exchange.items if exchange.is_list else exchange.body, exchange.path)
        ):
            yield from self._add_list(each) if is_array(each.value) else self._add_object(each)

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
            agreeing = [each for each in known if _agree(each.value[found.name], value)]
            groups = ([each for each in agreeing if not each.is_mention], agreeing)
            wholes, places = (len({each.exchange.operation.id for each in group}) for group in groups)
            votes[exchange] = wholes, places, not is_empty(value), exchange.is_list
        return min(votes, key=lambda exchange: votes[exchange])

    def _walk(self, at: Shown) -> Iterator[Shown]:
        """Yield an object or a list, and all inside it, with their paths as far as they are known."""
        if is_object(at.value):
            path = _path_of(at.value) or at.path
            yield evolve(at, path=path, lists=(at.lists | {path.rpartition("/")[0]}) - {""})
            for name, inner in at.value.items():
                if is_object(inner) or is_array(inner):
                    below = f"{path}/{name}" if path and is_array(inner) else ""
                    yield from self._walk(Shown(at.exchange, f"{at.pointer}/{name}", inner, below))
        elif is_array(at.value) and at.value and is_object(at.value[0]):
            yield at
            reading = self.api.find("GET", f"{at.path}/x")
            for item in at.value:
                key = None if reading is None else identifier_of(reading[0].parameters[-1], item)
                path = "" if key is None else f"{at.path}/{key}"
                yield from self._walk(Shown(at.exchange, f"{at.pointer}/*", item, path, frozenset({at.path})))

    def _add_object(self, found: Shown) -> Iterator[Disagreement]:
        for key, each in _identified(found):
            known = self.objects.setdefault(key, {})
            for other in known.values():
                if other.value != each.value:
                    yield from _compared(key, each, other)
            known[each.place] = each
            for path in each.lists:
                yield from _missing(self.lists.get(path, {}).values(), {key: each})
                self.members.setdefault(path, {})[key] = each

    def _add_list(self, found: Shown) -> Iterator[Disagreement]:
        exchange = found.exchange
        allowed = _allowed(exchange.operation, found.pointer)
        is_first = str(exchange.request.query.get("page", 1)) == "1"
        is_whole = found.pointer or (is_first and not exchange.has_next)
        if found.path and is_whole and allowed is not None and not exchange.request.query.keys() - _PAGING:
            ids = frozenset(key for item in found.value if (key := identity(item)))
            listed = self.lists.setdefault(found.path, {})[found.place] = Listed(exchange, ids, allowed)
            yield from _missing([listed], self.members.get(found.path, {}))


@rule(CHECK)
def windows(exchange: Exchange, context: Context) -> Iterator[str]:
    """A time window in a body has the time of its end, and what the headers of the response say about it."""
    has_window = exchange.ok and b'"reset_at"' in exchange.content
    for pointer, each in objects_in(exchange.body) if has_window else ():
        seconds, end = each.get("reset"), moment(each.get("reset_at"))
        if isinstance(seconds, int) and end is not None and exchange.time is not None:
            is_then = abs(end - exchange.time - timedelta(seconds=seconds)) < _CLOCKS
            yield from () if is_then else [f"{pointer[1:]}/reset_at is {end}, but the window ends in {seconds} seconds"]
        known = [each.get("limit"), each.get("current"), exchange.headers.get("RateLimit-Remaining")]
        limit, current, remaining = (int(value) if str(value).isdecimal() else -1 for value in known)
        is_same = min(limit, current, remaining) >= 0 and str(limit) == exchange.headers.get("RateLimit-Limit")
        if is_same and abs(limit - current - remaining) > _REQUESTS:
            yield f"{pointer[1:]}/current is {current} of {limit}, but RateLimit-Remaining is {remaining}"


def _is_comparable(exchange: Exchange) -> bool:
    """Return whether a read shows objects as they are, whole and without values that depend on the query."""
    request = exchange.request
    if not exchange.ok or not request.is_plain or not request.is_read or request.credential != TOKEN:
        return False
    for name in request.query.keys() - _PAGING:
        known = exchange.operation.query.get(name)
        filters = None if known is None else known.behaviour.filters
        if known is None or known.behaviour.includes or (filters and not _is_of_item(filters.property)):
            return False
    return is_object(exchange.body) or is_array(exchange.body)


def _is_of_item(names: str | Sequence[str]) -> bool:
    return bool(names) and "*" not in str(names)


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
            yield mentioned.lower(), Shown(found.exchange, f"{found.pointer}/{stem}_", known)


def _allowed(operation: Operation, pointer: str) -> dict[str, set[str]] | None:
    """Return the values of properties that the items of a list have by default, or None if that cannot be known."""
    found = {name: _texts(values) for name, values in operation.behaviour.exists_when.items() if not pointer}
    prefix = f"{pointer.lstrip('/')}/*/".lstrip("/*")
    for parameter in operation.query.values():
        filters = parameter.behaviour.filters
        if filters is None or filters.default is None:
            continue
        values = filters.values.get(filters.default, filters.default)
        if values is not None:
            name = str(filters.property)
            if filters.operator != "equals":
                return None
            if name.startswith(prefix) and "*" not in (own := name.removeprefix(prefix)):
                found[own] = _texts(values)
    return found


def _texts(values: Any) -> set[str]:
    return {str(each).lower() for each in (values if is_array(values) else [values])}


def _missing(lists: Iterable[Listed], members: Mapping[str, Shown]) -> Iterator[Disagreement]:
    for each in lists:
        for key, member in members.items():
            if is_uuid(key) and each.lacks(key, member.value):
                texts = (f"{key} is not in the list", f"it is in {member.pointer.strip('/') or 'the response'}")
                yield Disagreement(key, "", each.exchange, member.exchange, texts)


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


def differences(one: Any, other: Any, pointer: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield the pointers of properties that both have with different values."""
    name = pointer.rpartition("/")[2]
    if is_object(one) and is_object(other):
        if name in _MAPS and one.keys() != other.keys():
            yield pointer, one, other
        for key in sorted(one.keys() & other.keys()):
            if one[key] != other[key]:
                yield from differences(one[key], other[key], f"{pointer}/{key}".lstrip("/"))
    elif is_array(one) and is_array(other) and len(one) == len(other):
        for a, b in zip(one, other, strict=True):
            yield from differences(a, b, f"{pointer}/*")
    elif not _is_same(name, one, other):
        yield pointer, one, other


def _agree(one: Any, other: Any) -> bool:
    return next(differences(one, other), None) is None


def _is_same(name: str, one: Any, other: Any) -> bool:
    """Return whether two values are the same, but for the signature of a URL and the case of a type."""
    if not isinstance(one, str) or not isinstance(other, str):
        return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)
    if one.startswith("http"):
        return one.partition("?")[0] == other.partition("?")[0]
    if name == "name":  # that of a test may contain its scope
        return one == other or one.endswith(f" {other}") or other.endswith(f" {one}")
    return one == other or (name == "type" and one.lower() == other.lower())
