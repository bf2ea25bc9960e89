"""Effects of accepted bodies: what an object is like after a creation or an update, wherever it is returned."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeAlias

from ..._base.json_values import as_array, as_object, is_object
from ..exchange import Exchange
from ..values import MISSING, equivalent, get, is_uuid, key_of, leaves, moment, shown, slug_of
from . import Context, rule
from .expressions import is_later
from .frame import Effect, Snapshot, differences

VALUE: Final = "value_not_persisted"
DEFAULT: Final = "default_not_applied"
RECORD: Final = "creation_not_recorded"
SECRET: Final = "secret_returned_again"  # noqa: S105 - a name
LIST: Final = "list_outdated"
Problems: TypeAlias = Iterator[tuple[str, str]]
"""Checks and messages."""

#: Properties whose value is the user that created an object.
_CREATORS: Final = ("created_by", "creator")
_UPDATER: Final = "updated_by"
_DIGESTS: Final = frozenset({"sha256", "sha512"})
#: Difference between the clocks of the server and of this machine.
_TOLERANCE: Final = timedelta(minutes=5)
#: Shorter values may be in other texts.
_SECRET: Final = 8
#: Characters of a masked value.
_MASK: Final = "X*\u2022\u2026"


@rule("slugs")
def remember_slugs(exchange: Exchange, context: Context) -> Iterator[str]:
    """Remember the ids of objects by their slugs, by which bodies may refer to them. This rule finds no problems."""
    for found in exchange.objects:
        if "slug" in found and "id" in found:
            context.remembered("slugs")[found["slug"]] = found["id"]
    yield from ()


def effect_problems(
    context: Context, before: Snapshot, cause: Exchange, after: Snapshot, effect: Effect
) -> Iterator[tuple[str, Exchange, str]]:
    """Yield the check, the exchange that shows it and a message for each effect that an accepted body lacks."""
    for message in _Body(context, cause).shown_secrets(cause.body):
        yield SECRET, cause, message
    if cause.operation is not (effect.kind.create if effect.creates else effect.kind.update):
        return
    was = as_object(effect.target)
    returned = {key_of(each): each for _, each in representations(context, [cause], cause, effect)}
    for shown_by, found in representations(context, [cause, *after.reads], cause, effect):
        for check, message in _object_problems(context, before, cause, found, was):
            yield check, shown_by, message
        other = returned.get(key_of(found), found)
        for message in _disagreement(context, shown_by, other, found) if other is not found else ():
            yield VALUE, shown_by, f"the response to the request differs from the object: {message}"
    for shown_by in after.reads:
        is_of_kind = shown_by.operation is effect.kind.list and not effect.is_elsewhere(shown_by)
        if is_of_kind and shown_by.is_list and not shown_by.has_next:
            for key in effect.created - {key_of(each) for each in shown_by.items}:
                yield LIST, shown_by, f"the new object {key} is not in the list"


def representations(
    context: Context, exchanges: Iterable[Exchange], cause: Exchange, effect: Effect
) -> Iterator[tuple[Exchange, Mapping[str, Any]]]:
    """Yield each object that a change has created or updated, without what has changed by itself since then.

    The other value is the exchange that shows it.
    """
    kind = effect.kind
    operations = (kind.create, kind.list, kind.get, kind.update)
    schemas = [context.api.item_schema(each) for each in operations if each is not None]
    for each in exchanges:
        is_own = not effect.created and (each is cause or each.operation is kind.get)
        is_of_kind = any(context.api.item_schema(each.operation) is schema for schema in schemas)
        for found in _objects(each) if is_of_kind and not effect.is_elsewhere(each) else ():
            key = key_of(found)
            if key in effect.created or is_own or (effect.target and key == key_of(effect.target)):
                moving = () if each is cause else context.api.volatile(context.api.item_schema(each.operation))
                yield each, {name: value for name, value in found.items() if name not in moving}


def _object_problems(
    context: Context, before: Snapshot, cause: Exchange, found: Mapping[str, Any], was: Mapping[str, Any]
) -> Problems:
    """Yield what is wrong with a returned object."""
    body = _Body(context, cause)
    yield from ((VALUE, each) for each in body.lost_values(found))
    yield from ((VALUE, each) for each in body.ignored_values(found, was))
    yield from ((SECRET, each) for each in body.shown_secrets(found))
    if not was:
        yield from ((DEFAULT, each) for each in body.lost_defaults(found, before))
        yield from ((RECORD, each) for each in _record_problems(context, cause, found))
        yield from ((RECORD, each) for each in _digest_problems(cause, found))
    elif any(not equivalent(value, get(body.place(name), was)) for name, value in body.sent.items()):
        yield from ((RECORD, each) for each in _update_problems(context, cause, found, was))


class _Body:
    """An accepted body with the facts about its properties."""

    def __init__(self, context: Context, cause: Exchange) -> None:
        self.context, self.sent, self.returned = context, as_object(cause.request.body), cause.object
        self.moving = context.api.volatile(context.api.item_schema(cause.operation))
        self.facts = context.api.facts_of(cause.operation.body_schema).effects
        self.known = context.api.properties(cause.operation.body_schema)
        self.values = dict(self._values())

    def _values(self) -> Iterator[tuple[str, Any]]:
        """Yield the pointers and values that replace defaults: parts of objects whose parts are known, others whole."""
        places = (*self.facts.returned_as, *self.facts.write_only, *self.facts.ignored)
        nested = {place.partition("/")[0] for place in places if "/" in place}
        for name, value in self.sent.items():
            is_default = value is None and name in self.facts.null_means_default
            if name in self.known and name not in self.facts.batch and not is_default:
                has_parts = name in nested or self.context.api.properties(self.known[name])
                parts = as_object(value if has_parts else None)
                yield from ((f"{name}/{part}", each) for part, each in parts.items()) if parts else [(name, value)]

    def lost_values(self, found: Mapping[str, Any]) -> Iterator[str]:
        """Yield a message for each sent property that an object returns with another value."""
        hidden, ids = set(self._hidden(found)), self.context.remembered("slugs")
        for name, value in self.values.items():
            other = self.facts.ignored_with.get(name.partition("/")[0])
            is_disabled = other is not None and (self.sent.get(other) or found.get(other))
            is_ignored = is_disabled or name in hidden or value == self.facts.ignored.get(name, MISSING)
            returned = get(self.place(name), found)
            known = ids.get(value, value) if isinstance(value, str) and is_uuid(returned) else value
            is_same = is_ignored or returned is MISSING or equivalent(known, returned)
            if not is_same or not (is_ignored or self._is_exact(known, returned)):
                yield f"{name} is {shown(returned)} instead of {shown(value)}"
        for name, source in self.facts.derived.items():
            if source in self.sent and name not in self.sent:
                yield from _slug_problem(name, found.get(name), self.sent[source])

    def ignored_values(self, found: object, was: Mapping[str, Any]) -> Iterator[str]:
        """Yield a message for each property that an object has as it was sent, although that has no effect."""
        for name, value in self.sent.items():
            if name not in self.known and was.get(name) != value == as_object(found).get(name, MISSING):
                yield f"{name} is {shown(value)}, as sent, although the request body has no such property"
        for name, value in self.facts.ignored.items():
            if get(name, self.sent) == value == get(self.place(name), found):
                yield f"{name} is {shown(value)}, as sent, although it is documented to be ignored"

    def lost_defaults(self, found: object, before: Snapshot) -> Iterator[str]:
        """Yield a message for each property that was not sent and does not have its default."""
        for name, value in self.facts.defaults.items():
            place = self.place(name).strip("/")
            sent = [self.place(each).strip("/") for each in self.values]
            is_sent = any(place.startswith(each) or each.startswith(f"{place}/") for each in sent)
            returned = get(place, found)
            is_moving = place.partition("/")[0] in self.moving and found is not self.returned
            if is_sent or returned is MISSING or is_moving:
                continue
            if isinstance(value, str) and value.startswith("$slug#"):
                yield from _slug_problem(name, returned, get(value.partition("#")[2], found))
            elif (wanted := self._expected(value, before)) is not MISSING and (
                not equivalent(wanted, returned) or (wanted is None and returned == "")
            ):
                yield f"{name} is {shown(returned)} instead of the default {shown(wanted)}"

    def shown_secrets(self, found: object) -> Iterator[str]:
        """Yield a message for each value that no response may contain. A masked one may end like it."""
        for name in self._hidden(found):
            value, returned = get(name, self.sent), get(self.place(name), found)
            for secret in as_object(value).values() or [value]:
                is_masked = isinstance(secret, str) and secret != secret.lstrip(_MASK)
                if isinstance(secret, str) and len(secret) >= _SECRET and not is_masked and secret in str(found):
                    yield f"the response contains the value of {name}"
            if isinstance(returned, str) and not str(value).endswith(returned.lstrip(_MASK)):
                yield f"{name} is {shown(returned)}, which is not masked except for its last characters"

    def _expected(self, value: Any, before: Snapshot) -> Any:
        """Return a default, or the value of another object that it refers to, as in `$getPipeline#/name`."""
        if is_object(value):
            return {name: self._expected(each, before) for name, each in value.items()}
        if not (isinstance(value, str) and value.startswith("$")):
            return value
        name, _, pointer = value.removeprefix("$").partition("#")
        source = next((each.body for each in before.reads if each.operation.id == name and each.ok), None)
        return get(pointer, self.context.user if name == "user" else source)

    def _hidden(self, found: object) -> Iterator[str]:
        """Yield the pointers of sent values that no response contains, for the values of a returned object."""
        hidden = self.facts.write_only
        for name in hidden:
            when = as_object(hidden[name] if isinstance(hidden, Mapping) else None)
            if get(name, self.sent) is not MISSING and all(get(key, found) == each for key, each in when.items()):
                yield name

    def place(self, name: str) -> str:
        """Return the pointer to a sent property in an object."""
        first, _, rest = name.partition("/")
        places = self.facts.returned_as
        return places.get(name) or (f"{places[first]}/{rest}" if rest and first in places else name)

    def _is_exact(self, sent: Any, returned: Any) -> bool:
        """Return whether texts are returned with every character. Only servers on this machine must do so."""
        if is_object(sent) and is_object(returned):
            return all(self._is_exact(value, returned.get(key)) for key, value in sent.items())
        both = self.context.is_local and isinstance(sent, str) and isinstance(returned, str)
        return not both or not sent or is_uuid(sent) or is_uuid(returned) or bool(moment(sent)) or sent == returned


def _record_problems(context: Context, cause: Exchange, found: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong about the time and the creator of a new object."""
    if not is_near(found.get("created_at"), cause):
        yield f"created_at is {found['created_at']}, but the object was created at {server_time(cause)}"
    for name in _CREATORS:
        creator = as_object(found.get(name))
        for key in creator.keys() & context.user.keys():
            if creator[key] != context.user[key]:
                yield f"{key} of {name} is {creator[key]} instead of the token's user {context.user[key]}"


def _digest_problems(cause: Exchange, found: Mapping[str, Any]) -> Iterator[str]:
    """Yield a message for each digest that is not that of the file from which an object was created."""
    for _, content in (cause.request.files or {}).values():
        for pointer, value in leaves(found):
            name = pointer.rpartition("/")[2]
            if name in _DIGESTS and value != hashlib.new(name, content).hexdigest():
                yield f"{pointer} is {shown(value)}, which is not that of the file"


def _update_problems(
    context: Context, cause: Exchange, found: Mapping[str, Any], was: Mapping[str, Any]
) -> Iterator[str]:
    """Yield what is wrong about the time and the user of a change."""
    new, old = moment(found.get("updated_at")), moment(was.get("updated_at"))
    if not is_later(new, old) or not is_near(found.get("updated_at"), cause):
        yield f"updated_at is {found.get('updated_at')} after an update at {server_time(cause)}"
    updater = as_object(found.get(_UPDATER)).get("id")
    if _UPDATER in found and context.user and updater != context.user.get("id"):
        yield f"{_UPDATER} is {updater} instead of the token's user"


def _disagreement(
    context: Context, read: Exchange, returned: Mapping[str, Any], found: Mapping[str, Any]
) -> Iterator[str]:
    schema = context.api.item_schema(read.operation)
    shared = {name: value for name, value in returned.items() if name in found}
    for pointer, one, other in differences(context, schema, shared, {name: found[name] for name in shared}):
        yield f"{pointer} is {shown(one)} in the former, {shown(other)} in the latter"
        return


def _slug_problem(name: str, returned: Any, source: Any) -> Iterator[str]:
    expected = slug_of(str(source))
    if not str(returned).startswith(expected):  # a number may make it unique
        yield f"{name} is {shown(returned)} instead of {shown(expected)}"


def _objects(exchange: Exchange) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of a success: the items of a list or of an array, or the object."""
    body = exchange.body
    yield from (each for each in as_array(body) or exchange.items or [body] if exchange.ok and is_object(each))


def server_time(exchange: Exchange) -> datetime:
    """Return the time of a response by the clock of the server, or else of this machine."""
    return exchange.time or datetime.now(UTC)


def is_near(value: Any, exchange: Exchange) -> bool:
    """Return whether a time is that of a response. Other values count as near."""
    found = moment(value)
    return found is None or abs(found - server_time(exchange)) <= _TOLERANCE
