"""The world: what is known of the server, its objects by kind and which of them the run may change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from attrs import frozen

from .._base.json_values import as_object, is_object
from .api import Api, Kind, Operation, object_path, parameters_of, same_objects
from .exchange import PathValues, Request
from .names import with_unique_names
from .objects import ObjectSelector, identifier_of, with_ids

#: Items of the pages that a snapshot compares.
_ITEMS: Final = 100


@frozen
class World:
    """The objects that requests are sent for."""

    api: Api
    selector: ObjectSelector

    def objects(self, operation: Operation) -> Sequence[PathValues]:
        """Return the path values of objects that an operation may be sent for, different kinds first."""
        if not operation.parameters:
            return [{}]
        old = self.selector.operation(operation.label)
        return [] if old is None else self.selector.usable(old)

    def expendable(self, operation: Operation) -> Sequence[PathValues]:
        """Return the path values of objects that only a destructive operation uses."""
        old = self.selector.operation(operation.label)
        return [] if old is None else self.selector.expendable(old)

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

    def body(self, operation: Operation, example: Mapping[str, Any]) -> dict[str, Any]:
        """Return an example as a body that can be sent, with existing ids and with names that are not used yet."""
        known = with_ids(example, self.selector.objects.known_ids)
        properties = self.api.properties(operation.body_schema)
        return dict(with_unique_names(known, properties, tuple(operation.body_examples)))

    def created_values(self, kind: Kind, parent: PathValues, body: object) -> PathValues | None:
        """Return the path values of an object in the response that created it."""
        key = identifier_of(kind.parameter, body)
        return None if key is None else {**parent, kind.parameter: key}

    def surroundings(self, kind: Kind, values: PathValues, *, near: bool = False) -> Sequence[Request]:
        """Return the reads of an object, of what is above and below it, and of the lists that may have it.

        With `near`, return those of the object, its list and its parent only.
        """
        known = self._near(kind) if near else self._surrounding(kind)
        found = [each for each in known if each.is_read and self._is_json(each)]
        return list(
            {each.id: self._read(each, values) for each in found if set(each.parameters) <= values.keys()}.values()
        )

    def _near(self, kind: Kind) -> Iterator[Operation]:
        above = self.api.at("GET", object_path(kind.path.rpartition("/")[0]))
        yield from (each for each in (kind.get, kind.list, above) if each is not None)

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
        is_list = operation.pagination != "none" or "items" in self.api.response_schema(operation)
        return operation.method == "GET" and is_list and self.api.item_schema(operation) is schema

    def _is_json(self, operation: Operation) -> bool:
        return bool(self.api.response_schema(operation)) and not any(
            each.is_required for each in operation.query.values()
        )

    @staticmethod
    def _read(operation: Operation, values: PathValues) -> Request:
        query: dict[str, Any] = {"per_page": _ITEMS} if "per_page" in operation.query else {}
        query |= operation.brief
        return Request(operation, {name: values[name] for name in operation.parameters}, query)


def path_of(url: object) -> str:
    """Return the path of a URL, or an empty text if a value is not one."""
    return urlsplit(url).path if isinstance(url, str) and "://" in url else ""


def parent_of(kind: Kind, values: PathValues) -> PathValues:
    """Return the path values of the list of an object."""
    return {name: values[name] for name in parameters_of(kind.path)[:-1]}
