"""Ids of objects of another organization in request bodies, which must be refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from attrs import define, field

from ..._base.json_values import is_array, is_object
from ..objects import ObjectSelector, PathValues, identifier_of, with_ids
from ..options import is_local
from ..page_items import items_of
from ..request_bodies import RequestBodies
from ..spec import Operation
from ..traffic import Session

#: Last words of the names of properties that refer to a user, who may be a member of both organizations.
_USERS: Final = frozenset({"user", "unblocker", "member", "creator"})
#: Ends of the names of properties with an id, or several.
_SUFFIXES: Final = ("_ids", "_uuids", "_id", "_uuid")


@define
class ForeignReferences:
    """Changes of own objects that refer to an object of another organization."""

    session: Session
    selector: ObjectSelector
    bodies: RequestBodies
    organization: str | int
    """The other organization."""
    authorization: str
    """The `Authorization` of a token for it."""
    _ids: dict[str, str | None] = field(factory=dict[str, "str | None"])

    def check(self, operation: Operation) -> None:
        """Send valid bodies in which one id is foreign, on a server that may be changed as a whole."""
        usable = [*self.selector.usable(operation)] if operation.parameters else []
        if not usable or not is_local(self.session.options.base_url):
            return
        for name, body in self._bodies(operation, usable[0]):
            values = next((each for each in usable if self.session.allows(operation, each, body=body)), None)
            if values is None:
                continue
            response = self.session.send(operation, values, body=body, is_raw=True)
            self.session.count("foreign_object_found")
            if response.ok:
                message = f"{name} of another organization is accepted with {response.status}"
                self.session.record_failure("foreign_object_found", "BK206", message, response)

    def _bodies(self, operation: Operation, values: PathValues) -> Iterator[tuple[str, Any]]:
        """Yield bodies with one foreign id each, and the property that has it."""
        seen = set[str]()
        for example in operation.body_examples:
            for name, value in _references(example):
                found = self._id(name) if name not in seen else None
                if found is None:
                    continue
                seen.add(name)
                valid = self.bodies.valid(operation, values, example)
                yield name, with_ids(valid, {name: [found] if is_array(value) else found})

    def _id(self, name: str) -> str | None:
        """Return the id of a foreign object of the kind that a property refers to."""
        stem = next((name.removesuffix(suffix) for suffix in _SUFFIXES if name.endswith(suffix)), name)
        nouns = (stem, stem.rpartition("_")[2])
        found = (self._first(noun) for noun in nouns if noun not in _USERS)
        return next((each for each in found if each is not None), None)

    def _first(self, noun: str) -> str | None:
        """Return the id of the first object in a list of the other organization."""
        if noun not in self._ids:
            collections = {f"{noun}s", f"{noun}s".replace("_", "-")}
            listing = next(
                (
                    each
                    for each in self.selector.spec.operations
                    if each.method == "GET"
                    and [*each.parameters] == ["org"]
                    and each.path.rpartition("/")[2] in collections
                ),
                None,
            )
            values: PathValues = {"org": self.organization}
            body = (
                self.session.send(listing, values, authorization=self.authorization, is_raw=True).body
                if listing is not None
                else None
            )
            keys = (identifier_of("id", item) for item in items_of(body) or ())
            self._ids[noun] = next((str(key) for key in keys if key is not None), None)
        return self._ids[noun]


def _references(value: object) -> Iterator[tuple[str, object]]:
    """Yield the properties of a body with texts or lists of texts, also of those inside others."""
    if is_array(value):
        for item in value:
            yield from _references(item)
    elif is_object(value):
        for name, item in value.items():
            if isinstance(item, str) or (is_array(item) and item and isinstance(item[0], str)):
                yield name, item
            else:
                yield from _references(item)
