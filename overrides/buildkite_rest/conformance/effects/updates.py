"""Checks of updates: each property is changed on its own, and nothing else changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any, Final

from ..._base.json_values import as_object
from ..identities import is_uuid
from ..options import is_local
from ..response_times import server_time
from ..spec import Operation
from ..traffic import Response
from .bench import EXAMPLE, Bench, Subject
from .bodies import values_of
from .bystanders import check_unchanged, snapshots
from .checks import LIST, OTHER_PROPERTY, VALUE
from .comparison import equivalent, is_empty, is_later, lost_values, shown, slug_of
from .expectations import is_near
from .pointers import MISSING, resolve, without
from .recreation import check_freed
from .returned import returned_difference
from .values import (
    BodyRules,
    emptying_values,
    enum_values,
    is_name,
    new_values,
    properties,
    request_schema,
    restoring_values,
    types,
    unique,
)

#: An example of a property that refers to an object, if the spec has none.
_ANY_UUID: Final = "00000000-0000-4000-8000-000000000000"
#: Statuses of a refused value.
_INVALID: Final = frozenset({400, 422})
#: Values to try until one is accepted.
_ATTEMPTS: Final = 5


def check_updates(bench: Bench, subject: Subject, bystanders: Sequence[Subject] = (), *, again: bool = True) -> None:
    """Change each property of an object, empty it if that is allowed, and send an empty update.

    Without `again`, only properties are changed that were never changed before.
    """
    operation, read = subject.kind.update, subject.kind.get
    if operation is None or read is None or not bench.wants(operation):
        return
    if not bench.allows(operation, subject.values):
        bench.session.skip("effects", operation, "the options do not allow a change of this object")
        return
    Update(bench, subject, bystanders, operation, read).run(again=again)


def touch(bench: Bench, subject: Subject) -> str | None:
    """Change a single text of an object if that is allowed, and return the name of the property."""
    operation, read = subject.kind.update, subject.kind.get
    if operation is None or read is None or not bench.wants(operation) or not bench.allows(operation, subject.values):
        return None
    return Update(bench, subject, (), operation, read).touch()


class Update:
    """The updates of an object.

    Args:
        bench: The session.
        subject: The object.
        bystanders: Other objects, which do not change.
        operation: The operation that updates it.
        read: The operation that reads it.
    """

    def __init__(
        self, bench: Bench, subject: Subject, bystanders: Sequence[Subject], operation: Operation, read: Operation
    ) -> None:
        self.bystanders = bystanders
        self.bench, self.subject, self.operation, self.read = bench, subject, operation, read
        schema = request_schema(bench.spec, operation)
        self.schema = properties(bench.spec, schema)
        self.required = frozenset(schema.get("required", ()))
        self.returned = properties(bench.spec, bench.spec.response_schema(operation))
        self.rules = BodyRules.of(schema)
        self.last: Response
        self.accepted: dict[str, Any] = {}

    def run(self, *, again: bool) -> None:
        """Send all updates."""
        original = self._state()
        for name in self.schema:
            is_new = (self.operation.id, name) not in self.bench.changed
            if (again or is_new) and self._is_safe(name):
                self._change(name)
        if not again:
            self.touch()
            return
        self._change_together(original)
        self._change_derived()
        self._send_examples()
        self._repeat_and_send_nothing()
        self._send_invalid()
        self._compare_with_list()
        check_freed(self.bench, self.subject, original, self._state())
        if not self.subject.is_own:
            self._restore(original)

    def _is_safe(self, name: str) -> bool:
        """Return whether the change of a property cannot exclude a user of the server."""
        is_local_server = is_local(self.bench.session.options.base_url)
        return self.subject.is_own or is_local_server or name not in self.rules.risky

    def _restore(self, original: Mapping[str, Any]) -> None:
        state = self._state()
        changed = {name: original[name] for name in self.schema if name in state and state[name] != original.get(name)}
        if changed:
            self.bench.send(self.operation, self.subject.values, changed)

    def _state(self) -> Mapping[str, Any]:
        response = self.bench.read(self.read, self.subject.values)
        return as_object(response.body) if response.ok else {}

    def _change(self, name: str) -> None:
        schema, state = self.schema[name], self._state()
        current = resolve(self.rules.pointers.get(name, name), state)
        if not self.rules.comparable({name: True}, state):
            return  # another property disables it
        if current is MISSING and self.rules.root(name) not in self.returned:
            self.bench.session.skip("effects", self.operation, f"{name} is not in responses")
            return
        candidates = self.bench.examples.candidates(name)
        example: object = next((each for each in candidates if each is not None), None)
        if example is None and name.endswith(("_id", "_uuid")):
            example = _ANY_UUID
        references = self.bench.bodies.references(name, example, self.subject.values)
        made = self.bench.make(name, self.subject) if not references else None
        if made is not None:
            references = [made]
        values = new_values(name, schema, current, self.bench.examples, references)
        others = snapshots(self.bench, self.bystanders)
        attempts = islice(values, _ATTEMPTS)
        accepted = next((value for value in attempts if self._send(name, value, state)), MISSING)
        if accepted is MISSING:
            self.bench.session.skip("effects", self.operation, f"no new value of {name} was accepted")
            return
        self.bench.changed.add((self.operation.id, name))
        self.accepted[name] = accepted
        check_unchanged(self.bench, others, self.last, f"an update of {name}")
        if types(schema) & {"array", "object"}:  # an object without a value shows no difference to an addition
            others_than_accepted = (each for each in values if not equivalent(each, accepted))
            any(self._send(name, value, self._state()) for value in islice(others_than_accepted, _ATTEMPTS))
        for value in (each for each in enum_values(schema) if each not in (current, accepted)):
            if not self._send(name, value, self._state()):
                self._check_documented(name, value)
        for value in (*emptying_values(schema), *restoring_values(schema, current, accepted)):
            is_accepted = self._send(name, value, self._state())
            if value is None and not is_accepted and self.last.status in _INVALID:
                self.bench.report(VALUE, [f"null is refused as {name}"], self.last, self.last)
        pointer = self.rules.pointers.get(name, name)
        if not is_empty(accepted) and is_empty(resolve(pointer, final := self._state())):
            self._send(name, accepted, final)  # later updates of other properties must not empty it

    def touch(self) -> str | None:
        """Change a single text, which must leave all other properties alone, and return its name."""
        original = self._state()
        name = self._touch(original)
        if name is not None and not self.subject.is_own:
            self._restore({**self._state(), name: original[name]})
        return name

    def _touch(self, state: Mapping[str, Any]) -> str | None:
        for name, schema in self.schema.items():
            current = state.get(name)
            is_text = "string" in types(schema) and not {"enum", "format", "pattern", "oneOf"} & schema.keys()
            if not is_text or name not in state or not (current is None or isinstance(current, str)):
                continue
            if is_name(name) or name in self.rules.changes or name in self.rules.risky or is_uuid(current):
                continue
            values = new_values(name, schema, current, self.bench.examples, ())
            if any(self._send(name, value, state) for value in islice(values, _ATTEMPTS)):
                return name
        return None

    def _change_together(self, original: Mapping[str, Any]) -> None:
        """Send another value of several properties in one request."""
        before = self._state()
        values = {
            name: original[name]
            for name in self.accepted
            if before.get(name) != original.get(name)
            and not (original[name] is None and "null" not in types(self.schema[name]))
        }
        values |= {name: value for name, value in self.accepted.items() if name not in values}
        body = {name: value for name, value in values.items() if name in before and not is_name(name)}
        if len(body) < 2 or not self.rules.comparable(body, before):
            return
        body |= {name: before[name] for name in self.required if name in before and name not in body}
        response = self.bench.send(self.operation, self.subject.values, body)
        self.bench.report_refused("an update of properties that can be changed alone", response)
        if not response.ok:
            return
        self.bench.renamed(self.subject, self.operation, response)

        def rule(found: Response) -> Iterator[str]:
            if found.ok:
                yield from lost_values(self.rules.comparable(body, found.body), found.body, self.rules.pointers)

        self.bench.report(VALUE, rule(response), response, response)
        self.bench.check(VALUE, self.read, self.subject.values, rule, response)

    def _change_derived(self) -> None:
        """Change a property alone, which changes those that are derived from it, and then with a value of these."""
        for name, source in self.rules.derived.items():
            state = self._state()
            if not isinstance(state.get(source), str) or not self._is_safe(source):
                continue
            required = {each: state[each] for each in self.required if each in state}
            alone = {**required, source: unique(source, "Renamed Again", {})}
            both = {**alone, source: unique(source, "Both Renamed", {}), name: unique(name, "chosen", {})}
            for body in (alone, both):
                response = self.bench.send(self.operation, self.subject.values, body)
                if response.ok:
                    self.bench.renamed(self.subject, self.operation, response)
                    rule = partial(_derived_problems, name, str(body.get(name, slug_of(body[source]))), body)
                    self.bench.report(VALUE, rule(response), response, response)
                    self.bench.check(VALUE, self.read, self.subject.values, rule, response)

    def _send_examples(self) -> None:
        """Send the examples of the documentation, which must be accepted."""
        for number, example in enumerate(self.operation.body_examples):
            body = self.bench.bodies.body(self.operation, example, number, self.subject.values)
            if not self.bench.session.allows(self.operation, self._path(), body=body):
                continue
            response = self.bench.send(self.operation, self.subject.values, body)
            self.bench.report_refused(EXAMPLE, response)
            if not response.ok:
                continue
            self.bench.renamed(self.subject, self.operation, response)

            def rule(found: Response, body: Mapping[str, Any] = body) -> Iterator[str]:
                sent = without(self.rules.comparable(body, found.body), self.rules.hidden(found.body))
                yield from lost_values(sent, found.body, self.rules.pointers) if found.ok else ()

            self.bench.report(VALUE, rule(response), response, response)
            self.bench.check(VALUE, self.read, self.subject.values, rule, response)

    def _path(self) -> dict[str, str | int]:
        return values_of(self.operation, self.subject.values)

    def _check_documented(self, name: str, value: Any) -> None:
        """Report that a value of an enum was refused, although another one was accepted."""
        if self.last.status in _INVALID:
            message = f"{name} {shown(value)} is a documented value, but gets {self.last.status}"
            self.bench.report(VALUE, [message], self.last, self.last)

    def _send(self, name: str, value: Any, before: Mapping[str, Any]) -> bool:
        body = {**{each: before[each] for each in self.required if each in before}, name: value}
        response = self.last = self.bench.send(self.operation, self.subject.values, body)
        if not response.ok:
            return False
        self.bench.renamed(self.subject, self.operation, response)
        allowed = self._allowed(name)
        current = resolve(self.rules.pointers.get(name, name), before)
        is_changed = current is not MISSING and not equivalent(value, current)

        def rule(found: Response) -> Iterator[str]:
            if not found.ok:
                yield f"the updated object gets {found.status}"
                return
            sent = without(self.rules.comparable(body, {}), self.rules.hidden(found.body))
            yield from lost_values(sent, found.body, self.rules.pointers)
            updated_at = as_object(found.body).get("updated_at")
            if is_changed and not is_later(updated_at, before.get("updated_at")):
                yield f"updated_at is {updated_at} after an update of {name}, and was {before['updated_at']} before"

        def untouched(found: Response) -> Iterator[str]:
            if found.ok:
                for message in self.bench.changes(self.read, before, found.body, allowed):
                    yield f"an update of {name} has another effect: {message}"

        def same(found: Response) -> Iterator[str]:
            message = returned_difference(self.bench.spec, self.read, response.body, found.body) if found.ok else None
            if message is not None:
                yield f"the response to an update of {name} differs from the object: {message}"

        report, check = self.bench.report, self.bench.check
        report(VALUE, rule(response), response, response)
        report(OTHER_PROPERTY, untouched(response), response, response)
        check(VALUE, self.read, self.subject.values, rule, response)
        check(OTHER_PROPERTY, self.read, self.subject.values, untouched, response)
        check(VALUE, self.read, self.subject.values, same, response)
        updated_at = as_object(response.body).get("updated_at")
        updater = as_object(as_object(response.body).get("updated_by")).get("id")
        is_recorded = is_changed and "updated_by" in as_object(response.body)
        if self.bench.user is not None and updater != self.bench.user and (updater or is_recorded):
            report(OTHER_PROPERTY, [f"updated_by is {updater} instead of the token's user"], response, response)
        if value != resolve(name, before) and not is_near(updated_at, server_time(response.headers)):
            report(OTHER_PROPERTY, [f"updated_at is {updated_at} after an update"], response, response)
        return True

    def _allowed(self, name: str) -> frozenset[str]:
        return frozenset({self.rules.root(name), name, *self.required, *self.rules.changes.get(name, ())})

    def _repeat_and_send_nothing(self) -> None:
        before = self._state()
        required = {name: before[name] for name in self.required if name in before}
        bodies: dict[str, Mapping[str, Any]] = {"an update without properties": required}
        if name := next((each for each in self.schema if each in before and each not in self.rules.pointers), None):
            bodies["an update with the present value"] = {**required, name: before[name]}
        for what, body in bodies.items():
            response = self.bench.send(self.operation, self.subject.values, body)
            if response.ok:

                def rule(found: Response, what: str = what) -> Iterator[str]:
                    if found.ok:
                        yield from (
                            f"{what} has an effect: {each}"
                            for each in self.bench.changes(self.read, before, found.body, ())
                        )

                self.bench.report(OTHER_PROPERTY, rule(response), response, response)
                self.bench.check(OTHER_PROPERTY, self.read, self.subject.values, rule, response)

    def _send_invalid(self) -> None:
        """Send a new value with an invalid one: a refused request must have no effect at all."""
        before = self._state()
        required = {name: before[name] for name in self.required if name in before}
        valid = [
            name
            for name, node in self.schema.items()
            if types(node) >= {"string"} and isinstance(before.get(name), str)
        ]
        invalid = [
            name for name, node in self.schema.items() if types(node) == frozenset({"boolean"}) and name in before
        ]
        if not valid or not invalid:
            return
        value = next(new_values(valid[0], self.schema[valid[0]], before[valid[0]], self.bench.examples, ()), None)
        body: dict[str, Any] = {**required, valid[0]: value, invalid[0]: {"invalid": True}}
        response = self.bench.send(self.operation, self.subject.values, body)
        if not response.ok and value is not None:

            def rule(found: Response) -> Iterator[str]:
                for message in self.bench.changes(self.read, before, found.body, ()) if found.ok else ():
                    yield f"a refused update has an effect: {message}"

            self.bench.check(OTHER_PROPERTY, self.read, self.subject.values, rule, response)

    def _compare_with_list(self) -> None:
        item, page = self.bench.find(self.subject)
        state = self._state()
        if page is None or item is None or not state:
            return
        own = {name: state[name] for name in self.schema if name in state}
        listed = {name: as_object(item)[name] for name in own if name in as_object(item)}
        messages = (f"in the list: {each}" for each in self.bench.changes(self.read, own, listed, ()))
        self.bench.report(LIST, messages, page, self.bench.read(self.read, self.subject.values))


def _derived_problems(name: str, expected: str, body: Mapping[str, Any], found: Response) -> Iterator[str]:
    """Yield a message if a property has neither the sent nor the derived value."""
    value = as_object(found.body).get(name)
    if found.ok and not str(value).startswith(expected):  # a number may make it unique
        yield f"{name} is {shown(value)} instead of {shown(expected)} after an update of {' and '.join(body)}"
