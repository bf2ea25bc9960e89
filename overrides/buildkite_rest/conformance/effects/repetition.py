"""An action that is sent again after its undo, with other values: it has its effects again, at a later time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from attrs import frozen

from ..._base.json_values import is_object
from ..page_items import key_of
from ..spec import Operation
from ..traffic import Response
from .bench import Bench, Others, Subject
from .checks import REPETITION
from .comparison import is_later
from .expectations import Scenario, holds, problems
from .pointers import resolve

#: Statuses of a request that is refused because of the state of the object.
_REFUSED: Final = frozenset({400, 409, 422})

#: How much larger another number is, so that a server which limits it is noticed.
_FACTOR: Final = 10


@frozen
class Again:
    """A repetition of a request after its undo."""

    bench: Bench
    operation: Operation
    scenario: Scenario
    read: Operation
    """The operation that reads the object."""
    others: Others

    def check(self, subject: Subject, first: object, body: Any) -> None:
        """Send the request with other values than in `body`. `first` is the object after the first request."""
        bench, operation, scenario = self.bench, self.operation, self.scenario
        before = bench.read(self.read, subject.values)
        if not before.ok or not holds(scenario.when, before.body):
            return
        sent = other_values(body)
        response = bench.send(operation, subject.values, sent)
        bench.session.count(REPETITION.name)
        if not response.ok:
            messages = [f"{operation.id} gets {response.status} after {scenario.undone_by}"]
            bench.report(REPETITION, messages if response.status in _REFUSED else (), response, before)
            return
        exchange = bench.exchange(response, sent, before.body, self.others)

        def rule(found: Response) -> Iterator[str]:
            for message in problems(scenario.sets, found.body, exchange) if found.ok else ():
                yield f"{operation.id} after {scenario.undone_by}: {message}"
            for pointer in (name for name, value in scenario.sets.items() if value == "$now" and found.ok):
                old, new = resolve(pointer, first), resolve(pointer, found.body)
                if not is_later(new, old):
                    yield f"{pointer.strip('/')} is {new} after {scenario.undone_by}, and was {old} the first time"

        if is_object(response.body) and key_of(response.body) == key_of(first):
            bench.report(REPETITION, rule(response), response, before)
        bench.check(REPETITION, self.read, subject.values, rule, response)


def other_values(body: Any) -> Any:
    """Return a body with other texts and numbers."""
    if not is_object(body):
        return body
    return {name: _other(value) for name, value in body.items()}


def _other(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value * _FACTOR + 1
    if isinstance(value, str) and " " in value:
        return f"{value} <b>again</b> & übermorgen 🎉"
    return other_values(value) if isinstance(value, Mapping) else value
