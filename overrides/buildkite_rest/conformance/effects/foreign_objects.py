"""The objects and settings of an organization that no request of the run changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import frozen

from ..loopback import is_local
from ..objects import PathValues
from ..other_organizations import OtherOrganization, other_organization
from ..page_items import items_of, key_of
from ..spec import Operation, Spec
from ..traffic import Response, Session
from .checks import OTHER_OBJECT
from .comparison import unexpected_changes
from .values import moving

#: Items of a list.
_PAGE: Final = 100


@frozen
class ForeignObjects:
    """The first pages of the lists and the settings of another organization, as they are before the run changes any."""

    session: Session
    spec: Spec
    organization: OtherOrganization
    before: Mapping[str, Response]
    """Responses by the id of the operation."""

    @classmethod
    def read(cls, session: Session, spec: Spec, operations: Sequence[Operation]) -> ForeignObjects | None:
        """Read them with the foreign token, on a server on this machine."""
        found = other_organization(session, spec) if is_local(session.options.base_url) else None
        if found is None:
            return None
        objects = cls(session, spec, found, {})
        reads = [each for each in operations if each.method == "GET" and each.parameters == ("org",)]
        responses = (objects._read(each) for each in reads if not spec.needs_query(each))
        return cls(session, spec, found, {each.operation.id: each for each in responses if each.ok})

    def share(self, listing: Operation | None, read: Operation | None, values: PathValues) -> bool:
        """Return whether the other organization has an object, such as a user, or settings of the same kind."""
        if listing is None:
            return read is not None and read.id in self.before
        page = self.before.get(listing.id)
        keys = [key_of(each) for each in items_of(None if page is None else page.body) or ()]
        return any(str(value) in keys for value in values.values())

    def check(self, cause: Response | None = None, operations: Sequence[Operation | None] = ()) -> None:
        """Compare the objects with those before, by default with all operations.

        `cause` is the response to the last request.
        """
        ids = {each.id for each in operations if each is not None}
        for name, before in self.before.items():
            if ids and name not in ids:
                continue
            after = self._read(before.operation)
            self.session.count(OTHER_OBJECT.name)
            for message in self._changes(before, after) if after.ok else ():
                shown = f"a request for the organization of the run has changed another organization: {message}"
                causes = [] if cause is None else [cause]
                self.session.record_failure(OTHER_OBJECT.name, OTHER_OBJECT.code, shown, after, [before, *causes])
                break

    def _changes(self, before: Response, after: Response) -> Iterator[str]:
        old, new = items_of(before.body), items_of(after.body)
        if old is None or new is None:
            yield from self._changed(before.operation, before.body, after.body)
            return
        known, found = ({key_of(item): item for item in items} for items in (old, new))
        yield from (f"{key[:80]} is no longer listed" for key in known if key not in found)
        yield from (f"{key[:80]} is listed" for key in found if key not in known)
        for key in known.keys() & found.keys():
            yield from self._changed(before.operation, known[key], found[key])

    def _changed(self, operation: Operation, before: Any, after: Any) -> Iterator[str]:
        yield from unexpected_changes(before, after, moving(self.spec, operation, before), ())

    def _read(self, operation: Operation) -> Response:
        query = {"per_page": _PAGE} if "per_page" in operation.query else None
        values, authorization = {"org": self.organization.slug}, self.organization.authorization
        return self.session.send(operation, values, query=query, authorization=authorization, is_raw=True)
