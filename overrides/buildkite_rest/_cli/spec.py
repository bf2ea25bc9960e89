"""`buildkite-rest spec`: print the OpenAPI document."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from importlib.resources import files
from typing import Final

from .._base.command_line import HelpFormatter, Parser
from .exit_statuses import OK
from .output import Output

_EPILOG: Final = """\
examples:
  buildkite-rest spec | less
  buildkite-rest spec --format json | jq '.paths | keys'
  buildkite-rest spec --openapi 3.0 > openapi.yaml
"""
_VERSIONS: Final = {"3.1": "openapi", "3.0": "openapi-3.0"}
"""Stems of the names of the files, by version of OpenAPI."""
_WEBHOOKS: Final = re.compile(rb"(?m)^webhooks:\n(?:(?:  .*)?\n)+")
"""The webhooks in YAML."""
_OPEN_ENUM: Final = (b"x-open-enum: true\n      ", b'"x-open-enum":true,"')
"""What is before the key `enum` of an enumeration to which the API may add values, in YAML and JSON."""


def main(arguments: Sequence[str], program: str) -> int:
    """Print the document, and return the exit status."""
    options = parser(program).parse_args(arguments)
    content = document(options.format, options.openapi, webhooks=not options.without_webhooks)
    if options.open_enums:
        for mark in _OPEN_ENUM:
            content = content.replace(mark + b"enum", mark + b"x-extensible-enum")
    Output(f"{program}: ").write_body(content)
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
        default="yaml",
        help="format of the document (default: yaml)",
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
    return options
