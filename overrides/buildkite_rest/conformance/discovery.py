"""Discovery of objects on the server, in the lists of the API."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from .api import Api, Operation, object_path, parameters_of
from .exchange import PathValues
from .objects import KnownObjects, interleaved, object_from_item
from .world import World

#: Objects to read from a list.
_ITEMS: Final = 100
#: Parents whose lists are read.
_PARENTS: Final = 20
#: Objects in each state from the list of one parent, which leaves room for those of other parents.
_PER_STATE_AND_PARENT: Final = 2

Reader: TypeAlias = Callable[[Operation, PathValues], Sequence[Mapping[str, Any]]]
"""Called with an operation and path values, to read the objects of a list."""
_List: TypeAlias = tuple[Operation, Sequence[str]]
"""An operation that lists objects, and the templates of their paths."""


def discover(world: World, read: Reader, operations: Sequence[Operation], known: KnownObjects | None = None) -> None:
    """Read the lists of the objects that `operations` need, from organizations downwards.

    With `known`, only read the lists below these objects, and add to them.
    """
    sources = {effect.of for each in operations for effect in each.behaviour.effects}  # of the objects of effects
    lists = _needed([*_lists(world.api)], [*operations, *(each for each in world.api.operations if each.id in sources)])
    lists = sorted(lists, key=lambda each: len(each[0].parameters))
    if known is None:
        found = world.known
    else:
        found, lists = known, [each for each in lists if {*each[0].parameters} - {"org"}]
    while ready := [each for each in lists if found.for_path(each[0].path) or not each[0].parameters]:
        for operation, paths in ready:
            parents = [each.values for each in found.for_path(operation.path)] or [{}]
            per_state = _PER_STATE_AND_PARENT if len(parents) > 1 else _ITEMS
            for parent in parents[:_PARENTS]:
                items = read(operation, parent)[:_ITEMS]
                for path in paths:
                    objects = filter(None, (object_from_item(path, parent, item) for item in items))
                    found.add(path, interleaved(objects, per_state))
        lists = [each for each in lists if each not in ready]


def _lists(api: Api) -> Iterator[_List]:
    """Yield the operations that list objects with paths of their own, with these paths."""
    paths = sorted({object_path(each.path) for each in api.operations if each.parameters})
    for operation in api.operations:
        collection = operation.path.rpartition("/")[2]
        items = [path for path in paths if path.rpartition("/")[0].endswith(f"/{collection}")]
        needs_query = any(each.is_required for each in operation.query.values())
        if operation.method == "GET" and items and not needs_query:
            yield operation, items


def _needed(lists: Sequence[_List], operations: Sequence[Operation]) -> Sequence[_List]:
    """Return the lists of objects that the path of an operation or of another needed list names."""
    names = {name for operation in operations for name in operation.parameters}
    while True:
        needed = [each for each in lists if any(parameters_of(path)[-1] in names for path in each[1])]
        more = names.union(*(operation.parameters for operation, _ in needed))
        if more == names:
            return needed
        names = more
