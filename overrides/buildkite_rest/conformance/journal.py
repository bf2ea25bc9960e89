"""The journal: a file that names each object before the run creates it, for a cleanup even after a crash."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from io import FileIO
from pathlib import Path
from threading import Lock
from typing import Any, Final

from attrs import define, evolve, field, frozen

from .._base.json_values import is_object, loads_or_none
from .._base.safe_text import safe_excerpt
from .credentials import Secrets
from .identities import is_segment, is_uuid
from .input_files import InputFileError, read_file
from .names import RUN_ID, is_unique_name
from .spec import CannotRunError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_FORMAT: Final = "buildkite-rest conformance journal"
_VERSION: Final = 1
#: Characters of a line, or of a name, that a message shows.
_EXCERPT: Final = 100
#: The lowest status of a response that refuses a request.
_REFUSED: Final = 400
#: Statuses of proxies that got no response from the API.
_GATEWAY: Final = frozenset({502, 504, *range(520, 530)})
#: The longest journal that is read.
_MAX_BYTES: Final = 256 * 2**20


@frozen
class Unresolved:
    """A request that creates an object. Its result is unknown if the run ended first."""

    operation: str
    collection: str
    name: str | None
    number: int = field(default=0, eq=False)
    """Its number in the journal, or 0."""
    was_accepted: bool = False
    """Whether the response was a success that does not show which object is new."""
    refusal: int | None = None
    """The status of a response that refuses the request."""
    status: int | None = None
    """The status of a response that leaves open whether there is an object, or 0 if the run did not wait for it."""
    other_name: str | None = field(default=None, eq=False)
    """The name that was sent, if it is not unique, for messages."""

    @property
    def may_be_late(self) -> bool:
        """Whether an object may exist although no list has it: the request succeeded, or its response was lost."""
        return self.was_accepted or self.status is None or self.status in _GATEWAY


@frozen
class Created:
    """An object that the run has created."""

    path: str
    request: Unresolved
    identity: str | None = None
    """Its id."""
    name: str | None = None
    """The unique name in the response that created it."""
    was_changed: bool = False
    """Whether the run has tried to change it, so that it may have another name and path."""


@frozen
class InvalidLine:
    """A line that is not an entry: a crash has cut it off, for example."""

    number: int
    text: str

    def __str__(self) -> str:
        return f"line {self.number} is not an entry of a journal: {safe_excerpt(self.text, _EXCERPT)}"


@frozen
class Entries:
    """What a journal says about the objects on the server."""

    base_url: str
    created: tuple[Created, ...]
    """The objects that still exist, in the order of their creation."""
    unresolved: tuple[Unresolved, ...] = ()
    refused: tuple[Unresolved, ...] = field(default=(), kw_only=True)
    """Requests with a unique name that were refused, which must not have had an effect."""
    named: tuple[Unresolved, ...] = field(default=(), kw_only=True)
    """Requests with a unique name that were not refused, whatever has become of their objects."""
    invalid: tuple[InvalidLine, ...] = ()
    """Lines that may have named further objects."""
    existing: frozenset[str] = frozenset()
    """Ids of objects of others that responses presented as new."""


@define
class Journal:
    """Writes the journal of a run. Each line is on the disk before the next request is sent.

    The file exists from the first line on, and contains no secrets. After an error, lines are kept in memory only.

    Args:
        path: The file.
        base_url: URL of the API.
        is_new: Whether the file must not exist before.
        is_synced: Whether each line is on the disk before the next request, also after a crash of the machine.
        secrets: Values to mask: a server may return one as the id of an object.
    """

    path: Path
    base_url: str
    is_new: bool = True
    is_synced: bool = True
    secrets: Secrets = field(factory=Secrets)
    error: str | None = field(default=None, init=False)
    """Why the file cannot be written."""
    _file: FileIO | None = field(default=None, init=False)
    _lines: list[Mapping[str, Any]] = field(factory=list[Mapping[str, Any]], init=False)
    _changed: set[str] = field(factory=set[str], init=False)
    _requests: int = field(default=0, init=False)
    _lock: Lock = field(factory=Lock, init=False)

    @property
    def exists(self) -> bool:
        """Whether anything was recorded."""
        return bool(self._lines)

    @property
    def is_written(self) -> bool:
        """Whether this journal has created the file."""
        return self._file is not None

    def creating(self, operation: str, collection: str, name: str | None, other_name: str | None = None) -> int:
        """Record that a request will create an object, and return the number of the request.

        `name` is its unique name, `other_name` one that is not unique.
        """
        with self._lock:
            self._requests += 1
            number = self._requests
            line = {"event": "creating", "request": number, "operation": operation, "collection": collection}
            other = {} if other_name is None else {"other_name": safe_excerpt(other_name, _EXCERPT)}
            self._write({**line, "name": name, **other})
        return number

    def created(self, request: int, path: str, identity: str | None = None, name: str | None = None) -> None:
        """Record the path, the id and the unique name of an object that a request has created."""
        with self._lock:
            self._write({"event": "created", "request": request, "path": path, "id": identity, "name": name})

    def failed(self, request: int, status: int) -> None:
        """Record that a request has created nothing."""
        with self._lock:
            self._write({"event": "failed", "request": request, "status": status})

    def accepted(self, request: int, status: int) -> None:
        """Record that a request was accepted, but that its response does not show which object is new."""
        with self._lock:
            self._write({"event": "accepted", "request": request, "status": status})

    def unclear(self, request: int, status: int) -> None:
        """Record the status of a response that leaves open whether an object was created, or 0 for an interruption."""
        with self._lock:
            self._write({"event": "unclear", "request": request, "status": status})

    def existing(self, identity: str, path: str | None = None) -> None:
        """Record the id of an object that existed before, although a response presents it as new.

        With `path`, it was recorded as created. Then the result of the request that creates it is open again.
        """
        with self._lock:
            self._write({"event": "existing", "id": identity, **({} if path is None else {"path": path})})

    def changing(self, path: str) -> None:
        """Record that a request may change the name and the path of an object."""
        with self._lock:
            if path not in self._changed:
                self._changed.add(path)
                self._write({"event": "changing", "path": path})

    def renamed(self, path: str, to: str) -> None:
        """Record the new path of an object."""
        with self._lock:
            self._write({"event": "renamed", "path": path, "to": to})

    def deleted(self, path: str) -> None:
        """Record that an object does not exist any more."""
        with self._lock:
            self._write({"event": "deleted", "path": path})

    def entries(self) -> Entries:
        """Return what was recorded, even if it could not be written."""
        return _entries(self.base_url, RUN_ID, [(number, "", line) for number, line in enumerate(self._lines, 1)])

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
        self._lines.append(line)
        if self.error is not None:
            return
        try:
            if self._file is None:
                self.open()
                head = {"event": _FORMAT, "version": _VERSION, "run": RUN_ID, "base_url": self.base_url}
                self._append([head, line] if self.is_new else [line])
            else:
                self._append([line])
        except CannotRunError as error:
            self.error = str(error)
        except OSError as error:
            self.error = f"{self.path} cannot be written: {error.strerror}"

    def _append(self, lines: list[Mapping[str, Any]]) -> None:
        assert self._file is not None  # noqa: S101
        rest = self.secrets.mask("".join(f"{json.dumps(each)}\n" for each in lines)).encode()
        if not self.is_new and self._file.tell():
            self._file.seek(-1, os.SEEK_END)
            if self._file.read(1) != b"\n":
                rest = b"\n" + rest  # keeps what a crash has left of a line
        while rest:
            rest = rest[self._file.write(rest) or 0 :]
        if self.is_synced:
            os.fsync(self._file.fileno())


def check_writable(path: Path, *, is_new: bool) -> None:
    """Require that a journal can be written.

    Raises:
        CannotRunError: The folder does not exist or is not writable, or the file exists and must not.
    """
    try:
        exists = path.exists() or path.is_symlink()
        is_writable = not path.is_dir() and path.parent.is_dir() and os.access(path.parent, os.W_OK)
    except OSError:  # such as that of a name that is too long
        exists = is_writable = False
    if is_new and exists:
        raise CannotRunError(f"--journal: {path} exists. Clean up with it, or pass another file.")
    if not is_writable:
        raise CannotRunError(f"--journal: {path} cannot be written. Pass a file in a folder that can.")


def read_journal(path: Path) -> Entries:
    """Read a journal. Lines that are not entries are skipped: the others name objects with a proof of their own.

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
    lines = [(number, each, loads_or_none(each.encode())) for number, each in enumerate(rest, 2) if each.strip()]
    return _entries(str(head["base_url"]).rstrip("/"), str(head.get("run")), lines)


def _entries(base_url: str, run: str, lines: Iterable[tuple[int, str, Any]]) -> Entries:
    """Return what lines say. Each has its number, its text and its value."""
    state = _State(run)
    invalid: list[InvalidLine] = []
    for number, text, line in lines:
        if not is_object(line) or not (state.apply_request(line) or state.apply_path(line)):
            invalid.append(InvalidLine(number, text))
    unresolved = tuple(each for number, each in state.requests.items() if number not in state.resolved)
    refused = tuple(each for each in state.requests.values() if each.refusal is not None and each.name is not None)
    named = tuple(
        each
        for number, each in state.requests.items()
        if each.refusal is None and each.name is not None and number not in state.gone
    )
    objects, existing = tuple(state.objects.values()), frozenset(state.existing)
    return Entries(base_url, objects, unresolved, tuple(invalid), existing, refused=refused, named=named)


@define
class _State:
    """The objects and requests in the lines of a journal so far. Methods return whether a line is an entry."""

    run: str
    objects: dict[str, Created] = field(factory=dict[str, Created])
    requests: dict[int, Unresolved] = field(factory=dict[int, Unresolved])
    resolved: set[int] = field(factory=set[int])
    gone: set[int] = field(factory=set[int])
    """Requests for collections that were deleted with the object that they are below."""
    existing: set[str] = field(factory=set[str])

    def apply_request(self, line: Mapping[str, Any]) -> bool:
        """Apply a line about a request that creates an object."""
        requests = self.requests
        match line:
            case {
                "event": "creating",
                "request": int(number),
                "operation": str(operation),
                "collection": str(collection),
            }:
                name = line.get("name")
                if number in requests or not (
                    name is None or (isinstance(name, str) and is_unique_name(name, self.run))
                ):
                    return False
                other = line.get("other_name")
                other = other if isinstance(other, str) else None
                requests[number] = Unresolved(operation, collection, name, number, other_name=other)
            case {"event": "created", "request": int(number), "path": str(path)}:
                if number not in requests or not _is_in(path, requests[number].collection):
                    return False
                identity, name = line.get("id"), line.get("name")
                if not (isinstance(identity, str | None) and name in (None, requests[number].name)):
                    return False
                known = self.objects.get(path)
                if known is None or known.identity != identity:
                    # A new object has taken the path of one whose deletion was not verified.
                    self.objects.pop(path, None)
                    self.objects[path] = Created(path, requests[number], identity, name)
                elif known.request.name != requests[number].name and not is_uuid(identity):
                    # A server that gives the same id to several objects: this one has the name that was sent.
                    requests[number] = evolve(requests[number], was_accepted=True)
                    return True
                self.resolved.add(number)
            case {"event": "failed", "request": int(number)}:
                self.resolved.add(number)
                if number in requests and isinstance(status := line.get("status"), int) and status >= _REFUSED:
                    requests[number] = evolve(requests[number], refusal=status)
            case {"event": "accepted", "request": int(number)} if number in requests:
                requests[number] = evolve(requests[number], was_accepted=True)
            case {"event": "unclear", "request": int(number), "status": int(status)} if number in requests:
                requests[number] = evolve(requests[number], status=status)
            case _:
                return False
        return True

    def apply_path(self, line: Mapping[str, Any]) -> bool:
        """Apply a line about an object."""
        match line:
            case {"event": "existing", "id": str(identity)}:
                self.existing.add(identity)
                if (known := self.objects.get(str(line.get("path")))) is not None:
                    self._disown(known)
            case {"event": "changing", "path": str(path)}:
                if path in self.objects:
                    self.objects[path] = evolve(self.objects[path], was_changed=True)
            case {"event": "renamed", "path": str(path), "to": str(to)} if _is_in(to, path.rpartition("/")[0]):
                self._rename(path, to)
            case {"event": "deleted", "path": str(path)}:
                for each in list(_below(self.objects, path)):
                    del self.objects[each]
                for number, request in self.requests.items():
                    if request.collection.startswith(f"{path}/"):  # what it may have created is gone, too
                        self.resolved.add(number)
                        self.gone.add(number)
                        self.requests[number] = evolve(request, refusal=None)
            case _:
                return False
        return True

    def _disown(self, known: Created) -> None:
        for each in list(_below(self.objects, known.path)):
            del self.objects[each]
        if (number := known.request.number) in self.requests:
            self.resolved.discard(number)
            self.requests[number] = evolve(self.requests[number], was_accepted=True)

    def _rename(self, path: str, to: str) -> None:
        for each in list(_below(self.objects, path)):
            moved = self.objects.pop(each)
            new, request = to + each.removeprefix(path), moved.request
            if each != path:
                request = evolve(request, collection=to + request.collection.removeprefix(path))
            self.objects.setdefault(new, evolve(moved, path=new, request=request))


def _is_in(path: str, collection: str) -> bool:
    return path.startswith(f"{collection}/") and is_segment(path.removeprefix(f"{collection}/"))


def _below(objects: Mapping[str, object], path: str) -> Iterator[str]:
    return (each for each in objects if each == path or each.startswith(f"{path}/"))
