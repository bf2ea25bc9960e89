"""An object that can be updated, and the rules of its properties."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..._base.json_values import as_object
from ..spec import Operation
from ..traffic import Response
from .bench import Bench, Subject
from .values import BodyRules, properties, request_schema


class Updatable:
    """An object with the operations that update and read it.

    Args:
        bench: The session.
        subject: The object.
        operation: The operation that updates it.
        read: The operation that reads it.
    """

    def __init__(self, bench: Bench, subject: Subject, operation: Operation, read: Operation) -> None:
        self.bench, self.subject, self.operation, self.read = bench, subject, operation, read
        schema = request_schema(bench.spec, operation)
        self.schema = properties(bench.spec, schema)
        self.required = frozenset(schema.get("required", ()))
        self.rules = BodyRules.of(schema)
        self.accepted: dict[str, Any] = {}
        """A new value of each property that has been changed."""
        self.last: Response = bench.read(read, subject.values)
        """The response to the last update, or that of a read before the first."""

    def state(self) -> Mapping[str, Any]:
        """Return the object, or an empty one if it cannot be read."""
        response = self.bench.read(self.read, self.subject.values)
        return as_object(response.body) if response.ok else {}

    def required_of(self, state: Mapping[str, Any]) -> dict[str, Any]:
        """Return the present values of the properties that each update must have."""
        return {name: state[name] for name in self.required if name in state}

    def send(self, body: Mapping[str, Any]) -> Response:
        """Update the object, and follow it to its new path."""
        response = self.last = self.bench.send(self.operation, self.subject.values, body)
        if response.ok:
            self.bench.renamed(self.subject, self.operation, response)
        return response
