"""How a download goes on after each answer of the storage. Pure decisions; the resources send, write and sleep."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError
from threading import Event, Lock
from typing import Final, TypeAlias

from attrs import define, field

from ._downloads import Receiver
from ._errors import BuildkiteError, DownloadError
from ._pagination import without_query
from ._retries import Answered, Broken, RetryPolicy, retry_delay

Progress: TypeAlias = Callable[[int, int | None], object]
"""Is called with the bytes that are there and the bytes that there will be, or None when nobody knows."""

_MAX_TRIES: Final = 3
_EXPIRED: Final = frozenset({400, 403, 404})
"""What storages answer when an address has run out, depending on who made it."""
_BROKEN_OFF: Final = Broken(maybe_sent=True)
_LENGTH: Final = re.compile(r"[0-9]{1,18}")


def ignore(_done: int, _total: int | None) -> None:
    """Report progress to nobody."""


@define
class Fetch:
    """One file and the attempts to get it.

    Args:
        receiver: Where the bytes go.
        size: Size that the API knows.
        retries: When to try again; three tries are the most, whatever it allows.
        progress: Is told of each piece.
    """

    _receiver: Receiver
    _size: int | None
    _retries: RetryPolicy
    _progress: Progress
    _attempt: int = field(default=0, init=False)
    _resumable: bool = field(default=False, init=False)
    _final: bool = field(default=False, init=False)
    _outcome: Answered | Broken = field(default=_BROKEN_OFF, init=False)
    _total: int | None = field(default=None, init=False)

    @property
    def start(self) -> int:
        """The first byte that the next attempt should ask for."""
        return self._receiver.size if self._resumable else 0

    def begin(self, url: str, status: int, headers: Mapping[str, str]) -> None:
        """Get ready for the body of an answer. Raises `DownloadError` when it is not what was asked for."""
        start = self.start
        if status == 206 and start and headers.get("Content-Range", "").startswith(f"bytes {start}-"):
            encoded = "Content-Encoding" in headers
        elif status == 200:
            self._receiver.restart()
            start = 0
            encoded = "Content-Encoding" in headers
            self._resumable = not encoded and headers.get("Accept-Ranges", "").strip().lower() == "bytes"
        else:
            self._refused(status, headers)
            raise DownloadError(f"{without_query(url)} answered with status {status}")
        self._total = self._size if isinstance(self._size, int) else _length(start, headers, encoded)
        self._progress(start, self._total)

    def write(self, piece: bytes) -> None:
        """Take a piece of the body."""
        self._receiver.write(piece)
        self._progress(self._receiver.size, self._total)

    def failed(self, error: BuildkiteError) -> float:
        """Return the seconds to wait before the next attempt. Raises `error` when there is none."""
        self._attempt += 1
        outcome, self._outcome = self._outcome, _BROKEN_OFF
        delay = retry_delay(self._retries, outcome, attempt=self._attempt, may_repeat=True)
        if self._final or delay is None or self._attempt >= _MAX_TRIES:
            raise error
        return delay

    def _refused(self, status: int, headers: Mapping[str, str]) -> None:
        """Take note of what an error status says about the next attempt."""
        if status == 429 or status >= 500:
            self._outcome = Answered(status, headers, None)
        elif status != 408 and status not in _EXPIRED:
            self._final = not self.start
            self._resumable = False


def _length(start: int, headers: Mapping[str, str], encoded: bool) -> int | None:
    length = headers.get("Content-Length", "")
    return start + int(length) if _LENGTH.fullmatch(length) and not encoded else None


class Overall:
    """Adds up the progress of files that arrive at the same time, and stops them all."""

    def __init__(self, sizes: list[int | None], progress: Progress) -> None:
        known = [size for size in sizes if isinstance(size, int)]
        self._total = sum(known) if len(known) == len(sizes) else None
        self._progress = progress
        self._done = [0] * len(sizes)
        self._lock = Lock()
        self._stopped = Event()

    def stop(self) -> None:
        """Make each file that is still arriving fail with its next piece."""
        self._stopped.set()

    def of(self, index: int) -> Progress:
        """Return what the file at `index` reports to."""

        def report(done: int, _total: int | None) -> None:
            if self._stopped.is_set():
                raise CancelledError("another file of the build failed")
            with self._lock:
                self._done[index] = done
                self._progress(sum(self._done), self._total)

        return report
