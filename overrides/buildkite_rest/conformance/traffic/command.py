"""The command `conformance traffic`, from its parsed options to its exit status."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ..._base.command_line import exit_without_output, report, write_text
from ..._base.safe_text import safe_repr
from ..._files.targets import write_file
from ..api import CannotRunError
from ..output_files import check_distinct, check_output, environment_inputs
from .check import Report
from .judge import Judge
from .recordings import RecordingError, read_entries

_CLEAN: Final = 0
_FINDINGS: Final = 1
_UNUSABLE: Final = 2


def run(namespace: Namespace, program: str) -> int:
    """Check the files, print the report, and return the exit status."""
    files: list[Path] = namespace.files
    target: Path | None = namespace.json
    try:
        if target is not None:
            for name, path in (*environment_inputs(), *((safe_repr(str(path)), path) for path in files)):
                check_distinct((name, path), ("--json", target))
            check_output("--json", target)
        result = _check(files)
    except CannotRunError as error:
        report(f"{program}: {error}")
        return _UNUSABLE
    status = _CLEAN if result.is_clean else _FINDINGS
    if target is not None and not _write(target, result, program):
        status = _UNUSABLE
    try:
        write_text(result.text())
    except OSError as error:
        exit_without_output(error, f"{program}: ")
    return status


def _check(files: Sequence[Path]) -> Report:
    judge = Judge.load()
    result = Report(judge.version)
    for number, path in enumerate(files, 1):
        try:
            for entry, recorded in enumerate(read_entries(path), 1):
                result.add(recorded if isinstance(recorded, str) else judge.outcome(recorded), (number, entry))
        except RecordingError as error:
            raise CannotRunError(f"{safe_repr(str(path))} {error}.") from None
    if not result.checked:
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
