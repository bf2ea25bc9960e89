"""Values for the properties of request bodies."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from attrs import frozen

from ..._base.json_values import as_array, as_object, is_array, is_object
from ..identities import is_uuid
from ..objects import KnownIds, own_pipeline
from ..response_times import in_other_offsets
from ..slug_references import with_pipeline
from ..spec import Operation, Spec
from .comparison import equivalent
from .expectations import holds

#: Names of properties that identify an object.
_NAMES: Final = frozenset({"name", "key", "slug"})
#: Values to try for a property.
_CANDIDATES: Final = 8
#: References of an array.
_SEVERAL: Final = 2
#: Keywords for the limits of a number.
_LIMITS: Final = frozenset({"minimum", "maximum"})
#: How much larger a number without a limit is than the current one.
_FACTOR: Final = 10
#: Keywords of a text that is not free.
_TEXT_LIMITS: Final = frozenset({"pattern", "format", "enum", "oneOf"})
#: A text of words, unlike code, patterns and lists of addresses.
_PROSE: Final = re.compile(r"[\w ,.;'!?:()-]*")
_SEVERAL_WORDS: Final = re.compile(r"\w \w")
#: Time until an object expires.
_LATER: Final = timedelta(days=30)


@frozen
class Examples:
    """All values of properties in the examples of a spec."""

    values: Mapping[str, Sequence[Any]]
    pipeline: str | None = None
    """Slug of the only pipeline that requests may refer to, or None for all."""

    @classmethod
    def of(cls, spec: Spec, known_ids: KnownIds) -> Examples:
        """Collect the values."""
        found: dict[str, list[Any]] = {}
        for operation in spec.operations:
            node = spec.node(operation)
            parts = [
                spec.resolve(node.get("requestBody")),
                *map(spec.resolve, as_object(node.get("responses")).values()),
            ]
            for part in parts:
                for media in as_object(part.get("content")).values():
                    for example in as_object(as_object(media).get("examples")).values():
                        _collect(spec.resolve(example).get("value"), found)
        return cls(found, own_pipeline(known_ids))

    def candidates(self, name: str) -> Sequence[Any]:
        """Return different values of a property."""
        found = self.values.get(name, ())
        return found if self.pipeline is None else [with_pipeline(value, self.pipeline) for value in found]


def _collect(value: Any, found: dict[str, list[Any]]) -> None:
    if is_array(value):
        for item in value:
            _collect(item, found)
    for name, item in as_object(value).items():
        known = found.setdefault(name, [])
        if item not in known and len(known) < _CANDIDATES:
            known.append(item)
        _collect(item, found)


def unique(name: str, value: str, schema: Mapping[str, Any]) -> str:
    """Return a text like the value of a property that no other object has."""
    token = uuid.uuid4().hex[:8]
    user, _, host = value.partition("@")
    if host:
        return f"{user}+{token}@{host}"
    pattern = schema.get("pattern", "")
    texts = (f"{value}{separator}{token}" for separator in ((" ", "-", "_") if name == "name" else ("-", "_", "")))
    return next((text for text in texts if re.search(pattern, text)), value)


@frozen
class BodyRules:
    """The effects of the properties of a request body, from the extension `x-effects` of its schema."""

    unique: frozenset[str]
    """Properties that no two objects may share."""
    defaults: Mapping[str, Any]
    """Values of properties that are not sent."""
    pointers: Mapping[str, str]
    """Places of properties in the object, if they have other names there."""
    ignored_with: Mapping[str, str]
    """Properties that disable others."""
    changes: Mapping[str, Sequence[str]]
    """Further properties that change with a property."""
    null_means_default: frozenset[str]
    """Properties for which null is replaced by a default."""
    risky: frozenset[str]
    """Properties that may exclude the runner itself. They are not changed in objects that existed before."""
    write_only: Mapping[str, Mapping[str, Any]]
    """Properties that no response contains, or of such a property, with the values of others for which this holds."""
    derived: Mapping[str, str]
    """Properties that follow another one, in the form of a slug, unless they are sent."""
    relations: Mapping[str, Mapping[str, Any]]
    """Properties with ids of objects that get a relation to the new object, and how to read that."""
    batch: Mapping[str, str]
    """Properties with an item for each new object, and the property of the object with that item."""
    needed: frozenset[str]
    """Properties that a request may need although they are not required."""
    ignored: Mapping[str, Any]
    """Properties that a request may have and that have no effect, with a value."""

    @classmethod
    def of(cls, schema: Mapping[str, Any]) -> BodyRules:
        """Read the extension."""
        node = as_object(schema.get("x-effects"))
        hidden = node.get("write-only")
        return cls(
            frozenset(node.get("unique", ())),
            as_object(node.get("defaults")),
            as_object(node.get("returned-as")),
            as_object(node.get("ignored-with")),
            as_object(node.get("changes")),
            frozenset(node.get("null-means-default", ())),
            frozenset(node.get("risky", ())),
            as_object(hidden) or {name: {} for name in as_array(hidden)},
            as_object(node.get("derived")),
            as_object(node.get("relations")),
            as_object(node.get("batch")),
            frozenset(node.get("needed", ())),
            as_object(node.get("ignored")),
        )

    def comparable(self, sent: Mapping[str, Any], found: object) -> dict[str, Any]:
        """Return the sent properties that the object should return: those that no other property disables."""
        state = as_object(found)
        return {
            name: value
            for name, value in sent.items()
            if not (value is None and name in self.null_means_default)
            and ((other := self.ignored_with.get(name)) is None or not (sent.get(other) or state.get(other)))
        }

    def hidden(self, found: object) -> list[str]:
        """Return the properties that no response contains as they were sent, for the values of a returned object."""
        return [name for name, when in self.write_only.items() if holds(when, found)]

    def root(self, name: str) -> str:
        """Return the property of the object that a sent property sets, also if it sets only a part of it."""
        nested = next((place for key, place in self.pointers.items() if key.startswith(f"{name}/")), name)
        return self.pointers.get(name, nested).strip("/").partition("/")[0]


def is_name(name: str) -> bool:
    """Return whether a property identifies an object."""
    return name in _NAMES


def new_values(
    name: str, schema: Mapping[str, Any], current: Any, examples: Examples, references: Sequence[str]
) -> Iterator[Any]:
    """Yield values for an update of a property, the most likely to be accepted first. None equals the current one."""
    for value in _values(name, schema, current, examples, references):
        if value != current and (type(value) is not type(current) or not equivalent(value, current)):
            yield value


def _values(
    name: str, schema: Mapping[str, Any], current: Any, examples: Examples, references: Sequence[str]
) -> Iterator[Any]:
    kinds = types(schema)
    if references:
        yield from ([reference] for reference in references) if "array" in kinds else references
        return
    if enum := _enum(schema):
        yield from enum
    elif "boolean" in kinds:
        yield from (not current, current) if isinstance(current, bool) else (True, False)
    elif "integer" in kinds or "number" in kinds:
        yield from _numbers(name, schema, current, examples)
    else:
        known = [value for value in examples.candidates(name) if _fits(value, kinds)]
        if schema.get("format") == "date-time":
            known = [_in_future(), *known]
        if "string" in kinds and is_name(name):
            known = [unique(name, str(value), schema) for value in known[:1]]
        if is_object(current) and known:
            yield {
                key: not value for key, value in current.items() if isinstance(value, bool) and key in known[0]
            } or known[0]
        yield from known
        if "string" in kinds and isinstance(current, str) and "pattern" not in schema and not is_uuid(current):
            yield f"{current} 2"


def _in_future() -> str:
    """Return a time at which an object can expire, with an offset from UTC that a server may ignore."""
    time = (datetime.now(UTC) + _LATER).replace(microsecond=0)
    return next(in_other_offsets(time.isoformat()))


def _numbers(name: str, schema: Mapping[str, Any], current: Any, examples: Examples) -> Iterator[int]:
    low, high = schema.get("minimum"), schema.get("maximum")
    yield from (value for value in examples.candidates(name) if isinstance(value, int) and not isinstance(value, bool))
    start = current if isinstance(current, int) else 6
    yield from (
        value for value in (start + 1, start - 1) if (low is None or value >= low) and (high is None or value <= high)
    )


def enum_values(schema: Mapping[str, Any]) -> list[Any]:
    """Return the values of an enum, or the arrays with one item of an enum."""
    items = as_object(schema.get("items")).get("enum", ()) if "array" in types(schema) else ()
    return [*_enum(schema), *([item] for item in items)]


def choices(schema: Mapping[str, Any]) -> list[Any]:
    """Return the values of an enum, the arrays with one item of an enum, both booleans, or both limits of a number."""
    if "boolean" in types(schema):
        return [True, False]
    return [*enum_values(schema), *(schema[key] for key in _LIMITS if schema.keys() >= _LIMITS)]


def distant_numbers(schema: Mapping[str, Any], current: object) -> list[int]:
    """Return the limits of a whole number or, where it has none, one and a number that is much larger than the current.

    Such a number is beyond those in other properties, which a server may adapt to it.
    """
    if "integer" not in types(schema) or not isinstance(current, int) or isinstance(current, bool):
        return []
    limits = [int(schema[key]) for key in sorted(_LIMITS & schema.keys(), reverse=True)]
    small = [] if "minimum" in schema or current <= 1 else [1]
    return [*small, *limits] if "maximum" in schema else [*small, *limits, _FACTOR * (abs(current) + 1)]


def _enum(schema: Mapping[str, Any]) -> list[Any]:
    """Return the values of an enum except null, also of one that is only in `x-strict`."""
    values = schema.get("enum", as_object(schema.get("x-strict")).get("enum", ()))
    return [value for value in values if value is not None]


def is_prose(schema: Mapping[str, Any], examples: Sequence[Any]) -> bool:
    """Return whether a property has words: all examples are natural language, and one has several words."""
    texts = [each for each in examples if isinstance(each, str)]
    is_text = "string" in types(schema) and not _TEXT_LIMITS & schema.keys()
    return is_text and any(map(_SEVERAL_WORDS.search, texts)) and all(map(_PROSE.fullmatch, texts))


def emptying_values(schema: Mapping[str, Any]) -> Iterator[Any]:
    """Yield null and the empty value of a property, if the schema allows them."""
    kinds = types(schema)
    if "null" in kinds:
        yield None
    if "array" in kinds and not schema.get("minItems"):
        yield []


def several_values(schema: Mapping[str, Any], references: Sequence[str]) -> list[Any]:
    """Return an array with several items: all values of an enum, or two references."""
    items = enum_values(schema) if "array" in types(schema) else ()
    several = [item for each in items for item in each] or references[:_SEVERAL]
    return [several] if "array" in types(schema) and len(several) > 1 else []


def _fits(value: Any, kinds: frozenset[str]) -> bool:
    kind = (
        "array"
        if is_array(value)
        else "object"
        if is_object(value)
        else "string"
        if isinstance(value, str)
        else "other"
    )
    return kind in kinds


def types(schema: Mapping[str, Any]) -> frozenset[str]:
    """Return the types that a schema allows."""
    kind = schema.get("type")
    own = [kind] if isinstance(kind, str) else kind if is_array(kind) else []
    parts = [*schema.get("oneOf", ()), *schema.get("anyOf", ()), *schema.get("allOf", ())]
    return frozenset(own).union(*(types(part) for part in parts))


def properties(spec: Spec, schema: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return the resolved properties of an object schema, with its parts."""
    found: dict[str, Mapping[str, Any]] = {}
    for part in schema.get("allOf", ()):
        found |= properties(spec, spec.resolve(part))
    for name, node in as_object(schema.get("properties")).items():
        found[name] = _flat(spec, node)
    return found


def object_schema(spec: Spec, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the alternative of a schema that describes the properties of an object, or an empty one."""
    parts = [schema, *(spec.resolve(part) for key in ("allOf", "oneOf", "anyOf") for part in schema.get(key, ()))]
    nothing: Mapping[str, Any] = {}
    return next((part for part in parts if part.keys() & {"properties", "additionalProperties"}), nothing)


def _flat(spec: Spec, node: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a schema with the references of its alternatives and items resolved."""
    resolved = spec.resolve(node)
    parts: dict[str, Any] = {
        key: [spec.resolve(part) for part in resolved[key]] for key in ("oneOf", "anyOf", "allOf") if key in resolved
    }
    if "items" in resolved:
        parts["items"] = spec.resolve(resolved["items"])
    return {**resolved, **parts} if parts else resolved


def request_schema(spec: Spec, operation: Operation) -> Mapping[str, Any]:
    """Return the resolved schema of the JSON request body, or an empty one."""
    body = spec.resolve(spec.node(operation).get("requestBody"))
    return spec.resolve(as_object(as_object(body.get("content")).get("application/json")).get("schema"))


def volatile(spec: Spec, operation: Operation | None) -> frozenset[str]:
    """Return the properties of a returned object that change by themselves, as those of a running build do."""
    return frozenset(name for node in _object_rules(spec, operation) for name in node.get("volatile", ()))


def moving(spec: Spec, operation: Operation | None, found: object) -> frozenset[str]:
    """Return the properties of an object that may still change by themselves.

    A finished job does not change any more, and a build keeps the time at which it was failing.
    """
    rules = list(_object_rules(spec, operation))
    if any("settled" in node and holds(node["settled"], found) for node in rules):
        return frozenset()
    lasting = {name for node in rules for name in node.get("lasting", ()) if as_object(found).get(name) is not None}
    return volatile(spec, operation) - lasting


def _object_rules(spec: Spec, operation: Operation | None) -> Iterator[Mapping[str, Any]]:
    """Yield `x-effects` of the schema of a returned object or item, and of its parts and alternatives."""
    if operation is None:
        return
    schema = spec.response_schema(operation)
    items = schema.get("items") or as_object(spec.resolve(as_object(schema.get("properties")).get("items"))).get(
        "items"
    )
    item = spec.resolve(items) if items else schema
    parts = [item, *(spec.resolve(part) for key in ("oneOf", "anyOf", "allOf") for part in item.get(key, ()))]
    yield from (as_object(part.get("x-effects")) for part in parts)


def file_fields(spec: Spec, operation: Operation) -> list[str]:
    """Return the fields of a form that are files."""
    body = spec.resolve(spec.node(operation).get("requestBody"))
    media = as_object(as_object(body.get("content")).get("multipart/form-data"))
    known = properties(spec, spec.resolve(media.get("schema")))
    return [name for name, each in known.items() if each.get("format") == "binary"]
