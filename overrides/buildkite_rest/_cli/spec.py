"""`buildkite-rest spec`: print the OpenAPI document, or write it to a file."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Final

from .._base.command_line import HelpFormatter, Parser, file_path, report
from .output import OK, USAGE, Output

_EPILOG: Final = """\
examples:
  buildkite-rest spec | less
  buildkite-rest spec --format json | jq '.paths | keys'
  buildkite-rest spec --openapi 3.0 --output openapi.yaml
"""
_VERSIONS: Final = {"3.1": "openapi", "3.0": "openapi-3.0"}
"""Stems of the names of the files, by version of OpenAPI."""
_WEBHOOKS: Final = re.compile(rb"(?m)^webhooks:\n(?:(?:  .*)?\n)+")
"""The webhooks in YAML."""
_OPEN_ENUM: Final = (b"x-open-enum: true\n      ", b'"x-open-enum":true,"')
"""What is before the key `enum` of an enumeration to which the API may add values, in YAML and JSON."""


def main(arguments: Sequence[str], program: str) -> int:
    """Print or write the document, and return the exit status."""
    options = parser(program).parse_args(arguments)
    output: Path | None = options.output
    suffix = options.format or ("json" if output is not None and output.suffix.lower() == ".json" else "yaml")
    content = document(suffix, options.openapi, webhooks=not options.without_webhooks)
    if options.open_enums:
        for mark in _OPEN_ENUM:
            content = content.replace(mark + b"enum", mark + b"x-extensible-enum")
    if output is None:
        Output(f"{program}: ").write_body(content)
        return OK
    from .._files.targets import write_file  # noqa: PLC0415 - few runs write a file

    try:
        write_file(output, content)
    except OSError as error:
        report(f"{program}: cannot write the file of --output: {error.strerror}. Name another file.")
        return USAGE
    return OK


def document(suffix: str, version: str = "3.1", *, webhooks: bool = True) -> bytes:
    """Return the document as YAML or JSON. OpenAPI 3.0 has no webhooks."""
    folder = files("_buildkite_rest")
    content = (folder / f"{_VERSIONS[version]}.{suffix}").read_bytes()
    if webhooks or version == "3.0":
        return content
    if suffix == "yaml":  # without PyYAML, which the client does not require
        return _WEBHOOKS.sub(b"", content)
    parsed = json.loads(content)
    del parsed["webhooks"]
    return json.dumps(parsed, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def parser(program: str) -> Parser:
    """Return the parser of the command `program`."""
    options = Parser(
        prog=program,
        description="Print the OpenAPI document of the API, which this package is generated from.",
        epilog=_EPILOG,
        formatter_class=HelpFormatter,
    )
    options.add_argument(
        "--format",
        choices=("yaml", "json"),
        help="format of the document (default: json if FILE ends with .json, otherwise yaml)",
    )
    options.add_argument(
        "--openapi",
        choices=tuple(_VERSIONS),
        default="3.1",
        help="version of OpenAPI (default: 3.1). 3.0, for tools that need it, has no webhooks, and lists its "
        "differences in info, as x-converted",
    )
    options.add_argument(
        "--without-webhooks",
        action="store_true",
        help="leave out webhooks, for tools that do not support them; what only they use stays",
    )
    options.add_argument(
        "--open-enums",
        action="store_true",
        help="replace enum by x-extensible-enum where the API may add values, for clients that refuse unknown values",
    )
    options.add_argument(
        "-o",
        "--output",
        type=_path,
        metavar="FILE",
        help="write to a file, which is replaced if it exists; missing folders are created; - is standard output",
    )
    return options


def _path(text: str) -> Path | None:
    return None if text == "-" else file_path(text)
