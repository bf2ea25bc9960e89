"""The journal of a run: a file that names each object before the run creates it, for a cleanup even after a crash."""

from __future__ import annotations

from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import Final, TypeAlias

import msgspec
from attrs import define, field

from .api import CannotRunError
from .credentials import Secrets
from .files import InputFileError, read_file

_FORMAT: Final = "buildkite-rest conformance journal"
_VERSION: Final = 2
#: The longest journal that is read.
_MAX_BYTES: Final = 256 * 2**20


class _Event(msgspec.Struct, frozen=True, tag_field="event"):
    """A line of a journal."""


class Creation(_Event, frozen=True, tag="creating"):
    """A request that creates an object."""

    request: int
    """Its number."""
    operation: str
    collection: str
    name: str | None
    """The unique name that it sends."""


class Created(_Event, frozen=True, tag="created"):
    """An object that a run has created."""

    request: int
    path: str
    identity: str | None = msgspec.field(name="id")


class Failed(_Event, frozen=True, tag="failed"):
    """A request that has created nothing."""

    request: int


class Renamed(_Event, frozen=True, tag="renamed"):
    """An object with another path."""

    path: str
    to: str


class Deleted(_Event, frozen=True, tag="deleted"):
    """An object that does not exist any more."""

    path: str


class _Head(_Event, frozen=True, tag=_FORMAT):
    """The first line."""

    version: int
    base_url: str


Event: TypeAlias = Creation | Created | Failed | Renamed | Deleted


@define
class Entries:
    """What a journal says: the objects that exist, and the requests whose result is unknown."""

    base_url: str
    objects: dict[str, Created] = field(factory=dict[str, Created])
    """By path, the oldest first."""
    unresolved: dict[int, Creation] = field(factory=dict[int, Creation])
    """By number."""
    invalid: list[int] = field(factory=list[int])
    """Numbers of lines that cannot be read."""
    creations: dict[int, Creation] = field(factory=dict[int, Creation])
    """All requests by number."""

    def apply(self, event: Event) -> bool:
        """Apply an event, and return whether it is valid: not if its request cannot have created its object."""
        match event:
            case Creation(number):
                self.unresolved[number] = self.creations[number] = event
            case Created(number, path) if number in self.creations and _is_in(self.creations[number].collection, path):
                self.objects.pop(path, None)  # one that was deleted: the order is that of the creations
                self.objects[path] = event
                self.unresolved.pop(number, None)
            case Failed(number):
                self.unresolved.pop(number, None)
            case Renamed(path, to) if _is_in(path.rpartition("/")[0], to):
                for each in self.below(path):
                    new = to + each.removeprefix(path)
                    self.objects[new] = msgspec.structs.replace(self.objects.pop(each), path=new)
            case Deleted(path):
                for each in self.below(path):
                    del self.objects[each]
                for number, creation in [*self.unresolved.items()]:
                    if creation.collection.startswith(f"{path}/"):
                        del self.unresolved[number]
            case _:
                return False
        return True

    def below(self, path: str) -> list[str]:
        """Return the path of an object and those of the objects below it."""
        return [each for each in self.objects if each == path or each.startswith(f"{path}/")]


def _is_in(collection: str, path: str) -> bool:
    """Return whether a path is that of an object in a collection."""
    parent, _, key = path.rpartition("/")
    return parent == collection and key not in {"", ".", ".."}


@define
class CreationJournal:
    """Appends to a journal. Each line is in the file before the next request is sent.

    The file exists from the first line on, and contains no secrets. After an error, entries are kept in memory only.

    Args:
        path: The file.
        entries: What it says so far.
        secrets: Values to mask: a server may return one as the id of an object.
        is_new: Whether the file must not exist before.
    """

    path: Path
    entries: Entries
    secrets: Secrets
    is_new: bool = True
    error: str | None = field(default=None, init=False)
    """Why the file cannot be written."""
    is_used: bool = field(default=False, init=False)
    """Whether anything was recorded."""
    _file: FileIO | None = field(default=None, init=False)
    _requests: int = field(default=0, init=False)

    @property
    def is_written(self) -> bool:
        """Whether this journal has created the file."""
        return self._file is not None

    def creating(self, operation: str, collection: str, name: str | None) -> int:
        """Record that a request may create an object with a unique name, and return the number of the request."""
        self._requests += 1
        self.record(Creation(self._requests, operation, collection, name))
        return self._requests

    def record(self, event: Event) -> None:
        """Apply an event, and write it."""
        self.is_used = True
        self.entries.apply(event)
        if self.error is not None:
            return
        try:
            if self._file is None:
                self.open()
                if self.is_new:
                    self._append(_Head(_VERSION, self.entries.base_url))
            self._append(event)
        except CannotRunError as error:
            self.error = str(error)
        except OSError as error:
            self.error = f"{self.path} cannot be written: {error.strerror}"

    def open(self) -> None:
        """Open the file.

        Raises:
            CannotRunError: It cannot be written.
        """
        try:
            self._file = self.path.open("xb" if self.is_new else "ab", buffering=0)
            if not self.is_new:
                self._file.write(b"\n")  # a crash may have left a part of a line
        except OSError as error:
            raise CannotRunError(f"{self.path}: {error.strerror}") from None

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            with suppress(OSError):
                self._file.close()

    def _append(self, line: _Event) -> None:
        assert self._file is not None  # noqa: S101
        rest = self.secrets.hide(f"{msgspec.json.encode(line).decode()}\n").encode()
        while rest:
            rest = rest[self._file.write(rest) or 0 :]


def read_journal(path: Path) -> Entries:
    """Read a journal. Lines that are not entries are skipped, and listed in the result.

    Raises:
        CannotRunError: The file cannot be read, or is not a journal.
    """
    try:
        content = read_file(path, limit=_MAX_BYTES)
    except InputFileError as error:
        raise CannotRunError(f"{path} {error}") from None
    first, *rest = content.split(b"\n")
    try:
        head = msgspec.json.decode(first, type=_Head)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise CannotRunError(f"{path} is not a journal") from None
    if head.version != _VERSION:
        raise CannotRunError(f"{path} is a journal of another version of this program")
    entries = Entries(head.base_url.rstrip("/"))
    for number, line in enumerate(rest, 2):
        if line.strip() and not _is_applied(line, entries):
            entries.invalid.append(number)
    return entries


def _is_applied(line: bytes, entries: Entries) -> bool:
    try:
        return entries.apply(msgspec.json.decode(line, type=Event))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
