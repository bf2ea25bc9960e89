"""`buildkite-rest conformance traffic`: check recorded traffic against the spec."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ..._base.command_line import (
    HelpFormatter,
    Parser,
    exit_without_output,
    file_path,
    parse_arguments,
    report,
    write_text,
)
from ..._base.safe_text import safe_repr
from ..._files.whole_files import write_file
from ...traffic._checks import Checker
from ...traffic._json import MAX_VALUES
from ...traffic._report import Report
from ..output_files import check_distinct, check_output, environment_inputs
from ..spec import CannotRunError, Spec
from .errors import MAX_FILE, RecordingError
from .files import read_entries

_CLEAN: Final = 0
_FINDINGS: Final = 1
_UNUSABLE: Final = 2

_EPILOG: Final = f"""\
FILE is a HAR 1.2, as browsers and proxies write it, or a cassette of vcrpy in YAML or JSON, of at most
{MAX_FILE >> 20} MiB and {MAX_VALUES:,} values. Nothing is sent.

The reports have the method, path template and status of requests; names of parameters, headers and properties; types
and formats of values; values of page and per_page; and values that are spelled like those of an enum, [a-z_]{{1,40}},
where the spec has an enum. They have no credentials, ids, names, URLs or other values.

examples:
  buildkite-rest conformance traffic session.har
  buildkite-rest conformance traffic tests/cassettes/*.yaml --json report.json

exit status: 0 no response differs from the spec, 1 some do, or the spec lacks an operation, 2 a file cannot be used, or
has no response of the API. Differences in requests are listed, but the API ignores most of them.
"""


def main(arguments: Sequence[str], program: str) -> int:
    """Check the files, print the report, and return the exit status."""
    namespace = parse_arguments(parser(program), arguments)
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


def parser(program: str) -> Parser:
    """Return the parser of the command `program`."""
    options = Parser(
        prog=program,
        description="Check recorded traffic with the API against the OpenAPI spec.",
        epilog=_EPILOG,
        formatter_class=HelpFormatter,
    )
    options.add_argument("files", nargs="+", type=file_path, metavar="FILE", help="a recording")
    options.add_argument("--json", type=file_path, metavar="FILE", help="write the report as JSON")
    options.add_argument(
        "--spec", type=file_path, metavar="FILE", help="another OpenAPI document than the one in this package"
    )
    return options
