"""Log and count of all requests of a run, whoever sends them."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final
from urllib.parse import urlsplit

from attrs import define, field

from .._base.json_values import as_object, loads_or_none
from .api import CannotRunError
from .credentials import Secrets
from .output_files import check_kind

#: Keys of a line.
_KEYS: Final = {"time", "method", "path", "status"}
#: Bytes of a first line. That of a run is a short path.
_MAX_LINE: Final = 1 << 16


class BudgetSpentError(Exception):
    """The budget allows no further request."""


@define
class RequestLog:
    """Counts requests, and writes a JSON line for each: its time, method, path and status, and nothing secret.

    Args:
        secrets: Values to mask.
        path: The file, or None to count only.
        budget: The maximum number of requests.
    """

    secrets: Secrets
    path: Path | None = None
    budget: int | None = None
    count: int = field(default=0, init=False)
    """Number of requests."""
    error: str | None = field(default=None, init=False)
    """Why the file cannot be written."""
    _is_final: bool = field(default=False, init=False)
    _file: IO[str] | None = field(default=None, init=False)

    def open(self) -> None:
        """Create the file.

        Raises:
            CannotRunError: That is not possible.
        """
        if self.path is not None:
            self._file = _opened(self.path)

    def claim(self) -> None:
        """Count a request before it is sent.

        Raises:
            BudgetSpentError: The budget allows no further request.
            KeyboardInterrupt: Requests cannot be logged any more, which ends the run.
        """
        if self.error is not None and not self._is_final:
            raise KeyboardInterrupt
        if self.budget is not None and self.count >= self.budget:
            raise BudgetSpentError
        self.count += 1

    def finish(self) -> None:
        """Allow all further requests: those of the cleanup."""
        self.budget = None
        self._is_final = True

    def record(self, method: str, url: str, status: int | None) -> None:
        """Write the line of a request. The status is None if there was no response."""
        if self._file is None:
            return
        parts = urlsplit(url)
        path = self.secrets.hide(parts.path + (f"?{parts.query}" if parts.query else ""))
        line = {"time": datetime.now(UTC).isoformat(), "method": method, "path": path, "status": status}
        try:
            self._file.write(f"{json.dumps(line)}\n")
        except OSError as error:
            self.error = f"--log-requests: {self.path} cannot be written: {error.strerror}"
            self.close()

    def close(self) -> None:
        """Close the file."""
        file, self._file = self._file, None
        if file is not None:
            with suppress(OSError):  # that of a write before
                file.close()


def clear(path: Path) -> None:
    """Empty the log of an earlier run, which is not that of a run that cannot start.

    Raises:
        CannotRunError: The file cannot be written, or is not such a log.
    """
    _opened(path).close()


def _is_log(path: Path) -> bool:
    """Return whether a file is empty or its first line is that of a request."""
    with path.open("rb") as file:
        line = file.readline(_MAX_LINE)
    return not line or set(as_object(loads_or_none(line))) == _KEYS


def _opened(path: Path) -> IO[str]:
    check_kind("--log-requests", path)
    try:
        if path.is_file() and not _is_log(path):
            raise CannotRunError(f"--log-requests: {path} exists and is not a log of requests. Name another file.")
        return path.open("w", encoding="utf-8", buffering=1)
    except OSError as error:
        raise CannotRunError(f"--log-requests: {path}: {error.strerror}") from None
