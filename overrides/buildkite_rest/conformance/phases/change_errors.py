"""Changes of objects that do not exist, or not below the parent in the path."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from attrs import frozen

from ..loopback import is_local
from ..objects import ObjectSelector, PathValues
from ..request_bodies import RequestBodies
from ..spec import Operation, object_path
from ..traffic import Response, Session
from .errors import ReadErrors, check_errors, unknown

#: Statuses of a change of no object. Without a parameter or a file that it needs, it is a bad request.
_NOT_FOUND: Final = frozenset({400, 404, 410})


def check_all_errors(
    session: Session, selector: ObjectSelector, operations: Sequence[Operation]
) -> Iterator[Operation]:
    """Send reads that must fail, and changes on this machine. Yields each operation before its requests are sent."""
    yield from check_errors(session, selector, operations)
    if not is_local(session.options.base_url):
        return
    reads = ReadErrors(session, selector, {operation.label: operation for operation in selector.spec.operations})
    checks = _ChangeErrors(session, selector, reads, RequestBodies(session, selector))
    for operation in operations:
        if len(operation.parameters) > 1 and operation.method != "GET":
            yield operation
            checks.check(operation)


@frozen
class _ChangeErrors:
    session: Session
    selector: ObjectSelector
    reads: ReadErrors
    bodies: RequestBodies

    def check(self, operation: Operation) -> None:
        """Change an unknown object, and one below each other parent."""
        reading = self.selector.spec.find("GET", object_path(operation.path))
        found = None if reading is None else self.reads.readable(reading)
        if reading is None or found is None or reading.parameters != operation.parameters:
            return
        last = operation.parameters[-1]
        response = self._send(operation, {**found, last: unknown(found[last])})
        if response is not None:
            self.session.count("unknown_object_found")
            if response.status not in _NOT_FOUND:
                message = f"a change of an unknown {last} gets {response.status} instead of 404"
                self.session.record_failure("unknown_object_found", "BK221", message, response)
        for name, values in self.reads.wrong_parents(reading):
            response = self._send(operation, values)
            if response is None:
                continue
            self.session.count("foreign_parent_accepted")
            if response.ok:
                message = f"a change of the {last} of another {name} gets {response.status} instead of 404"
                self.session.record_failure("foreign_parent_accepted", "BK222", message, response)

    def _send(self, operation: Operation, values: PathValues) -> Response | None:
        examples = operation.body_examples
        body = self.bodies.valid(operation, values, examples[0]) if examples else None
        if not self.session.allows(operation, values, body=body):
            return None
        return self.session.send(operation, values, body=body, is_raw=True)
