"""Prerequisites: requests that bring about a state, and are undone afterwards."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

from attrs import define, field

from ..._base.json_values import as_object
from ..api import Operation, object_path
from ..behaviour import Before
from ..exchange import NO_BODY, Exchange, PathValues, Request
from ..executor import Executor
from .references import referring

#: Evaluates the expressions in a part of a request; None if one of them has no value.
Evaluate: TypeAlias = Callable[[Any], Any]


@define
class Prerequisites:
    """The requests that were sent, and those that undo them.

    An object that one of them creates is that of the next ones, and is deleted in the end. Updated properties get
    their former values.
    """

    executor: Executor
    values: dict[str, Any]
    """Path values of the object, and of those that were created."""
    sent: list[Exchange] = field(factory=list[Exchange])
    undo: list[Request] = field(factory=list[Request])
    is_undone: bool = False
    """Whether everything has its former state again."""
    _below_new: int = 0
    """Number of requests that changed an object which is deleted in the end."""

    @contextmanager
    def met(self, requests: Sequence[Before], evaluate: Evaluate) -> Generator[bool]:
        """Send the requests, and undo them in the end. Yields whether all succeeded."""
        try:
            yield all(self._send(each, evaluate) for each in requests)
        finally:
            self.is_undone = len(self.undo) + self._below_new == len(requests)
            for each in reversed(self.undo):
                exchange = self.executor.send(each)
                known = {name: value for name, value in as_object(each.body).items() if value is not None}
                if not exchange.ok and known and known != each.body:  # what had no value may need one by now
                    exchange = self.executor.send(each.having(body=known))
                self.is_undone &= exchange.ok

    def _send(self, before: Before, evaluate: Evaluate) -> bool:
        operation = self.executor.api.by_id[before.operation]
        changes = evaluate(before.body or {})
        if changes is None or not set(operation.parameters) <= self.values.keys():
            return False
        kind = self.executor.world.kind_of(operation)
        creates = kind is not None and operation is kind.create
        if creates and operation.body_examples:
            changes = {**referring(self.executor, operation, self.values, operation.body_examples[0]), **changes}
        values = {name: self.values[name] for name in operation.parameters}
        request = Request(operation, values, body=changes or NO_BODY)
        if not self.executor.permits(request):
            return False
        former = None if creates else self._former(operation, values, changes)
        exchange = self.executor.send(request)
        self.sent.append(exchange)
        if not exchange.ok:
            return False
        if kind is not None and creates:
            new = self.executor.world.created_values(kind, values, exchange.body)
            if new is not None and kind.delete is not None:
                self.values |= new
                self.undo.append(Request(kind.delete, new))
        elif former is not None:
            self.undo.append(former)
        else:
            self._below_new += any(each.values.items() <= values.items() for each in self.undo)
        return True

    def _former(self, operation: Operation, values: PathValues, changes: Any) -> Request | None:
        """Return the request that restores the properties which an update changes, as far as responses have them."""
        reading = self.executor.api.at("GET", object_path(operation.path))
        if operation.method not in {"PATCH", "PUT"} or reading is None or reading.path != operation.path:
            return None
        found = self.executor.read(reading, values).object
        former = {name: found[name] for name in changes if name in found}
        return Request(operation, values, body=former) if former else None
