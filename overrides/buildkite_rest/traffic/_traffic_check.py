"""Check of the traffic of a program."""

from __future__ import annotations

import logging
from importlib.resources import files
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from .._base.arguments import check_file_path
from .._base.fork_safety import ForkSafeLock
from .._base.json_values import loads
from .._files.whole_files import check_target, write_file
from ..conformance.merged_behaviour import with_behaviour
from ._arguments import BODY_PROBLEMS, URL, BodyProblem, Headers, check_exchange, header_pairs, url_text
from ._checks import Checker, Finding
from ._exchange import Exchange, headers_of
from ._report import Report

_FAILED: Final = "the check failed with an internal error"
_logger: Final = logging.getLogger("buildkite_rest")


class TrafficCheck:
    """Compares the requests and responses of clients with the spec.

    ```python
    with TrafficCheck("report.txt") as check, Buildkite(check=check) as bk:
        bk.user.get()
    ```

    The report has no ids, names or other values, and no credentials. It can be used by several clients, threads and
    tasks. No exception leaves it while requests are sent.

    Args:
        path: File that the report is written to at the end of the `with` statement of the check, as JSON if its name
            ends with `.json`. If an exception ends the block and the file cannot be written, the exception gets a note.

    Raises:
        OSError: The file cannot be written.
        TypeError: `path` is not a path.
        ValueError: `path` cannot be that of a file.
    """

    def __init__(self, path: str | PathLike[str] | None = None) -> None:
        self._path = None if path is None else _absolute(path)
        if self._path is not None:
            check_target(self._path)
        self._lock = ForkSafeLock()
        document = loads(files("_buildkite_rest").joinpath("openapi.json").read_bytes())
        self._checker = Checker(with_behaviour(document))
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

        A file is replaced when the new one is complete. If that fails, the old one is unchanged.

        Raises:
            OSError: The file cannot be written.
            TypeError: `path` is not a path.
            ValueError: `path` cannot be that of a file.
        """
        target = _absolute(path)
        check_target(target)
        with self._lock.current:
            text = self._report.as_json() if _is_json(target) else self._report.text()
        write_file(target, text.encode(errors="backslashreplace"))

    def observe(
        self,
        method: str,
        url: str | URL,
        status: int,
        headers: Headers,
        body: bytes | None,
        *,
        request_headers: Headers = (),
        request_body: bytes | None = None,
        body_problem: BodyProblem | None = None,
        base_url: str | None = None,
    ) -> None:
        """Compare an exchange with the spec. Clients call this; call it yourself for those of another library.

        Args:
            method: Method of the request.
            url: URL of the request: a str, or an object such as `httpx.URL`.
            status: Status of the response.
            headers: Headers of the response.
            body: Body of the response, without a content coding. None if it is not known: the rest is compared.
            request_headers: Headers of the request.
            request_body: Body of the request, if it is JSON.
            body_problem: Reason why the body is not known.
            base_url: URL of the API. A request below it is one of the API, whatever its path. Without it, only known
                paths and hosts are recognized.

        Raises:
            TypeError: An argument has another type.
            ValueError: `body_problem` is unknown.
        """
        check_exchange(method, status, body, request_body, body_problem, base_url=base_url)
        address = url_text(url)
        response_pairs = header_pairs("headers", headers)
        request_pairs = header_pairs("request_headers", request_headers)
        try:
            exchange = Exchange(
                method=method,
                url=address,
                status=status,
                headers=headers_of(response_pairs),
                body=body,
                request_headers=headers_of(request_pairs),
                request_body=request_body,
                base_url=base_url,
                problem=None if body is not None or body_problem is None else BODY_PROBLEMS[body_problem],
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
        except Exception as failure:
            if error is None:
                raise
            note = f"The report of the traffic check cannot be written: {failure}"
            _logger.warning(note)
            error.add_note(note)


def _is_json(path: Path) -> bool:
    return path.suffix.lower() == ".json"


def _absolute(path: str | PathLike[str]) -> Path:
    check_file_path("path", path)
    return Path(path).absolute()
