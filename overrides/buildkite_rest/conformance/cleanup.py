"""Cleanup: the objects that a run has created are deleted, the newest first.

An object whose creation had no usable response is searched for by its unique name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from time import sleep
from typing import Any, Final
from urllib.parse import quote, urlsplit

import requests
from attrs import define, field, frozen

from .._base.json_values import as_array, as_object, is_array, loads_or_none
from .._base.safe_text import plural, safe_excerpt
from .._pagination.links import parse_links
from .api import Api, parameters_of
from .creations import Created, Creation, Creations
from .objects import identifier_of, identity_of
from .results import described
from .sender import Sender, reason_of

#: Pages of a list that are searched for an object.
_PAGES: Final = 100
_PERMANENT: Final = "the API cannot delete it"
_GONE: Final = frozenset({404, 410})
#: Reads after a deletion, which may take effect later, and seconds between them.
_CHECKS: Final = 3
_PAUSE: Final = 0.5
#: Seconds until lists are searched for new objects, which they may show late.
_LATE: Final = 3.0
#: Properties that may contain the unique name of an object.
_NAMES: Final = ("name", "slug", "key", "label", "description", "email")


class _NotDeletedError(Exception):
    """An object was not deleted. The message is the reason."""


@frozen
class Leftover:
    """An object that still exists, or may."""

    path: str
    reason: str
    is_permanent: bool = False
    """Whether the API has no operation that deletes such an object."""

    def __str__(self) -> str:
        return f"left behind: {safe_excerpt(self.path, 200)} ({safe_excerpt(self.reason, 200)})"


@define
class Cleanup:
    """Deletes the objects that a run has created.

    Args:
        creations: The objects, without those that were deleted.
        api: The API.
        sender: Sends the requests.
    """

    creations: Creations
    api: Api
    sender: Sender
    deleted: int = field(default=0, init=False)
    leftovers: list[Leftover] = field(factory=list[Leftover], init=False)
    end: str | None = field(default=None, init=False)
    """Why it has ended before everything was tried."""

    def run(self) -> None:
        """Delete the objects.

        Raises:
            KeyboardInterrupt: A signal. Call `stop` then.
        """
        try:
            if self.creations.unresolved:
                sleep(_LATE)
            problems = self._search()
            self._delete_all()
            for each in self.creations.unresolved:
                if each in problems:
                    self._leave_uncertain(each, problems[each])
        except Exception as error:  # what is left must be listed in any case
            self.stop(described(error))

    def stop(self, reason: str) -> None:
        """Count what was not tried as left behind."""
        self.end = reason
        known = {each.path for each in self.leftovers}
        found = roots_of(self.creations.objects)
        self.leftovers += [Leftover(each, "not deleted") for each in found if each not in known]
        for each in self.creations.unresolved:
            self._leave_uncertain(each, "the cleanup ended before the search for it")

    @property
    def summary(self) -> list[str]:
        """The result, in lines for a person."""
        ended = "" if self.end is None else f", then ended: {self.end}"
        return [f"cleanup: {plural(self.deleted, 'object')} deleted{ended}", *map(str, self.leftovers)]

    def _search(self) -> dict[Creation, str]:
        """Look up the objects of requests without a known result by their unique names.

        Return why that was not possible.
        """
        problems: dict[Creation, str] = {}
        for creation in [*self.creations.unresolved]:
            name, parameter = creation.name, self._parameter(creation)
            if name is None or self.api.find("GET", creation.collection) is None:
                problems[creation] = "its result is unknown"
                continue
            try:
                items = list(self._items(creation.collection))
            except requests.RequestException as error:
                problems[creation] = reason_of(error)
            except _NotDeletedError as error:
                problems[creation] = str(error)
            else:
                keys = {identifier_of(parameter, item): item for item in items if _has_name(item, name)}
                found = {key: item for key, item in keys.items() if key is not None and "/" not in str(key)}
                for key, item in found.items():
                    self.creations.add(Created(f"{creation.collection}/{key}", identity_of(item), creation))
                if found:
                    self.creations.unresolved.remove(creation)
        return problems

    def _leave_uncertain(self, creation: Creation, reason: str) -> None:
        sent = "no name" if creation.name is None else f"the name {creation.name}"
        reason = f"perhaps: {creation.operation} sent {sent}: {reason}"
        self.leftovers.append(Leftover(creation.collection, reason))

    def _delete_all(self) -> None:
        """Delete the objects, and those that have others once more: a cluster remains as long as it has pipelines."""
        objects, reasons = self.creations.objects, dict[str, str | None]()
        for paths in (roots_of(objects), [*objects], roots_of(objects)):
            for path in reversed([*paths]):
                if path in objects:
                    reasons[path] = self._delete(objects[path])
        for path in roots_of(objects):
            reason = str(reasons[path])
            self.leftovers.append(Leftover(path, reason, is_permanent=reason == _PERMANENT))

    def _delete(self, created: Created) -> str | None:
        """Delete an object, and return why that was not possible."""
        if self.api.find("DELETE", created.path) is None:
            return _PERMANENT
        try:
            status = self.sender.send("DELETE", quote(created.path)).status
            if not self._is_gone(created, _CHECKS if 200 <= status < 300 else 1):
                return f"it still exists: DELETE gets {status}"
        except requests.RequestException as error:
            return reason_of(error)
        except _NotDeletedError as error:
            return str(error)
        self.deleted += 200 <= status < 300
        self.creations.delete(created.path)
        return None

    def _is_gone(self, created: Created, checks: int) -> bool:
        for number in range(checks):
            sleep(_PAUSE if number else 0.0)
            item = self._read(created)
            if item is None or (created.identity is not None and identity_of(item) != created.identity):
                return True
        return False

    def _read(self, created: Created) -> object:
        """Return the JSON of an object, or None if there is none or it was deleted and can still be read."""
        collection, _, key = created.path.rpartition("/")
        if self.api.find("GET", created.path) is None:
            parameter = self._parameter(created.creation)
            items = self._items(collection)
            return next((each for each in items if str(identifier_of(parameter, each)) == key), None)
        reply = self.sender.send("GET", quote(created.path))
        if reply.status in _GONE:
            return None
        body = loads_or_none(reply.content)
        if reply.status != 200 or body is None:
            raise _NotDeletedError(f"GET gets {reply.status}")
        return None if as_object(body).get("state") == "revoked" else body

    def _parameter(self, creation: Creation) -> str:
        """Return the path parameter of the objects that a request creates."""
        return parameters_of(self.api.created_templates[self.api.by_id[creation.operation].path])[-1]

    def _items(self, collection: str) -> Iterator[Any]:
        """Yield the items of a list. One below an object that does not exist is empty."""
        path = f"{quote(collection)}?per_page=100"
        for _ in range(_PAGES):
            reply = self.sender.send("GET", path)
            if reply.status in _GONE:
                return
            body = loads_or_none(reply.content)
            if reply.status != 200:
                raise _NotDeletedError(f"GET of its collection gets {reply.status}")
            yield from body if is_array(body) else as_array(as_object(body).get("items"))
            following = parse_links(reply.headers.get("Link", "")).get("next")
            if following is None:
                return
            path = f"{quote(collection)}?{urlsplit(following).query}"
        raise _NotDeletedError("its collection has too many pages")


def roots_of(paths: Iterable[str]) -> Iterator[str]:
    """Return the paths that are not below another one, each once, in their order."""
    paths = dict.fromkeys(paths)
    for path in paths:
        segments = path.split("/")
        if not any("/".join(segments[:end]) in paths for end in range(1, len(segments))):
            yield path


def _has_name(item: object, name: str) -> bool:
    """Return whether an object has a unique name, in whatever case and with whatever around it."""
    texts = (as_object(item).get(each) for each in _NAMES)
    return any(isinstance(text, str) and name.lower() in text.lower() for text in texts)
