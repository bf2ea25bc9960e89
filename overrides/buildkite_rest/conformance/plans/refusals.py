"""Invalid request bodies: each is refused with an error that names what is wrong, and has no effect."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final
from urllib.parse import urlencode

from attrs import define, evolve

from ..._base.json_values import as_object, is_array, is_object
from ..api import Api, Kind, Operation, object_path
from ..error_rules import field_problems, text_problems
from ..exchange import Exchange, PathValues, Request
from ..executor import Executor, Finding
from ..names import recognizable, unique_name
from ..values import is_uuid
from .documented_errors import holds, is_about_state, is_documented
from .invalid_values import TOO_MANY_BYTES, Invalid, changes
from .references import has_free, references, referring, replaced, texts_in

ACCEPTED: Final = "invalid_request_accepted"
MALFORMED: Final = "malformed_request_accepted"
TEXT: Final = "documented_refusal"
OTHER_FIELD: Final = "error_names_other_field"
_JSON: Final = "application/json"
_FORM: Final = "application/x-www-form-urlencoded"
_REFUSED: Final = frozenset({400, 409, 413, 415, 422})
#: Statuses of requests that are refused for another reason than their body.
_UNDECIDED: Final = frozenset({401, 403, 410, 429})
_UNKNOWN_ID: Final = "00000000-0000-4000-8000-00000000dead"
_UNKNOWN_SLUG: Final = "no-such-object"
#: Objects to read until one has a state in which it can be changed.
_OBJECTS: Final = 60
#: Bodies for an operation.
_BODIES: Final = 150
_ID_ENDS: Final = ("_id", "_uuid", "_ids", "_uuids")


def send_refusals(executor: Executor, operations: Sequence[Operation]) -> Iterator[Operation]:
    """Send invalid bodies to one object of each operation."""
    for operation in operations:
        if not operation.is_read and operation.body_media_type == _JSON:
            yield operation
            kind = executor.world.kind_of(operation)
            values = _target(executor, operation)
            if values is None:
                executor.skip(ACCEPTED, operation, "there is no object that may be changed")
                continue
            plan = _Bodies(executor, operation, kind, values)
            with executor.unaffected(kind, values) as refused:
                plan.send_invalid(refused)
                plan.send_malformed(refused)


def _target(executor: Executor, operation: Operation) -> PathValues | None:
    """Return the path values of an object in a state in which a valid request is accepted."""
    created = executor.world.selector.objects.created(object_path(operation.path))
    known = [*executor.world.objects(operation), *created]
    reading = executor.api.at("GET", object_path(operation.path))
    states = [each.when for each in operation.behaviour.effects if each.object is None]
    first = None
    for each in known[:_OBJECTS]:
        values = {name: each[name] for name in operation.parameters}
        found = None if reading is None or not operation.parameters else executor.read(reading, values)
        if found is None or (found.ok and (not states or any(holds(when, found.body) for when in states))):
            first = first or values
            if has_free(executor, operation, values):
                return values
    return first


@define
class _Bodies:
    """The bodies for an object."""

    executor: Executor
    operation: Operation
    kind: Kind | None
    values: PathValues

    @property
    def api(self) -> Api:
        """The API."""
        return self.executor.api

    @property
    def creates(self) -> bool:
        """Whether the operation creates an object."""
        return self.kind is not None and self.operation is self.kind.create

    def send_invalid(self, refused: list[Exchange]) -> None:
        """Send bodies that break one rule each."""
        seen = set[tuple[str, str]]()
        for each in islice((*self._documented(), *self._unknown_references(), *self._changes()), _BODIES):
            body = recognizable(each.body, self._others(each.field)) if self.creates else each.body
            request = Request(self.operation, self.values, body=body, why=f"in which {each.field} {each.rule}")
            if (each.field, each.rule) in seen or not self.executor.permits(request):
                continue
            seen.add((each.field, each.rule))
            exchange = self.executor.send(request)
            if exchange.status in _UNDECIDED:
                self.executor.skip(ACCEPTED, self.operation, f"the object gets {exchange.status}")
                return
            refused.append(exchange)
            self._judge(each, exchange)

    def send_malformed(self, refused: list[Exchange]) -> None:
        """Send bodies that are not JSON objects."""
        example = next(self._valid(), {})
        text = json.dumps(example).encode()
        scalars = {name: value for name, value in example.items() if isinstance(value, str | int)}
        table = [
            ("is not complete JSON", text[:-1], f"{_JSON}; charset=utf-8"),
            ("is not JSON", f"name: {unique_name()}".encode(), _JSON),
            ("is an array", b"[1]", _JSON),
            ("is a text", b'"text"', _JSON),
            ("is not UTF-8", b'{"name": "%s\xff\xfe"}' % unique_name().encode(), _JSON),
        ]
        if self.api.resolve(self.operation.node.get("requestBody")).get("required"):
            table.append(("is empty", b"", _JSON))
        if self.executor.is_local and scalars:
            table += [("is plain text", text, "text/plain"), ("is a form", urlencode(scalars).encode(), _FORM)]
        states = [each for each in self.operation.behaviour.refusals if each.message and is_about_state(each)]
        for rule, content, media_type in table:
            headers, why = {"Content-Type": media_type}, f"whose body {rule}"
            request = Request(self.operation, self.values, headers=headers, content=content, why=why)
            if not self.executor.permits(request):
                continue
            exchange = self.executor.send(request)
            refused.append(exchange)
            is_wrong = exchange.status not in {*_REFUSED, *_UNDECIDED, 404}
            is_read = any(is_documented(each, exchange) for each in states)
            if is_wrong or is_read or (exchange.status == 415 and "utf-8" in media_type):
                what = f"{exchange.status}{', as if it had been read' if is_read else ''}"
                self.executor.report(Finding(MALFORMED, f"a request {why} gets {what}", exchange))

    def _judge(self, invalid: Invalid, exchange: Exchange) -> None:
        """Check that a body is refused with an error that names the property."""
        report, what = self.executor.report, f"({invalid.field} {invalid.rule})"
        self.executor.count(ACCEPTED)
        if exchange.ok:
            report(Finding(ACCEPTED, f"the request is accepted with {exchange.status} {what}", exchange))
        elif exchange.status == 404 and self._is_found():
            report(Finding(TEXT, f"an invalid body gets 404, although the path exists {what}", exchange))
        elif exchange.status in _REFUSED and invalid.field:
            behaviour = self.operation.behaviour
            beginning = behaviour.messages.get(str(exchange.status), "")
            problems = [*text_problems(exchange.body, beginning, invalid.field, invalid.code)]
            if behaviour.field_errors and not exchange.object.get("errors"):
                problems.append("the error lists no invalid fields")
            for problem in problems:
                report(Finding(TEXT, f"{problem} {what}", exchange))
            for problem in field_problems(exchange.body, invalid.field, _names(self.api, self.operation.body_schema)):
                report(Finding(OTHER_FIELD, f"{problem} {what}", exchange))

    def _is_found(self) -> bool:
        """Return whether the object or the list of the path can be read."""
        reading = self.api.at("GET", self.operation.path)
        return reading is not None and self.executor.read(reading, self.values).ok

    def _others(self, field: str) -> Mapping[str, Mapping[str, Any]]:
        return {name: node for name, node in self.api.properties(self.operation.body_schema).items() if name != field}

    def _valid(self) -> Iterator[dict[str, Any]]:
        """Yield valid bodies, those with most properties first."""
        for example in sorted(self.operation.body_examples, key=len, reverse=True):
            body = referring(self.executor, self.operation, self.values, example)
            reading = self.api.at("GET", object_path(self.operation.path))
            if self.creates or reading is None or not self.operation.parameters:
                yield body
            else:
                yield self._changed(body, self.executor.read(reading, self.values).object)

    def _changed(self, body: dict[str, Any], current: Mapping[str, Any]) -> dict[str, Any]:
        """Return a body with other values than an object has, so that an effect can be seen."""
        flags = {name for name in self._others("") if isinstance(current.get(name), bool)}
        for name in [*body, *sorted(flags - body.keys())]:
            value = current.get(name)
            if value != body.get(name, value):
                continue
            other = not value if isinstance(value, bool) else f"{value}-x" if isinstance(value, str) else value
            if next(self.api.body_problems(self.operation, {**body, name: other}), None) is None:
                body = {**body, name: other}
        return body

    def _changes(self) -> Iterator[Invalid]:
        """Yield bodies that the schema does not allow. Those with an invalid last property have it first in turn."""
        schema, operation = self.operation.body_schema, self.operation
        for valid in self._valid():
            if next(self.api.body_problems(operation, valid), None) is not None:
                continue
            for number, each in enumerate(changes(self.api, schema, valid)):
                if each.rule == TOO_MANY_BYTES or next(self.api.body_problems(operation, each.body), None) is not None:
                    last = dict(reversed(each.body.items()))
                    yield evolve(each, body=last) if number % 2 else each

    def _documented(self) -> Iterator[Invalid]:
        """Yield the bodies that the documentation calls invalid, also for the counterpart of the operation."""
        for name, each in self.operation.behaviour.invalid_examples.items():
            body = self.executor.world.body(self.operation, each.value) if is_object(each.value) else each.value
            kept = {key: each.value[key] for key in each.field.split(".")[:1] if key in as_object(each.value)}
            yield Invalid(each.field, f"is invalid in the example {name}", {**as_object(body), **kept}, each.code or "")
        pair = () if self.kind is None else (self.kind.create, self.kind.update)
        other = next((each for each in pair if each not in {self.operation, None}), None)
        valid = next(self._valid(), None)
        if self.operation in pair and other is not None and valid is not None and self.executor.is_local:
            for each in other.behaviour.invalid_examples.values():
                if each.field in self._others("") and each.field in as_object(each.value):
                    body = {**valid, each.field: each.value[each.field]}
                    yield Invalid(each.field, f"is {each.value[each.field]!r}, as in {other.id},", body)

    def _unknown_references(self) -> Iterator[Invalid]:
        """Yield bodies in which one reference leads to no object: the only one, the first or the last."""
        if not self.executor.is_local:
            return
        for valid in self._valid():
            known = {path: value for path, value in texts_in(valid) if self._refers(path, value)}
            for name, node in self._others("").items():
                if name not in valid and name.endswith(_ID_ENDS) and not node.get("deprecated"):
                    found = self._known(name, _UNKNOWN_ID)
                    known |= {(name,): found[:1] if name.endswith("s") else found[0]} if found else {}
            for path, value in known.items():
                unknown = _UNKNOWN_ID if is_uuid(value[0] if is_array(value) else value) else _UNKNOWN_SLUG
                variants = [[unknown], [unknown, *value], [*value, unknown]] if is_array(value) else [unknown]
                for number, each in enumerate(variants):
                    rule = f"refers to an object that does not exist ({number})"
                    yield Invalid(".".join(map(str, path)), rule, replaced(valid, path, each))

    def _refers(self, path: tuple[str | int, ...], value: Any) -> bool:
        first = value[0] if is_array(value) else value
        name = next(each for each in reversed(path) if isinstance(each, str))
        return (is_uuid(first) and name != "id") or bool(self._known(name, first))

    def _known(self, name: str, example: object) -> Sequence[str]:
        return references(self.executor, name, example, self.values)


def _names(api: Api, schema: object, depth: int = 4) -> frozenset[str]:
    """Return the names of all properties in a schema."""
    names = set[str]()
    for variant in api.variants(schema) if depth else ():
        properties = as_object(variant.get("properties"))
        names.update(properties)
        for node in (*properties.values(), variant.get("items")):
            names |= _names(api, node, depth - 1)
    return frozenset(names)
