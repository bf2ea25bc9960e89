"""Another object with the effect of a request, which it must keep."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from attrs import evolve, frozen

from ..objects import object_from_item
from ..page_items import items_of
from ..spec import Operation
from ..traffic import Response
from .bench import Bench, Subject
from .bodies import values_of
from .checks import OTHER_OBJECT
from .expectations import Scenario

#: Objects to send the request for until one accepts it.
_OBJECTS: Final = 3


@frozen
class Company:
    """An object in the lists that a request adds its object to."""

    bench: Bench
    subject: Subject
    lists: Sequence[Operation]
    undo: Operation

    @classmethod
    def of(
        cls, bench: Bench, operation: Operation, scenario: Scenario, undo: Operation | None, subject: Subject
    ) -> Company | None:
        """Send the request for another object of the same list, if it has no body and can be undone."""
        if undo is None or not scenario.is_in or scenario.after or operation.has_body or undo.has_body:
            return None
        lists = [each for each in bench.spec.operations if each.id in scenario.is_in]
        for other in islice(neighbours(bench, subject), _OBJECTS):
            company = cls(bench, other, lists, undo)
            is_allowed = all(bench.allows(each, other.values) for each in (operation, undo))
            if is_allowed and company._missing() and bench.send(operation, other.values).ok:
                return None if company._missing() else company
        return None

    def check(self, cause: Response) -> None:
        """Check that a request for another object left this one in the lists."""
        messages = [f"{cause.operation.id} removed another object from {each.id}" for each in self._missing()]
        self.bench.report(OTHER_OBJECT, messages, cause, cause)

    def end(self, cause: Response) -> None:
        """Check the lists after the other object has been restored, and restore this one."""
        self.check(cause)
        self.bench.send(self.undo, self.subject.values)

    def _missing(self) -> list[Operation]:
        """Return the lists that the object is not in."""
        kinds = [(each, evolve(self.subject.kind, list=each)) for each in self.lists]
        found = [(each, self.bench.find(evolve(self.subject, kind=kind))) for each, kind in kinds]
        return [each for each, (item, page) in found if page is not None and item is None]


def neighbours(bench: Bench, subject: Subject) -> Iterator[Subject]:
    """Yield the other objects in the list of an object."""
    listing = subject.kind.list
    if listing is None or not set(listing.parameters) <= subject.values.keys():
        return
    for item in items_of(bench.read(listing, values_of(listing, subject.values)).body) or ():
        found = object_from_item(subject.kind.path, subject.values, item)
        if found is not None and found.values != subject.values:
            yield Subject(subject.kind, {**found.values}, item, is_own=False)
