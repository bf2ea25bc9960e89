"""Snapshots of the objects that a request would change."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from attrs import frozen

from .._base.json_values import as_object, is_array
from .objects import PathValues, identifier_of
from .page_items import items_of
from .spec import Operation, object_path
from .traffic import Response, Session

#: Items of a list.
_PAGE: Final = 100
#: Minimum length of a text that shows which request has created an object.
_LENGTH: Final = 6


@frozen
class Snapshot:
    """The object of a request, or the list that it would add to."""

    response: Response

    @classmethod
    def take(
        cls, session: Session, operations: Mapping[str, Operation], operation: Operation, values: PathValues
    ) -> Snapshot | None:
        """Read the object of an operation, or its list. `operations` are all operations by label."""
        for path in dict.fromkeys((operation.path, object_path(operation.path))):
            reading = operations.get(f"GET {path}")
            if reading is not None:
                query = {"per_page": _PAGE} if "per_page" in reading.query else None
                return cls(session.read(reading, values, query=query))
        return None

    def effect(self, after: Snapshot, bodies: Iterable[Any]) -> str | None:
        """Return the effect that one of these request bodies has had since this snapshot, or None."""
        old, new = items_of(self.response.body), items_of(after.response.body)
        if self.response.ok and after.response.status in {404, 410}:
            return "deleted the object"
        if not self.response.ok or not after.response.ok:
            return None
        if old is not None and new is not None:
            known = {_identity(item) for item in old}
            added = [item for item in new if _identity(item) not in known]
            return "added an object" if any(_is_made_of(item, body) for body in bodies for item in added) else None
        for body in bodies:
            if (name := changed_property(body, self.response.body, after.response.body)) is not None:
                return f"changed {name}"
        return None


def changed_property(sent: object, before: object, after: object) -> str | None:
    """Return the name of a property that has the value of a request now, but not before."""
    old, new = as_object(before), as_object(after)
    for name, value in as_object(sent).items():
        if name in new and name in old and new[name] == value and old[name] != value:
            return name
    return None


def _identity(item: object) -> str:
    return str(identifier_of("id", item) or json.dumps(item, sort_keys=True))


def _is_made_of(item: object, body: object) -> bool:
    """Return whether an object contains a distinctive text of a request."""
    values = [each for value in as_object(body).values() for each in (value if is_array(value) else (value,))]
    texts = {value for value in values if isinstance(value, str) and len(value) >= _LENGTH}
    return any(value in texts for value in as_object(item).values() if isinstance(value, str))
