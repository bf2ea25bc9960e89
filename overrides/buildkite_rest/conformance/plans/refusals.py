"""Invalid request bodies: each is refused with an error that names what is wrong, and has no effect."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from attrs import define, evolve

from ..._base.json_values import as_object, is_array
from ..api import Api, Kind, Operation, object_path
from ..exchange import Exchange, PathValues, Request
from ..executor import Executor, Finding
from ..names import recognizable, unique_name
from ..rules.errors import field_problems, text_problems
from ..values import holds, is_uuid
from .documented_errors import is_about_state, problems_of
from .invalid_values import TOO_MANY_BYTES, Invalid, changes
from .references import has_free, references, referring, replaced, texts_in

ACCEPTED: Final = "invalid_request_accepted"
MALFORMED: Final = "malformed_request_accepted"
TEXT: Final = "documented_refusal"
OTHER_FIELD: Final = "error_names_other_field"
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
            bodies = [referring(executor, operation, values, each) for each in examples]
            valid = [_changed(executor.api, operation, each, current) for each in bodies]
            plan = _Bodies(executor, operation, kind, values, valid)
            with executor.unaffected(kind, values) as refused:
                refused.extend(plan.send_invalid())
                refused.extend(plan.send_malformed())


def _target(executor: Executor, operation: Operation, reading: Operation | None) -> PathValues | None:
    """Return the path values of an object in a state in which a valid request is accepted."""
    created = executor.world.selector.objects.created(object_path(operation.path))
    states = [each.when for each in operation.behaviour.effects if each.object is None] or [{}]
    first = None
    for each in [*executor.world.objects(operation), *created][:_OBJECTS]:
        values = {name: each[name] for name in operation.parameters}
        found = None if reading is None else executor.read(reading, values)
        if found is None or (found.ok and any(holds(when, found.body) for when in states)):
            first = first or values
            if has_free(executor, operation, values):
                return values
    return first if operation.parameters else {}


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
        form = urlencode({name: value for name, value in example.items() if isinstance(value, str | int)}).encode()
        is_required = self.executor.api.resolve(self.operation.node.get("requestBody")).get("required")
        states = [each for each in self.operation.behaviour.refusals if is_about_state(each)]
        for rule, content, media_type in (
            ("is not complete JSON", text[:-1], f"{_JSON}; charset=utf-8"),
            ("is not JSON", b"name: " + name, _JSON),
            ("is an array", b"[1]", _JSON),
            ("is a text", b'"text"', _JSON),
            ("is not UTF-8", b'{"name": "%s\xff\xfe"}' % name, _JSON),
            *([("is empty", b"", _JSON)] if is_required else []),
            *([("is plain text", text, "text/plain")] if self.executor.is_local else []),
            *([("is a form", form, "application/x-www-form-urlencoded")] if self.executor.is_local and form else []),
        ):
            headers, why = {"Content-Type": media_type}, f"whose body {rule}"
            request = Request(self.operation, self.values, headers=headers, content=content, why=why)
            if self.executor.permits(request):
                yield (exchange := self.executor.send(request))
                is_wrong = exchange.status not in {*_REFUSED, *_UNDECIDED, 404}
                is_read = any(not list(problems_of(each, exchange)) for each in states)
                if is_wrong or is_read or (exchange.status == 415 and "utf-8" in media_type):
                    what = f"{exchange.status}{', as if it had been read' if is_read else ''}"
                    self.executor.report(Finding(MALFORMED, f"a request {why} gets {what}", exchange))

    def _judge(self, invalid: Invalid, exchange: Exchange) -> None:
        """Check that a body is refused with an error that names the property."""
        what, behaviour = f"({invalid.field} {invalid.rule})", self.operation.behaviour
        reading = self.executor.api.at("GET", self.operation.path)
        self.executor.count(ACCEPTED)
        problems: list[tuple[str, str]] = []
        if exchange.ok:
            problems = [(ACCEPTED, f"the request is accepted with {exchange.status}")]
        elif exchange.status == 404 and reading is not None and self.executor.read(reading, self.values).ok:
            problems = [(TEXT, "an invalid body gets 404, although the path exists")]
        elif exchange.status in _REFUSED and invalid.field:
            beginning = behaviour.messages.get(str(exchange.status), "")
            texts = [*text_problems(exchange.body, beginning, invalid.field, invalid.code)]
            if behaviour.field_errors and not exchange.object.get("errors"):
                texts.append("the error lists no invalid fields")
            fields = field_problems(exchange.body, invalid.field, self.properties.keys())
            problems = [*((TEXT, each) for each in texts), *((OTHER_FIELD, each) for each in fields)]
        for check, problem in problems:
            self.executor.report(Finding(check, f"{problem} {what}", exchange))

    def _all(self) -> Iterator[Invalid]:
        yield from self._documented()
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

    def _documented(self) -> Iterator[Invalid]:
        """Yield the bodies that the documentation calls invalid, and such values of the counterpart."""
        for name, each in self.operation.behaviour.invalid_examples.items():
            top = each.field.split(".")[0]
            kept = {key: value for key, value in as_object(each.value).items() if key == top}
            body = {**self.executor.world.body(self.operation, as_object(each.value)), **kept}
            yield Invalid(each.field, f"is invalid in the example {name}", body, each.code or "")
        pair = [] if self.kind is None else [self.kind.create, self.kind.update]
        for other in pair if self.operation in pair and self.valid and self.executor.is_local else ():
            for each in () if other is None else other.behaviour.invalid_examples.values():
                if each.field in self.properties and each.field in as_object(each.value):
                    value = each.value[each.field]
                    yield Invalid(each.field, f"is {value!r}", {**self.valid[0], each.field: value})

    def _unknown_references(self, valid: dict[str, Any]) -> Iterator[Invalid]:
        """Yield bodies in which one reference leads to no object: the only one, the first or the last."""
        for name, node in self.properties.items():  # a map of ids
            choices = self.executor.api.resolve(node.get("additionalProperties")).get("enum")
            if choices and (ids := references(self.executor, name, _UNKNOWN_ID, self.values)):
                yield Invalid(
                    name, "has an unknown value", {**valid, name: {ids[0]: choices[0], ids[-1]: _UNKNOWN_SLUG}}
                )
        names = [name for name, node in self.properties.items() if name.endswith(_ID_ENDS) and "deprecated" not in node]
        known = {name: references(self.executor, name, _UNKNOWN_ID, self.values) for name in {*names} - valid.keys()}
        added = {name: [*found] if name.endswith("s") else found[0] for name, found in known.items() if found}
        for path, value in texts_in({**valid, **added}):
            first = value[0] if is_array(value) else value
            name = str(next(each for each in reversed(path) if isinstance(each, str)))
            if (is_uuid(first) and name != "id") or references(self.executor, name, first, self.values):
                unknown = _UNKNOWN_ID if is_uuid(first) else _UNKNOWN_SLUG
                for each in ([unknown], [unknown, *value], [*value, unknown]) if is_array(value) else (unknown,):
                    rule = f"is {each!r}, which refers to an object that does not exist"
                    yield Invalid(".".join(map(str, path)), rule, replaced(valid, path, each))
