"""Command lines of `buildkite-rest conformance`. Parsing and `--help` work without the extra `conformance`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from itertools import pairwise
from typing import Final

from .._auth.environment import KEY, KEY_PATH, PASSPHRASE, TOKEN, TOKEN_UUID
from .._base.command_line import HelpFormatter, OpaqueParser, file_path, parse_arguments, whole_number
from .._base.safe_text import masked
from . import PROGRAM

#: Phases that change something.
CHANGING_PHASES: Final = ("statuses", "effects", "refusals", "fuzzing")
#: The phase that uses further tokens.
ACCESS: Final = "access"
#: All phases, in order. The first ones only read, while the server has only its own objects.
PHASES: Final = ("lists", "filters", "agreement", "headers", "errors", *CHANGING_PHASES, ACCESS)
#: The default budget of a sampled run.
BUDGET: Final = 200
#: Further tokens by option.
TOKENS: Final[Mapping[str, str]] = {
    "--no-scope-token": "another token, without scopes, which every operation must reject",
    "--limited-token": "another token, with some of the scopes, which no other operation may accept; repeatable",
    "--expired-token": "a token that has expired or was revoked",
    "--foreign-token": "a token for another organization, whose objects must be out of reach",
    "--revocable-token": "another token, which a run with --write revokes at its end",
}
#: Characters of a token that is masked in messages. Shorter texts occur in words by chance.
_MIN_TOKEN: Final = 8

_EPILOG: Final = f"""\
exit status: 0 all responses match the spec, 1 some do not, 2 the run was not possible or checked no
response, 3 some operations were not tried or never succeeded, or objects that can be deleted were left.

A server that is not on this machine only gets sampled GETs for one organization, with ids from its own lists. To run
everything, pass --write, --organization and --confirm-write.

Without --token, credentials are read from the environment, as by the client:
{TOKEN}; or {TOKEN_UUID} with
{KEY_PATH} or {KEY}, and
{PASSPHRASE} for an encrypted key.
"""


def main(arguments: Sequence[str] | None = None, program: str = PROGRAM) -> int:
    """Run a command, and return its exit status. `program` is the name of the command in messages."""
    given = [*(sys.argv[1:] if arguments is None else arguments)]
    tokens = given_tokens(given)
    names = {token: name for token, name in tokens.items() if len(token) >= _MIN_TOKEN}

    def hide(text: str) -> str:
        return masked(text, names)

    command = parser(program, hide)
    namespace = parse_arguments(command, given)
    run: Callable[[argparse.Namespace, str, Mapping[str, str]], int] = import_module(".commands", __package__).run
    return run(namespace, command.prog, tokens)


def given_tokens(arguments: Sequence[str]) -> dict[str, str]:
    """Return the tokens in arguments and in the environment, with the variables that replace them in messages."""
    tokens = {os.environ.get(TOKEN, ""): "$TOKEN"}
    for argument, following in pairwise([*arguments, ""]):
        option, equals, value = argument.partition("=")
        if option in {"--token", *TOKENS}:
            tokens[value if equals else following] = f"${option.strip('-').replace('-', '_').upper()}"
    return {token: name for token, name in tokens.items() if token}


def parser(program: str, hide: Callable[[str], str] = str) -> OpaqueParser:
    """Return the parser of the command `program`. `hide` masks credentials in its errors."""
    description = "Check a server against the OpenAPI spec of the Buildkite REST API."
    options = OpaqueParser(hide, prog=program, description=description, epilog=_EPILOG, formatter_class=HelpFormatter)
    add = options.add_argument
    add("--base-url", required=True, metavar="URL", help="URL of the API, such as https://api.buildkite.com")
    add("--token", metavar="T", help=f"API access token (default: ${TOKEN})")
    for option, text in TOKENS.items():
        add(option, action="append", default=[], metavar="T", help=text)
    add("--organization", metavar="SLUG", help="use objects of this organization only")
    add("--write", action="store_true", help="also create objects, change them, and delete them at the end")
    add(
        "--write-existing",
        action="append",
        default=[],
        metavar="TAG",
        help="with --write, also change objects that existed before, by operations with this tag, or 'all'; repeatable",
    )
    add("--confirm-write", metavar="SLUG", help="repeat the organization to allow --write on another machine")
    add("--budget", type=_positive, metavar="N", help=f"send at most N GETs, sampled (default elsewhere: {BUDGET})")
    add("--phases", type=_phases, metavar="P,P", help=f"{', '.join(PHASES)} (default: all)")
    add("--seed", type=whole_number, metavar="N", help="seed of the generated requests (default: a random one)")
    add("--include-tag", action="append", default=[], metavar="TAG", help="only operations with this tag; repeatable")
    add("--include-operation", action="append", default=[], metavar="ID", help="only this operationId; repeatable")
    add("--json", type=file_path, metavar="FILE", help="write a report as JSON")
    return options


def _phases(text: str) -> tuple[str, ...]:
    phases = text.split(",")
    if unknown := {*phases} - {*PHASES}:
        raise argparse.ArgumentTypeError(f"{min(unknown)!r} is not a phase; use {', '.join(PHASES)}")
    return tuple(phase for phase in PHASES if phase in phases)


def _positive(text: str) -> int:
    number = whole_number(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive whole number")
    return number
