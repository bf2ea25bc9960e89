"""Check of the traffic of a program."""

from __future__ import annotations

import errno
import logging
import os
from collections.abc import Iterable, Mapping
from importlib.resources import files
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from .._base.fork_safety import ForkSafeLock
from .._base.json_values import loads
from ._checks import Checker, Finding
from ._exchange import Exchange, headers_of
from ._report import Report

_FAILED: Final = "the check failed with an internal error"
_logger: Final = logging.getLogger("buildkite_rest")


class TrafficCheck:
    """Compares the requests and responses of a client with the spec: `Buildkite(check=TrafficCheck("report.txt"))`.

    The report has no ids, names or other values, and no credentials. It can be used by several clients, threads and
    tasks. No exception leaves it while requests are sent.

    Args:
        path: File that the report is written to at the end of a `with` statement, as JSON if its name ends with
            `.json`. If an exception ends the block and the file cannot be written, the exception gets a note.

    Raises:
        OSError: The file cannot be written.
    """

    def __init__(self, path: str | PathLike[str] | None = None) -> None:
        self._path = None if path is None else _writable(Path(path))
        self._lock = ForkSafeLock()
        self._checker = Checker(loads(files("_buildkite_rest").joinpath("openapi.json").read_bytes()))
        self._report = Report(self._checker.version)

    @property
    def findings(self) -> list[Finding]:
        """The different findings so far."""
        with self._lock.current:
            return self._report.findings

    def report(self) -> str:
        """Return the report so far, for a person or an issue."""
        with self._lock.current:
            return self._report.text()

    def write(self, path: str | PathLike[str]) -> None:
        """Write the report so far, as JSON if the name of the file ends with `.json`.

        Raises:
            OSError: The file cannot be written.
        """
        with self._lock.current:
            text = self._report.as_json() if Path(path).suffix == ".json" else self._report.text()
        Path(path).write_text(text, encoding="utf-8")

    def observe(
        self,
        method: str,
        url: str,
        status: int,
        headers: Mapping[str, str] | Iterable[tuple[str, str]],
        body: bytes | None,
        *,
        request_headers: Mapping[str, str] | Iterable[tuple[str, str]] = (),
        request_body: bytes | None = None,
    ) -> None:
        """Compare an exchange with the spec. Clients call this; call it yourself for those of another library.

        Args:
            method: Method of the request.
            url: URL of the request.
            status: Status of the response.
            headers: Headers of the response.
            body: Body of the response, without a content coding. None if it is not known: the rest is compared.
            request_headers: Headers of the request.
            request_body: Body of the request, if it is JSON.
        """
        try:
            exchange = Exchange(
                method=method,
                url=url,
                status=status,
                headers=headers_of(_pairs(headers)),
                body=body,
                request_headers=headers_of(_pairs(request_headers)),
                request_body=request_body,
            )
            with self._lock.current:
                self._report.add(self._checker.check(exchange))
        except Exception:  # a check must not end the program that it observes
            with self._lock.current:
                self._report.unchecked[_FAILED] += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._path is None:
            return
        try:
            self.write(self._path)
        except OSError as failure:
            if error is None:
                raise
            note = f"The report of the traffic check cannot be written: {failure}"
            _logger.warning(note)
            error.add_note(note)


def _writable(path: Path) -> Path:
    """Return an absolute path, to which a file can probably be written."""
    path = path.absolute()
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "the path of the report is a folder", str(path))
    if not path.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "there is no folder for the report", str(path))
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise PermissionError(errno.EACCES, "the report cannot be written", str(path))
    return path


def _pairs(headers: Any) -> Iterable[tuple[str, str]]:
    pairs: Iterable[tuple[str, str]] = headers.items() if hasattr(headers, "items") else headers
    return pairs
