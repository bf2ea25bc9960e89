"""Discovery of objects on the server, in the lists of the API."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from attrs import frozen

from .._base.json_values import as_object, is_array
from .api import Api, Operation, object_path, parameters_of
from .exchange import PathValues
from .objects import KnownIds, KnownObjects, id_names, interleaved, names_in, noun_of, object_from_item
from .world import World

#: Objects to read from a list.
_ITEMS: Final = 100
#: Parents whose lists are read.
_PARENTS: Final = 20
#: Objects in each state from the list of one parent, which leaves room for those of other parents.
_PER_STATE_AND_PARENT: Final = 2

Reader: TypeAlias = Callable[[Operation, PathValues], Sequence[Mapping[str, Any]]]
"""Called with an operation and path values, to read the objects of a list."""


def discover(world: World, read: Reader, operations: Iterable[Operation], known: KnownObjects | None = None) -> None:
    """Read the lists of the objects that `operations` need, from organizations downwards.

    With `known`, only read the lists below these objects, and add to them.
    """
    lists = _needed(_lists(world.api), [*_with_sources(world.api, operations)])
    lists = sorted(lists, key=lambda each: len(each.operation.parameters))
    if known is None:
        found = world.known
    else:
        found, lists = known, [each for each in lists if {*each.operation.parameters} - {"org"}]
    while ready := [each for each in lists if found.for_path(each.operation.path) or not each.operation.parameters]:
        for each in ready:
            each.read(read, found, world.ids)
        lists = [each for each in lists if each not in ready]


@frozen
class _List:
    """An operation that lists objects with paths of their own."""

    operation: Operation
    item_paths: Sequence[str]

    @property
    def names(self) -> set[str]:
        """The path parameters that identify the objects."""
        return {parameters_of(path)[-1] for path in self.item_paths}

    @property
    def id_names(self) -> set[str]:
        """The properties of request bodies that refer to the objects, if they belong to no other object."""
        if {*self.operation.parameters} != {"org"}:
            return set()
        nouns = {noun_of(self.operation.path), *(name.rpartition("_")[0] for name in self.names)} - {""}
        return {name for noun in nouns for name in id_names(noun)}

    def read(self, read: Reader, objects: KnownObjects, ids: KnownIds) -> None:
        """Read the lists of some parents."""
        parents = [each.values for each in objects.for_path(self.operation.path)] or [{}]
        per_state = _PER_STATE_AND_PARENT if len(parents) > 1 else _ITEMS
        for parent in parents[:_PARENTS]:
            items = read(self.operation, parent)[:_ITEMS]
            for path in self.item_paths:
                found = (object_from_item(path, parent, item) for item in items)
                objects.add(path, interleaved(filter(None, found), per_state))
            _add_ids(ids, items, self.id_names)


def _add_ids(ids: KnownIds, items: Sequence[Mapping[str, Any]], names: Iterable[str]) -> None:
    """Add the ids in the properties of objects, and that of the first object under `names`."""
    for item in items:
        actor = as_object(item.get("actor"))
        if isinstance(kind := actor.get("type"), str) and isinstance(key := actor.get("id"), str):
            ids.setdefault(kind, key)
            if kind == "user":
                ids.setdefault("unblocker", key)  # the name of a user in the body of an unblock
        for name, value in item.items():
            if name.endswith("_id") and isinstance(value, str):
                ids.setdefault(name, value)
            elif name.endswith("_ids") and is_array(value) and value:
                ids.setdefault(name, [str(element) for element in value])
    first = as_object(items[0] if items else None)
    if isinstance(key := first.get("id") or first.get("uuid"), str):
        for name in names:
            ids.setdefault(name, [key] if name.endswith("s") else key)


def _with_sources(api: Api, operations: Iterable[Operation]) -> Iterator[Operation]:
    """Yield operations, and those that the objects of their effects come from."""
    for operation in operations:
        yield operation
        sources = [each.of for each in operation.behaviour.effects]
        yield from (api.by_id[name] for name in sources if name is not None and name in api.by_id)


def _lists(api: Api) -> Iterator[_List]:
    paths = sorted({object_path(each.path) for each in api.operations if each.parameters})
    for operation in api.operations:
        collection = operation.path.rpartition("/")[2]
        items = [path for path in paths if path.rpartition("/")[0].endswith(f"/{collection}")]
        needs_query = any(each.is_required for each in operation.query.values())
        if operation.method == "GET" and items and not needs_query:
            yield _List(operation, items)


def _needed(lists: Iterable[_List], operations: Sequence[Operation]) -> list[_List]:
    """Return the lists of objects that a path or a body of an operation or a path of another needed list names."""
    lists = list(lists)
    names = {name for operation in operations for name in operation.parameters}
    references = {name for operation in operations for body in operation.body_examples for name in names_in(body)}
    while True:
        needed = [
            each for each in lists if not names.isdisjoint(each.names) or not references.isdisjoint(each.id_names)
        ]
        more = names.union(*(each.operation.parameters for each in needed))
        if more == names:
            return needed
        names = more
