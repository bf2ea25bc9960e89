"""Checks of the effects in `x-effects`: what an operation changes, and the effects of a repetition and an undo."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any, Final

from attrs import evolve

from ..._base.json_values import as_object
from ..comparison import report_settled
from ..objects import PathValues
from ..page_items import key_of
from ..prerequisites import Prerequisites
from ..representations import TYPE_CHECK, TYPE_CODE, Representations
from ..request_bodies import RequestBodies
from ..spec import Operation, object_path
from ..traffic import Response
from ..urls import url_parts
from .bench import CREATORS, Bench, Others, Subject
from .bodies import requires_body, values_of
from .bystanders import Snapshots, check_unaffected, check_unchanged, snapshots
from .checks import EFFECT, OTHER_PROPERTY, REPETITION
from .company import Company
from .elsewhere import Elsewhere
from .expectations import SIBLING, Exchange, Scenario, holds, is_vague, problems, references_in, with_values
from .filtered import check_filters
from .kinds import Kind
from .listed import Neighbours, listed_subjects
from .mentions import check_new_object, check_part
from .other_kinds import check_other_kinds
from .own_filters import use_filters
from .pointers import resolve
from .recreation import check_recreation
from .relatives import are_close
from .repetition import Again
from .returned import returned_difference
from .state_refusals import check_refused, differences, is_documented, is_undecided
from .surroundings import Surroundings, alike_beside
from .uniqueness import check_second_conflict
from .updates import touch

#: An id in a property that refers to an object.
_ANY_UUID: Final = "00000000-0000-4000-8000-000000000000"
#: Index of a further new object: different indexes refer to different objects.
_NEW: Final = 9
#: Objects to read until one accepts the request.
_OBJECTS: Final = 40
#: Further objects to read until one shows who sent the request.
_OTHERS: Final = 12
#: Further objects to read until one has an item in each array, which the request must keep.
_FEW: Final = 3
#: Confusion of an object that has the token's user already where the request sets it.
_HAS_USER: Final = 2


def check_actions(
    bench: Bench,
    operation: Operation,
    subjects: list[Subject],
    bystanders: Sequence[Subject],
    others: Others = MappingProxyType({}),
) -> None:
    """Check each documented effect of an operation on the first object that accepts it."""
    if not bench.wants(operation):
        return
    for node in bench.spec.effects(operation):
        scenario = Scenario.of(node)
        if (scenario.on_created or scenario.makes_new) and not any(each.created for each in subjects):
            continue
        action = Action(bench, operation, scenario, others)
        listed = listed_subjects(bench, scenario.listing) if scenario.listing else []
        candidates = action.siblings = listed or subjects
        found = action.find(candidates) if listed or not scenario.listing else None
        if found is None and operation.id in bench.covered:
            continue
        if found is None:
            bench.session.skip(
                "effects", operation, f"no object with {dict(scenario.when)}" if scenario.when else "no object"
            )
        elif (missing := action.missing_reference(found)) is not None:
            bench.session.skip("effects", operation, f"no {missing} to refer to")
        else:
            action.run(found, bystanders, candidates[candidates.index(found) + 1 :])
            check_other_kinds(action, found)


class Action:
    """An operation and one of its effects.

    Args:
        bench: The session.
        operation: The operation.
        scenario: The effect.
        others: Other parents by path parameter.
    """

    def __init__(self, bench: Bench, operation: Operation, scenario: Scenario, others: Others) -> None:
        self.others = others
        self.query = {
            name: others.get(str(value).removeprefix("$other."), (value,))[0] for name, value in scenario.query.items()
        }
        self.bench, self.operation, self.scenario = bench, operation, scenario
        by_id = {each.id: each for each in bench.spec.operations}
        path = object_path(operation.path)
        is_other = scenario.on_created or scenario.makes_new
        read = by_id.get(scenario.read) or (None if is_other or scenario.listing else bench.spec.find("GET", path))
        self.read: Operation | None = None if is_other else read
        self.undo = by_id.get(scenario.undone_by)
        self.company: Company | None = None
        self.before: PathValues = {}
        """Path parameters of the objects that the prerequisites have created."""
        self.siblings: Sequence[Subject] = ()
        """Objects of which a body may name another one."""

    def find(self, subjects: list[Subject]) -> Subject | None:
        """Return an object that accepts the request, the first one that shows who sent it and what it must keep."""
        if any(str(value).startswith("$other.") for value in self.query.values()):
            return None
        best: Subject | None = None
        least = 2 * _HAS_USER + 2
        likely = sorted(subjects, key=lambda each: not each.may_have(self.scenario.when))
        for number, subject in enumerate(likely[:_OBJECTS]):
            if least == 0 or (best is not None and number > (_OTHERS if least > 1 else _FEW)):
                break
            if set(self.operation.parameters) <= subject.values.keys() and self.bench.allows(
                self.operation, subject.values
            ):
                state = self._state(subject)
                if state is None or not holds(self.scenario.when, state):
                    continue
                is_poor = not subject.is_own and any(value in ([], {}) for value in as_object(state).values())
                is_poor |= self.scenario.adds_elsewhere and self._elsewhere(subject, state).is_bare
                is_poor |= is_vague(self.scenario.returned, state)
                if (found := 2 * self._confusion(state) + is_poor) < least:
                    best, least = subject, found
        return best

    def missing_reference(self, subject: Subject) -> str | None:
        """Return the kind of object that the body refers to, if it does not exist."""
        names = references_in(self.scenario.body)
        if SIBLING in str(self.scenario.body) and all(each is subject for each in self.siblings):
            return "other object"
        return next((name for name in names if self._reference(subject, name) is None), None)

    def _confusion(self, state: Any) -> int:
        """Return how much the token's user, set by the request, is in the object already: there, or as its creator."""
        names = [name for name, value in self.scenario.sets.items() if value == "$user"]
        if self.bench.user is None or not names:
            return 0
        if any(as_object(resolve(name, state)).get("id") == self.bench.user for name in names):
            return _HAS_USER
        return int(any(as_object(as_object(state).get(name)).get("id") == self.bench.user for name in CREATORS))

    def _state(self, subject: Subject) -> Any:
        if self.read is None or not set(self.read.parameters) <= subject.values.keys():
            return self.bench.find(subject)[0]
        response = self.bench.read(self.read, subject.values)
        return response.body if response.ok else None

    def run(self, subject: Subject, bystanders: Sequence[Subject], others: list[Subject]) -> None:
        """Send the request and check its effects, on another object if the first has changed meanwhile."""
        # What must come first may have its own effect on another object, which then cannot change any more.
        watched = self._watched(subject, bystanders, others)
        if not self.scenario.after:
            self.company = Company.of(self.bench, self.operation, self.scenario, self.undo, subject)
            self._run(subject, bystanders, others, watched)
            return
        session, selector = self.bench.session, self.bench.selector
        prerequisites = Prerequisites(session, selector, RequestBodies(session, selector))
        values = partial(with_values, before=self._state(subject), reference=partial(self._reference, subject))
        with prerequisites.met(self.scenario.after, subject.values, values) as met:
            if met is not None:
                self.before = met
                self._run(subject, bystanders, others, watched)

    def _watched(self, subject: Subject, bystanders: Sequence[Subject], others: list[Subject]) -> Snapshots:
        """Return other objects that the request must not change."""
        if self.scenario.listing:
            return ()  # the request may name them; see `Neighbours`
        near = [each for each in others if each.values.keys() == subject.values.keys() and are_close(each, subject)]
        # An object that has the new value already may lose it.
        near.sort(key=lambda each: not holds(self.scenario.constants, each.body))
        alike = alike_beside(self.bench, self.read, self.scenario.when, subject)
        return snapshots(self.bench, [*(each for each in bystanders if each is not subject), *near[:1], *alike])

    def _run(self, subject: Subject, bystanders: Sequence[Subject], others: list[Subject], watched: Snapshots) -> None:
        bench, scenario = self.bench, self.scenario
        before = self._state(subject)
        body = self.body(subject, before, others)
        listed = Neighbours.of(bench, subject, body) if scenario.listing else None
        around = self._around(subject, before)
        use_filters(bench, subject, before, scenario)
        elsewhere = self._elsewhere(subject, before)
        response = bench.send(self.operation, subject.values, body, self.query)
        if scenario.is_refused:
            check_refused(bench, self.read, before, self._state(subject), response)
            return
        if not response.ok:
            has_changed = self._has_changed(subject, bench.exchange(response, body, before, self.others))
            is_known = is_documented(bench, response)
            other = self.find(others) if has_changed or is_known else None
            if other is not None:
                remaining = others[others.index(other) + 1 :]
                self._run(other, bystanders, remaining, self._watched(other, bystanders, remaining))
            elif has_changed or is_known:
                reason = (
                    "the object changed before the request" if has_changed else f"all objects get {response.status}"
                )
                bench.session.skip(EFFECT.name, self.operation, reason)
            elif not is_undecided(response):
                bench.report(EFFECT, [f"{scenario.request(body)} gets {response.status}"], response, response)
            return
        if scenario.makes_new:
            bench.created_again(subject, response)
        exchange = bench.exchange(response, body, before, self.others)
        bench.session.count(EFFECT.name)
        bench.report(EFFECT, self._response_problems(response, exchange), response, response)
        elsewhere.check(exchange, response)
        self._check_read(subject, before, exchange, response)
        self._check_list(subject, exchange, response)
        self._check_other_lists(subject, response)
        self._check_representations(subject)
        check_part(bench, subject, scenario.sets, exchange, response)
        if scenario.returns is not None:
            self._check_returned(subject, response)
        check_unchanged(bench, watched, response, self.operation.id)
        if listed is not None:
            listed.check(bench, response, self.operation.id)
        if around is not None:
            around.check(response, scenario.sets)
            if not scenario.after:
                self._survey(others, around.compared(scenario.when))
        check_unaffected(bench, watched, response, self.scenario.sets)
        self._repeat(subject, body, exchange, response)
        if self.undo is not None:
            check_second_conflict(bench, subject)
        is_update = self.operation == subject.kind.update
        touched = None if is_update else touch(bench, subject)  # it must not undo the action
        self._undo(subject, before, response, touched, body)

    def run_briefly(self, subject: Subject) -> None:
        """Send the request for a further object, check its effects on this one alone, and undo it."""
        before = self._state(subject)
        body = self.body(subject, before, ())
        response = self.bench.send(self.operation, subject.values, body, self.query)
        exchange = self.bench.exchange(response, body, before, self.others)
        if response.ok:
            self.bench.report(EFFECT, self._response_problems(response, exchange), response, response)
            self._check_read(subject, before, exchange, response)
            if self.undo is not None:
                self.bench.send(self.undo, subject.values)
        elif not (
            is_undecided(response) or self._has_changed(subject, exchange) or is_documented(self.bench, response)
        ):
            message = f"{self.scenario.request(body)} gets {response.status}"
            self.bench.report(EFFECT, [message], response, response)

    def body(self, subject: Subject, before: object, others: Sequence[Subject]) -> Any:
        """Return the request body, or None."""
        bodies, scenario, body = self.bench.bodies, self.scenario, None
        if scenario.body is not None:
            sibling = next((each.body for each in reversed(others or self.siblings) if each is not subject), None)
            body = with_values(scenario.body, before, partial(self._reference, subject), sibling)
        if scenario.makes_new:
            return bodies.body(self.operation, as_object(body), _NEW, subject.values)
        if body == {} and not requires_body(self.bench.spec, self.operation):
            return None
        if body is None and self.operation.body_examples:
            return bodies.body(self.operation, self.operation.body_examples[0], 0, subject.values)
        return body

    def _has_changed(self, subject: Subject, exchange: Exchange) -> bool:
        """Return whether an object left the state for a request by itself: a build may finish before it is canceled."""
        state = self._state(subject)
        has_left = state is not None and not holds(self.scenario.when, state)
        return has_left and any(problems(self.scenario.sets, state, exchange))

    def _reference(self, subject: Subject, name: str) -> str | None:
        """Return the id of an object that a body refers to."""
        return next(reversed(self.bench.bodies.references(name, _ANY_UUID, subject.values)), None)

    def _response_problems(self, response: Response, exchange: Exchange) -> Iterator[str]:
        if self.scenario.returns is not None:
            yield from problems(self.scenario.returns, response.body, exchange)
        elif self.operation.method != "DELETE":
            yield from problems(self.scenario.sets, response.body, exchange)

    def _check_returned(self, subject: Subject, cause: Response) -> None:
        """Check that the object in the response can be read at its URL, and is listed if it is new."""
        if as_object(self.scenario.returns).get("id") == "$new":
            check_new_object(self.bench, subject, cause)
        path = url_parts(str(as_object(cause.body).get("url"))).path
        reading = self.bench.spec.find("GET", path)
        if reading is None or not reading.path.endswith("}"):
            return
        values = self.bench.spec.values(reading, path)
        if as_object(self.scenario.returns).get("id") == "$new":
            kind = Kind(reading.path, None, None, reading, None, None, (), ())
            self.bench.copies.append((subject, Subject(kind, {**values}, cause.body)))

        def rule(found: Response) -> Iterator[str]:
            message: str | None = f"it gets {found.status}"
            if found.ok:
                message = returned_difference(self.bench.spec, reading, cause.body, found.body)
            if message is not None:
                yield f"the returned object is not at its URL: {message}"

        self.bench.check(EFFECT, reading, values, rule, cause)

    def _check_read(self, subject: Subject, before: Any, exchange: Exchange, cause: Response) -> None:
        if self.read is None or not set(self.read.parameters) <= subject.values.keys():
            state = self._state(subject)
            if state is not None:
                self.bench.report(EFFECT, problems(self.scenario.sets, state, exchange), cause, cause)
                if self.scenario.listing:
                    changes = self.bench.changes(None, before, state, allowed=self.scenario.changes)
                    self.bench.report(OTHER_PROPERTY, changes, cause, cause)
            return
        allowed = self.scenario.changes

        def rule(found: Response) -> Iterator[str]:
            if found.ok:
                yield from problems(self.scenario.sets, found.body, exchange)
            elif self.operation.method != "DELETE":
                yield f"the object gets {found.status} after the request"

        def untouched(found: Response) -> Iterator[str]:
            for message in self.bench.changes(self.read, before, found.body, allowed) if found.ok else ():
                yield f"another effect: {message}"

        def same(found: Response) -> Iterator[str]:
            if found.ok and key_of(found.body) == key_of(cause.body):
                message = returned_difference(self.bench.spec, self.read, cause.body, found.body)
                if message is not None:
                    yield f"the response differs from the object: {message}"

        self.bench.check(EFFECT, self.read, subject.values, rule, cause)
        self.bench.check(EFFECT, self.read, subject.values, same, cause)
        self.bench.check(OTHER_PROPERTY, self.read, subject.values, untouched, cause)

    def _check_list(self, subject: Subject, exchange: Exchange, cause: Response) -> None:
        item, page = self.bench.find(subject)
        if page is None or subject.kind.list is None or subject.kind.list.id in self.scenario.not_in:
            return
        if item is not None:
            messages = (f"in the list: {each}" for each in problems(self.scenario.sets, item, exchange))
            self.bench.report(EFFECT, messages, page, cause)
        if item is not None and self.read is None:
            changes = self.bench.changes(subject.kind.list, exchange.before, item, self.scenario.changes)
            messages = (f"another effect, in the list: {each}" for each in changes)
            self.bench.report(OTHER_PROPERTY, messages, page, cause)
        for name in subject.kind.list.query & self.scenario.sets.keys():
            old, new = as_object(exchange.before).get(name), as_object(self._state(subject)).get(name)
            if isinstance(new, str) and new != old:
                self._check_filter(subject, name, new, cause, is_listed=True)
                if isinstance(old, str):
                    self._check_filter(subject, name, old, cause, is_listed=False)

    def _check_filter(self, subject: Subject, name: str, value: str, cause: Response, *, is_listed: bool) -> None:
        """Check whether the object is in the list that is filtered by a property, unless that changed meanwhile."""
        item, page = self.bench.find(subject, {name: value, "per_page": 100})
        if page is not None and (item is not None) != is_listed:
            read = self.read or subject.kind.get
            current = as_object(self.bench.send(read, subject.values).body).get(name) if read is not None else value
            if (current == value) == is_listed and (is_listed or current == as_object(self._state(subject)).get(name)):
                verb = "is not" if is_listed else "is still"
                message = f"the object {verb} in the list with {name}={value}; its {name} is {current}"
                self.bench.report(EFFECT, [message], page, cause)

    def _elsewhere(self, subject: Subject, state: object) -> Elsewhere:
        return Elsewhere.of(self.bench, self.scenario, state, {**subject.values, **self.before})

    def _around(self, subject: Subject, before: object) -> Surroundings | None:
        """Return the objects beside and below one, once for each operation, and for its form with another path."""
        key = f"{self.operation.method} {subject.kind.path} {self.operation.path.rpartition('}')[2]}"
        is_update = self.operation == subject.kind.update
        if is_update or self.scenario.listing or self.scenario.makes_new or key in self.bench.surveyed:
            return None
        self.bench.surveyed.add(key)
        return Surroundings.of(self.bench, subject, before, self.scenario)

    def _survey(self, others: Sequence[Subject], compared: frozenset[str]) -> None:
        """Send the request for another object with more beside or below it, which must stay as it is."""
        bench, when = self.bench, self.scenario.when
        for other in others[:_OTHERS]:
            is_possible = {*self.operation.parameters} <= other.values.keys()
            state = self._state(other) if is_possible and bench.allows(self.operation, other.values) else None
            if state is None or not holds(when, state):
                continue
            around = Surroundings.of(bench, other, state, self.scenario)
            if not around.compared(when) - compared:
                return
            response = bench.send(self.operation, other.values, self.body(other, state, others))
            if response.ok:
                around.check(response, self.scenario.sets)
                if self.undo is not None:
                    bench.send(self.undo, other.values)
            return

    def _check_representations(self, subject: Subject) -> None:
        """Check that the request has the same effect on all representations of the object."""
        read = self.read
        if read is None or len(read.media_types) < 2 or not {*read.parameters} <= subject.values.keys():
            return
        forms = Representations(self.bench.session, self.bench.spec, read, values_of(read, subject.values))
        report_settled(self.bench.session, TYPE_CHECK, TYPE_CODE, forms.compare)

    def _check_other_lists(self, subject: Subject, cause: Response) -> None:
        if not self.scenario.after:
            check_filters(self.bench, subject, self.scenario, cause)
        if self.company is not None:
            self.company.check(cause)
        expected = {**dict.fromkeys(self.scenario.is_in, True), **dict.fromkeys(self.scenario.not_in, False)}
        for operation in self.bench.spec.operations:
            if operation.id in expected and set(operation.parameters) <= subject.values.keys():
                kind = evolve(subject.kind, list=operation)
                item, page = self.bench.find(evolve(subject, kind=kind))
                if page is not None and (item is not None) != expected[operation.id]:
                    message = f"the object is {'not ' if item is None else ''}in the list after {self.operation.id}"
                    self.bench.report(EFFECT, [message], page, cause)

    def _repeat(self, subject: Subject, body: Any, exchange: Exchange, cause: Response) -> None:
        if not self.scenario.repeated:
            return
        before = self._state(subject)
        response = self.bench.send(self.operation, subject.values, body, self.query)
        self.bench.session.count(REPETITION.name)
        messages: list[str] = []
        if self.scenario.repeated == "refused" and response.ok:
            messages.append(f"the request is accepted again, with {response.status}")
        elif self.scenario.repeated == "same" and not response.ok:
            messages.append(f"the request gets {response.status} the second time")
        elif self.scenario.repeated == "refused":
            messages += differences(self.bench.spec, before, response)
        self.bench.report(REPETITION, messages, response, cause)
        if self.read is None or not set(self.read.parameters) <= subject.values.keys():
            return

        def untouched(found: Response) -> Iterator[str]:
            if found.ok:
                for message in self.bench.changes(self.read, before, found.body, self.scenario.also):
                    yield f"the second request has an effect: {message}"

        self.bench.check(REPETITION, self.read, subject.values, untouched, response)

    def _undo(self, subject: Subject, before: Any, cause: Response, touched: str | None, sent: Any) -> None:
        undo = self.undo
        if self.operation == subject.kind.delete:
            check_recreation(self.bench, subject, before, [], [])
        if undo is None or not self.bench.allows(undo, subject.values):
            return
        changed = self._state(subject)
        body = self.bench.bodies.body(undo, undo.body_examples[0], 0, subject.values) if undo.body_examples else None
        response = self.bench.send(undo, subject.values, body)
        if not response.ok:
            message = f"{undo.id} gets {response.status} after {self.operation.id}"
            self.bench.report(EFFECT, [message], response, cause)
            return
        exchange = self.bench.exchange(response, body, changed, self.others)
        scenario = next(map(Scenario.of, self.bench.spec.effects(undo)), None)
        self.bench.covered.add(undo.id)
        if self.company is not None:
            self.company.end(response)
        ignored = self.scenario.also | (scenario.changed_by_time if scenario is not None else frozenset[str]())
        ignored |= frozenset[str]() if touched is None else frozenset({touched})
        if scenario is not None and undo.method != "DELETE":
            self.bench.report(EFFECT, problems(scenario.sets, response.body, exchange), response, cause)
        if self.read is None or not set(self.read.parameters) <= subject.values.keys():
            return

        def restored(found: Response) -> Iterator[str]:
            if found.ok:
                for message in self.bench.changes(self.read, before, found.body, ignored):
                    yield f"{undo.id} does not undo {self.operation.id}: {message}"

        self.bench.check(EFFECT, self.read, subject.values, restored, response)
        self._check_updatable(subject, touched, response)
        if scenario is not None and scenario.repeated == "refused":
            again = self.bench.send(undo, subject.values, body)
            messages = [f"the request is accepted again, with {again.status}"] if again.ok else []
            self.bench.report(REPETITION, messages, again, response)
        if self.scenario.repeated:
            Again(self.bench, self.operation, self.scenario, self.read, self.others).check(subject, changed, sent)
            self.bench.send(undo, subject.values, body)

    def _check_updatable(self, subject: Subject, touched: str | None, cause: Response) -> None:
        """Check that an object that could not be updated after the request can be updated after the undo."""
        update = subject.kind.update
        was_updated = update is not None and any(name == update.id for name, _ in self.bench.changed)
        if touched is None and was_updated and subject.is_own and self.bench.allows(update, subject.values):
            message = f"the object cannot be updated after {cause.operation.id}"
            self.bench.report(EFFECT, [] if touch(self.bench, subject) else [message], cause, cause)
