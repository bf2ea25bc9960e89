"""Properties that need a scope are empty without it, also in responses to changes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import frozen

from ..._base.json_values import as_object
from ..effects.expectations import holds
from ..objects import ObjectSelector, PathValues, created_templates, identifier_of
from ..request_bodies import RequestBodies
from ..rules.secrets import values_of
from ..spec import Operation, Spec, object_path
from ..traffic import Response, Session

_CHECK: Final = "scope_not_enforced"
_CODE: Final = "BK202"
#: Parents to read.
_PARENTS: Final = 20
#: Objects to read until one is in a state for a change.
_OBJECTS: Final = 20
#: Statuses of a change that the state of an object does not allow.
_CONFLICTS: Final = frozenset({409, 422})
#: Objects in objects to search for a property.
_LEVELS: Final = 4


def scope_problems(spec: Spec, response: Response, scopes: Collection[str]) -> Iterator[str]:
    """Check that a token with some scopes gets no value of a property that needs another one."""
    for name, scope in spec.scoped_properties.items() if response.ok else ():
        if scope not in scopes and any(values_of(response.body, name)):
            yield f"a token without the scope {scope} gets a value of {name}"


def scopes_of_properties(spec: Spec, operation: Operation) -> set[str]:
    """Return the scopes that properties of a response need."""
    schema = spec.response_schema(operation)
    schema = as_object(schema.get("items", schema))
    return {scope for name, scope in spec.scoped_properties.items() if _has(spec, schema, name)}


def check_changes(
    session: Session,
    selector: ObjectSelector,
    operations: Sequence[Operation],
    tokens: Sequence[tuple[str, frozenset[str]]],
) -> Iterator[Operation]:
    """Create and change objects with a token that lacks the scope of a property in the responses.

    Yields each operation before its requests are sent.

    Args:
        session: The session.
        selector: The objects.
        operations: The operations to test.
        tokens: Values of the header `Authorization`, each with the scopes of the token.
    """
    checks = _Changes(session, selector, RequestBodies(session, selector))
    for template in created_templates(selector.spec).items():
        create = selector.spec.find("POST", template[0])
        if create is None or not create.body_examples:
            continue
        changes = [each for each in operations if checks.is_change(each, template[1])]
        for each in [*([create] if create in operations else []), *changes]:
            token = checks.token(create, each, tokens)
            if token is not None:
                yield each
                checks.check(create, each, token)


@frozen
class _Changes:
    session: Session
    selector: ObjectSelector
    bodies: RequestBodies

    def is_change(self, operation: Operation, template: str) -> bool:
        """Return whether an operation changes an object with a path template."""
        return operation.method in {"PUT", "PATCH", "POST"} and object_path(operation.path) == template

    def token(
        self, create: Operation, change: Operation, tokens: Sequence[tuple[str, frozenset[str]]]
    ) -> tuple[str, frozenset[str]] | None:
        """Return a token that may send both requests, but lacks the scope of a property of the response."""
        hidden = scopes_of_properties(self.selector.spec, change)
        needed = {*create.scopes, *change.scopes}
        return next((each for each in tokens if needed <= each[1] and hidden - each[1]), None)

    def check(self, create: Operation, change: Operation, token: tuple[str, frozenset[str]]) -> None:
        """Create an object with a token, and change it."""
        created = self._send(create, self._parent(create, token[1]), token)
        if created is None or not created.ok or change is create:
            return
        name = change.parameters[-1]
        key = identifier_of(name, created.body)
        response = None if key is None else self._send(change, {**created.values, name: key}, token)
        if response is not None and response.status in _CONFLICTS:
            self._send(change, self._ready(change, token[1]), token)

    def _parent(self, create: Operation, scopes: Collection[str]) -> PathValues | None:
        """Return path parameters of a parent, if possible one that has a value of a property that needs a scope."""
        usable = self.selector.usable(create) if create.parameters else [dict[str, str | int]()]
        allowed = [each for each in usable if self.session.allows(create, each)]
        reading = self.selector.spec.find("GET", create.path.rpartition("/")[0])
        for values in allowed[:_PARENTS]:
            body = None if reading is None else self.session.read(reading, values).body
            if self._has_hidden(body, scopes):
                return values
        return next(iter(allowed), None)

    def _ready(self, change: Operation, scopes: Collection[str]) -> PathValues | None:
        """Return path parameters of an object that can be changed, and has a value of a property that needs a scope."""
        spec = self.selector.spec
        reading = spec.find("GET", object_path(change.path))
        states = [as_object(node.get("when")) for node in spec.effects(change)]
        for values in self.selector.usable(change)[:_OBJECTS]:
            is_possible = reading is not None and self.session.allows(change, values)
            body = self.session.read(reading, values).body if is_possible and reading is not None else None
            if any(holds(when, body) for when in states) and self._has_hidden(body, scopes):
                return values
        return None

    def _has_hidden(self, body: object, scopes: Collection[str]) -> bool:
        """Return whether an object has a value of a property that needs another scope."""
        needed = self.selector.spec.scoped_properties.items()
        return any(scope not in scopes and any(values_of(body, name)) for name, scope in needed)

    def _send(
        self, operation: Operation, values: PathValues | None, token: tuple[str, frozenset[str]]
    ) -> Response | None:
        examples = operation.body_examples
        body: Any = self.bodies.valid(operation, values or {}, examples[0]) if examples else None
        if values is None or not self.session.allows(operation, values, body=body):
            self.session.skip(_CHECK, operation, "there is no object that may be changed")
            return None
        authorization, scopes = token
        response = self.session.send(operation, values, body=body, authorization=authorization)
        self.session.count(_CHECK)
        for message in scope_problems(self.selector.spec, response, scopes):
            self.session.record_failure(_CHECK, _CODE, message, response)
        return response


def _has(spec: Spec, schema: Mapping[str, Any], name: str, levels: int = _LEVELS) -> bool:
    """Return whether an object has a property, itself or in an object in it."""
    resolved = spec.resolve(schema)
    properties: Mapping[str, Any] = resolved.get("properties", {})
    parts = [part for key in ("allOf", "oneOf", "anyOf") for part in resolved.get(key, ())]
    if name in properties:
        return True
    return levels > 0 and any(_has(spec, each, name, levels - 1) for each in (*properties.values(), *parts))
