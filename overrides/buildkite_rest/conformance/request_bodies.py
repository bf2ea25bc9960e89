"""Valid request bodies, from the examples of the spec and the objects of the server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from attrs import define, field

from .._base.json_values import as_object, is_array, is_object
from .addresses import is_address_list
from .objects import ObjectSelector, PathValues, identifier_of, with_ids, with_unique_name
from .page_items import items_of
from .spec import Operation
from .traffic import Session

_ID: Final = ("_id", "_ids")


@define
class RequestBodies:
    """Request bodies whose ids are those of existing objects."""

    session: Session
    selector: ObjectSelector
    _searched: set[str] = field(factory=set[str])

    def valid(self, operation: Operation, values: PathValues, example: Mapping[str, Any]) -> Any:
        """Return an example with ids of existing objects, and with a name of its own."""
        known = self.selector.objects.known_ids
        for name in _ids(example):
            if name not in known and name not in self._searched:
                self._searched.add(name)
                self._find(name, values)
        return with_unique_name(with_ids(example, known), operation)

    def changed(self, operation: Operation, body: Any, current: object) -> Any:
        """Return a body with other values than the object that an operation changes."""
        spec = self.selector.spec
        content = as_object(spec.resolve(spec.node(operation).get("requestBody")).get("content"))
        schema = spec.resolve(as_object(content.get("application/json")).get("schema"))
        return changed_body(body, current, as_object(schema.get("properties")))

    def _find(self, name: str, values: PathValues) -> None:
        """Read the id of an object from the list that the name of a property means: `teams` for `team_ids`."""
        stem = name.removesuffix("s").removesuffix("_id")
        for operation in self.selector.spec.operations:
            collection = operation.path.rpartition("/")[2]
            if operation.method != "GET" or collection != f"{stem}s" or not set(operation.parameters) <= values.keys():
                continue
            response = self.session.read(operation, values)
            for item in (items_of(response.body) or ()) if response.ok else ():
                if (found := identifier_of("id", item)) is not None:
                    self.selector.objects.known_ids[name] = [str(found)] if name.endswith("s") else str(found)
                    return


def changed_body(body: Any, current: object, properties: Mapping[str, Any]) -> Any:
    """Return a body with other values than the object has, so that an effect can be seen.

    A body with a single property, which becomes invalid, gets other truth values too.
    """
    known = as_object(current)
    if not is_object(body):
        return body
    others = {name: not known[name] for name in properties if isinstance(known.get(name), bool)}
    changed = {
        name: _other(value, as_object(properties.get(name))) if known.get(name) == value else value
        for name, value in body.items()
    }
    return {**(others if len(body) == 1 else {}), **changed}


def _other(value: object, schema: Mapping[str, Any]) -> object:
    """Return another value of the same type, where the schema allows any."""
    if isinstance(value, bool):
        return not value
    if schema.keys() & {"enum", "pattern", "format", "maximum", "oneOf", "$ref"} or is_address_list(value):
        return value
    if isinstance(value, int):
        return value + 1
    return f"{value}-x" if isinstance(value, str) and value else value


def _ids(value: Any) -> Iterator[str]:
    """Yield the names of the properties that contain ids."""
    if is_object(value):
        for name, inner in value.items():
            if name.endswith(_ID):
                yield name
            yield from _ids(inner)
    elif is_array(value):
        for inner in value:
            yield from _ids(inner)
