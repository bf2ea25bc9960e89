"""The journal: a file that names each object before the run creates it, for a cleanup even after a crash."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from io import FileIO
from pathlib import Path
from threading import Lock
from typing import Any, Final

from attrs import define, field, frozen

from .._base.json_values import is_object, loads_or_none
from .names import RUN_ID
from .spec import CannotRunError

_FORMAT: Final = "buildkite-rest conformance journal"
_VERSION: Final = 1
#: The longest journal that is read.
_MAX_BYTES: Final = 256 * 2**20


@define
class Journal:
    """Writes the journal of a run. Each line is in the file before the next request is sent.

    The file exists from the first line on, and contains no secrets.
    """

    path: Path
    base_url: str
    is_synced: bool = True
    """Whether a crash of this machine loses no line. Without it, only a crash of the process does not."""
    _file: FileIO | None = field(default=None, init=False)
    _requests: int = field(default=0, init=False)
    _lock: Lock = field(factory=Lock, init=False)

    @property
    def exists(self) -> bool:
        """Whether anything was written."""
        return self._file is not None

    def creating(self, operation: str, collection: str, name: str | None) -> int:
        """Record that a request will create an object, and return the number of the request."""
        with self._lock:
            self._requests += 1
            number = self._requests
            line = {"event": "creating", "request": number, "operation": operation, "collection": collection}
            self._write({**line, "name": name})
        return number

    def created(self, request: int, path: str) -> None:
        """Record the path of an object that a request has created."""
        with self._lock:
            self._write({"event": "created", "request": request, "path": path})

    def failed(self, request: int, status: int) -> None:
        """Record that a request has created nothing."""
        with self._lock:
            self._write({"event": "failed", "request": request, "status": status})

    def renamed(self, path: str, to: str) -> None:
        """Record the new path of an object."""
        with self._lock:
            self._write({"event": "renamed", "path": path, "to": to})

    def deleted(self, path: str) -> None:
        """Record that an object does not exist any more."""
        with self._lock:
            self._write({"event": "deleted", "path": path})

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

    def _write(self, line: Mapping[str, Any]) -> None:
        lines = [line]
        if self._file is None:
            self._file = self.path.open("ab", buffering=0)
            if self._file.tell() == 0:
                lines.insert(0, {"event": _FORMAT, "version": _VERSION, "run": RUN_ID, "base_url": self.base_url})
            else:
                self._end_line()
        self._file.write("".join(f"{json.dumps(each)}\n" for each in lines).encode())
        if self.is_synced:
            os.fsync(self._file.fileno())

    def _end_line(self) -> None:
        """Remove the last line if a crash has cut it off."""
        content = self.path.read_bytes()
        os.truncate(self.path, content.rfind(b"\n") + 1)


@frozen
class Unresolved:
    """A request whose result is unknown, because the run ended first."""

    operation: str
    collection: str
    name: str | None


@frozen
class Entries:
    """What a journal says about the objects on the server."""

    base_url: str
    paths: tuple[str, ...]
    """The paths of the objects that still exist, in the order of their creation."""
    unresolved: tuple[Unresolved, ...] = ()


def check_writable(path: Path, *, is_new: bool) -> None:
    """Require that a journal can be written.

    Raises:
        CannotRunError: The folder does not exist or is not writable, or the file exists and must not.
    """
    if is_new and path.exists():
        raise CannotRunError(f"--journal: {path} exists. Clean up with it, or pass another file.")
    folder = path.parent
    if path.is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK):
        raise CannotRunError(f"--journal: {path} cannot be written. Pass a file in a folder that can.")


def read_journal(path: Path) -> Entries:
    """Read a journal.

    Raises:
        CannotRunError: The file cannot be read, or is not a journal.
    """
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise CannotRunError(f"{path} is too large for a journal")
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise CannotRunError(f"{path}: {error.strerror}") from None
    except ValueError:
        raise CannotRunError(f"{path} is not a journal") from None
    complete, _, _ = text.rpartition("\n")  # a crash may have cut the last line off
    lines = [loads_or_none(line.encode()) for line in complete.split("\n")]
    head = lines[0]
    if not is_object(head) or head.get("event") != _FORMAT or not isinstance(head.get("base_url"), str):
        raise CannotRunError(f"{path} is not a journal")
    if head.get("version") != _VERSION:
        raise CannotRunError(f"{path} is a journal of another version of this program")
    objects: dict[str, None] = {}
    requests: dict[object, Unresolved] = {}
    for number, line in enumerate(lines[1:], 2):
        if not is_object(line) or not _apply(line, objects, requests):
            raise CannotRunError(f"{path}, line {number}: not an entry of a journal")
    return Entries(str(head["base_url"]).rstrip("/"), tuple(objects), tuple(requests.values()))


def _apply(line: Mapping[str, Any], objects: dict[str, None], requests: dict[object, Unresolved]) -> bool:
    match line:
        case {"event": "creating", "request": int(number), "operation": str(operation), "collection": str(collection)}:
            name = line.get("name")
            requests[number] = Unresolved(operation, collection, name if isinstance(name, str) else None)
        case {"event": "created", "request": int(number), "path": str(path)}:
            requests.pop(number, None)
            objects.setdefault(path)
        case {"event": "failed", "request": int(number)}:
            requests.pop(number, None)
        case {"event": "renamed", "path": str(path), "to": str(to)}:
            for each in list(_below(objects, path)):
                del objects[each]
                objects.setdefault(to + each.removeprefix(path))
        case {"event": "deleted", "path": str(path)}:
            for each in list(_below(objects, path)):
                del objects[each]
            for key in [key for key, each in requests.items() if each.collection.startswith(f"{path}/")]:
                del requests[key]
        case _:
            return False
    return True


def _below(objects: Mapping[str, None], path: str) -> Iterator[str]:
    return (each for each in objects if each == path or each.startswith(f"{path}/"))
