"""The phase *statuses*: each documented error is provoked as the spec says, and has its documented status."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final, TypeAlias

from attrs import define, evolve, field

from ..._base.json_values import as_array, as_object, is_array, is_object
from ..documented_refusals import Refusal
from ..effects.expectations import holds
from ..effects.pointers import MISSING, resolve
from ..filter_trials import query_text
from ..names import recognizable
from ..objects import KnownObject, ObjectSelector, PathValues, object_from_item, with_unique_name
from ..page_items import items_of
from ..pages import next_cursor
from ..prerequisites import Prerequisites
from ..request_bodies import RequestBodies
from ..snapshots import Snapshot
from ..spec import Operation, object_path
from ..traffic import Response, Session
from ..urls import url_parts
from .refused_queries import stricter_queries

CHECK: Final = "documented_refusal"
_CODE: Final = "BK235"
_FIELD: Final = "error_names_other_field"
_FIELD_CODE: Final = "BK232"
_OTHER_FIELD: Final = "the errors name other properties only"
_EFFECT: Final = "refused_request_has_effect"
_EFFECT_CODE: Final = "BK234"
#: Objects to read until one has the state of a refusal.
_OBJECTS: Final = 30
#: Lists to read for further objects.
_LISTS: Final = 6
#: Objects to try until one accepts a request.
_ACCEPTING: Final = 80
#: A limit that includes all known objects.
_ALL: Final = 1_000
#: Objects of a kind to try.
_PER_KIND: Final = 3
_USER_PATH: Final = "/v2/user"
#: Beginning of an expression for a value of the object of the path.
_OBJECT: Final = "$object#"
_LISTED: Final = "$list"
#: Values of listed objects in expressions: as they are, or changed so that no object has them.
_FORMS: Final[Mapping[str, Callable[[Any], Any]]] = {
    _LISTED: lambda value: value,
    "$swapcase": lambda value: str(value).swapcase(),
    "$prefix": lambda value: str(value)[:-1],
}


def check_statuses(session: Session, selector: ObjectSelector, operations: Sequence[Operation]) -> Iterator[Operation]:
    """Provoke the documented errors of the operations. Yields each operation before its requests are sent."""
    bodies = RequestBodies(session, selector)
    checks = _Statuses(session, selector, bodies, Prerequisites(session, selector, bodies))
    for operation in operations:
        if selector.spec.refusals(operation):
            yield operation
            checks.check(operation)


_Request: TypeAlias = tuple[PathValues, Mapping[str, Any] | None, Any]
"""Path parameters, query and body."""


@define
class _Statuses:
    session: Session
    selector: ObjectSelector
    bodies: RequestBodies
    prerequisites: Prerequisites
    deletions: set[str] = field(factory=set[str])
    """Operations that have deleted an object: other phases need those that are left."""

    def check(self, operation: Operation) -> None:
        """Provoke each documented error of an operation, in each of the documented states of an object."""
        for node in self.selector.spec.refusals(operation):
            refusal = self._with_message(operation, Refusal.of(node))
            tried: list[Sequence[object]] = []
            for values in self._objects(operation, refusal):
                state = self._alternative(operation, refusal, values)
                if state in tried or (request := self._request(operation, refusal, values)) is None:
                    continue
                if not refusal.after:
                    self._send(operation, refusal, values, request)
                    tried.append(state)
                    if not state:
                        break
                    continue
                known = partial(self._known, operation, values)
                with self.prerequisites.met(refusal.after, values, known) as met:
                    if met is not None:
                        self._send(operation, refusal, values, request)
                        tried.append(state)
                if met is not None:
                    if self.prerequisites.is_undone and not operation.is_read_only:
                        self._check_lifted(operation, refusal, values, request)
                    break
            if not tried:
                self.session.skip(CHECK, operation, f"{refusal.status}: no object for {refusal.reason}")
        if not operation.is_read_only and not operation.is_destructive and not self.selector.spec.effects(operation):
            self._accept(operation)
        self._check_supported(operation)

    def _check_supported(self, operation: Operation) -> None:
        """Check that an object of each kind without a documented refusal can be read."""
        reading = self.selector.spec.find("GET", object_path(operation.path))
        refusals = [each for each in map(Refusal.of, self.selector.spec.refusals(operation)) if each.when]
        names = {name for each in refusals for name in each.when}
        is_complete = all(each.is_about_state and not each.also for each in refusals)
        if operation.method != "GET" or reading is None or len(names) != 1 or not is_complete:
            return
        name, tried = names.pop(), Counter[str]()
        for each in self.selector.objects.for_path(operation.path, _ALL):
            body = self.session.read(reading, each.values).body
            kind = str(resolve(name, body))
            if any(holds(refusal.when, body) for refusal in refusals) or tried[kind] >= _PER_KIND:
                continue
            tried[kind] += 1
            response = self.session.read(operation, each.values)
            self.session.count(CHECK)
            if response.status in {refusal.status for refusal in refusals}:
                message = f"an object with {name} {kind}: {response.status}, which is not documented for it"
                self.session.record_failure(CHECK, _CODE, message, response)

    def _alternative(self, operation: Operation, refusal: Refusal, values: PathValues) -> Sequence[object]:
        """Return the values of the object that a refusal has alternatives of: each is provoked once."""
        reading = self.selector.spec.find("GET", object_path(operation.path))
        by_id = {each.id: each for each in self.selector.spec.operations}
        states = [(reading, refusal.when), *((by_id.get(name), state) for name, state in refusal.also.items())]
        found: list[object] = []
        for each, state in states:
            pointers = [pointer for pointer, value in state.items() if is_array(value)]
            if each is not None and pointers:
                body = self.session.read(each, values).body
                found += [resolve(pointer, body) for pointer in pointers]
        return found

    def _accept(self, operation: Operation) -> None:
        """Find an object that accepts a request that others refuse, before the effects of others change its state."""
        refusals = map(Refusal.of, self.selector.spec.refusals(operation))
        if operation.body_examples or not any(each.when and each.is_about_state for each in refusals):
            return
        for values in self.selector.usable(operation)[:_ACCEPTING]:
            if self.session.allows(operation, values) and self.session.send(operation, values).ok:
                return

    def _with_message(self, operation: Operation, refusal: Refusal) -> Refusal:
        """Return a refusal of a body with the documented beginning of its message, unless it has a message."""
        beginning = self.selector.spec.message_beginning(operation, refusal.status)
        is_about_body = bool(refusal.body or refusal.only) and not (refusal.when or refusal.after or refusal.message)
        return evolve(refusal, message=f"{beginning}…") if beginning and is_about_body else refusal

    def _send(self, operation: Operation, refusal: Refusal, values: PathValues, request: _Request) -> None:
        path, query, body = request
        by_label = {each.label: each for each in self.selector.spec.operations}
        before = None if operation.is_read_only else Snapshot.take(self.session, by_label, operation, path)
        response = self.session.send(operation, path, query=query, body=body, headers=refusal.headers or None)
        problems = list(refusal.problems(response.status, response.body, body))
        if problems and not response.ok and not self._has_state(operation, refusal, values):
            self.session.skip(CHECK, operation, f"{refusal.status}: the object has changed meanwhile")
            return
        self.session.count(CHECK)
        for problem in problems:
            self.session.record_failure(CHECK, _CODE, problem, response)
        for stricter in () if problems else stricter_queries(self.selector.spec, operation, refusal, query or {}):
            other = self.session.send(operation, path, query=stricter, headers=refusal.headers or None)
            self.session.count(CHECK)
            for problem in refusal.problems(other.status, other.body):
                self.session.record_failure(CHECK, _CODE, f"{query_text(stricter)}: {problem}", other, [response])
        if self._names_other_field(operation, refusal, response):
            self.session.record_failure(_FIELD, _FIELD_CODE, f"{refusal.reason}: {_OTHER_FIELD}", response)
        if response.ok:
            self.selector.record_success(operation, path, response.body)
        elif before is not None and (after := Snapshot.take(self.session, by_label, operation, path)) is not None:
            self.session.count(_EFFECT)
            if (effect := before.effect(after, [body])) is not None:
                message = f"a refused request has {effect}"
                self.session.record_failure(_EFFECT, _EFFECT_CODE, message, response, [after.response])

    def _check_lifted(self, operation: Operation, refusal: Refusal, values: PathValues, request: _Request) -> None:
        """Check that a request is not refused any more after what it was refused for is undone."""
        path, query, body = request
        creates = self.selector.creates(operation) or any(
            as_object(node.get("returns")).get("id") == "$new" for node in self.selector.spec.effects(operation)
        )
        documented = map(Refusal.of, self.selector.spec.refusals(operation))
        is_refused_before = evolve(refusal, after=()) in documented
        if creates or is_refused_before or not self._has_state(operation, refusal, values):
            return  # a new object may change others
        if operation.id in self.deletions or not self.session.allows(operation, path, body=body):
            return
        if operation.method == "DELETE":
            self.deletions.add(operation.id)
        response = self.session.send(operation, path, query=query, body=body, headers=refusal.headers or None)
        self.session.count(CHECK)
        if response.ok:
            self.selector.record_success(operation, path, response.body)
        elif not [*refusal.problems(response.status, response.body, body)]:
            message = f"{refusal.reason}: still {response.status} after these requests are undone"
            self.session.record_failure(CHECK, _CODE, message, response)

    def _names_other_field(self, operation: Operation, refusal: Refusal, response: Response) -> bool:
        """Return whether an error names only properties that do not differ from those of a valid body."""
        changed = {*(refusal.body or {}), *(refusal.only or {})}
        errors = as_array(as_object(response.body).get("errors"))
        return bool(changed and errors) and all(
            field in operation.body_properties and field not in changed
            for field in (str(as_object(each).get("field")) for each in errors)
        )

    def _objects(self, operation: Operation, refusal: Refusal) -> Iterator[PathValues]:
        """Yield the objects that a refusal is about, those with its state first."""
        if not operation.parameters:
            yield {}
            return
        objects = (self.selector.own, self.selector.objects)
        known = [each for found in objects for each in found.for_path(operation.path, _ALL)]
        states = [value for values in (refusal.when, *refusal.also.values()) for value in _scalars(values)]
        known = sorted(known, key=lambda each: -sum(state in each.kind for state in states))
        created = self.selector.objects.created(object_path(operation.path))
        candidates = [*(each.values for each in known), *created, *self._beside(operation, known, refusal)]
        seen: list[PathValues] = []
        for values in candidates:
            mine = {name: values[name] for name in operation.parameters}
            if mine in seen:
                continue
            seen.append(mine)
            if len(seen) > _OBJECTS:
                return
            if self._has_state(operation, refusal, mine):
                yield mine

    def _beside(
        self, operation: Operation, known: Sequence[KnownObject], refusal: Refusal
    ) -> Iterator[Mapping[str, Any]]:
        """Yield the objects beside known ones that have the state of a refusal in their list."""
        path = object_path(operation.path)
        listing = self.selector.spec.find("GET", path.rpartition("/")[0])
        if listing is None or not refusal.when:
            return
        parents = {tuple(each.values[name] for name in listing.parameters): each.values for each in known}
        for values in list(parents.values())[:_LISTS]:
            for item in items_of(self.session.read(listing, values).body) or ():
                found = object_from_item(path, values, item) if holds(refusal.when, item) else None
                if found is not None:
                    yield found.values

    def _has_state(self, operation: Operation, refusal: Refusal, values: PathValues) -> bool:
        by_id = {each.id: each for each in self.selector.spec.operations}
        wanted: dict[Operation, Mapping[str, Any]] = {
            by_id[name]: state for name, state in refusal.also.items() if name in by_id
        }
        if operation.parameters and not refusal.path:
            reading = self.selector.spec.find("GET", object_path(operation.path))
            if reading is not None:
                wanted[reading] = {**wanted.get(reading, {}), **refusal.when}
        own = None if not operation.parameters else self.selector.spec.find("GET", object_path(operation.path))
        for reading, state in wanted.items():
            known = self._values(reading, own, values)
            if known is None:
                return False
            response = self.session.read(reading, known)
            body = self.session.read(own, values).body if own is not None and _refers(state) else None
            if not response.ok or not holds(as_object(_with_object(state, body)), response.body):
                return False
        return True

    def _values(self, reading: Operation, own: Operation | None, values: PathValues) -> PathValues | None:
        """Return the path parameters of a read, those of the object or of a URL in it, or None if it has neither."""
        if set(reading.parameters) <= values.keys():
            return values
        body = as_object(None if own is None else self.session.read(own, values).body)
        paths = (url_parts(str(value)).path for name, value in body.items() if name.endswith("_url"))
        path = next((each for each in paths if reading.matches(each)), None)
        return None if path is None else self.selector.spec.values(reading, path)

    def _request(self, operation: Operation, refusal: Refusal, values: PathValues) -> _Request | None:
        """Return path parameters, query and body, or None if a value is not known or the options forbid it."""
        body: Any = None
        if operation.body_examples:
            body = self.bodies.valid(operation, values, operation.body_examples[0])
        known = partial(self._known, operation, values)
        parts = [known(part) for part in (refusal.path, refusal.query, refusal.body or {})]
        if any(part is None for part in parts):
            return None
        path, query, changes = (as_object(part) for part in parts)
        if refusal.body is not None:
            body = {**as_object(body), **changes}
        if refusal.only is not None:
            body = refusal.only
        if self.selector.creates(operation):
            if refusal.only is not None:
                body = with_unique_name(body, operation, everywhere=True)
            body = recognizable(body, operation.body_properties)
        target = {**values, **path}
        if not self.session.allows(operation, target, body=body):
            return None
        return target, query or None, body

    def _known(self, operation: Operation, values: PathValues, node: Any) -> Any:
        """Return a value with its expressions replaced, or None if one of them has no value."""
        if is_object(node):
            pairs = {name: self._known(operation, values, value) for name, value in node.items()}
            return None if any(value is None and node[name] is not None for name, value in pairs.items()) else pairs
        if is_array(node):
            items = [self._known(operation, values, item) for item in node]
            return None if any(item is None for item in items) else items
        if not isinstance(node, str) or not node.startswith("$"):
            return node
        source, _, pointer = node.partition("#")
        match source:
            case "$path":
                found: Any = resolve(pointer, values)
            case "$object":
                reading = self.selector.spec.find("GET", object_path(operation.path))
                found = None if reading is None else resolve(pointer, self.session.read(reading, values).body)
            case "$cursor":
                found = next_cursor(self.session.read(operation, values, query={"per_page": 1}))
            case "$user":
                user = self.selector.spec.find("GET", _USER_PATH)
                found = None if user is None else _value(self.session.read(user, {}), "id")
            case _:
                found = self._listed(source, pointer, values)
        return None if found is MISSING else found

    def _listed(self, source: str, pointer: str, values: PathValues) -> Any:
        """Return a value of the first item of a list with one, if possible one that the path does not have."""
        kind, _, name = source.partition(".")
        listing = next((each for each in self.selector.spec.operations if each.id == name), None)
        if listing is None or kind not in _FORMS or not set(listing.parameters) <= values.keys():
            return None
        found = [resolve(pointer, item) for item in items_of(self.session.read(listing, values).body) or ()]
        known = [value for value in found if value is not MISSING and value is not None]
        changed = (_FORMS[kind](value) for value in sorted(known, key=lambda value: value in values.values()))
        return next((value for value in changed if kind == _LISTED or value not in found), None)


def _refers(state: Any) -> bool:
    return _OBJECT in str(state)


def _with_object(node: Any, found: object) -> Any:
    """Return the values of a state in which those of the object of the path replace expressions."""
    if is_object(node):
        return {name: _with_object(value, found) for name, value in node.items()}
    if is_array(node):
        return [_with_object(item, found) for item in node]
    return resolve(node.removeprefix(_OBJECT), found) if isinstance(node, str) and node.startswith(_OBJECT) else node


def _value(response: Response, name: str) -> Any:
    return as_object(response.body).get(name)


def _scalars(values: Mapping[str, Any]) -> Iterator[object]:
    for value in values.values():
        yield from value if isinstance(value, list) else (value,)
