"""Invalid request bodies: each is refused with an error that names what is wrong, and has no effect."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import define, evolve, frozen

from ..._base.json_values import as_array, as_object, is_array, is_object
from ..api import Api, Kind, Operation, object_path, types_of
from ..behaviour import Refusal
from ..exchange import Exchange, PathValues, Request
from ..executor import Executor, Finding
from ..names import recognizable, unique_name
from ..values import MISSING, holds, is_uuid
from .documented_errors import message_problems
from .objects import Path, body_of, references, replaced, texts_in

ACCEPTED: Final = "invalid_request_accepted"
MALFORMED: Final = "malformed_request_accepted"
TEXT: Final = "documented_refusal"
OTHER_FIELD: Final = "error_names_other_field"
_WORD: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_JSON: Final = "application/json"
_REFUSED: Final = frozenset({400, 409, 413, 415, 422})
#: Statuses of requests that are refused for another reason than their body.
_UNDECIDED: Final = frozenset({401, 403, 410, 429})
_UNKNOWN_ID: Final = "00000000-0000-4000-8000-00000000dead"
_UNKNOWN_SLUG: Final = "no-such-object"
#: Objects to read until one has a state in which it can be changed.
_OBJECTS: Final = 60
#: Bodies for an operation.
_BODIES: Final = 150
_DESCRIPTION: Final = "description"
_ID_ENDS: Final = ("_id", "_uuid", "_ids", "_uuids")
#: Levels of nested properties.
_DEPTH: Final = 4
#: The longest text that is sent.
_LONGEST: Final = 100_000
#: A text that no object has, for properties that the valid body lacks.
_UNUSED: Final = "Unused4907"
#: A rule that a validator does not know.
TOO_MANY_BYTES: Final = "has too many bytes"
_TWO_BYTES: Final = "ü"
#: Rules of which each property gets one in turn: schemathesis sends values of all types.
_TYPES: Final = ("is null", "has another type")
#: Forms of a valid text, which a server might normalize.
_FORMS: Final = (" {}", "{} ", "-{}", "_{}", "{}!")
#: Texts by the keyword of a schema that may not allow them.
_TEXTS: Final[Mapping[str, Sequence[str]]] = {
    "minLength": ("",),
    "enum": ("", "no such value"),
    "format": ("not-an-id", "2031-02-30T09:00:00Z", "2031-02-30", "not a url"),
    "pattern": ("", "  ", "\t\n", "!", "a b", "-", "ä", "_a", "a-b", "bk", "Bk_key", "BUILDKITE_KEY", "buildKite_key"),
}


def send_refusals(executor: Executor, operations: Sequence[Operation]) -> Iterator[Operation]:
    """Send invalid bodies to one object of each operation."""
    for operation in operations:
        if not operation.is_read and operation.body_media_type == _JSON:
            yield operation
            reading = executor.api.at("GET", object_path(operation.path)) if operation.parameters else None
            values = _target(executor, operation, reading)
            if values is None:
                executor.skip(ACCEPTED, operation, "there is no object that may be changed")
                continue
            kind = executor.world.kind_of(operation)
            creates = kind is not None and operation is kind.create
            current = as_object(None if creates or reading is None else executor.read(reading, values).body)
            examples = sorted(operation.body_examples, key=len, reverse=True)
            bodies = [body_of(executor, operation, each, values) for each in examples]
            valid = [_changed(executor.api, operation, each, current) for each in bodies]
            plan = _Bodies(executor, operation, kind, values, valid)
            with executor.unaffected(kind, values) as refused:
                refused.extend(plan.send_invalid())
                refused.extend(plan.send_malformed())


def _target(executor: Executor, operation: Operation, reading: Operation | None) -> PathValues | None:
    """Return the path values of an object in a state in which a valid request is accepted."""
    states = [each.when for each in operation.behaviour.effects if each.object is None] or [{}]
    for values in executor.world.objects(operation)[:_OBJECTS]:
        found = None if reading is None else executor.read(reading, values)
        if found is None or (found.ok and any(holds(when, found.body) for when in states)):
            return values
    return None


def _changed(api: Api, operation: Operation, body: dict[str, Any], current: Mapping[str, Any]) -> dict[str, Any]:
    """Return a body with other values than an object has, so that an effect can be seen."""
    known = api.properties(operation.body_schema).keys() & current.keys()
    free = [name for name in known if isinstance(current[name], bool) or name == _DESCRIPTION]
    for name in dict.fromkeys([*body, *sorted(free)]):
        value = current.get(name)
        other: Any = f"{value or 'new'}-x" if isinstance(value, str) or name == _DESCRIPTION else value
        other = not value if isinstance(value, bool) else other
        if value == body.get(name, value) and _is_valid(api, operation, {**body, name: other}):
            body = {**body, name: other}
    return body


def _is_valid(api: Api, operation: Operation, body: Any) -> bool:
    return next(api.body_problems(operation, body), None) is None


@define
class _Bodies:
    """The bodies for an object."""

    executor: Executor
    operation: Operation
    kind: Kind | None
    values: PathValues
    valid: Sequence[dict[str, Any]]
    """Valid bodies, those with most properties first."""

    @property
    def properties(self) -> Mapping[str, Mapping[str, Any]]:
        """The properties of the body."""
        return self.executor.api.properties(self.operation.body_schema)

    def send_invalid(self) -> Iterator[Exchange]:
        """Send bodies that break one rule each."""
        creates = self.kind is not None and self.operation is self.kind.create
        found = {(each.field, each.rule): each for each in reversed([*self._all()])}
        for each in list(reversed(found.values()))[:_BODIES]:
            others = {name: node for name, node in self.properties.items() if name != each.field}
            body = recognizable(each.body, others) if creates else each.body
            request = Request(self.operation, self.values, body=body, why=f"in which {each.field} {each.rule}")
            if self.executor.permits(request):
                exchange = self.executor.send(request)
                if exchange.status in _UNDECIDED:
                    self.executor.skip(ACCEPTED, self.operation, f"the object gets {exchange.status}")
                    return
                yield exchange
                self._judge(each, exchange)

    def send_malformed(self) -> Iterator[Exchange]:
        """Send bodies that are not JSON objects."""
        example = as_object(next(iter(self.valid), None))
        text, name = json.dumps(example).encode(), unique_name().encode()
        is_required = self.executor.api.resolve(self.operation.node.get("requestBody")).get("required")
        for rule, content, media_type in (
            ("is not complete JSON", text[:-1], f"{_JSON}; charset=utf-8"),
            ("is not JSON", b"name: " + name, _JSON),
            ("is an array", b"[1]", _JSON),
            ("is a text", b'"text"', _JSON),
            ("is not UTF-8", b'{"name": "%s\xff\xfe"}' % name, _JSON),
            *([("is empty", b"", _JSON)] if is_required else []),
        ):
            headers, why = {"Content-Type": media_type}, f"whose body {rule}"
            request = Request(self.operation, self.values, headers=headers, content=content, why=why)
            if self.executor.permits(request):
                yield (exchange := self.executor.send(request))
                is_wrong = exchange.status not in {*_REFUSED, *_UNDECIDED, 404}
                if is_wrong or (exchange.status == 415 and "utf-8" in media_type):
                    self.executor.report(Finding(MALFORMED, f"a request {why} gets {exchange.status}", exchange))

    def _judge(self, invalid: Invalid, exchange: Exchange) -> None:
        """Check that a body is refused with an error that names the property."""
        what, behaviour = f"({invalid.field} {invalid.rule})", self.operation.behaviour
        reading = self.executor.api.at("GET", self.operation.path)
        problems: list[tuple[str, str]] = []
        if exchange.ok:
            problems = [(ACCEPTED, f"the request is accepted with {exchange.status}")]
        elif exchange.status == 404 and reading is not None and self.executor.read(reading, self.values).ok:
            problems = [(TEXT, "an invalid body gets 404, although the path exists")]
        elif exchange.status in _REFUSED and invalid.field:
            texts = [*message_problems(Refusal(exchange.status, body={invalid.field: None}), exchange)]
            errors = as_array(exchange.object.get("errors"))
            if behaviour.field_errors and not errors:
                texts.append("the error lists no invalid fields")
            fields = field_problems(exchange.body, invalid.field, self.properties.keys())
            problems = [*((TEXT, each) for each in texts), *((OTHER_FIELD, each) for each in fields)]
        for check, problem in problems:
            self.executor.report(Finding(check, f"{problem} {what}", exchange))

    def _all(self) -> Iterator[Invalid]:
        for valid in self.valid:
            if self.executor.is_local:
                yield from self._unknown_references(valid)
            yield from self._changes(valid)

    def _changes(self, valid: dict[str, Any]) -> Iterator[Invalid]:
        """Yield changes that the schema does not allow. The last property is the first one in each second body."""
        api, operation = self.executor.api, self.operation
        for number, each in enumerate(changes(api, operation.body_schema, valid)):
            is_invalid = each.rule == TOO_MANY_BYTES or not _is_valid(api, operation, each.body)
            if is_invalid and _is_valid(api, operation, valid):
                yield evolve(each, body=dict(reversed(each.body.items()))) if number % 2 else each

    def _references(self, name: str, example: object = _UNKNOWN_ID) -> Sequence[str]:
        return references(self.executor, self.operation, name, self.values, example)

    def _unknown_references(self, valid: dict[str, Any]) -> Iterator[Invalid]:
        """Yield bodies in which one reference leads to no object: the only one, the first or the last."""
        for name, node in self.properties.items():  # a map of ids
            choices = self.executor.api.resolve(node.get("additionalProperties")).get("enum")
            if choices and (ids := self._references(name)):
                yield Invalid(
                    name, "has an unknown value", {**valid, name: {ids[0]: choices[0], ids[-1]: _UNKNOWN_SLUG}}
                )
        names = [name for name, node in self.properties.items() if name.endswith(_ID_ENDS) and "deprecated" not in node]
        known = {name: self._references(name) for name in {*names} - valid.keys()}
        added = {name: [*found] if name.endswith("s") else found[0] for name, found in known.items() if found}
        for path, value in texts_in({**valid, **added}):
            first = value[0] if is_array(value) else value
            name = str(next(each for each in reversed(path) if isinstance(each, str)))
            if (is_uuid(first) and name != "id") or self._references(name, first):
                unknown = _UNKNOWN_ID if is_uuid(first) else _UNKNOWN_SLUG
                for each in ([unknown], [unknown, *value], [*value, unknown]) if is_array(value) else (unknown,):
                    rule = f"is {each!r}, which refers to an object that does not exist"
                    yield Invalid(".".join(map(str, path)), rule, replaced(valid, path, each))


@frozen
class Invalid:
    """A body, and what is wrong with it."""

    field: str
    """Path of the invalid property, such as `settings.url`."""
    rule: str
    body: Any


def changes(api: Api, schema: object, valid: Any) -> Iterator[Invalid]:
    """Yield changes of a valid body. Whether one breaks a rule is for a validator to decide."""
    for number, (path, inner, value) in enumerate(_parts(api, schema, valid, ())):
        for rule, other in _values(inner, value):
            if rule == _TYPES[number % 2]:
                continue
            body = replaced(valid, path, other)
            yield Invalid(".".join(map(str, path)), rule, _without_missing(body) if other is MISSING else body)
    yield Invalid("unexpected", "is unknown", {**valid, "unexpected": 1})


def _parts(api: Api, schema: object, valid: Any, path: Path) -> Iterator[tuple[Path, Mapping[str, Any], Any]]:
    """Yield the paths of properties, items and values of a map, with their schemas and values in a valid body."""
    for variant in api.variants(schema) if len(path) < _DEPTH else ():
        if is_object(valid):
            facts = api.facts_of(variant).properties
            others = as_object(variant.get("additionalProperties"))
            nodes = {**(dict.fromkeys(valid, others) if others else {}), **as_object(variant.get("properties"))}
            for name, node in nodes.items():
                inner = {**api.resolve(node)}
                if name in facts:
                    inner |= {**facts[name].strict, TOO_MANY_BYTES: facts[name].max_bytes}
                yield (*path, name), inner, valid.get(name, MISSING)
                yield from _parts(api, node, valid.get(name), (*path, name))
        if is_array(valid) and valid and "items" in variant:
            for number, item in enumerate([*valid, valid[0]]):  # also behind the last one
                yield (*path, number), api.resolve(variant["items"]), item
            yield from _parts(api, variant["items"], valid[0], (*path, 0))


def _values(schema: Mapping[str, Any], valid: Any) -> Iterator[tuple[str, Any]]:
    """Yield values of a property, and what may be wrong with them."""
    kinds = types_of(schema)
    yield "is missing", MISSING
    yield _TYPES[0], None
    yield _TYPES[1], "no such value" if kinds & {"array", "object"} else {"unexpected": True}
    if kinds & {"integer", "number"}:
        yield "is true", True
        yield "is not whole", 1.5
        for name, step in (("minimum", -1), ("maximum", 1)):
            yield f"is beyond the {name}", schema.get(name, 0) + step
    if is_array(valid) and valid:
        yield "is empty", []
        if (most := schema.get("maxItems", _LONGEST)) < _LONGEST:
            yield "has too many items", valid[:1] * (most + 1)
    if "string" in kinds:
        for texts in (texts for name, texts in _TEXTS.items() if name in schema):
            yield from ((f"is {text!r}", text) for text in texts)
        for name, step in (("minLength", -1), ("maxLength", 1)):
            if 0 < (length := schema.get(name, -1) + step) < _LONGEST:
                yield f"is beyond the {name}", "x" * length
        if isinstance(most := schema.get(TOO_MANY_BYTES), int):
            yield TOO_MANY_BYTES, _TWO_BYTES * (most // len(_TWO_BYTES.encode()) + 1)
        if schema.keys() & {"pattern", "enum"}:
            text = next(map(str, as_array(schema.get("enum"))), str(_UNUSED if valid is MISSING else valid))
            yield "is in the other case", text.swapcase()
            yield from (
                (f"has the form {form!r}", form.format(text)) for form in _FORMS[: 1 if "enum" in schema else None]
            )


def _without_missing(value: Any) -> Any:
    """Return JSON without what is `MISSING`."""
    if is_object(value):
        return {name: _without_missing(each) for name, each in value.items() if each is not MISSING}
    return [_without_missing(each) for each in value if each is not MISSING] if is_array(value) else value


def field_problems(body: object, field: str, names: Collection[str]) -> Iterator[str]:
    """Check that the error of a request with one invalid field names it and no other one.

    A body without `errors` need not name a field, but must not name others only.

    Args:
        body: The parsed body.
        field: Path of the invalid field, such as `steps.0.command`.
        names: Names of all properties of the request.
    """
    own = _names_in(field)
    errors = as_array(as_object(body).get("errors"))
    if errors:
        found = [str(as_object(each).get("field")) for each in errors]
        if not any(own & _names_in(each) or each in {"base", ""} for each in found):
            yield f"the errors name {', '.join(found)} instead of {field}"
        elif others := [each for each in found if not own & _names_in(each) and each in names]:
            yield f"the errors name {', '.join(others)} too, but only {field} is invalid"
        return
    message = as_object(body).get("message")
    words = {word.lower() for word in _WORD.findall(message)} if isinstance(message, str) else set[str]()
    named = {name for name in names if "_" in name and name.lower() in words}
    if named and not named & own and not words & {name.lower() for name in own}:
        yield f"the message names {', '.join(sorted(named))} instead of {field}"


def _names_in(field: str) -> set[str]:
    """Return the names in the path of a field, such as `steps[0].command`."""
    parts = {part for part in re.split(r"[.\[\]/]", field) if part and not part.isdecimal()}
    return parts | {part.removesuffix("_id") for part in parts}
