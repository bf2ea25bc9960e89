"""Request bodies from the examples of the spec, with existing objects and new names in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

from attrs import frozen

from ..._base.json_values import as_object, is_array, is_object
from ..identities import is_uuid
from ..names import with_unique_names
from ..objects import ObjectSelector, PathValues, with_ids
from ..page_items import items_of
from ..spec import Operation, Spec
from ..traffic import Session
from .kinds import Kind
from .values import (
    BodyRules,
    Examples,
    choices,
    emptying_values,
    is_name,
    new_values,
    properties,
    request_schema,
    types,
    unique,
)

#: Last words of the names of properties that may have the slug of an object.
_SLUGS: Final = frozenset({"pipeline"})

#: An example of a property that refers to an object.
_ANY_UUID: Final = "00000000-0000-4000-8000-000000000000"
#: Objects to refer to until one is accepted.
_REFERENCES: Final = 3


@frozen
class Bodies:
    """Maker of request bodies."""

    session: Session
    selector: ObjectSelector
    kinds: Sequence[Kind]

    def body(self, operation: Operation, example: Mapping[str, Any], index: int, parent: PathValues) -> dict[str, Any]:
        """Return a request body from an example, with existing objects and with names that are not used yet."""
        schema = request_schema(self.selector.spec, operation)
        known, names = properties(self.selector.spec, schema), BodyRules.of(schema).unique
        example = self.referring(operation, example, parent) or example
        body = with_ids(example, self.selector.objects.known_ids)
        body = with_unique_names(body, operation.body_properties, (*operation.body_examples, example))
        result: dict[str, Any] = {}
        for name, value in body.items():
            found = self._with_references(name, example[name], value, index, parent)
            is_new = name in names or (is_name(name) and "pattern" in known.get(name, {}))
            if isinstance(found, str) and found == example[name] and (is_new or name.startswith("email")):
                found = unique(name, found, known.get(name, {}))
            elif is_array(found) and found == example[name] and name == "emails":
                found = [unique(name, str(item), {}) for item in found]
            result[name] = found
        return result

    def referring(
        self, operation: Operation, example: Mapping[str, Any], parent: PathValues
    ) -> Mapping[str, Any] | None:
        """Return an example without the optional properties that refer to objects which do not exist.

        Slugs of objects that are not listed are replaced. Returns None if a required property refers to no object.
        """
        schema = request_schema(self.selector.spec, operation)
        required = BodyRules.of(schema).needed.union(schema.get("required", ()))
        lost = {name for name, value in example.items() if self._refers_to_none(name, value, parent)}
        if lost & required:
            return None
        return {name: self._with_slugs(name, each, 0, parent) for name, each in example.items() if name not in lost}

    def _with_slugs(self, name: str, value: Any, index: int, parent: PathValues) -> Any:
        """Return a value with slugs of listed objects in place of others."""
        if is_object(value):
            pairs = enumerate(value.items(), index)
            return {key: self._with_slugs(key, each, number, parent) for number, (key, each) in pairs}
        if is_array(value):
            return [self._with_slugs(name, each, number, parent) for number, each in enumerate(value, index)]
        known = [] if is_uuid(value) else self.references(name, value, parent)
        return known[index % len(known)] if known and value not in known else value

    def _refers_to_none(self, name: str, value: Any, parent: PathValues) -> bool:
        """Return whether a value refers to objects of a kind whose list is empty."""
        if is_object(value):
            pairs = [(name if key == "id" else key, each) for key, each in value.items()]
            return any(self._refers_to_none(key, each, parent) for key, each in pairs)
        if is_array(value):
            return any(self._refers_to_none(name, each, parent) for each in value)
        return self._listed(name, value, parent) == []

    def full(self, operation: Operation, examples: Examples, index: int, parent: PathValues) -> list[dict[str, Any]]:
        """Return bodies with further properties than the example: with all, with half of them, and with the rest."""
        schema = request_schema(self.selector.spec, operation)
        rules = BodyRules.of(schema)
        for example in operation.body_examples[-1:]:
            base = self.body(operation, example, index, parent)
            more = {
                name: value
                for name, node in properties(self.selector.spec, schema).items()
                if name not in base and not node.get("deprecated") and rules.ignored_with.get(name) not in base
                for value in islice(new_values(name, node, rules.defaults.get(name), examples, ()), 1)
            }
            if schema.get("maxProperties") == len(base):
                return [*self._alternatives(properties(self.selector.spec, schema), base, parent)]
            names = sorted(more)
            halves = [names, names[::2], names[1::2]]
            return [{**base, **{name: more[name] for name in half}} for half in halves if half]
        return []

    def _alternatives(
        self, schema: Mapping[str, Mapping[str, Any]], base: Mapping[str, Any], parent: PathValues
    ) -> Iterator[dict[str, Any]]:
        """Yield bodies with another reference than the example, in place of it."""
        for name in schema.keys() - base.keys():
            found = self.references(name, _ANY_UUID, parent) if schema[name].get("format") == "uuid" else []
            yield from ({name: each} for each in found[:_REFERENCES])

    def empty(self, operation: Operation, index: int, parent: PathValues) -> list[dict[str, Any]]:
        """Return bodies with an example whose optional properties are null, false or empty."""
        schema = request_schema(self.selector.spec, operation)
        required = frozenset(schema.get("required", ()))
        for example in operation.body_examples[-1:]:
            base = self.body(operation, example, index, parent)
            emptied = {
                name: value
                for name, node in properties(self.selector.spec, schema).items()
                if name not in required
                for value in islice((*emptying_values(node), *([False] if "boolean" in types(node) else [])), 1)
            }
            return [{**base, **emptied}, {**base, **{name: emptied[name] for name in emptied.keys() & base.keys()}}]
        return []

    def unsent_values(
        self, operation: Operation, sent: Sequence[Mapping[str, Any]], index: int, parent: PathValues
    ) -> Iterator[list[dict[str, Any]]]:
        """Yield alternative bodies with values of enums that none of the sent bodies had.

        Not every example may have a property, so those that `sent` still lacks are tried with the next one.
        """
        schema = request_schema(self.selector.spec, operation)
        rules = BodyRules.of(schema)
        for example in reversed(operation.body_examples):
            unsent = {
                name: [value for value in choices(node) if all(body.get(name) != value for body in sent)]
                for name, node in properties(self.selector.spec, schema).items()
            }
            for number in range(max(map(len, unsent.values()), default=0)):
                values = {
                    name: each[number]
                    for name, each in unsent.items()
                    if number < len(each) and (name in example or each[number] != rules.defaults.get(name))
                }
                # Where the example refers to an object, that may be used already.
                numbers = range(index + number, index + number + _REFERENCES)
                bases = [self.body(operation, example, each, parent) for each in numbers] if values else []
                yield [{**base, **values} for base in bases]

    def _with_references(self, name: str, original: Any, value: Any, index: int, parent: PathValues) -> Any:
        """Return a value of an example with ids of existing objects. Different indexes get different objects."""
        if is_array(original) and original and isinstance(original[0], str):
            references = self.references(name, original[0], parent)
            count = min(len(original), len(references))
            return [references[(index + number) % len(references)] for number in range(count)] or value
        if is_array(original) and original and is_object(original[0]):
            pairs = zip(original, value, strict=True)
            return [
                self._properties_with_references(name, item, as_object(known), index + number, parent)
                for number, (item, known) in enumerate(pairs)
            ]
        if is_object(original):
            return self._properties_with_references("id", original, original, index, parent)
        references = self.references(name, original, parent)
        return references[index % len(references)] if references else value

    def _properties_with_references(
        self, name: str, original: Mapping[str, Any], value: Mapping[str, Any], index: int, parent: PathValues
    ) -> dict[str, Any]:
        """Return an object with ids of existing objects. `name` says what the property `id` refers to."""
        return {
            key: self._with_references(name if key == "id" else key, each, value[key], index + number, parent)
            for number, (key, each) in enumerate(original.items())
        }

    def references(self, name: str, example: object, parent: PathValues) -> list[str]:
        """Return the ids of objects that a property may refer to, by its name."""
        return self._listed(name, example, parent) or []

    def _listed(self, name: str, example: object, parent: PathValues) -> list[str] | None:
        """Return the ids of objects that a property may refer to. An empty list means that none exists."""
        if not isinstance(example, str) or not (is_uuid(example) or name.rpartition("_")[2] in _SLUGS):
            return None
        stem = name.removesuffix("s").removesuffix("_id").removesuffix("_uuid")
        are_empty: list[bool] = []
        for kind in self._all(self.kinds):
            noun = kind.parameter.removesuffix("_id").removesuffix("_uuid").removesuffix("_slug")
            is_meant = stem == noun or stem.endswith(f"_{noun}")
            if is_meant and kind.list is not None and set(kind.list.parameters) <= set(parent):
                response = self.session.read(kind.list, values_of(kind.list, parent))
                key = ("id", "uuid", "user_id") if is_uuid(example) else (kind.parameter, "slug")
                items = [as_object(item) for item in items_of(response.body) or ()]
                found = [next((item[each] for each in key if each in item), None) for item in items]
                permits = self.selector.permissions.permits_reference
                if ids := [value for value in found if isinstance(value, str) and permits(value)]:
                    return ids
                are_empty.append(response.ok and not items)
        return [] if are_empty and all(are_empty) else None

    def with_ids_for_slugs(self, sent: Mapping[str, Any], parent: PathValues) -> dict[str, Any]:
        """Return a body in which the slugs of other objects are replaced by their ids, as far as they are listed."""
        return {
            name: self.with_ids_for_slugs(value, parent) if is_object(value) else self._id_for_slug(name, value, parent)
            for name, value in sent.items()
        }

    def _id_for_slug(self, name: str, value: Any, parent: PathValues) -> Any:
        noun = name.rpartition("_")[2]
        if noun not in _SLUGS or not isinstance(value, str) or is_uuid(value):
            return value
        for kind in self._all(self.kinds):
            if kind.parameter == noun and kind.list is not None and set(kind.list.parameters) <= set(parent):
                items = map(as_object, items_of(self.session.read(kind.list, values_of(kind.list, parent)).body) or ())
                return next((item["id"] for item in items if item.get("slug") == value and "id" in item), value)
        return value

    def _all(self, kinds: Sequence[Kind]) -> Iterator[Kind]:
        for kind in kinds:
            yield kind
            yield from self._all(kind.children)


def values_of(operation: Operation, values: PathValues) -> dict[str, str | int]:
    """Return the path parameters of an operation."""
    return {name: values[name] for name in operation.parameters}


def requires_body(spec: Spec, operation: Operation) -> bool:
    """Return whether a request without a body is invalid."""
    return bool(spec.resolve(spec.node(operation).get("requestBody")).get("required"))
