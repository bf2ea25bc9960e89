"""Cleanup: the objects that a journal names are deleted, the newest first.

Nothing is deleted without a proof that it is the object in the journal, and nothing counts as deleted without a proof
that it is gone: the body of a `GET` with the recorded id, and a `404` whose collection can be read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import chain
from math import inf
from time import sleep
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlencode

import requests
from attrs import define, evolve, field, frozen

from .._base.json_values import loads_or_none
from .._pagination.links import parse_links
from .cleanup_access import TIMEOUT, Send
from .connection_errors import reason_of
from .identities import identity_of, is_revoked, is_segment, name_in, name_within
from .journal import Created, Entries, Journal, Unresolved
from .leftovers import Cleaned, Leftover
from .names import is_made_up
from .objects import created_templates, identifier_of
from .page_items import items_of
from .permissions import OwnObjects
from .spec import Spec, parameters_of
from .unexpected_errors import described
from .urls import url_parts

#: Seconds after which a response that is not complete ends a cleanup.
MAX_RESPONSE: Final = 20
#: Timeouts in a row that end a cleanup.
_TIMEOUTS: Final = 2
#: Pages of a list that are searched for an object.
_PAGES: Final = 100
_PAGE_SIZE: Final = 100
#: Path parameters of a collection that is below another object than the organization.
_BELOW: Final = 2
_PERMANENT: Final = "the API cannot delete it"
_GONE: Final = frozenset({404, 410})
#: Checks whether an object is gone, with a pause between them: a deletion may take effect later.
_CHECKS: Final = 3
_PAUSE: Final = 0.5
#: Seconds before each further search for objects that a list lacks: it may show new ones late.
_LATE: Final = (2.0, 3.0)
#: Objects that are waited for. A server that deletes nothing would take a second for each.
_WAITED: Final = 10

ProgressReporter = Callable[[str], None]


class _NoProofError(Exception):
    """Neither the identity nor the absence of an object is certain."""


class _UnresponsiveError(Exception):
    """Several requests in a row have timed out."""


@frozen
class _Missing:
    """A request that may have created an object, which no list has."""

    request: Unresolved
    presented: Created | None = None
    """What its response presents as the object, although nothing has its path."""


@define
class Cleanup:
    """Deletes the objects of `entries`, and records that in the journal.

    Objects are added to `own` when their identity is certain.
    """

    entries: Entries
    spec: Spec
    send: Send
    progress: ProgressReporter
    own: OwnObjects
    journal: Journal
    pause: Callable[[float], object] = sleep
    is_moved: bool = False
    """Whether the URL of the API is not that of the run. Then an object that is missing is not recorded as deleted."""
    is_run: bool = False
    """Whether this is the end of the run. Later, a list without an object proves that it does not exist."""
    deleted: int = 0
    leftovers: list[Leftover] = field(factory=list[Leftover])
    _lists: dict[str, list[Any]] = field(factory=dict[str, "list[Any]"], init=False)
    _remaining: int = field(default=0, init=False)
    """Number of objects that existed after their deletion."""
    _timeouts: int = field(default=0, init=False)
    """Number of timeouts in a row."""
    _objects: dict[str, Created] = field(init=False)
    """By path."""
    _collections: dict[str, list[Unresolved]] = field(init=False)
    """Requests without a known result, by the list in which their objects have not been looked up."""
    _refused: dict[str, list[Unresolved]] = field(init=False)
    """Requests that were refused, by the list in which they must not have left an object."""
    effective: list[Unresolved] = field(factory=list[Unresolved], init=False)
    """Those that have left one."""
    repeated: list[Unresolved] = field(factory=list[Unresolved], init=False)
    """Requests that have created more than one object."""
    _missing: dict[tuple[str, str], _Missing] = field(factory=dict[tuple[str, str], "_Missing"], init=False)
    """Requests whose objects no list has yet, by list and name."""
    _gone: set[str] = field(factory=set[str], init=False)
    """Paths of the objects that do not exist any more."""

    def __attrs_post_init__(self) -> None:
        self._objects = {each.path: each for each in self.entries.created}
        self._collections = self._by_collection(self.entries.unresolved)
        refused = (each for each in self.entries.refused if not any(map(is_made_up, each.collection.split("/"))))
        self._refused = self._by_collection(refused)

    def _by_collection(self, requests: Iterable[Unresolved]) -> dict[str, list[Unresolved]]:
        """Return requests by their list, without those below a known object, which are deleted with it."""
        found: dict[str, list[Unresolved]] = {}
        for each in requests:
            segments = each.collection.split("/")
            if not any("/".join(segments[:end]) in self._objects for end in range(1, len(segments))):
                found.setdefault(each.collection, []).append(each)
        return found

    def run(self) -> Cleaned:
        """Delete the objects. Ends if the server stops responding.

        Raises:
            KeyboardInterrupt: The time limit or a signal; see `ended`.
        """
        try:
            self._delete_all()
        except _UnresponsiveError:
            return self.ended(f"the server did not respond to {_TIMEOUTS} requests within {TIMEOUT} s each")
        except Exception as error:  # what is left must be listed in any case
            return self.ended(described(error))
        return self._cleaned()

    def ended(self, reason: str) -> Cleaned:
        """Return the result of a cleanup that ended early: what may still exist is left behind."""
        known = {each.path for each in self.leftovers} | self._gone
        for path in roots_of(self._objects):
            if path not in known:
                objection = self._objection(self._objects[path]) or "not deleted"
                self.leftovers.append(Leftover(path, objection, is_permanent=objection == _PERMANENT))
        missing = [each.request for each in self._missing.values() if each.presented is None]
        for each in (*chain.from_iterable(self._collections.values()), *missing):
            self.leftovers.append(Leftover.of(each, "the cleanup ended before the search for it"))
        return self._cleaned(reason)

    def _cleaned(self, end: str | None = None) -> Cleaned:
        return Cleaned(self.deleted, tuple(self.leftovers), end, tuple(self.effective), tuple(self.repeated))

    def _delete_all(self) -> None:
        objects = self._objects
        objects.update([(each.path, each) for each in self._found()])
        objects.update([(each.path, each) for each in self._found_refused()])
        roots = list(roots_of(objects))
        failed: list[str] = []
        for number, path in enumerate(reversed(roots), 1):
            self.progress(f"cleanup: {number}/{len(roots)}")
            if self._delete(objects[path]) is not None:
                failed.append(path)
        failed += self._delete_late()
        # Another object may have kept them: a cluster is not deleted before its pipelines, for example.
        for path in failed:
            for child in reversed([each for each in objects if each.startswith(f"{path}/")]):
                self._delete(objects[child])
            if (reason := self._delete(objects[path])) is not None:
                self.leftovers.append(Leftover(path, reason, is_permanent=reason == _PERMANENT))
        gone = {each for each in {each.path for each in self.leftovers if each.is_uncertain} if self._is_in_gone(each)}
        self.leftovers[:] = [each for each in self.leftovers if not (each.is_uncertain and each.path in gone)]

    def _is_in_gone(self, collection: str) -> bool:
        """Return whether a collection was deleted with the object that it is below, with all objects in it."""
        if any(collection.startswith(f"{path}/") for path in self._gone):
            return True
        operation = self.spec.find("POST", collection)
        if operation is None or len(operation.parameters) < _BELOW:
            return False
        try:
            return self._is_parent_gone(collection)
        except (_NoProofError, requests.RequestException):
            return False

    def _request(self, method: str, path: str) -> requests.Response:
        try:
            response = self.send(method, path)
        except requests.Timeout:
            self._timeouts += 1
            if self._timeouts == _TIMEOUTS:
                raise _UnresponsiveError from None
            raise
        except requests.RequestException:
            self._timeouts = 0
            raise
        self._timeouts = 0
        return response

    def _delete(self, created: Created) -> str | None:
        """Delete an object, and return why that was not possible."""
        if (reason := self._objection(created)) is not None:
            return reason
        try:
            found = self._find(created)
            if found is not None:
                self.own.add(found.path)
                status = self._request("DELETE", quote(found.path)).status_code
                if not (200 <= status < 300 or status in _GONE):
                    return f"DELETE gets {status}"
                if not self._is_gone(found):
                    return f"it still exists, although DELETE gets {status}"
                if found.path != created.path:
                    self.journal.deleted(found.path)
                self.deleted += 1
            elif self.is_moved:
                return None
            elif created.name is not None and self._may_be_late(created):
                key = created.request.collection, created.name
                self._missing[key] = _Missing(evolve(created.request, was_accepted=True), created)
                return None
        except requests.RequestException as error:
            return reason_of(error)
        except _NoProofError as error:
            return str(error)
        self.journal.deleted(created.path)
        self._gone.add(created.path)
        return None

    def _may_be_late(self, created: Created) -> bool:
        """Return whether a list may show an object later that has not been read yet."""
        is_seen = self.own.is_confirmed(created.path)
        return self.is_run and not is_seen and not self._is_in_gone(created.request.collection)

    def _objection(self, created: Created) -> str | None:
        """Return why a journal must be wrong about an object, or why the object cannot be deleted."""
        request, path = created.request, created.path
        collection, _, key = path.rpartition("/")
        operation = self.spec.find("POST", request.collection)
        if not all(map(is_segment, path.split("/")[1:])) or collection != request.collection or not key:
            return "not a path of an object"
        if operation is None or operation.id != request.operation or operation.path not in created_templates(self.spec):
            return "not a path of an object that the run can create"
        if self.spec.find("DELETE", path) is None:
            return _PERMANENT
        if created.identity is None and created.name is None:
            return "the journal has neither its id nor its name"
        return None

    def _find(self, created: Created) -> Created | None:
        """Return an object whose identity is certain where it is now, or None if it is certain that there is none.

        Raises:
            _NoProofError: Neither is certain.
        """
        collection = created.request.collection
        item = self._read(created.path)
        if item is not None:
            if created.identity is not None and identity_of(item) != created.identity:
                raise _NoProofError("another object has this path")
            is_named = created.name is None or name_within(item, [created.name]) is not None
            if not is_named and not (created.was_changed and created.identity is not None):
                raise _NoProofError("it does not have the name in the journal")
            return created
        items, parameter = self._items(collection), self._parameter(collection)  # an error means that there is no proof
        for item in items if created.identity is not None else ():
            key = identifier_of(parameter, item)
            is_same = identity_of(item) == created.identity and not is_revoked(item)
            if is_same and key is not None and is_segment(key):
                return evolve(created, path=f"{collection}/{key}")
        name = created.request.name
        # The response to the creation may have had another id.
        others = [item for item in items if not is_revoked(item)] if name else []
        found = (self._match(collection, parameter, item, {str(name): created.request}) for item in others)
        return next((each for each in found if each is not None and each.path not in self._gone), None)

    def _read(self, path: str) -> object:
        """Return the JSON of an object, or None if the response is that there is none.

        Raises:
            _NoProofError: The response says neither.
        """
        collection, _, key = path.rpartition("/")
        if self.spec.find("GET", path) is None:
            self._lists.pop(collection, None)
            parameter = self._parameter(collection)
            return next((each for each in self._items(collection) if str(identifier_of(parameter, each)) == key), None)
        response = self._request("GET", quote(path))
        if response.status_code in _GONE:
            return None
        body = loads_or_none(response.content)
        if response.status_code != 200 or body is None:
            raise _NoProofError(f"GET gets {response.status_code}")
        return None if is_revoked(body) else body

    def _is_gone(self, created: Created) -> bool:
        """Return whether an object does not exist any more, after its deletion."""
        for number in range(_CHECKS if self._remaining < _WAITED else 1):
            self.pause(_PAUSE if number else 0.0)
            item = self._read(created.path)
            if item is None or (created.identity is not None and identity_of(item) != created.identity):
                return True
        self._remaining += 1
        return False

    def _parameter(self, collection: str) -> str:
        operation = self.spec.find("POST", collection)
        template = "" if operation is None else created_templates(self.spec).get(operation.path, "")
        return parameters_of(template)[-1] if template else ""

    def _found(self) -> Iterator[Created]:
        """Look up the objects of requests without a known result by their names."""
        for collection, unresolved in list(self._collections.items()):
            unnamed = [each for each in unresolved if each.name is None]
            requests_by_name = {each.name: each for each in unresolved if each.name is not None}
            self.leftovers += [Leftover.of(each, "its result is unknown") for each in unnamed]
            if requests_by_name:
                yield from self._found_in(collection, requests_by_name)
            del self._collections[collection]

    def _found_in(self, collection: str, requests_by_name: Mapping[str, Unresolved]) -> Iterator[Created]:
        missing, parameter = dict(requests_by_name), self._parameter(collection)
        if self.spec.find("GET", collection) is None or not parameter:
            self.leftovers += [Leftover.of(each, "the API cannot list it") for each in missing.values()]
            return
        try:
            for item in self._items(collection):
                found = self._match(collection, parameter, item, requests_by_name)
                if found is not None:
                    missing.pop(str(found.request.name), None)
                    yield found
            # A list without the name proves that a request without a response has created nothing, unless the server
            # gives other names to objects.
            if not self._lists[collection] and self._is_parent_gone(collection):
                return
            self._missing.update({(collection, name): _Missing(each) for name, each in missing.items()})
        except (_NoProofError, requests.RequestException) as error:
            reason = str(error) if isinstance(error, _NoProofError) else reason_of(error)
            self.leftovers += [Leftover.of(each, reason) for each in missing.values()]

    def _delete_late(self) -> list[str]:
        """Delete objects that the lists show only now, and further ones of requests that the server has repeated.

        Returns the paths of those that could not be deleted.
        """
        found = self._by_collection([*self.entries.named, *(each.request for each in self._missing.values())])
        sent = {collection: {str(each.name): each for each in requests} for collection, requests in found.items()}
        failed = [*self._delete_unknown(sent)]
        for seconds in _LATE:
            if self._missing:
                self.progress("cleanup: waiting for late objects")
                self.pause(seconds)
                failed += self._delete_unknown({collection: sent[collection] for collection, _ in self._missing})
        for each in self._missing.values():
            if each.request.was_accepted or (self.is_run and each.request.may_be_late):
                self.leftovers.append(Leftover.of(each.request, "no object in the list has it"))
        self._missing.clear()
        return failed

    def _delete_unknown(self, sent: Mapping[str, Mapping[str, Unresolved]]) -> Iterator[str]:
        """Delete objects with a name that was sent, in lists that are read again. Yields the paths of the others."""
        for collection, requests_by_name in sent.items():
            parameter = self._parameter(collection)
            if self.spec.find("GET", collection) is None or not parameter:
                continue
            self._lists.pop(collection, None)
            with suppress(_NoProofError, requests.RequestException):  # then the journal is all that is known
                for item in list(self._items(collection)):
                    path = f"{collection}/{identifier_of(parameter, item)}"
                    if not self._is_unknown(path, item, requests_by_name):
                        continue
                    if (created := self._match(collection, parameter, item, requests_by_name)) is not None:
                        yield from self._delete_further(created)

    def _is_unknown(self, path: str, item: object, names: Iterable[str]) -> bool:
        """Return whether an item of a list has a name that was sent, and is an object that is not known yet."""
        if name_within(item, names) is None or is_revoked(item):
            return False
        missing = {each.presented.path for each in self._missing.values() if each.presented is not None}
        known = {each.path: each.identity for each in self._objects.values() if each.path not in missing}
        if path in known or identity_of(item) in {*known.values()} - {None}:
            return False
        try:
            return self._read(path) is not None  # a list may show a deleted object for a while
        except (_NoProofError, requests.RequestException):
            return True  # its deletion fails, with the reason

    def _delete_further(self, created: Created) -> Iterator[str]:
        name = str(created.request.name)
        self._objects[created.path] = created
        missing = self._missing.pop((created.request.collection, name), None)
        if missing is None and sum(each.name == name for each in self.entries.named) == 1:
            self.repeated.append(created.request)
        if self._delete(created) is not None:
            yield created.path
        elif missing is not None and missing.presented is not None:
            self.journal.deleted(missing.presented.path)
            self._gone.add(missing.presented.path)

    def _found_refused(self) -> Iterator[Created]:
        """Look up the objects of requests that were refused, which exist only if a refusal had an effect."""
        identities = {each.identity for each in self._objects.values()} - {None}
        for collection, refused in self._refused.items():
            parameter = self._parameter(collection)
            if self.spec.find("GET", collection) is None or not parameter:
                continue
            requests_by_name = {each.name: each for each in refused if each.name is not None}
            with suppress(_NoProofError, requests.RequestException):  # then the refusal is all that is known
                for item in self._items(collection):
                    path = f"{collection}/{identifier_of(parameter, item)}"
                    # A request may be sent again after a refusal, with the same name.
                    if path in self._objects or identity_of(item) in identities:
                        continue
                    if (found := self._match(collection, parameter, item, requests_by_name)) is not None:
                        self.effective.append(found.request)
                        yield found

    def _match(
        self, collection: str, parameter: str, item: object, requests_by_name: Mapping[str, Unresolved]
    ) -> Created | None:
        """Return an item of a list as the object of a request that sent its name."""
        key, identity, name = identifier_of(parameter, item), identity_of(item), name_in(item, requests_by_name)
        if key is None or not is_segment(key) or {identity, str(key)} & self.entries.existing:
            return None
        path = f"{collection}/{key}"
        sent = name or name_within(item, requests_by_name)
        if sent is None:
            return None
        request = requests_by_name[sent]
        if name is None and self.own.existed(path, item, creation=request.number or inf):
            return None
        if request.number:
            self.journal.created(request.number, path, identity, name)
        return Created(path, request, identity, name)

    def _items(self, collection: str) -> list[Any]:
        """Return the items of a list, which is read once. A list below an object that does not exist is empty."""
        if collection not in self._lists:
            self._lists[collection] = list(self._read_items(collection))
        return self._lists[collection]

    def _read_items(self, collection: str) -> Iterator[Any]:
        query: Mapping[str, str] | None = {"per_page": str(_PAGE_SIZE)}
        for _ in range(_PAGES):
            response = self._request("GET", f"{quote(collection)}?{urlencode(query or {})}")
            if response.status_code in _GONE and self._is_parent_gone(collection):
                return
            items = items_of(loads_or_none(response.content))
            if response.status_code != 200 or items is None:
                raise _NoProofError(f"GET of its collection gets {response.status_code}")
            yield from items
            following = parse_links(response.headers.get("Link", "")).get("next")
            if following is None:
                return
            query = dict(parse_qsl(url_parts(following).query))
        raise _NoProofError("its collection has too many pages")

    def _is_parent_gone(self, collection: str) -> bool:
        """Return whether the object of a collection does not exist, which its own collection proves if there is one."""
        parent = collection.rpartition("/")[0]
        outer = parent.rpartition("/")[0]
        if self._read(parent) is not None:
            return False
        if not self._parameter(outer):
            return True  # a short path, such as that of a job, has no list
        key = parent.rpartition("/")[2]
        parameter = self._parameter(outer)
        return all(str(identifier_of(parameter, each)) != key for each in self._items(outer))


def roots_of(paths: Iterable[str]) -> Iterator[str]:
    """Return the paths that are not below another one, each once, in their order."""
    paths = dict.fromkeys(paths)
    for path in paths:
        segments = path.split("/")
        if not any("/".join(segments[:end]) in paths for end in range(1, len(segments))):
            yield path
