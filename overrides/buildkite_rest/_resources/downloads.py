"""How a download goes on after each answer of the storage. Pure decisions; the resources send, write and sleep."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final, TypeAlias

from attrs import define, evolve, field, frozen

from .._base.cancellation import Stop
from .._base.dates import http_date
from .._base.errors import BuildkiteError, DownloadError
from .._base.forks import ForkSafeLock
from .._base.urls import without_query
from .._files.targets import Receiver
from .._http.attempts import Settings
from .._http.body import not_requested
from .._http.content_coding import coding_of
from .._policy.notices import OnWait, Wait, announce
from .._policy.retries import ConnectionFailure, ErrorStatus, retry_delay

Progress: TypeAlias = Callable[[int, int | None], object]
"""Is called with the bytes that are there and the bytes that there will be, or None when nobody knows."""

_MAX_TRIES: Final = 3
_MAX_SIZE: Final = (1 << 63) - 1
"""No file system has larger files."""
_EXPIRED: Final = frozenset({400, 403, 404})
"""What storages answer when an address has run out, depending on who made it."""
_BROKEN_OFF: Final = ConnectionFailure(maybe_sent=True)
_LENGTH: Final = re.compile(r"[0-9]{1,18}")
_CONTENT_RANGE: Final = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\*)")
_STRONG_TAG: Final = re.compile(r'"[\x21\x23-\x7e]*"')
"""An ETag that no two contents share. One that begins with `W/` may be shared by contents that mean the same."""


def ignore(_done: int, _total: int | None) -> None:
    """Report progress to nobody."""


def known_size(value: object) -> int | None:
    """Return the size of a file, or None where the API reports none or an impossible one."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MAX_SIZE else None


def wanted() -> None:
    """Want a file in any case."""


@frozen
class _Version:
    """The version of a file, as the headers of its whole content describe it.

    Args:
        length: Size of the file.
        tag: Value of `ETag`.
        date: Value of `Last-Modified`, if it is a strong validator.
    """

    length: int | None = None
    tag: str | None = None
    date: str | None = None

    def validator(self) -> tuple[str, str] | None:
        """Return the name and the value of a header that no other version has."""
        if self.tag is not None:
            return ("ETag", self.tag) if _STRONG_TAG.fullmatch(self.tag) else None
        return ("Last-Modified", self.date) if self.date is not None else None

    def if_range(self) -> dict[str, str]:
        """Return the header that requests the whole file if it has changed."""
        validator = self.validator()
        return {"If-Range": validator[1]} if validator is not None else {}

    def rest(self, start: int, headers: Mapping[str, str], *, verified: bool) -> _Version | None:
        """Return this version with its length if a response has all of it from `start` on, and None otherwise.

        Where the content is not `verified` by a checksum, the response must repeat the validator.
        """
        found = _CONTENT_RANGE.fullmatch(headers.get("Content-Range", ""))
        if found is None or int(found[1]) != start or _coding(headers):
            return None
        length = self.length if found[3] == "*" else int(found[3])
        if length is not None and (int(found[2]) + 1 != length or self.length not in (None, length)):
            return None
        if self.tag is not None and headers.get("ETag", self.tag) != self.tag:
            return None
        if not verified:
            validator = self.validator()
            if validator is None or headers.get(validator[0]) != validator[1]:
                return None
        return evolve(self, length=length)


@define
class Fetch:
    """One file and the attempts to get it.

    Args:
        receiver: Where the bytes go.
        size: Size that the API knows.
        sha1sum: SHA-1 that the API knows.
        settings: When to try again; three tries are the most, whatever they allow.
        progress: Is told of each piece.
        check: Raises an exception when the file is not wanted any more.
    """

    _receiver: Receiver
    _size: int | None = field(converter=known_size)
    _sha1sum: str | None
    _settings: Settings
    _progress: Progress
    _check: Callable[[], None] = wanted
    _attempt: int = field(default=0, init=False)
    _version: _Version = field(default=_Version(), init=False)
    _resumable: bool = field(default=False, init=False)
    _resumed: bool = field(default=False, init=False)
    _final: bool = field(default=False, init=False)
    _outcome: ErrorStatus | ConnectionFailure = field(default=_BROKEN_OFF, init=False)
    _total: int | None = field(default=None, init=False)

    def headers(self) -> dict[str, str]:
        """Return the headers of the next attempt, which ask for what is not there yet if the file can be resumed."""
        self._check()
        start = self._start
        return {"Range": f"bytes={start}-", **self._version.if_range()} if start else {}

    def begin(self, url: str, status: int, headers: Mapping[str, str]) -> None:
        """Get ready for the body of an answer. Raises `DownloadError` when it is not what was asked for."""
        if status in (200, 206) and _coding(headers) == "other":
            self._final = True
            raise DownloadError(f"{without_query(url)}: {not_requested(headers)}")
        if status == 200:
            if not self._receiver.can_restart:
                self._final = True
                raise DownloadError(f"{without_query(url)} ignored the range, so the download cannot be resumed")
            self._receiver.restart()
            encoded = _coding(headers) is not None
            length = None if encoded else _length(headers)
            self._version = _Version(length, headers.get("ETag"), _strong_date(headers))
            ranges = not encoded and headers.get("Accept-Ranges", "").strip().lower() == "bytes"
            self._resumable = ranges and (self._is_verified or self._version.validator() is not None)
            self._resumed = False
        elif status == 206 and self._start:
            version = self._version.rest(self._start, headers, verified=self._is_verified)
            if version is None or (version.length is None and self._size is None):
                # Where nobody knows the size, a part that ends early would look complete.
                self._resumable = False
                raise DownloadError(f"{without_query(url)} answered with another part, or with that of another file")
            self._version = version
            self._resumed = True
        else:
            self._refused(status, headers)
            raise DownloadError(f"{without_query(url)} answered with status {status}")
        self._total = self._version.length if self._size is None else self._size
        self._progress(self._receiver.size, self._total)

    def write(self, piece: bytes) -> None:
        """Write a chunk of the body. Raises `DownloadError` instead when it exceeds the known size."""
        if self._total is not None and self._receiver.size + len(piece) > self._total:
            self._mismatch(cut=False)
            raise DownloadError(f"received more than the {self._total} bytes of the artifact")
        self._receiver.write(piece)
        self._progress(self._receiver.size, self._total)

    def end(self) -> None:
        """Take the end of a body. Raises `DownloadError` when size or checksum are known and differ."""
        try:
            self._receiver.verify(self._total, self._sha1sum)
        except DownloadError:
            received, length = self._receiver.size, self._version.length
            cut = self._total is not None and received < self._total and (length is None or received < length)
            self._mismatch(cut=cut)
            raise

    def _mismatch(self, *, cut: bool) -> None:
        """Allow another attempt where the parts were of two files, or nobody knew where the body ends."""
        self._final = not self._resumed and not cut
        self._resumable = self._resumable and not self._resumed

    def failed(self, error: BuildkiteError) -> float:
        """Return the seconds to wait before the next attempt. Raises `error` when there is none."""
        self._attempt += 1
        outcome, self._outcome = self._outcome, _BROKEN_OFF
        policy, now = self._settings.retries, self._settings.timing.now
        delay = retry_delay(policy, outcome, attempt=self._attempt, idempotent=True, now=now)
        stuck = not self._receiver.can_restart and not self._resumable
        if self._final or stuck or delay is None or self._attempt >= _MAX_TRIES:
            raise error
        return delay

    @property
    def _is_verified(self) -> bool:
        """Whether a checksum reveals a file that consists of parts of two versions."""
        return isinstance(self._sha1sum, str) and self._sha1sum != ""

    @property
    def _start(self) -> int:
        """The first byte that the next attempt should bring."""
        return self._receiver.size if self._resumable else 0

    def _refused(self, status: int, headers: Mapping[str, str]) -> None:
        """Take note of what an error status says about the next attempt."""
        if status == 429 or status >= 500:
            self._outcome = ErrorStatus(status, headers, None)
        elif status != 408 and status not in _EXPIRED:
            self._final = not self._start
            self._resumable = False


def _coding(headers: Mapping[str, str]) -> str | None:
    return coding_of(headers.get("Content-Encoding"))


def _strong_date(headers: Mapping[str, str]) -> str | None:
    """Return `Last-Modified` if the file cannot have changed again in the same second (RFC 9110, 8.8.2.2)."""
    modified, sent = http_date(headers.get("Last-Modified")), http_date(headers.get("Date"))
    return headers["Last-Modified"] if modified is not None and sent is not None and sent - modified >= 1 else None


def _length(headers: Mapping[str, str]) -> int | None:
    length = headers.get("Content-Length", "")
    return int(length) if _LENGTH.fullmatch(length) else None


def announced(delay: float, error: BuildkiteError, url: object, on_wait: OnWait | None) -> float:
    """Return `delay`, after telling of it that the storage at `url` is asked again."""
    announce(Wait("getArtifactDownload", delay, error), f"GET {without_query(str(url))}", on_wait)
    return delay


class Overall:
    """Adds up the progress of files that arrive at the same time, and stops them all."""

    def __init__(self, sizes: Iterable[int | None], progress: Progress) -> None:
        known = [known_size(size) for size in sizes]
        self._total = None if None in known else sum(filter(None, known))
        self._progress = progress
        self._done = [0] * len(known)
        self._lock = ForkSafeLock()
        self._temporaries: list[Path] = []
        self._creating = ForkSafeLock()
        self.failure: BaseException | None = None
        """The first error. Those that follow it may be of files that were stopped."""
        self.stop = Stop("another file of the build failed")
        """Makes each file that is still arriving fail, with its next piece or before anything more is asked for it."""

    def create(self, path: Path) -> IO[bytes]:
        """Create a temporary file, unless the files are not wanted any more."""
        with self._creating.current:
            self.stop.check()
            self._temporaries.append(path)
            return path.open("xb")

    @contextmanager
    def stop_on_error(self) -> Generator[None]:
        """Stop all files when one fails, before the thread that got the error starts another."""
        try:
            yield
        except BaseException as error:
            with self._creating.current:
                if not self.stop.is_set():
                    self.failure = error
                    self.stop.set()
            raise

    def raise_first(self, error: BaseException | None) -> None:
        """Raise the first error of all files if `error` is that of one."""
        if error is not None:
            raise self.failure or error

    def abandon(self) -> None:
        """Stop all files, and remove what has arrived of those that are not complete.

        Each thread removes its own file too, but only when its request ends, which may be after the interpreter exits.
        """
        self.stop.set()
        with self._creating.current:
            temporaries = list(self._temporaries)
        for path in temporaries:
            with suppress(OSError):  # Windows removes no open file.
                path.unlink(missing_ok=True)

    def of(self, index: int) -> Progress:
        """Return what the file at `index` reports to."""

        def report(done: int, _total: int | None) -> None:
            self.stop.check()
            with self._lock.current:
                self._done[index] = done
                self._progress(sum(self._done), self._total)

        return report
