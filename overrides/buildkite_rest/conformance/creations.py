"""The journal of a run: a file that names each object before the run creates it, for a cleanup even after a crash."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import Any, Final

from attrs import define, evolve, field, frozen

from .._base.json_values import is_object, loads_or_none
from .api import CannotRunError
from .credentials import Secrets
from .files import InputFileError, read_file
from .names import RUN_ID, is_unique_name

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_FORMAT: Final = "buildkite-rest conformance journal"
_VERSION: Final = 2
#: The longest journal that is read.
_MAX_BYTES: Final = 256 * 2**20


@frozen
class Creation:
    """A request that creates an object."""

    operation: str
    collection: str
    name: str | None
    """The unique name that it sends."""


@frozen
class Created:
    """An object that a run has created."""

    path: str
    creation: Creation
    identity: str | None


@define
class Entries:
    """What a journal says: the objects that exist, and the requests whose result is unknown."""

    base_url: str
    run: str = RUN_ID
    """Id of the run."""
    objects: dict[str, Created] = field(factory=dict[str, Created])
    """By path, the oldest first."""
    unresolved: dict[int, Creation] = field(factory=dict[int, Creation])
    """By number."""
    invalid: list[int] = field(factory=list[int])
    """Numbers of lines that cannot be read."""
    _creations: dict[int, Creation] = field(factory=dict[int, Creation])

    def apply(self, line: Any) -> bool:
        """Apply a line, and return whether it is an entry.

        A name that is not one of the run is not, nor is a path to an object that its request cannot have created.
        """
        match line:
            case {
                "event": "creating",
                "request": int(number),
                "operation": str(operation),
                "collection": str(path),
                "name": str() | None as name,
            } if name is None or is_unique_name(name, self.run):
                self.unresolved[number] = self._creations[number] = Creation(operation, path, name)
            case {
                "event": "created",
                "request": int(number),
                "path": str(path),
                "id": str() | None as identity,
            } if number in self._creations and _is_in(self._creations[number].collection, path):
                self.objects.pop(path, None)  # one that was deleted: the order is that of the creations
                self.objects[path] = Created(path, self._creations[number], identity)
                self.unresolved.pop(number, None)
            case {"event": "failed", "request": int(number)}:
                self.unresolved.pop(number, None)
            case {"event": "renamed", "path": str(path), "to": str(to)} if _is_in(path.rpartition("/")[0], to):
                for each in self.below(path):
                    known, new = self.objects.pop(each), to + each.removeprefix(path)
                    self.objects[new] = evolve(known, path=new)
            case {"event": "deleted", "path": str(path)}:
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
    """Appends to a journal. Each line is on the disk before the next request is sent.

    The file exists from the first line on, and contains no secrets. After an error, entries are kept in memory only.

    Args:
        path: The file.
        entries: What it says so far.
        secrets: Values to mask: a server may return one as the id of an object.
        is_new: Whether the file must not exist before.
        is_synced: Whether each line survives also a crash of the machine.
    """

    path: Path
    entries: Entries
    secrets: Secrets
    is_new: bool = True
    is_synced: bool = True
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
        line = {"event": "creating", "request": self._requests, "operation": operation}
        self._write({**line, "collection": collection, "name": name})
        return self._requests

    def created(self, request: int, path: str, identity: str | None) -> None:
        """Record the path and the id of an object that a request has created."""
        self._write({"event": "created", "request": request, "path": path, "id": identity})

    def failed(self, request: int) -> None:
        """Record that a request has created nothing."""
        self._write({"event": "failed", "request": request})

    def renamed(self, path: str, to: str) -> None:
        """Record the new path of an object."""
        self._write({"event": "renamed", "path": path, "to": to})

    def deleted(self, path: str) -> None:
        """Record that an object does not exist any more."""
        self._write({"event": "deleted", "path": path})

    def open(self) -> None:
        """Open the file for this process only.

        Raises:
            CannotRunError: It cannot be written, or another process uses it.
        """
        try:
            self._file = self.path.open("xb" if self.is_new else "r+b", buffering=0)
            if fcntl is not None:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._file.seek(0, os.SEEK_END)
            if not self.is_new:
                self._file.write(b"\n")  # a crash may have left a part of a line
        except BlockingIOError:
            self.close()
            self._file = None
            raise CannotRunError(f"{self.path} is in use by a run or another cleanup. Wait for its end.") from None
        except OSError as error:
            if self._file is None:  # some file systems have no locks
                raise CannotRunError(f"{self.path}: {error.strerror}") from None

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            with suppress(OSError):
                self._file.close()

    def _write(self, line: Mapping[str, Any]) -> None:
        self.is_used = True
        self.entries.apply(line)
        if self.error is not None:
            return
        try:
            if self._file is None:
                self.open()
                if self.is_new:
                    head = {
                        "event": _FORMAT,
                        "version": _VERSION,
                        "run": self.entries.run,
                        "base_url": self.entries.base_url,
                    }
                    self._append(head)
            self._append(line)
        except CannotRunError as error:
            self.error = str(error)
        except OSError as error:
            self.error = f"{self.path} cannot be written: {error.strerror}"

    def _append(self, line: Mapping[str, Any]) -> None:
        assert self._file is not None  # noqa: S101
        rest = self.secrets.mask(f"{json.dumps(line)}\n").encode()
        while rest:
            rest = rest[self._file.write(rest) or 0 :]
        if self.is_synced:
            os.fsync(self._file.fileno())


def check_writable(path: Path) -> None:
    """Require that a new journal can be written.

    Raises:
        CannotRunError: The folder does not exist or is not writable, or the file exists.
    """
    try:
        exists = path.exists() or path.is_symlink()
        is_writable = path.parent.is_dir() and os.access(path.parent, os.W_OK)
    except OSError:  # such as that of a name that is too long
        exists = is_writable = False
    if exists:
        raise CannotRunError(f"--journal: {path} exists. Clean up with it, or pass another file.")
    if not is_writable:
        raise CannotRunError(f"--journal: {path} cannot be written. Pass a file in a folder that can.")


def read_journal(path: Path) -> Entries:
    """Read a journal. Lines that are not entries are skipped, and listed in the result.

    Raises:
        CannotRunError: The file cannot be read, or is not a journal.
    """
    try:
        # Bytes that are not UTF-8 make their line invalid, and no other.
        text = read_file(path, limit=_MAX_BYTES).decode(errors="backslashreplace")
    except InputFileError as error:
        raise CannotRunError(f"{path} {error}") from None
    first, *rest = text.split("\n")
    head = loads_or_none(first.encode())
    if not is_object(head) or head.get("event") != _FORMAT or not isinstance(head.get("base_url"), str):
        raise CannotRunError(f"{path} is not a journal")
    if head.get("version") != _VERSION:
        raise CannotRunError(f"{path} is a journal of another version of this program")
    entries = Entries(str(head["base_url"]).rstrip("/"), str(head.get("run")))
    for number, line in enumerate(rest, 2):
        if line.strip() and not entries.apply(loads_or_none(line.encode())):
            entries.invalid.append(number)
    return entries
