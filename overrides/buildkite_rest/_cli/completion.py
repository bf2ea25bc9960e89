"""`buildkite-rest completion`: print a completion script for a shell."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Final

from .._base.command_line import HelpFormatter, Parser, report
from ..conformance import cli as conformance
from ..mock.server import command_line as mock
from . import api_options, spec
from .commands import parser as parser_of_commands
from .output import OK, USAGE, Output

_SHELLS: Final = ("bash", "zsh", "fish")
_EPILOG: Final = """\
examples:
  buildkite-rest completion bash > ~/.local/share/bash-completion/completions/buildkite-rest
  buildkite-rest completion zsh > ~/.zfunc/_buildkite-rest
  buildkite-rest completion fish > ~/.config/fish/completions/buildkite-rest.fish
"""


def main(arguments: Sequence[str], program: str) -> int:
    """Print the script, and return the exit status."""
    options = parser(program).parse_args(arguments)
    try:
        shtab = import_module("shtab")
    except ModuleNotFoundError:
        report(f"{program}: shtab is not installed; it comes with buildkite-rest[completion]")
        return USAGE
    parsers = _parsers(program)
    for action in (action for each in parsers.values() for action in each._actions):
        if action.metavar == "FILE":
            action.complete = shtab.FILE  # type: ignore[attr-defined]  # what shtab reads
    Output(f"{program}: ").write(shtab.complete(parser_of_commands(parsers), shell=options.shell).encode())
    return OK


def _parsers(program: str) -> dict[str, Parser]:
    """Return the parsers of the commands."""
    return {
        "api": api_options.parser("api"),
        "spec": spec.parser("spec"),
        "mock": mock.parser("mock"),
        "conformance": conformance.parser("conformance"),
        "completion": parser(program),
    }


def parser(program: str) -> Parser:
    """Return the parser of the command `program`."""
    options = Parser(
        prog=program,
        description="Print a script that completes commands and options in a shell. Needs the extra completion.",
        epilog=_EPILOG,
        formatter_class=HelpFormatter,
    )
    options.add_argument("shell", choices=_SHELLS, metavar="SHELL", help=", ".join(_SHELLS))
    return options
