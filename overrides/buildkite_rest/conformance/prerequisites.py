"""Prerequisites: requests that bring about the state in which another request is refused or has its effect."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypeAlias

from attrs import define, frozen

from .._base.json_values import as_object
from .objects import ObjectSelector, PathValues, identifier_of
from .request_bodies import RequestBodies
from .spec import Operation, object_path, parameters_of
from .traffic import Session

#: Evaluates the expressions in a part of a request; None if one of them has no value.
Evaluate: TypeAlias = Callable[[Any], Any]
_UPDATES: Final = frozenset({"PATCH", "PUT"})


@frozen
class _Undo:
    """A request that undoes a prerequisite."""

    operation: Operation
    values: PathValues
    body: Any = None


@define
class Prerequisites:
    """Sender of the requests in `after`, of an entry of `x-refusals` or `x-effects`."""

    session: Session
    selector: ObjectSelector
    bodies: RequestBodies
    is_undone: bool = False
    """Whether all of the last requests have been undone."""
    _temporary: int = 0
    """Number of the last requests that changed an object which is deleted in the end."""

    @contextmanager
    def met(
        self, nodes: Sequence[Mapping[str, Any]], values: PathValues, evaluate: Evaluate
    ) -> Generator[PathValues | None]:
        """Send the requests, and undo them in the end. Yields the path parameters, or None if one of them failed.

        An object that one of them creates is that of the next ones, and is deleted. Updated properties get their
        former values.
        """
        undo: list[_Undo] = []
        known, self._temporary = dict(values), 0
        try:
            is_met = all(self._send(node, known, evaluate, undo) for node in nodes)
            yield known if is_met else None
        finally:
            self.is_undone = len(undo) + self._temporary == len(nodes)
            for each in reversed(undo):
                response = self.session.send(each.operation, each.values, body=each.body)
                known = {name: value for name, value in as_object(each.body).items() if value is not None}
                if not response.ok and known and known != each.body:  # what had no value may need one by now
                    response = self.session.send(each.operation, each.values, body=known)
                self.is_undone &= response.ok
                if response.ok:
                    self.selector.record_success(each.operation, each.values, response.body)

    def _send(
        self, node: Mapping[str, Any], known: dict[str, str | int], evaluate: Evaluate, undo: list[_Undo]
    ) -> bool:
        operation = next((each for each in self.selector.spec.operations if each.id == node["operation"]), None)
        changes = evaluate(as_object(node.get("body")))
        if operation is None or changes is None or not set(operation.parameters) <= known.keys():
            return False
        values = {name: known[name] for name in operation.parameters}
        creates, examples, body = self.selector.creates(operation), operation.body_examples, changes or None
        if creates and examples:
            body = {**as_object(self.bodies.valid(operation, values, examples[0])), **changes}
        if not self.session.allows(operation, values, body=body):
            return False
        former = None if creates else self._former(operation, values, changes)
        response = self.session.send(operation, values, body=body)
        if not response.ok:
            return False
        self.selector.record_success(operation, values, response.body)
        if not creates:
            undo.extend(() if former is None else (former,))
            self._temporary += former is None and any(each.values.items() <= values.items() for each in undo)
            return True
        path = self.selector.created_path(operation)
        name, delete = parameters_of(path)[-1], self.selector.spec.find("DELETE", path)
        if (key := identifier_of(name, response.body)) is not None:
            known[name] = key
            undo.extend(() if delete is None else (_Undo(delete, {**values, name: key}),))
        return True

    def _former(self, operation: Operation, values: PathValues, body: Mapping[str, Any]) -> _Undo | None:
        """Return the request that restores the properties that an update changes, as far as responses have them."""
        read = self.selector.spec.find("GET", object_path(operation.path))
        if operation.method not in _UPDATES or read is None or read.path != operation.path:
            return None
        found = as_object(self.session.read(read, values).body)
        former = {name: found[name] for name in body if name in found}
        return _Undo(operation, values, former) if former else None
