"""Foreign ids: in request bodies they must be refused, and filters find nothing with them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from attrs import define, field

from ..._base.json_values import as_object, is_array, is_object
from ..identities import is_uuid
from ..loopback import is_local
from ..objects import ObjectSelector, PathValues, identifier_of, with_ids
from ..page_items import items_of
from ..request_bodies import RequestBodies
from ..spec import Operation
from ..traffic import Session

#: Last words of the names of properties that refer to a user, who may be a member of both organizations.
_USERS: Final = frozenset({"user", "unblocker", "member", "creator"})
#: Ends of the names of properties with an id, or several.
_SUFFIXES: Final = ("_ids", "_uuids", "_id", "_uuid")
_ANY_ID: Final = "object_id"
#: Path of the objects of an organization that have a slug.
_OWN: Final = "/v2/organizations/{org}/pipelines/{pipeline}"
#: A limit that includes all known objects.
_ALL: Final = 1_000


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
    _found: dict[str, object] = field(factory=dict[str, object])

    def check_filters(self, operation: Operation) -> None:
        """Filter an own list by a foreign id."""
        usable = [*self.selector.usable(operation)] if operation.parameters else []
        for name in sorted(operation.query) if usable and is_local(self.session.options.base_url) else ():
            found = self._id(name) if name.endswith(_SUFFIXES) else None
            if found is None:
                continue
            response = self.session.send(operation, usable[0], query={name: found})
            self.session.count("foreign_object_found")
            if response.ok and items_of(response.body):
                message = f"the list is not empty with the {name} of another organization"
                self.session.record_failure("foreign_object_found", "BK206", message, response)

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
        """Yield bodies with one foreign id or slug each, and the property that has it."""
        seen = set[tuple[str, object]]()
        for example in operation.body_examples:
            for name, value in _references(example):
                is_slug = isinstance(value, str) and not is_uuid(value)
                found = self._slug(name) if is_slug else self._id(name)
                if found is None or (name, found) in seen:
                    continue
                seen.add((name, found))
                valid = self.bodies.valid(operation, values, example)
                yield name, with_ids(valid, {name: [found] if is_array(value) else found})
        for example in operation.body_examples[:1]:
            for name in sorted(operation.body_properties.keys() - {name for name, _ in seen}):
                found = self._id(name) if name.endswith(_SUFFIXES) else None
                if found is not None:
                    valid = self.bodies.valid(operation, values, example)
                    yield name, {**valid, name: [found] if name.endswith("s") else found}

    def _id(self, name: str) -> str | None:
        """Return the id of a foreign object of the kind that a property refers to."""
        item = self._item(name)
        found = identifier_of(_ANY_ID, item)
        return None if item is None or found is None else str(found)

    def _slug(self, name: str) -> str | None:
        """Return the slug of such an object, unless the own organization has the same one."""
        slug = as_object(self._item(name)).get("slug")
        own = {value for each in self.selector.objects.for_path(_OWN, _ALL) for value in each.values.values()}
        return slug if isinstance(slug, str) and slug not in own else None

    def _item(self, name: str) -> object:
        stem = next((name.removesuffix(suffix) for suffix in _SUFFIXES if name.endswith(suffix)), name)
        nouns = (stem, stem.rpartition("_")[2])
        found = (self._first(noun) for noun in nouns if noun not in _USERS)
        return next((each for each in found if each is not None), None)

    def _first(self, noun: str) -> object:
        """Return the first object in a list of the other organization, or below its first object of another kind."""
        if noun not in self._found:
            self._found[noun] = None
            collections = {f"{noun}s", f"{noun}s".replace("_", "-")}
            lists = [
                each
                for each in self.selector.spec.operations
                if each.method == "GET" and each.path.rpartition("/")[2] in collections and "org" in each.parameters
            ]
            for listing in sorted(lists, key=lambda each: len(each.parameters))[:1]:
                values = {"org": self.organization, **{name: self._parent(name) for name in listing.parameters[1:]}}
                if None not in values.values():
                    known: PathValues = {name: value for name, value in values.items() if value is not None}
                    response = self.session.send(listing, known, authorization=self.authorization, is_raw=True)
                    self._found[noun] = next(iter(items_of(response.body) or ()), None)
        return self._found[noun]

    def _parent(self, name: str) -> str | int | None:
        item = self._item(name)
        return None if item is None else identifier_of(name, item)


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
