"""`buildkite-rest spec`: print the OpenAPI document, or write it to a file."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Final

from .._base.command_line import HelpFormatter, Parser, exit_without_output, report
from .errors import OK, USAGE
from .output import Output

_EPILOG: Final = """\
examples:
  buildkite-rest spec | less
  buildkite-rest spec --format json | jq '.paths | keys'
  buildkite-rest spec --output openapi.yaml
"""


def main(arguments: Sequence[str], program: str) -> int:
    """Print or write the document, and return the exit status."""
    options = parser(program).parse_args(arguments)
    output: Path | None = options.output
    suffix = options.format or ("json" if output is not None and output.suffix.lower() == ".json" else "yaml")
    content = (files("_buildkite_rest") / f"openapi.{suffix}").read_bytes()
    if output is None:
        Output(f"{program}: ").write_body(content)
        return OK
    from .._files.targets import open_target  # noqa: PLC0415 - few runs write a file

    try:
        with open_target(output, follow=True) as file:
            file.write(content)
    except BrokenPipeError as error:  # FILE is standard output
        exit_without_output(error)
    except OSError as error:
        report(f"{program}: cannot write the file of --output: {error.strerror}. Name another file.")
        return USAGE
    return OK


def parser(program: str) -> Parser:
    """Return the parser of the command `program`."""
    options = Parser(
        prog=program,
        description="Print the OpenAPI 3.1 document that this package is generated from.",
        epilog=_EPILOG,
        formatter_class=HelpFormatter,
    )
    options.add_argument(
        "--format",
        choices=("yaml", "json"),
        help="format of the document (default: json if FILE ends with .json, otherwise yaml)",
    )
    options.add_argument(
        "-o",
        "--output",
        type=_path,
        metavar="FILE",
        help="write to a file, which is replaced if it exists; - is standard output",
    )
    return options


def _path(text: str) -> Path | None:
    if text == "-":
        return None
    if not text:
        raise argparse.ArgumentTypeError("must not be empty; name a file or leave it out")
    return Path(text)
