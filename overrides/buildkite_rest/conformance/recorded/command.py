"""The command `conformance traffic`, from its parsed options to its exit status."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ..._base.command_line import exit_without_output, report, write_text
from ..._base.safe_text import safe_repr
from ..._files.whole_files import write_file
from ...traffic._checks import Checker
from ...traffic._report import Report
from ..output_files import check_distinct, check_output, environment_inputs
from ..spec import CannotRunError, Spec
from .errors import RecordingError
from .files import read_entries

_CLEAN: Final = 0
_FINDINGS: Final = 1
_UNUSABLE: Final = 2


def run(namespace: Namespace, program: str) -> int:
    """Check the files, print the report, and return the exit status."""
    files: list[Path] = namespace.files
    target: Path | None = namespace.json
    spec: Path | None = namespace.spec
    try:
        if target is not None:
            inputs = (("--spec", spec), *environment_inputs(), *((safe_repr(str(path)), path) for path in files))
            for name, path in inputs:
                check_distinct((name, path), ("--json", target))
            check_output("--json", target)
        result = _check(files, Checker(Spec.load(spec).raw))
    except CannotRunError as error:
        report(f"{program}: {error}")
        return _UNUSABLE
    is_written = target is None or _write(target, result, program)
    try:
        write_text(result.text())
    except OSError as error:
        exit_without_output(error, f"{program}: ")
    if not is_written:
        return _UNUSABLE
    return _CLEAN if result.is_clean else _FINDINGS


def _check(files: Sequence[Path], checker: Checker) -> Report:
    result = Report(checker.version)
    for number, path in enumerate(files, 1):
        try:
            for entry in read_entries(path):
                if entry.exchange is None:
                    result.unchecked[entry.problem or ""] += 1
                else:
                    result.add(checker.check(entry.exchange), number, entry.number)
        except RecordingError as error:
            raise CannotRunError(f"{safe_repr(str(path))} {error}.") from None
    if not result.exchanges:
        raise CannotRunError("there is no response of a known path under /v2 in the files. Record requests to the API.")
    return result


def _write(target: Path, result: Report, program: str) -> bool:
    """Write the report as JSON, and return whether that was possible."""
    try:
        write_file(target, result.as_json().encode(errors="backslashreplace"))
    except OSError as error:
        report(f"{program}: --json {safe_repr(str(target))} cannot be written: {error.strerror}. Name another file.")
        return False
    return True
