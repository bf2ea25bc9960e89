"""Command line of `buildkite-rest conformance`. Parsing and `--help` work without the extra `conformance`."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Final

from .._auth.environment import KEY, KEY_PATH, PASSPHRASE, TOKEN, TOKEN_UUID
from .._base.command_line import HelpFormatter, OpaqueParser, file_path, parse_arguments, whole_number
from . import PROGRAM
from .argument_tokens import given_tokens, hiding
from .option_values import BUDGET, MAX_EXAMPLES, PHASES, UNKNOWN_FIELDS

#: The longest `--max-time`. A timer of the system overflows later.
_MAX_SECONDS: Final = 31_536_000

_EPILOG: Final = f"""\
`conformance traffic FILE` checks recorded traffic instead; `conformance traffic --help` lists its options.

exit status: 0 all responses match the spec, 1 some do not, 2 the run was not possible or checked no
response, 3 some operations were not tried or never succeeded, or objects were left behind.

Without --write only GET and HEAD are sent. With it, objects are created, and only these are changed, stopped and
deleted; at the end all of them are deleted. After a crash, run `conformance cleanup JOURNAL`. --write-existing also
changes other objects and settings, and does not restore them. The token of the run is never revoked.

A server that is not on this machine only gets sampled GETs for one organization, with ids from its own lists. To run
everything, pass --write, --organization and --confirm-write.

Without --token and --jwt-token-uuid, credentials are read from the environment, as by the client:
{TOKEN}; or {TOKEN_UUID} with
{KEY_PATH} or {KEY}, and
{PASSPHRASE} for an encrypted key.
"""


def main(arguments: Sequence[str] | None = None, program: str = PROGRAM) -> int:
    """Run, and return the exit status. `program` is the name of the command in messages."""
    tokens = given_tokens(sys.argv[1:] if arguments is None else arguments)
    namespace = parse_arguments(parser(program, hiding(tokens)), arguments)
    run: Callable[..., int] = import_module(".command", __package__).run  # needs the extra
    return run(namespace, program, tokens)


def parser(program: str, hide: Callable[[str], str] = str) -> OpaqueParser:
    """Return the parser of the command `program`. `hide` masks credentials in its errors."""
    options = OpaqueParser(
        hide,
        prog=program,
        description="Check a server against the OpenAPI spec of the Buildkite REST API.",
        epilog=_EPILOG,
        formatter_class=HelpFormatter,
    )
    add = options.add_argument
    add("--base-url", required=True, metavar="URL", help="URL of the API, such as https://api.buildkite.com")
    add_credentials(options)
    add("--no-scope-token", metavar="T", help="another token, without scopes, which every operation must reject")
    add(
        "--limited-token",
        action="append",
        default=[],
        metavar="T",
        help="another token, with some of the scopes, which no other operation may accept; repeatable",
    )
    add("--expired-token", metavar="T", help="a token that has expired or was revoked")
    add("--foreign-token", metavar="T", help="a token for another organization, whose objects must be out of reach")
    add("--revocable-token", metavar="T", help="another token, which a run with --write revokes at its end")
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
    add(
        "--max-examples",
        type=_positive,
        metavar="N",
        help=f"generated requests per operation (default: {MAX_EXAMPLES})",
    )
    add("--seed", type=whole_number, metavar="N", help="seed of the generated requests (default: a random one)")
    add("--include-tag", action="append", default=[], metavar="TAG", help="only operations with this tag; repeatable")
    add("--include-operation", action="append", default=[], metavar="ID", help="only this operationId; repeatable")
    add("--max-time", type=_seconds, metavar="S", help="stop after S seconds, even during a request")
    add_rate_limit(options)
    add(
        "--unknown-fields",
        choices=UNKNOWN_FIELDS,
        metavar="fail|report",
        help="fail on fields and values that the spec lacks, or list them (default: fail here, report elsewhere)",
    )
    add("--spec", type=file_path, metavar="FILE", help="another OpenAPI document than the one in this package")
    add("--may-fail", action="append", default=[], metavar="ID", help="operationId that need not succeed; repeatable")
    add("--coverage", action="store_true", help="list all operations with the statuses of their responses")
    add("--junit", type=file_path, metavar="FILE", help="write a report as JUnit XML")
    add("--json", type=file_path, metavar="FILE", help="write a report as JSON")
    add("--log-requests", type=file_path, metavar="FILE", help="log all requests as JSON lines")
    add("--journal", type=file_path, metavar="FILE", help="list created objects here (default: a file that is removed)")
    return options


def add_credentials(options: argparse.ArgumentParser) -> None:
    """Add the options for credentials, which `auth_of` reads."""
    add = options.add_argument
    add("--token", metavar="T", help=f"API access token (default: ${TOKEN})")
    add("--jwt-token-uuid", metavar="UUID", help="UUID of the token to sign requests for, instead of a token")
    add(
        "--jwt-private-key",
        type=file_path,
        metavar="FILE",
        help=f"RSA key (PEM) to sign with; decrypted by ${PASSPHRASE}",
    )


def add_rate_limit(options: argparse.ArgumentParser) -> None:
    """Add the option for the interval between requests."""
    text = "requests per s, m or h (default: the API's limit)"
    options.add_argument("--rate-limit", type=_rate, default=0.0, metavar="N/s", help=text)


def _phases(text: str) -> tuple[str, ...]:
    phases = tuple(text.split(","))
    if unknown := set(phases) - set(PHASES):
        raise argparse.ArgumentTypeError(f"{min(unknown)!r} is not a phase; use {', '.join(PHASES)}")
    return phases


def _positive(text: str) -> int:
    number = whole_number(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive whole number")
    return number


def _seconds(text: str) -> int:
    number = _positive(text)
    if number > _MAX_SECONDS:
        raise argparse.ArgumentTypeError(f"{number} s are more than {_MAX_SECONDS}, a year")
    return number


def _rate(text: str) -> float:
    if not re.fullmatch(r"[1-9][0-9]{0,8}/[smh]", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a rate such as 5/s or 40/m")
    count, _, unit = text.partition("/")
    return {"s": 1, "m": 60, "h": 3600}[unit] / int(count)
