"""Discovery of objects on the server in the lists of the API."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from itertools import islice
from typing import Any, Final

from attrs import frozen

from _buildkite_rest.operations import all_operations

from .. import Buildkite, BuildkiteError
from .objects import Objects, PathValues, id_names, interleaved_by_kind, names_in, noun_of, object_from_item
from .spec import Operation, Spec, object_path, parameters_of

#: Objects to read from a list.
_ITEMS: Final = 100
#: Pages to read of a list, whose pages may never end.
_PAGES: Final = 5
#: Parents whose lists are read.
_PARENTS: Final = 40
#: Parents in a row without a new kind of object, after which no further list is read.
_PARENTS_WITHOUT_NEW_KINDS: Final = 10
#: Objects per kind from the list of one parent, which leaves room for those of other parents.
_PER_KIND_AND_PARENT: Final = 2


def discover(client: Buildkite, spec: Spec, operations: Iterable[Operation], objects: Objects | None = None) -> Objects:
    """Read the lists of the objects that `operations` need into `objects`, from organizations downwards."""
    objects = Objects() if objects is None else objects
    needed = list(spec.with_sources(operations))
    lists = sorted(_needed(_lists(client, spec), needed), key=lambda each: len(each.operation.parameters))
    while ready := [each for each in lists if objects.for_path(each.operation.path) or not each.operation.parameters]:
        for each in ready:
            each.read_into(objects)
        lists = [each for each in lists if each not in ready]
    return objects


def discover_below(client: Buildkite, spec: Spec, operations: Iterable[Operation], objects: Objects) -> None:
    """Add the objects below known ones, without those of an organization, and read no list twice."""
    lists = sorted(_needed(_lists(client, spec), operations), key=lambda each: len(each.operation.parameters))
    lists = [each for each in lists if {*each.operation.parameters} - {"org"}]
    while ready := [each for each in lists if objects.for_path(each.operation.path)]:
        for each in ready:
            each.read_into(objects)
        lists = [each for each in lists if each not in ready]


@frozen
class _List:
    """An operation that lists objects with paths of their own."""

    operation: Operation
    item_paths: tuple[str, ...]
    call: Callable[..., Any]

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

    def read_into(self, objects: Objects) -> None:
        """Read the lists of some parents, until there are no new kinds of objects."""
        parents = [each.values for each in objects.for_path(self.operation.path)] or [{}]
        per_kind = _PER_KIND_AND_PARENT if len(parents) > 1 else _ITEMS
        parents_without_new_kinds = 0
        for parent in parents[:_PARENTS]:
            items = self._items({name: parent[name] for name in self.operation.parameters})
            before = [objects.kinds(path) for path in self.item_paths]
            for path in self.item_paths:
                found = (object_from_item(path, parent, item) for item in items)
                objects.add(path, interleaved_by_kind(filter(None, found), per_kind))
            for item in items:
                objects.add_ids(item)
            for item in items[:1]:
                objects.add_id(self.id_names, item)
            parents_without_new_kinds = (
                parents_without_new_kinds + 1 if before == [objects.kinds(path) for path in self.item_paths] else 0
            )
            if parents_without_new_kinds == _PARENTS_WITHOUT_NEW_KINDS and all(before):
                return

    def _items(self, arguments: PathValues) -> list[Any]:
        """Return the first items of a list, or none after an error, which the run itself will find."""
        paged = {"max_items": _ITEMS} if "max_items" in self.call.__annotations__ else {}
        items: list[Any] = []
        try:
            found: Any = self.call(**arguments, **paged)
            if not hasattr(found, "pages"):
                return list(found)
            for page in islice(found.pages(), _PAGES):
                items += page.items
        except (BuildkiteError, TypeError):
            pass
        return items


def _lists(client: Buildkite, spec: Spec) -> Iterator[_List]:
    methods = _methods()
    paths = sorted({object_path(operation.path) for operation in spec.operations if operation.parameters})
    for operation in spec.operations:
        collection = operation.path.rpartition("/")[2]
        items = tuple(path for path in paths if path.rpartition("/")[0].endswith(f"/{collection}"))
        tag, name = methods.get(operation.id, ("", ""))
        call = getattr(getattr(client, tag, None), name, None)
        if operation.method == "GET" and items and call is not None:
            yield _List(operation, items, call)


@cache
def _methods() -> Mapping[str, tuple[str, str]]:
    """Return the resource and the name of the client's method for each operation, that of the first media type."""
    methods: dict[str, tuple[str, str]] = {}
    for tag, name, operation in all_operations():
        methods.setdefault(operation.id, (tag, name))
    return methods


def _needed(lists: Iterable[_List], operations: Iterable[Operation]) -> list[_List]:
    """Return the lists of objects that a path or a body of an operation or a path of another needed list names."""
    lists, operations = list(lists), list(operations)
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
