"""The phase *refusals*: an invalid request gets an error that names the field, and has no effect."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any, Final
from urllib.parse import urlencode

from attrs import define, evolve

from ..._base.json_values import as_object, is_object
from ..counterparts import counterpart_of, shared_invalid_bodies
from ..documented_refusals import Refusal
from ..effects.bodies import Bodies
from ..effects.expectations import holds
from ..effects.kinds import kinds_of
from ..effects.values import properties
from ..invalid_bodies import InvalidBody, invalid_bodies, property_names
from ..loopback import is_local
from ..names import recognizable, unique_name
from ..objects import ObjectSelector, PathValues, with_ids
from ..page_items import items_of
from ..request_bodies import RequestBodies
from ..rules.errors import error_problems, field_problems, text_problems
from ..snapshots import Snapshot
from ..spec import Operation, object_path
from ..traffic import Response, Session
from ..unknown_references import UNKNOWN_REFERENCE, unknown_references

_JSON: Final = "application/json"
_JSON_IN_UTF8: Final = "application/json; charset=utf-8"
#: Statuses of a refused request.
_REFUSED: Final = frozenset({400, 409, 413, 415, 422})
#: Statuses of requests that are refused for another reason than their body.
_UNDECIDED: Final = frozenset({401, 403, 404, 410, 429})
#: Objects to try until one can have a further child.
_OBJECTS: Final = 12
#: Objects to read until one has a state in which it can be changed.
_STATES: Final = 60
#: Invalid bodies per operation.
_BODIES: Final = 60


def check_refusals(session: Session, selector: ObjectSelector, operations: Sequence[Operation]) -> Iterator[Operation]:
    """Send invalid bodies to the operations. Yields each operation before its requests are sent."""
    by_label = {operation.label: operation for operation in selector.spec.operations}
    references = Bodies(session, selector, kinds_of(selector.spec))
    checks = _Refusals(session, selector, by_label, RequestBodies(session, selector), references)
    for operation in operations:
        if operation.has_body and not operation.is_read_only:
            yield operation
            checks.check(operation)


@define
class _Refusals:
    session: Session
    selector: ObjectSelector
    operations: Mapping[str, Operation]
    bodies: RequestBodies
    references: Bodies

    def check(self, operation: Operation) -> None:
        """Send invalid bodies to one object."""
        content = as_object(self.selector.spec.resolve(self.selector.spec.node(operation)["requestBody"])["content"])
        described = as_object(content.get(_JSON))
        if not described:
            self.session.skip("invalid_request_accepted", operation, "the body is not JSON")
            return
        values = self._values(operation)
        if values is None:
            self.session.skip("invalid_request_accepted", operation, "there is no object that may be changed")
            return
        known = [self.references.referring(operation, each, values) for each in operation.body_examples]
        if None in known:
            self.session.skip("invalid_request_accepted", operation, "no object to refer to")
        examples = [
            self._unused(operation, values, self.bodies.valid(operation, values, each))
            for each in known
            if each is not None
        ]
        before = Snapshot.take(self.session, self.operations, operation, values)
        if before is not None and not self.selector.creates(operation):
            examples = [self.bodies.changed(operation, each, before.response.body) for each in examples]
        sent: list[tuple[Any, Response]] = []
        for invalid in self._bodies(operation, values, described, examples):
            if not self.session.allows(operation, values, body=invalid.body):
                reason = "a body refers to an object of others, or gives a new one a name that is not unique"
                self.session.skip("invalid_request_accepted", operation, reason)
                continue
            response = self.session.send(operation, values, body=invalid.body)
            if (
                invalid.rule == UNKNOWN_REFERENCE
                and response.status == 404
                and not self._hides_error(operation, response)
            ):
                continue  # it is not known whether the object of the path or that of the body is missing
            if response.status in _UNDECIDED and not self._hides_error(operation, response):
                self.session.skip("invalid_request_accepted", operation, f"the object gets {response.status}")
                break
            sent.append((invalid.body, response))
            self._check_refused(operation, invalid, response, described)
            if response.ok:
                self.selector.record_success(operation, values, response.body)
        else:
            self._check_malformed(operation, values, examples)
        after = Snapshot.take(self.session, self.operations, operation, values)
        # An accepted request, which is a failure already, may have an effect.
        if sent and before is not None and after is not None and not any(response.ok for _, response in sent):
            self.session.count("refused_request_has_effect")
            if (effect := before.effect(after, [body for body, _ in sent])) is not None:
                message = f"a refused request has {effect}"
                self.session.record_failure(
                    "refused_request_has_effect", "BK234", message, sent[-1][1], [after.response]
                )
        self._check_untyped(operation, values, examples)

    def _unused(self, operation: Operation, values: PathValues, body: Any) -> Any:
        """Return the body of a new object with references that no object has: a second one may be refused."""
        found = self._references(operation, values, body)
        return {**body, **{name: each[0] for name, each in found.items() if each}} if found else body

    def _references(self, operation: Operation, values: PathValues, body: Any) -> Mapping[str, Sequence[str]]:
        """Return the ids that each property of a new object may have instead of one that another object has."""
        listing = self.operations.get(f"GET {operation.path}")
        if listing is None or operation.method != "POST":
            return {}
        items = items_of(self.session.read(listing, values).body) or ()
        found: dict[str, Sequence[str]] = {}
        for name, value in as_object(body).items():
            used = [as_object(item).get(name) for item in items]
            if name.endswith("_id") and value in used:
                known = self.references.references(name, value, values)
                found[name] = [each for each in known if each not in used]
        return found

    def _has_unused(self, operation: Operation, values: PathValues) -> bool:
        bodies = [self.bodies.valid(operation, values, each) for each in operation.body_examples]
        return all(found for body in bodies for found in self._references(operation, values, body).values())

    def _values(self, operation: Operation) -> PathValues | None:
        if not operation.parameters:
            return {} if self.session.allows(operation, {}) else None
        candidates = [*(_created(self.selector, operation)), *self.selector.usable(operation)]
        allowed = list(islice((each for each in candidates if self.session.allows(operation, each)), _STATES))
        first = allowed[0] if allowed else None
        accepting = islice((values for values in allowed if self._accepts(operation, values)), _OBJECTS)
        return next((values for values in accepting if self._has_unused(operation, values)), first)

    def _accepts(self, operation: Operation, values: PathValues) -> bool:
        """Return whether an object still exists, in a state in which a valid request is not refused."""
        reading = self.selector.spec.find("GET", object_path(operation.path))
        if reading is None or not operation.parameters:
            return True
        found = self.session.read(reading, values)
        effects = self.selector.spec.effects(operation)
        states = [as_object(each.get("when")) for each in effects if "object" not in each]
        return found.status not in {404, 410} and (not any(states) or any(holds(each, found.body) for each in states))

    def _bodies(
        self, operation: Operation, values: PathValues, described: Mapping[str, Any], examples: Sequence[Any]
    ) -> Iterator[InvalidBody]:
        """Yield all invalid bodies. Each shows that an object which it creates nevertheless is the run's."""
        bodies = [*self._invalid(described, examples), *self._documented(described)]
        others = self._of_counterpart(operation, examples)
        for each in [*bodies, *others, *self._unknown_references(values, described, examples)]:
            properties = {name: node for name, node in operation.body_properties.items() if name != each.field}
            is_new = self.selector.creates(operation)
            yield evolve(each, body=recognizable(each.body, properties)) if is_new else each

    def _invalid(self, described: Mapping[str, Any], examples: Sequence[Any]) -> list[InvalidBody]:
        """Return the invalid bodies of all examples, one for each field and rule."""
        found: dict[tuple[str, str], InvalidBody] = {}
        spec, schema, is_strict = self.selector.spec, described.get("schema"), is_local(self.session.options.base_url)
        for example in sorted(filter(is_object, examples), key=len, reverse=True):
            for each in invalid_bodies(spec, schema, example, misspelled=is_strict):
                found.setdefault((each.field, each.rule), each)
        return list(found.values())[:_BODIES]

    def _of_counterpart(self, operation: Operation, examples: Sequence[Any]) -> list[InvalidBody]:
        """Return bodies with values that the creation or the update of the same objects refuses, on this machine."""
        other = counterpart_of(operation, self.references.kinds)
        example = next(filter(is_object, examples), None)
        if other is None or example is None or not is_local(self.session.options.base_url):
            return []
        return list(shared_invalid_bodies(self.selector.spec, operation, other, example))

    def _unknown_references(
        self, values: PathValues, described: Mapping[str, Any], examples: Sequence[Any]
    ) -> list[InvalidBody]:
        """Return bodies that refer to no object, one for each property and position, on this machine."""
        if not is_local(self.session.options.base_url):
            return []
        schema = properties(self.selector.spec, self.selector.spec.resolve(described.get("schema")))
        found: dict[tuple[str, int], InvalidBody] = {}
        for example in filter(is_object, examples):
            known = partial(self.references.references, parent=values)
            for number, each in enumerate(unknown_references(self.selector.spec, example, schema, known)):
                found.setdefault((each.field, number), each)
        return list(found.values())

    def _documented(self, described: Mapping[str, Any]) -> Iterator[InvalidBody]:
        """Yield the bodies that the documentation calls invalid, although the schema does not."""
        for name, example in as_object(described.get("x-invalid-examples")).items():
            field = str(example.get("field", ""))
            known = {
                key: value for key, value in self.selector.objects.known_ids.items() if key not in field.split(".")
            }
            value = with_ids(example.get("value"), known)
            yield InvalidBody(field, f"is invalid in the example {name!r}", value, example.get("code", ""))

    def _check_refused(
        self, operation: Operation, invalid: InvalidBody, response: Response, described: Mapping[str, Any]
    ) -> None:
        self.session.count("invalid_request_accepted")
        if response.ok:
            message = f"the request is accepted with {response.status}, although {invalid.field} {invalid.rule}"
            self.session.record_failure("invalid_request_accepted", "BK231", message, response)
        elif self._hides_error(operation, response):
            message = f"an invalid body gets 404, although the path exists ({invalid.field} {invalid.rule})"
            self.session.record_failure("documented_refusal", "BK235", message, response)
        elif response.status in _REFUSED and invalid.field:
            names = property_names(self.selector.spec, described.get("schema"))
            beginning = self.selector.spec.message_beginning(operation, response.status)
            for problem in text_problems(response.body, beginning, invalid.field, invalid.code):
                message = f"{problem} ({invalid.field} {invalid.rule})"
                self.session.record_failure("documented_refusal", "BK235", message, response)
            if self.selector.spec.lists_invalid_fields(operation) and not as_object(response.body).get("errors"):
                message = f"the error lists no invalid fields ({invalid.field} {invalid.rule})"
                self.session.record_failure("documented_refusal", "BK235", message, response)
            for problem in field_problems(response.body, invalid.field, names):
                message = f"{problem} ({invalid.field} {invalid.rule})"
                self.session.record_failure("error_names_other_field", "BK232", message, response)

    def _hides_error(self, operation: Operation, response: Response) -> bool:
        """Return whether the object or the list of the path of a 404 can be read."""
        reading = self.operations.get(f"GET {operation.path}") if response.status == 404 else None
        return reading is not None and self.session.read(reading, response.values).ok

    def _check_malformed(self, operation: Operation, values: PathValues, examples: Sequence[Any]) -> None:
        """Send bodies that are not JSON, or not an object."""
        objects = [each for each in examples if is_object(each)]
        example: Mapping[str, Any] = objects[0] if objects else {}
        if not self.session.allows(operation, values, body=example):
            self.session.skip("malformed_request_accepted", operation, "the body refers to an object of others")
            return
        text = json.dumps(example)
        bodies: list[tuple[str, bytes, str]] = [
            ("is not complete JSON", text[:-1].encode(), _JSON_IN_UTF8),
            ("is not JSON", f"name: {unique_name()}".encode(), _JSON),
            ("is an array", b"[1]", _JSON),
            ("is a text", b'"text"', _JSON),
            ("is not UTF-8", b'{"name": "%s\xff\xfe"}' % unique_name().encode(), _JSON),
        ]
        if self._requires_body(operation):
            bodies.append(("is empty", b"", _JSON))
        if is_local(self.session.options.base_url) and example:
            scalars = {name: value for name, value in example.items() if isinstance(value, str | int)}
            bodies.append(("is plain text", text.encode(), "text/plain"))
            if scalars:  # an empty form is not a body
                bodies.append(("is a form", urlencode(scalars).encode(), "application/x-www-form-urlencoded"))
        for rule, content, media_type in bodies:
            response = self.session.send(
                operation, values, content=content, headers={"Content-Type": media_type}, is_signed=True
            )
            self.session.count("malformed_request_accepted")
            if response.ok or response.status not in _REFUSED | _UNDECIDED:
                message = f"a body that {rule} gets {response.status} instead of 400"
                self.session.record_failure("malformed_request_accepted", "BK233", message, response)
                if response.ok:
                    self.selector.record_success(operation, values, response.body)
                continue
            if self._is_about_state(operation, response):
                message = f"a body that {rule} gets the error for the state of the object, as if it had been read"
                self.session.record_failure("malformed_request_accepted", "BK233", message, response)
            if response.status == 415 and media_type == _JSON_IN_UTF8:
                message = f"the Content-Type {media_type} gets 415, although it is JSON"
                self.session.record_failure("malformed_request_accepted", "BK233", message, response)
            for problem in error_problems(response.headers.get("Content-Type", ""), response.text):
                self.session.record_failure("error_conformance", "BK224", problem, response)

    def _is_about_state(self, operation: Operation, response: Response) -> bool:
        """Return whether an error has the documented message for the state of an object."""
        refusals = map(Refusal.of, self.selector.spec.refusals(operation))
        documented = [each for each in refusals if each.when and each.message and each.is_about_state]
        return any(not list(each.problems(response.status, response.body)) for each in documented)

    def _check_untyped(self, operation: Operation, values: PathValues, examples: Sequence[Any]) -> None:
        """Check that a body without a media type, or with a charset, is JSON, by updates of an object."""
        example = next(filter(is_object, examples), None)
        is_update = f"GET {operation.path}" in self.operations and not self.selector.creates(operation)
        if not is_update or example is None or not self.session.allows(operation, values, body=example):
            return
        content = json.dumps(example).encode()
        responses = [
            self.session.send(operation, values, content=content, headers=headers, is_signed=True)
            for headers in ({}, {"Content-Type": _JSON}, {"Content-Type": _JSON_IN_UTF8})
        ]
        self.session.count("malformed_request_accepted")
        for other, form in ((0, "without Content-Type"), (2, f"with Content-Type: {_JSON_IN_UTF8}")):
            if responses[1].ok and responses[other].status in _REFUSED:
                message = f"a body {form} gets {responses[other].status}, although it is JSON"
                self.session.record_failure("malformed_request_accepted", "BK233", message, responses[other])

    def _requires_body(self, operation: Operation) -> bool:
        body = self.selector.spec.resolve(self.selector.spec.node(operation)["requestBody"])
        return bool(body.get("required"))


def _created(selector: ObjectSelector, operation: Operation) -> list[PathValues]:
    """Return the objects that the run has created, for an operation on one of them."""
    created = selector.objects.created(object_path(operation.path))
    names = operation.parameters
    return [{name: values[name] for name in names} for values in created if all(name in values for name in names)]
