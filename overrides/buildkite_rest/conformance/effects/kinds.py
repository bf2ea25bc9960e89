"""Kinds of objects: the operations on an object, on its list and on the objects below it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

from attrs import frozen

from ..spec import Operation, Spec, object_path, parameters_of

#: Methods that update an object, the preferred one first.
UPDATE_METHODS: Final = ("PATCH", "PUT", "POST")


@frozen
class Kind:
    """The operations on objects of a kind."""

    path: str
    """The template of the path of an object."""
    create: Operation | None
    list: Operation | None
    get: Operation | None
    update: Operation | None
    delete: Operation | None
    actions: Sequence[Operation]
    """Operations with further effects on an object, also on paths of another form."""
    children: Sequence[Kind]

    @property
    def parameter(self) -> str:
        """The path parameter that identifies an object."""
        return parameters_of(self.path)[-1]

    @property
    def operations(self) -> Iterator[Operation]:
        """The operations of this kind."""
        own = (self.create, self.list, self.get, self.update, self.delete)
        yield from (each for each in own if each is not None)
        yield from self.actions

    @property
    def all_operations(self) -> Iterator[Operation]:
        """The operations of this kind and of those below it."""
        yield from self.operations
        for child in self.children:
            yield from child.all_operations

    @property
    def with_all_below(self) -> Iterator[Kind]:
        """This kind and those below it."""
        yield self
        for child in self.children:
            yield from child.with_all_below


@lru_cache(maxsize=1)
def kinds_of(spec: Spec) -> Sequence[Kind]:
    """Return the kinds that are not below another kind. Runs in one process share them."""
    by_label = {operation.label: operation for operation in spec.operations}
    paths = {object_path(operation.path) for operation in spec.operations if operation.parameters}
    paths = {path for path in paths if f"GET {path.rpartition('/')[0]}" in by_label or _is_created(path, by_label)}

    singletons = list(_singletons(spec, by_label))

    def kind(path: str) -> Kind:
        collection = path.rpartition("/")[0]
        updates = (by_label.get(f"{method} {path}") for method in UPDATE_METHODS)
        below = [other for other in paths if is_below(other, path)]
        return Kind(
            path,
            by_label.get(f"POST {collection}"),
            by_label.get(f"GET {collection}"),
            by_label.get(f"GET {path}"),
            next((each for each in updates if each is not None), None),
            by_label.get(f"DELETE {path}"),
            [each for each in spec.operations if _acts_on(each, path, spec)],
            [*map(kind, sorted(below)), *(each for each in singletons if object_path(each.path) == path)],
        )

    return tuple(kind(path) for path in sorted(paths) if not any(is_below(path, other) for other in paths))


def _singletons(spec: Spec, by_label: dict[str, Operation]) -> Iterator[Kind]:
    """Yield the kinds of which another object has exactly one, such as the settings of an organization."""
    for operation in spec.operations:
        update = by_label.get(f"PATCH {operation.path}")
        if operation.method == "GET" and update is not None and not operation.path.endswith("}"):
            yield Kind(operation.path, None, None, operation, update, None, (), ())


def is_below(path: str, parent: str) -> bool:
    """Return whether the objects with a path belong to the objects of another, also if that has a longer form."""
    own = object_path(path.rpartition("/")[0])
    return own == parent or is_short(own, parent)


def _is_created(path: str, by_label: dict[str, Operation]) -> bool:
    return f"POST {path.rpartition('/')[0]}" in by_label


def _acts_on(operation: Operation, path: str, spec: Spec) -> bool:
    """Return whether an operation has effects on objects with a path, also if its own path has another form."""
    if not spec.effects(operation) or not operation.parameters or _creates(operation, spec):
        return False
    own = object_path(operation.path)
    return own == path or is_short(own, path)


def _creates(operation: Operation, spec: Spec) -> bool:
    paths = (object_path(other.path) for other in spec.operations if other.parameters)
    return operation.method == "POST" and any(path.rpartition("/")[0] == operation.path for path in paths)


def is_short(short: str, long: str) -> bool:
    """Return whether two paths identify the same objects, the first one without some parents."""
    same = short.split("/")[-2:] == long.split("/")[-2:]
    return same and "{" in short and set(parameters_of(short)) < set(parameters_of(long))
