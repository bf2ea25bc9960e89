"""The world: what is known of the server, its objects by kind and which of them the run may change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from attrs import define, field

from .._base.json_values import as_object, is_object
from .api import Api, Kind, Operation, parameters_of, same_objects
from .exchange import PathValues, Request
from .objects import KnownObject, KnownObjects
from .ownership import Ownership

#: A limit per state that includes all known objects.
_ALL: Final = 1_000


@define(eq=False)
class World:
    """The objects that requests are sent for.

    A read may use all objects, a change only those that the run has created, unless it may change others.
    """

    api: Api
    ownership: Ownership
    known: KnownObjects
    own: KnownObjects = field(factory=KnownObjects)
    """Objects that the run has created, and those below them."""
    _around: dict[tuple[str, bool], Sequence[Operation]] = field(factory=dict[tuple[str, bool], Sequence[Operation]])
    """Reads of what is around objects of a kind."""

    def objects(self, operation: Operation) -> Sequence[PathValues]:
        """Return the path values of objects that an operation may be sent for, different states first."""
        if not operation.parameters:
            return [{}]
        if not self.ownership.may_change_existing(operation):
            known = self.known if {*operation.parameters} == {"org"} else self.own
            found = path_values(operation, known.for_path(operation.path))
            return [each for each in found if self.ownership.refusal(Request(operation, each)) is None]
        found = path_values(operation, self.known.for_path(operation.path))
        kind = self.kind_of(operation)
        if kind is None or kind.delete is None or kind.create is not None:
            return found
        reserved = self.expendable(kind.delete)
        return [each for each in found if not any(one.items() <= each.items() for one in reserved)] or found

    def expendable(self, operation: Operation) -> Sequence[PathValues]:
        """Return the path values of a quarter of the objects, which nothing but a deletion uses."""
        if not self.ownership.may_change_existing(operation):
            return self.objects(operation)
        found = self.known.for_path(operation.path, _ALL)
        return path_values(operation, found[-max(1, len(found) // 4) :])

    def values_in(self, found: Any) -> dict[str, Any]:
        """Return the path values in the URLs of an object and of those inside it, and their ids."""
        parts = {name: each for name, each in as_object(found).items() if is_object(each)}
        values = {f"{name}_id": each["id"] for name, each in parts.items() if isinstance(each.get("id"), str)}
        for text in (*as_object(found).values(), *(text for part in parts.values() for text in part.values())):
            if (read := self.api.find("GET", path_of(text))) is not None:
                values = {**read[1], **values}
        return values

    def kind_of(self, operation: Operation) -> Kind | None:
        """Return the kind of objects that an operation works on."""
        return next((kind for kind in self.api.kinds if operation in kind.operations), None)

    def surroundings(self, kind: Kind, values: PathValues, *, near: bool = False) -> Sequence[Request]:
        """Return the reads of an object, of what is above and below it, and of the lists that may have it.

        With `near`, return those of the object and its list only.
        """
        if (kind.path, near) not in self._around:
            known = filter(None, (kind.get, kind.list)) if near else self._surrounding(kind)
            self._around[kind.path, near] = [each for each in known if each.is_read and self._is_json(each)]
        found = self._around[kind.path, near]
        return list(
            {each.id: self._read(each, values) for each in found if set(each.parameters) <= values.keys()}.values()
        )

    def _surrounding(self, kind: Kind) -> Iterator[Operation]:
        yield from (each for each in (kind.get, kind.list) if each is not None)
        yield from kind.below
        for other in self.api.kinds:
            is_above = kind.path.startswith(f"{other.path}/")
            is_below = other.path.startswith(f"{kind.path}/")
            is_same = same_objects(other.path, kind.path) or same_objects(kind.path, other.path)
            if is_above or is_same:
                yield from (each for each in (other.get, other.list) if each is not None)
            if is_below and other.list is not None:
                yield other.list
            if is_below and other.list is None and other.get is not None:
                yield other.get
        if kind.get is not None:
            schema = self.api.item_schema(kind.get)
            yield from (each for each in self.api.operations if self._lists(each, schema))

    def _lists(self, operation: Operation, schema: Mapping[str, Any]) -> bool:
        is_list = operation.method == "GET" and self.api.is_list(operation)
        return is_list and self.api.item_schema(operation) is schema

    def _is_json(self, operation: Operation) -> bool:
        return bool(self.api.response_schema(operation)) and not any(
            each.is_required for each in operation.query.values()
        )

    @staticmethod
    def _read(operation: Operation, values: PathValues) -> Request:
        query = {**operation.largest_page, **operation.brief}
        return Request(operation, {name: values[name] for name in operation.parameters}, query)


def path_values(operation: Operation, found: Iterable[KnownObject]) -> list[PathValues]:
    """Return the values of the path parameters of an operation, each once."""
    distinct: list[PathValues] = []
    for each in found:
        values = {name: each.values[name] for name in operation.parameters}
        if values not in distinct:
            distinct.append(values)
    return distinct


def path_of(url: object) -> str:
    """Return the path of a URL, or an empty text if a value is not one."""
    return urlsplit(url).path if isinstance(url, str) and "://" in url else ""


def parent_of(kind: Kind, values: PathValues) -> PathValues:
    """Return the path values of the list of an object."""
    return {name: values[name] for name in parameters_of(kind.path)[:-1]}
