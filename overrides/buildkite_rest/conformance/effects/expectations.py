"""The extension `x-effects`: what an operation changes, as values of properties after the request."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final

from attrs import field, frozen

from ..._base.json_values import as_array, as_object, is_array, is_object
from .comparison import equivalent, is_empty, is_later, moment, shown
from .pointers import MISSING, resolve

#: Difference between the clocks of the server and of this machine.
_TOLERANCE: Final = timedelta(minutes=5)
#: Beginning of an expression for the id of another object.
_REFERENCE: Final = "$reference."
#: Beginning of an expression for a value of another item of the list.
SIBLING: Final = "$sibling"
#: Precision of the header `Date`.
_SECOND: Final = timedelta(seconds=1)


@frozen
class Scenario:
    """A request and its effects, one entry of `x-effects`."""

    when: Mapping[str, Any] = field(factory=dict[str, Any])
    """Values of an object that accepts the request."""
    body: Mapping[str, Any] | None = None
    """The request body, by default the first example of the operation."""
    query: Mapping[str, Any] = field(factory=dict[str, Any])
    """The query parameters."""
    sets: Mapping[str, Any] = field(factory=dict[str, Any])
    """Values of the object after the request."""
    returns: Mapping[str, Any] | None = None
    """Values in the response body, if it is another object."""
    also: frozenset[str] = frozenset()
    """Further properties that may change."""
    repeated: str = ""
    """The result of the same request again: `same`, `refused`, or unknown."""
    undone_by: str = ""
    """The operation that restores the object."""
    read: str = ""
    """The operation that reads the object, by default the GET of its path."""
    elsewhere: Mapping[str, Mapping[str, Any]] = field(factory=dict[str, "Mapping[str, Any]"])
    """Values that other operations return afterwards, by operation."""
    is_in: tuple[str, ...] = ()
    """Operations that list the object afterwards."""
    not_in: tuple[str, ...] = ()
    """Operations that do not list it any more."""
    listing: str = ""
    """The operation that lists the objects, if the path of the request does not name one."""
    on_created: bool = False
    """Whether the object is one that the same operation has created."""
    makes_new: bool = False
    """Whether the request creates another object."""
    after: Sequence[Mapping[str, Any]] = ()
    """Requests that are sent before it; see `Prerequisites`."""
    is_refused: bool = False
    """Whether the request is refused, and leaves the object as it is."""

    @classmethod
    def of(cls, node: Mapping[str, Any]) -> Scenario:
        """Read an entry of `x-effects`."""
        return cls(
            when=as_object(node.get("when")),
            body=node.get("body"),
            query=as_object(node.get("query")),
            sets=as_object(node.get("sets")),
            returns=node.get("returns"),
            also=frozenset(node.get("also", ())),
            repeated=node.get("repeated", ""),
            undone_by=node.get("undone-by", ""),
            read=node.get("read", ""),
            elsewhere=as_object(node.get("elsewhere")),
            is_in=tuple(node.get("in", ())),
            not_in=tuple(node.get("not-in", ())),
            listing=node.get("of", ""),
            on_created=node.get("object") == "created",
            makes_new=node.get("object") == "new",
            after=tuple(node.get("after", ())),
            is_refused=node.get("refused") is True,
        )

    def request(self, body: Any) -> str:
        """Return a description of the request with a body, for messages."""
        sent = "a request" if body is None else f"a request with {shown(body)}"
        return f"{sent} for an object with {dict(self.when)}" if self.when else sent

    @property
    def changed_by_time(self) -> frozenset[str]:
        """Names of the properties that differ from one request to another."""
        dynamic = (pointer for pointer, value in self.sets.items() if isinstance(value, str) and value.startswith("$"))
        return frozenset(pointer.strip("/").partition("/")[0] for pointer in dynamic)

    @property
    def constants(self) -> Mapping[str, Any]:
        """The values in `sets` that are the same for all objects."""
        return {
            pointer: value
            for pointer, value in self.sets.items()
            if isinstance(value, str | bool | int) and not str(value).startswith("$")
        }

    @property
    def returned(self) -> Mapping[str, Any]:
        """The values in the response body, if it is another object, or no values."""
        return self.returns or {}

    @property
    def adds_elsewhere(self) -> bool:
        """Whether the request sets a value in a map of another object."""
        return any("/" in pointer.strip("/") for node in self.elsewhere.values() for pointer in node)

    @property
    def changes(self) -> frozenset[str]:
        """Names of the properties that may change."""
        return self.also | {pointer.strip("/").partition("/")[0] for pointer in self.sets}


@frozen
class Exchange:
    """The values that expressions in `x-effects` refer to."""

    request: Any
    """The request body."""
    response: Any
    """The response body."""
    before: Any
    """The object before the request."""
    path: Mapping[str, Any]
    user: Any
    """The token's user, or null if it is not known."""
    time: datetime
    """When the server responded."""


def is_near(value: object, time: datetime) -> bool:
    """Return whether a time in a body is that of the response. Other values count as near."""
    found = moment(value)
    return found is None or abs(found - time) <= _TOLERANCE


def problems(expected: Mapping[str, Any], found: object, exchange: Exchange) -> Iterator[str]:
    """Yield a message for each property that does not have the expected value. Missing ones are not compared."""
    for pointer, value in expected.items():
        returned = resolve(pointer, found)
        if returned is MISSING and resolve(pointer.rpartition("/")[0], found) is not MISSING and "/" in pointer[1:]:
            returned = None  # the key of a map
        if returned is not MISSING and (wanted := mismatch(value, returned, pointer, exchange)) is not None:
            yield f"{pointer.strip('/')} is {shown(returned)} instead of {wanted}"


def mismatch(expected: Any, found: Any, pointer: str, exchange: Exchange) -> str | None:
    """Return the expected value as text, if it was not found."""
    if is_array(expected):
        return None if found in expected else " or ".join(map(shown, expected))
    if is_object(expected) and "count" in expected:
        items = resolve(expected["count"], exchange.before)
        count = sum(holds(as_object(expected.get("with")), item) for item in items) if is_array(items) else found
        return None if found == count else str(count)
    if is_object(expected):
        return _content_mismatch(expected, found, resolve(pointer, exchange.before))
    if not (isinstance(expected, str) and expected.startswith("$")):
        same = is_empty(found) if expected is None else found == expected and type(found) is type(expected)
        return None if same else shown(expected)
    return _expression_mismatch(expected, found, pointer, exchange)


def _content_mismatch(expected: Mapping[str, Any], found: Any, before: Any) -> str | None:
    """Check what a text, an array or a map contains. All other items are those that it had before."""
    if is_object(found):
        return _map_mismatch(expected, found, before)
    content = found if is_array(found) else str(found)
    missing = [text for text in expected.get("contains", ()) if text not in content]
    extra = [text for text in expected.get("lacks", ()) if text in content]
    if missing or extra:
        return f"a value with {missing[0]}" if missing else f"a value without {extra[0]}"
    if isinstance(content, str) and (first := _out_of_order(expected.get("contains", ()), content)) is not None:
        return f"a value with {first} before what follows it"
    if not is_array(found) or not is_array(before):
        return None
    named = [*expected.get("contains", ()), *expected.get("lacks", ())]
    others, kept = ([item for item in items if item not in named] for items in (before, found))
    if lost := [item for item in others if item not in kept]:
        return f"a value that still has {shown(lost[0])}"
    if added := [item for item in kept if item not in others]:
        return f"a value without {shown(added[0])}"
    repeated = next((item for index, item in enumerate(found) if item in found[:index]), None)
    return None if repeated is None else f"a value that has {shown(repeated)} once"


def _out_of_order(texts: Sequence[str], content: str) -> str | None:
    """Return the first text that comes after the next one in a content with all of them."""
    return next((one for one, other in pairwise(texts) if content.index(one) > content.rindex(other)), None)


def _map_mismatch(expected: Mapping[str, Any], found: Mapping[str, Any], before: Any) -> str | None:
    wanted, lacks = as_object(expected.get("contains")), expected.get("lacks", ())
    named = {*wanted, *lacks}
    others = {name: value for name, value in as_object(before).items() if name not in named}
    for name, value in {**others, **wanted}.items():
        if found.get(name) != value:
            return f"a value with {name}: {shown(value)}"
    extra = [name for name in found if name in lacks or (name not in others and name not in wanted)]
    return f"a value without {extra[0]}" if extra else None


def _expression_mismatch(expression: str, found: Any, pointer: str, exchange: Exchange) -> str | None:
    source, _, target = expression.partition("#")
    match source:
        case "$now":
            if moment(found) is None or not is_near(found, exchange.time):
                return f"about {exchange.time.isoformat()}"
            old = resolve(pointer, exchange.before)
            return None if is_later(found, old) else f"a later time than before, {old}"
        case "$future":
            time = moment(found)
            return None if time is not None and time > exchange.time - _SECOND else f"a time after {exchange.time}"
        case "$set":
            return "a value" if is_empty(found) else None
        case "$new":
            old = resolve(pointer, exchange.before)
            return "another value than that of the original" if found == old or is_empty(found) else None
        case "$user":
            user = resolve(target or "/id", exchange.user)
            same = user is MISSING or as_object(found).get("id", found) == user
            return None if same else f"the token's user {user}"
        case "$increment":
            old = resolve(pointer, exchange.before)
            return None if found is None or found == (old or 0) + 1 else f"{(old or 0) + 1}"
        case "$request.body":
            value = resolve(target, exchange.request)
        case "$response.body":
            value = resolve(target, exchange.response)
        case "$before":
            value = resolve(target, exchange.before)
        case _:
            value = exchange.path.get(source.removeprefix("$request.path."), MISSING)
    return None if value is MISSING or equivalent(value, found) else shown(value)


def is_vague(expected: Mapping[str, Any], before: object) -> bool:
    """Return whether a number of items would be the same without some of the alternatives that are counted."""
    for value in expected.values():
        node = as_object(value)
        items = resolve(node["count"], before) if "count" in node else None
        counted = [item for item in as_array(items) if holds(as_object(node.get("with")), item)]
        for pointer, options in as_object(node.get("with")).items():
            if is_array(options) and not all(
                any(resolve(pointer, item) == each for item in counted) for each in options
            ):
                return True
        if items is not None and not counted:
            return True
    return False


def with_values(body: Any, before: object, reference: Callable[[str], str | None], sibling: object = None) -> Any:
    """Return a request body with its expressions replaced by values of the objects and by ids of other objects."""

    def value_of(value: Any) -> Any:
        if is_object(value):
            return mapped(value)
        if is_array(value):
            return [value_of(each) for each in value]
        source, _, pointer = value.partition("#") if isinstance(value, str) else ("", "", "")
        if source == "$before":
            return resolve(pointer, before)
        if source == SIBLING:
            return resolve(pointer, sibling)
        if source.startswith(_REFERENCE):
            found = reference(source.removeprefix(_REFERENCE))
            return MISSING if found is None else found
        return value

    def mapped(node: Mapping[str, Any]) -> dict[str, Any]:
        values = {name: value_of(value) for name, value in node.items()}
        return {name: value for name, value in values.items() if value is not MISSING}

    return mapped(as_object(body))


def references_in(body: Any) -> Iterator[str]:
    """Yield the kinds of objects that the expressions of a request body refer to."""
    if is_array(body) or is_object(body):
        for value in body.values() if is_object(body) else body:
            yield from references_in(value)
    elif isinstance(body, str) and body.startswith(_REFERENCE):
        yield body.removeprefix(_REFERENCE)


def holds(when: Mapping[str, Any], found: object) -> bool:
    """Return whether an object has the values that an operation needs."""
    for pointer, value in when.items():
        returned = resolve(pointer, found)
        options = value if is_array(value) else [value]
        if value == "$unset":
            if returned is not MISSING and not is_empty(returned):
                return False
            continue
        if value == "$set" or is_object(value):
            contains, lacks = (as_array(as_object(value).get(name)) for name in ("contains", "lacks"))
            if returned is MISSING or is_empty(returned):
                return False
            text = str(returned)
            if not all(str(part) in text for part in contains) or any(str(part) in text for part in lacks):
                return False
        elif returned is MISSING or returned not in options:
            return False
    return True
