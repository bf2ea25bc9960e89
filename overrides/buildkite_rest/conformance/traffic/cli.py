"""Command line of `buildkite-rest conformance traffic`. Parsing and `--help` work without the extra `conformance`."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Final

from ..._base.command_line import HelpFormatter, Parser, file_path, parse_arguments

MAX_FILE: Final = 1 << 27
"""Bytes of a recording. Decoded, it takes many times as much memory."""

_EPILOG: Final = f"""\
FILE is a HAR 1.2, as browsers and proxies write it, or a cassette of vcrpy in YAML or JSON, of at most
{MAX_FILE >> 20} MiB. Nothing is sent.

Each response is judged by the rules of a run. The reports have words of the spec and of the rules, names of
undescribed properties and parameters, undescribed values that are spelled like those of an enum, and numbers of up to
three digits. An ellipsis replaces all else, such as credentials, ids, names and URLs.

examples:
  buildkite-rest conformance traffic session.har
  buildkite-rest conformance traffic tests/cassettes/*.yaml --json report.json

exit status: 0 no response differs from the spec, 1 some do, or the spec lacks an operation, 2 a file cannot be used, or
has no response of the API. Differences in requests are listed, but the API ignores most of them.
"""


def main(arguments: Sequence[str], program: str) -> int:
    """Check the files, print the report, and return the exit status."""
    namespace = parse_arguments(parser(program), arguments)
    run: Callable[[Namespace, str], int] = import_module(".command", __package__).run
    return run(namespace, program)


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
    return options
