"""The frame rule: after a change, only what is declared has changed; after a refused change, nothing has.

It compares two snapshots of an object, what is above, beside and below it, and the lists that it may be in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import evolve, field, frozen

from ..._base.json_values import is_array, is_object
from ..api import Kind
from ..exchange import Exchange
from ..values import identity, key_of, shown
from . import Context

#: Properties that any change of an object may change too.
_BOOKKEEPING: Final = frozenset({"updated_at", "updated_by"})
#: Ends of the names of properties that depend on other objects.
_DERIVED: Final = ("_count", "_counts")
#: Properties that follow the name of an object.
_NAMES: Final = frozenset({"name", "slug", "key"})


@frozen
class Snapshot:
    """Reads at one time."""

    reads: Sequence[Exchange]


@frozen
class Effect:
    """What a request is declared to change."""

    kind: Kind
    target: Mapping[str, Any]
    """The object, or nothing if there is none before."""
    changes: frozenset[str] = frozenset()
    """Properties of the object that may change."""
    elsewhere: Mapping[str, frozenset[str]] = field(factory=dict[str, frozenset[str]])
    """Properties of other objects that may change, by the operation that reads them."""
    creates: bool = False
    deletes: bool = False
    created: frozenset[str] = frozenset()
    """Ids of new objects."""

    def having_created(self, exchange: Exchange) -> Effect:
        """Return the effect with the ids of the objects in a response."""
        body = exchange.body
        items = body if is_array(body) else [body]
        return evolve(self, created=frozenset(map(key_of, items)))

    @property
    def id(self) -> str | None:
        """The id of the object."""
        return identity(self.target)


def frame_problems(
    context: Context, before: Snapshot, after: Snapshot, effect: Effect
) -> Iterator[tuple[Exchange, str]]:
    """Yield the read that shows a change that is not part of an effect, and a message."""
    for old, new in zip(before.reads, after.reads, strict=True):
        for message in _read_problems(context, old, new, effect):
            yield new, message


def _read_problems(context: Context, old: Exchange, new: Exchange, effect: Effect) -> Iterator[str]:
    if old.ok != new.ok:
        is_below_deleted = effect.deletes and old.ok
        if not is_below_deleted:
            yield f"{old.operation.id} gets {new.status} instead of {old.status}"
        return
    if not old.ok or old.content == new.content:
        return
    if old.is_list:
        yield from _list_problems(context, old, new, effect)
    elif is_object(old.body):
        yield from _object_problems(context, old, old.body, new.body, effect)
    elif old.content != new.content and not effect.changes:
        yield "the content changed"


def _list_problems(context: Context, old: Exchange, new: Exchange, effect: Effect) -> Iterator[str]:
    was, now = ({key_of(item): item for item in each.items} for each in (old, new))
    is_whole = not new.has_next
    for key, item in was.items():
        if key in now:
            yield from _object_problems(context, old, item, now[key], effect)
        elif is_whole and not (effect.deletes and _concerns(item, effect)):
            yield f"the item {key} is gone"
    added = [key for key in now if key not in was]
    allowed = len(effect.created) if effect.created else 0
    if is_whole and len(added) > allowed and not effect.deletes:
        yield f"the item {added[-1]} is new"


def _concerns(item: object, effect: Effect) -> bool:
    """Return whether an item is the object of an effect, or refers to it."""
    return effect.id is None or key_of(item) == key_of(effect.target) or effect.id in str(item).lower()


def _object_problems(context: Context, read: Exchange, old: Any, new: Any, effect: Effect) -> Iterator[str]:
    is_target = key_of(old) == key_of(effect.target)
    allowed = effect.changes if is_target else effect.elsewhere.get(read.operation.id, frozenset())
    schema = context.api.item_schema(read.operation) if read.is_list else context.api.response_schema(read.operation)
    moving = frozenset(context.api.facts_of(schema).effects.volatile)
    for pointer, was, now in _differences(context, schema, old, new, effect):
        name = pointer.split("/")[0]
        if name in allowed or name in moving or name in _BOOKKEEPING or name.endswith(_DERIVED):
            continue
        if is_target and _NAMES & effect.changes and (name == "slug" or str(was).startswith("http")):
            continue
        whose = "" if is_target else f" of another object, {key_of(old)[:40]},"
        yield f"{pointer}{whose} changed from {shown(was)} to {shown(now)}"


def _differences(  # noqa: PLR0917
    context: Context, schema: Mapping[str, Any], old: Any, new: Any, effect: Effect, pointer: str = ""
) -> Iterator[tuple[str, Any, Any]]:
    """Yield the pointers of values that differ, with both values. Inside of another object, its id is compared."""
    if is_object(old) and is_object(new):
        if pointer and effect.id is not None and identity(old) == effect.id == identity(new):
            return  # a mention of the changed object
        properties = context.api.properties(schema)
        moving = context.api.facts_of(schema).effects.volatile
        for name in old.keys() | new.keys():
            if (name in moving or name in _BOOKKEEPING or name.endswith(_DERIVED)) and pointer:
                continue
            inner = properties.get(name, {})
            yield from _differences(
                context, inner, old.get(name), new.get(name), effect, f"{pointer}/{name}".lstrip("/")
            )
    elif is_array(old) and is_array(new) and len(old) == len(new):
        items = context.api.resolve(schema.get("items"))
        for a, b in zip(old, new, strict=True):
            yield from _differences(context, items, a, b, effect, f"{pointer}/*")
    elif old != new and not _same_url(old, new):
        yield pointer, old, new


def _same_url(old: Any, new: Any) -> bool:
    """Return whether two URLs differ in their query only, which may be a signature."""
    both = isinstance(old, str) and isinstance(new, str) and old.startswith("http")
    return both and old.partition("?")[0] == new.partition("?")[0]
