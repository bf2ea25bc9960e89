"""Checks of updates: each property is changed on its own, and nothing else changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import islice, permutations
from typing import Any, Final

from ..._base.json_values import as_object
from ..filter_effects import effects_of
from ..identities import is_uuid
from ..loopback import is_local
from ..response_times import server_time
from ..spec import Operation
from ..traffic import Response
from .below import check_former_reference, check_other_parts, read_below, single_reads
from .bench import EXAMPLE, Bench, Subject
from .bodies import values_of
from .bystanders import Snapshots, check_unchanged, snapshots
from .checks import CONFLICT, LIST, OTHER_PROPERTY, VALUE
from .comparison import equivalent, is_empty, is_later, lost_values, shown, slug_of
from .expectations import is_near
from .lists import check_listed, listed_keys
from .partial_values import change_parts
from .pointers import MISSING, resolve, without
from .recreation import check_freed
from .refused import RefusedUpdate
from .returned import returned_difference
from .texts import send_texts
from .unlisted import send_unlisted
from .updatable import Updatable
from .values import (
    BodyRules,
    choices,
    distant_numbers,
    emptying_values,
    enum_values,
    is_name,
    new_values,
    properties,
    request_schema,
    several_values,
    types,
    unique,
)
from .whole_updates import change_together, check_validator, empty_texts, send_present_values

#: An example of a property that refers to an object, if the spec has none.
_ANY_UUID: Final = "00000000-0000-4000-8000-000000000000"
#: Statuses of a refused value.
_INVALID: Final = frozenset({400, 422})
#: A property that changes the URLs of the parts of an object.
_OF_PARENT: Final = frozenset({"slug"})
#: Values to try until one is accepted.
_ATTEMPTS: Final = 5


def check_updates(
    bench: Bench,
    subject: Subject,
    bystanders: Sequence[Subject] = (),
    parts: Sequence[Subject] = (),
    *,
    again: bool = True,
) -> None:
    """Change each property of an object, empty it if that is allowed, and send an empty update.

    Bystanders are other objects. Parts of the object may get other URLs with it, but do not change either. Without
    `again`, only properties are changed that were never changed before.
    """
    operation, read = subject.kind.update, subject.kind.get
    if operation is None or read is None or not bench.wants(operation):
        return
    if not bench.allows(operation, subject.values):
        bench.session.skip("effects", operation, "the options do not allow a change of this object")
        return
    Update(bench, subject, operation, read, bystanders=bystanders, parts=parts).run(again=again)


def touch(bench: Bench, subject: Subject) -> str | None:
    """Change a single text of an object if that is allowed, and return the name of the property."""
    operation, read = subject.kind.update, subject.kind.get
    if operation is None or read is None or not bench.wants(operation) or not bench.allows(operation, subject.values):
        return None
    return Update(bench, subject, operation, read).touch()


class Update(Updatable):
    """The updates of an object."""

    def __init__(
        self,
        bench: Bench,
        subject: Subject,
        operation: Operation,
        read: Operation,
        *,
        bystanders: Sequence[Subject] = (),
        parts: Sequence[Subject] = (),
    ) -> None:
        """Prepare the updates of `subject`, which must change neither the bystanders nor its parts."""
        super().__init__(bench, subject, operation, read)
        self.bystanders, self.parts = bystanders, parts
        self.is_listed = False
        self.returned = properties(bench.spec, bench.spec.response_schema(operation))

    def run(self, *, again: bool) -> None:
        """Send all updates."""
        original = self.state()
        if again:
            self._read_included()
        if again and self.subject.is_own and "slug" in original:
            read_below(self.bench, self.subject)
        order = listed_keys(self.bench, self.subject) if again else ()
        self.is_listed = again and self.bench.find(self.subject)[0] is not None
        others, parts = snapshots(self.bench, self.bystanders), snapshots(self.bench, self.parts)
        for name in sorted(self.schema, key=self._position):
            is_new = (self.operation.id, name) not in self.bench.changed
            if is_name(name):
                self._check_order(order)
                order = ()  # it may be the order of names
            if (again or is_new) and self._is_safe(name):
                self._change(name)
        self._check_order(order)
        if not again:
            self.touch()
            return
        check_unchanged(self.bench, others, self.last, "updates")
        if empty_texts(self):
            self._compare_with_list()
        send_texts(self)
        change_together(self, original)
        check_unchanged(self.bench, parts, self.last, "updates", _OF_PARENT)
        self._read_below(original)
        if self._touch(self.state()) is None:  # others do not have their defaults now
            self._touch_choices()
        self._change_derived()
        self._send_examples()
        send_present_values(self)
        send_unlisted(self)
        RefusedUpdate(self).check(original)
        self._check_conflict(others)
        check_other_parts(self, [each for each, _ in others])
        self._compare_with_list()
        check_unchanged(self.bench, others, self.last, "updates")
        check_unchanged(self.bench, parts, self.last, "updates", _OF_PARENT)
        check_freed(self.bench, self.subject, original, self.state())
        self._read_included()
        if not self.subject.is_own:
            self._restore(original)

    def _check_conflict(self, others: Snapshots) -> None:
        """Check that the object does not get a value that only another one with the same parents may have."""
        create, parameter = self.subject.kind.create, self.subject.kind.parameter
        if create is None:
            return
        parents = self.subject.values.keys() - {parameter}
        for name in sorted(BodyRules.of(request_schema(self.bench.spec, create)).unique & self.schema.keys()):
            for other, body in others:
                value = as_object(body).get(name)
                is_beside = other.kind is self.subject.kind and all(
                    other.values[each] == self.subject.values[each] for each in parents
                )
                if is_beside and value is not None and value != self.state().get(name):
                    response = self.send(self.required_of(self.state()) | {name: value})
                    messages = [f"an update with the {name} of another object is accepted"] if response.ok else []
                    self.bench.report(CONFLICT, messages, response, response)
                    break

    def _read_below(self, original: Mapping[str, Any]) -> None:
        """Read what is below a renamed object, which must not have its former name in paths."""
        if self.state().get("slug") == original.get("slug"):
            return
        lists = [each.list for each in self.subject.kind.children if each.list is not None]
        for each in (*lists, *single_reads(self.bench, self.subject)):
            if {*each.parameters} <= self.subject.values.keys():
                self.bench.send(each, self.subject.values)
        check_former_reference(self.bench, self.subject, original.get("slug"))

    def _read_included(self) -> None:
        """Read the object with what it lacks by default, such as a credential, which updates must not change."""
        effects = effects_of(self.bench.spec, self.read)
        query = {each.name: "true" for each in effects if each.includes}
        if query:
            self.bench.send(self.read, self.subject.values, query=query)

    def _position(self, name: str) -> tuple[bool, bool]:
        """Return a key to sort properties by: a switch must not empty texts, which have a value by then."""
        return is_name(name), "boolean" in types(self.schema[name])

    def _check_order(self, order: Sequence[str]) -> None:
        """Check that the object has kept its position in the list."""
        if not order or not self.accepted:
            return
        found = listed_keys(self.bench, self.subject)
        common = [key for key in found if key in order]
        if common != [key for key in order if key in found]:
            message = "an update moves the object to another position in its list"
            self.bench.report(LIST, [message], self.last, self.last)

    def _is_safe(self, name: str) -> bool:
        """Return whether the change of a property cannot exclude a user of the server."""
        is_local_server = is_local(self.bench.session.options.base_url)
        return self.subject.is_own or is_local_server or name not in self.rules.risky

    def _restore(self, original: Mapping[str, Any]) -> None:
        state = self.state()
        changed = {name: original[name] for name in self.schema if name in state and state[name] != original.get(name)}
        if changed:
            self.send(changed)

    def _change(self, name: str) -> None:
        schema, state = self.schema[name], self.state()
        old = self.bench.read(self.read, self.subject.values)
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
        attempts = islice(values, _ATTEMPTS)
        accepted = next((value for value in attempts if self._send(name, value, state)), MISSING)
        if accepted is MISSING:
            self.bench.session.skip("effects", self.operation, f"no new value of {name} was accepted")
            return
        self.bench.changed.add((self.operation.id, name))
        self.accepted[name] = accepted
        self._check_listed(name, accepted)
        check_validator(self, old)
        self.bench.check_foreign(self.subject, self.last)
        known = (*several_values(schema, references), *enum_values(schema))
        if types(schema) & {"array", "object"} and not known:
            # An object without a value shows no difference to an addition.
            others_than_accepted = (each for each in values if not equivalent(each, accepted))
            any(self._send(name, value, self.state()) for value in islice(others_than_accepted, _ATTEMPTS))
        for value in (each for each in known if each not in (current, accepted)):
            self._send_choice(name, value)
        for value in distant_numbers(schema, accepted):
            self._send(name, value, self.state())
        change_parts(self, name)
        for value in emptying_values(schema):
            is_accepted = self._send(name, value, self.state())
            if value is None and not is_accepted and self.last.status in _INVALID:
                self.bench.report(VALUE, [f"null is refused as {name}"], self.last, self.last)
        pointer = self.rules.pointers.get(name, name)
        if not is_empty(accepted) and is_empty(resolve(pointer, final := self.state())):
            self._send(name, accepted, final)  # later updates of other properties must not empty it

    def _check_listed(self, name: str, value: object) -> None:
        """Check that the object is still in its list after the change of a switch or a choice."""
        schema = self.schema[name]
        if self.is_listed and ("boolean" in types(schema) or enum_values(schema)):
            check_listed(self.bench, self.subject, name, value, self.last)

    def touch(self) -> str | None:
        """Change a single text, which must leave all other properties alone, and return its name."""
        original = self.state()
        name = self._touch(original)
        if name is not None and not self.subject.is_own:
            self._restore({**self.state(), name: original[name]})
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

    def _touch_choices(self) -> None:
        """Change each of several properties with few values alone, beside each value of another one.

        An object without a text has no other property whose change shows that these are preserved.
        """
        values = {name: [each for each in choices(self.schema[name]) if each is not None] for name in self.accepted}
        values = {name: each for name, each in values.items() if each and self._is_safe(name)}
        for name, other in permutations(sorted(values), 2):
            for value in values[other]:
                if self.state().get(other) != value and not self._send(other, value, self.state()):
                    continue
                state = self.state()
                self._send(name, next((each for each in values[name] if each != state.get(name)), value), state)

    def _change_derived(self) -> None:
        """Change a property alone, which changes those that are derived from it, and then with a value of these."""
        for name, source in self.rules.derived.items():
            state = self.state()
            if not isinstance(state.get(source), str) or not self._is_safe(source):
                continue
            required = {each: state[each] for each in self.required if each in state}
            again = "Renamed & Again (EU)" if is_local(self.bench.session.options.base_url) else "Renamed Again"
            alone = {**required, source: unique(source, again, {})}
            both = {**alone, source: unique(source, "Both Renamed", {}), name: unique(name, "chosen", {})}
            for body in (alone, both):
                response = self.send(body)
                if response.ok:
                    rule = partial(_derived_problems, name, str(body.get(name, slug_of(body[source]))), body)
                    self.bench.report(VALUE, rule(response), response, response)
                    self.bench.check(VALUE, self.read, self.subject.values, rule, response)

    def _send_examples(self) -> None:
        """Send the examples of the documentation, which must be accepted."""
        for number, example in enumerate(self.operation.body_examples):
            body = self.bench.bodies.body(self.operation, example, number, self.subject.values)
            if not self.bench.session.allows(self.operation, values_of(self.operation, self.subject.values), body=body):
                continue
            response = self.send(body)
            self.bench.report_refused(EXAMPLE, response)
            if not response.ok:
                continue

            def rule(found: Response, body: Mapping[str, Any] = body) -> Iterator[str]:
                sent = without(self.rules.comparable(body, found.body), self.rules.hidden(found.body))
                yield from lost_values(sent, found.body, self.rules.pointers) if found.ok else ()

            self.bench.report(VALUE, rule(response), response, response)
            self.bench.check(VALUE, self.read, self.subject.values, rule, response)

    def _send_choice(self, name: str, value: Any) -> None:
        """Send another value of an enum, which is not refused if one was accepted."""
        if self._send(name, value, self.state()):
            self._check_listed(name, value)
        elif self.last.status in _INVALID:
            message = f"{name} {shown(value)} is a documented value, but gets {self.last.status}"
            self.bench.report(VALUE, [message], self.last, self.last)

    def _send(self, name: str, value: Any, before: Mapping[str, Any]) -> bool:
        body = {**{each: before[each] for each in self.required if each in before}, name: value}
        response = self.send(body)
        if not response.ok:
            return False
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
                yield from self._lost_parts(name, value, before, found.body)

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

    def _lost_parts(self, name: str, value: Any, before: object, found: object) -> Iterator[str]:
        """Yield the switches in a property that changed although the value of an update does not have them."""
        place = self.rules.pointers.get(name, name)
        old, new = as_object(resolve(place, before)), as_object(resolve(place, found))
        for part in old.keys() & new.keys() - as_object(value).keys() if as_object(value) else ():
            if isinstance(old[part], bool) and old[part] != new[part]:
                yield f"an update of a part of {name} has another effect: {part} is {new[part]}"

    def _allowed(self, name: str) -> frozenset[str]:
        return frozenset({self.rules.root(name), name, *self.required, *self.rules.changes.get(name, ())})

    def _compare_with_list(self) -> None:
        item, page = self.bench.find(self.subject)
        state = self.state()
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
