"""Proof that an object is new: it is read once before the run changes it, and must have the name that was sent.

The response to its creation does not prove it, because a wrong one may have the id of an object that existed before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from attrs import define, field, frozen

from .._base.json_values import is_object, loads_or_none
from .permissions import OwnObjects


@frozen
class Creation:
    """A request that has created an object, according to its response."""

    collection: str
    name: str
    status: int
    text: str
    """The start of the response."""


@define
class Proofs:
    """New objects that have not been read since the request that creates them.

    Args:
        own: The objects of the run.
        read: Sends a GET for a path, whose response `is_other` is called with.
    """

    own: OwnObjects
    read: Callable[[str], object] | None = None
    _pending: dict[str, Creation] = field(factory=dict[str, Creation], init=False)
    """By path."""
    _paths: dict[str, str] = field(factory=dict[str, str], init=False)
    """Paths by the id and by the last segment of a path, in lower case."""

    def expect(self, path: str, identity: str | None, creation: Creation) -> None:
        """Add a new object."""
        self._pending[path] = creation
        for key in filter(None, (identity, path.rpartition("/")[2])):
            self._paths[key.lower()] = path

    def is_pending(self, path: str) -> bool:
        """Return whether an object has not been read."""
        return path in self._pending

    def discard(self, path: str) -> Creation | None:
        """Remove an object that has been read, or that the run may change in any case, and return its creation."""
        return self._pending.pop(path, None)

    def require(self, path: str, references: Iterable[str]) -> None:
        """Read the objects that a request would change: that of its path, and those that it refers to."""
        if self.read is None or not self._pending:
            return
        for each in dict.fromkeys(self._changed(path, references)):
            self.read(each)
            self.discard(each)  # a response without the object does not show that it is one of others

    def _changed(self, path: str, references: Iterable[str]) -> Iterator[str]:
        segments = path.split("/")
        candidates = ["/".join(segments[:end]) for end in range(2, len(segments) + 1)]
        candidates += [self._paths.get(each.lower(), "") for each in references]
        return (each for each in candidates if each in self._pending)

    def is_other(self, path: str, content: bytes) -> bool:
        """Return whether the response to a GET shows that an object existed before the run."""
        creation, text = self._pending.get(path), content.decode(errors="replace")
        body = loads_or_none(content)
        if creation is None or not is_object(body):
            return False
        return creation.name.lower() not in text.lower() or self.own.is_older(body)
