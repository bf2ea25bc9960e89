"""The frame rule: after a change, only what is declared has changed; after a refused change, nothing has.

It compares two snapshots of an object, what is above, beside and below it, and the lists that it may be in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import evolve, field, frozen

from ..._base.json_values import is_array, is_object
from ..api import Kind, Operation
from ..exchange import Exchange, PathValues
from ..values import identity, key_of, same_url, shown
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
    """Properties of the object that may change, or pointers to parts of them."""
    elsewhere: Mapping[str, frozenset[str]] = field(factory=dict[str, frozenset[str]])
    """Properties of other objects that may change, by the operation that reads them."""
    creates: bool = False
    deletes: bool = False
    created: frozenset[str] = frozenset()
    """Keys of new objects."""
    together: frozenset[str] = frozenset()
    """Keys of the objects that the request changes like the target, if it changes several."""
    parent: PathValues = field(factory=dict[str, Any])
    """The path values of the list of the object, or of the new ones."""

    def having_created(self, exchange: Exchange) -> Effect:
        """Return the effect with the ids of the objects in a response."""
        return evolve(self, created=frozenset(map(key_of, exchange.objects)), parent=exchange.values)

    def is_elsewhere(self, read: Exchange) -> bool:
        """Return whether a read is of an object, or of a list, below another parent."""
        is_of_kind = read.operation in {self.kind.get, self.kind.list}
        return is_of_kind and any(read.values.get(name, value) != value for name, value in self.parent.items())

    @property
    def id(self) -> str | None:
        """The id of the object."""
        return identity(self.target)


def frame_problems(
    context: Context, before: Snapshot, after: Snapshot, effect: Effect
) -> Iterator[tuple[Exchange, str]]:
    """Yield the read that shows a change that is not part of an effect, and a message."""
    for old, new in zip(before.reads, after.reads, strict=False):  # the reads of a new object are the last
        for message in _read_problems(context, old, new, effect):
            yield new, message


def _read_problems(context: Context, old: Exchange, new: Exchange, effect: Effect) -> Iterator[str]:
    if old.ok != new.ok:
        is_below_deleted = effect.deletes and old.ok
        if not is_below_deleted:
            yield f"{old.operation.id} gets {new.status} instead of {old.status}"
        return
    is_of_change = old.operation.path.rpartition("/")[2] in effect.changes
    if not old.ok or old.content == new.content or is_of_change:
        return
    if old.is_list:
        yield from _list_problems(context, old, new, effect)
    elif is_object(old.body):
        yield from _object_problems(context, old, old.body, new.body, effect)
    elif not effect.changes:
        yield "the content changed"


def _list_problems(context: Context, old: Exchange, new: Exchange, effect: Effect) -> Iterator[str]:
    was, now = ({key_of(item): item for item in each.items} for each in (old, new))
    is_whole, target = not new.has_next and not old.has_next, key_of(effect.target)
    exists_when = (
        old.operation.behaviour.exists_when.keys()
    )  # others leave too, such as agents that were stopping before
    for key, item in was.items():
        if key in now:
            yield from _object_problems(context, old, item, now[key], effect)
        elif (
            is_whole
            and not (exists_when and (key != target or exists_when & effect.changes))
            and not (effect.deletes and _concerns(item, effect))
        ):
            yield f"the item {key} is gone"
    order = (old.operation.behaviour.order or "").strip("-").split("/")[0]
    others = [[key for key in keys if key in was and key in now] for keys in (was, now)]
    if others[0] != others[1] and order not in effect.changes | _BOOKKEEPING and not _NAMES & effect.changes:
        yield "the items are in another order"
    added = [key for key in now if key not in was]
    is_whole &= not _grows_by_itself(context, old.operation)
    if is_whole and len(added) > (0 if effect.is_elsewhere(old) else len(effect.created)):
        yield f"the item {added[-1]} is new"


def _grows_by_itself(context: Context, listing: Operation) -> bool:
    """Return whether a list may have new items without a request, such as the artifacts of a running job."""
    kind = next((each for each in context.api.kinds if each.list is listing), None)
    return bool(context.api.volatile(context.api.item_schema(listing))) or (kind is not None and kind.create is None)


def _concerns(item: object, effect: Effect) -> bool:
    """Return whether an item is the object of an effect, or refers to it."""
    return effect.id is None or key_of(item) == key_of(effect.target) or effect.id in str(item).lower()


def _object_problems(context: Context, read: Exchange, old: Any, new: Any, effect: Effect) -> Iterator[str]:
    if old == new or (key_of(old) in effect.created and not effect.is_elsewhere(read)):
        return
    is_target = key_of(old) in {key_of(effect.target), *effect.together} and not effect.is_elsewhere(read)
    allowed = effect.changes if is_target else effect.elsewhere.get(read.operation.id, frozenset())
    if read.operation.path.startswith(f"{effect.kind.path}/"):  # the builds of a pipeline are in its cluster
        allowed |= {name for name in effect.changes if name.endswith("_id")}
    schema, gone = context.api.item_schema(read.operation), frozenset({effect.id or ""} if effect.deletes else ())
    kept, rest = _without(old, gone), _without(new, effect.created)
    for pointer, was, now in differences(context, schema, kept, rest, effect.id):
        name = pointer.split("/")[0]
        is_allowed = f"{name.removesuffix('_url')}_id" in allowed or any(_is_in(pointer, each) for each in allowed)
        if is_allowed or (is_target and name in _BOOKKEEPING) or _is_renamed(was, now, effect):
            continue
        whose = "" if is_target else f" of another object, {key_of(old)[:40]},"
        yield f"{pointer}{whose} changed from {shown(was)} to {shown(now)}"


def _without(value: Any, keys: frozenset[str]) -> Any:
    """Return a value without new or deleted objects in its lists."""
    if is_array(value) and keys:
        return [_without(each, keys) for each in value if not is_object(each) or key_of(each) not in keys]
    return {name: _without(each, keys) for name, each in value.items()} if is_object(value) and keys else value


def _is_in(pointer: str, other: str) -> bool:
    """Return whether a value is what another pointer leads to, or inside of it."""
    return f"{pointer}/".startswith(f"{other.strip('/')}/")


def _is_renamed(was: Any, now: Any, effect: Effect) -> bool:
    """Return whether a value follows the name of an object, as the URLs of it and of its parts do."""
    is_url = isinstance(was, str) and isinstance(now, str) and was.startswith("http")
    return bool(_NAMES & effect.changes) and is_url


def differences(  # noqa: PLR0917
    context: Context, schema: Mapping[str, Any], old: Any, new: Any, changed: str | None = None, pointer: str = ""
) -> Iterator[tuple[str, Any, Any]]:
    """Yield the pointers of values that differ, with both values, except for what changes by itself.

    Mentions of the object with the id `changed` are not compared.
    """
    if is_object(old) and is_object(new):
        if pointer and changed is not None and identity(old) == changed == identity(new):
            return
        moving, properties = context.api.volatile(schema), context.api.properties(schema)
        for name in old.keys() | new.keys():
            is_of_other = pointer and name in _BOOKKEEPING
            if not (name in moving or is_of_other or name.endswith(_DERIVED)):
                inner, below = properties.get(name, {}), f"{pointer}/{name}".lstrip("/")
                yield from differences(context, inner, old.get(name), new.get(name), changed, below)
    elif is_array(old) and is_array(new) and len(old) == len(new):
        items = context.api.resolve(schema.get("items"))
        for a, b in zip(old, new, strict=True):
            yield from differences(context, items, a, b, changed, f"{pointer}/*")
    elif old != new and not same_url(old, new):
        yield pointer, old, new
