"""Standard output of a run, which may be closed or full."""

from __future__ import annotations

import argparse
import logging
import os
import random
import re
import sys
from collections.abc import Callable, Sequence
from functools import partial
from math import inf
from pathlib import Path
from typing import IO, Any, Final, NoReturn, TextIO, TypeVar, cast
from urllib.parse import urlsplit

from attrs import evolve
from rich.console import Console

from .. import BuildkiteError, ConfigurationError, JWTAuth, RateLimitPacing, RetryPolicy, TokenAuth
from .._auth.environment import KEY, KEY_PATH, PASSPHRASE, TOKEN, TOKEN_UUID, auth_from, key_names
from .._auth.private_keys import load_private_key
from .._auth.tokens import Auth, check_token_uuid
from .._base.json_values import is_array
from .._base.one_line_errors import Parser, whole_number
from .._base.standard_streams import exit_without_output, report
from .._http.request import path_segment
from .client import client_of, probe
from .credentials import RequestAuth, Secrets
from .errors import CannotRunError
from .hooks import Aim
from .objects import Choice, Targets, discover
from .options import BUDGET, PHASES, SAMPLED, Mode, Options, check_live, check_selection, chosen_of
from .pacing import BELOW, Interruption, Pace, TimeOverError
from .report.files import check_paths, write_reports
from .report.terminal import Report
from .run import Run
from .spec import Description

T = TypeVar("T")


class Output:
    """Writes to a file and exits with 141 or 2 when that fails. rich exits with 1, which means failures here."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    @property
    def encoding(self) -> str:
        """Return the encoding of the file."""
        return self._file.encoding

    def fileno(self) -> int:
        """Return the descriptor of the file."""
        return self._file.fileno()

    def isatty(self) -> bool:
        """Return whether the file is a terminal."""
        return self._file.isatty()

    def write(self, text: str, /) -> int:
        """Write to the file."""
        return _or_exit(lambda: self._file.write(text))

    def flush(self) -> None:
        """Write what the file has buffered."""
        _or_exit(self._file.flush)


def _or_exit(write: Callable[[], T]) -> T:
    try:
        return write()
    except OSError as error:
        exit_without_output(error)


_EPILOG: Final = f"""\
exit status: 0 the server does what the description says, 1 it does not, 2 the run was not possible.
Without --write only GET and HEAD are sent. With it, objects are created, changed, stopped and removed: use an
organization that was made for it. The token itself is never revoked.

A server that is not on this machine gets a few hand-picked GETs of one organization, with ids from its own lists. To
try everything on it takes --write, --organization and --confirm-write.

Without --token and --jwt-token-uuid, credentials come from the same variables as those of the client:
{TOKEN}; or {TOKEN_UUID} with
{KEY_PATH} or {KEY}, and
{PASSPHRASE} where the key is encrypted.
"""


#: A name of an option at the start of an argument, which `=` and a value may follow.
_OPTION: Final = re.compile(r"--?[a-z]+(?:-[a-z]+)*(?==|$)")


def options_of(namespace: argparse.Namespace) -> Options:
    """Return what the arguments ask for.

    Raises:
        CannotRunError: They contradict each other, or something is missing.
    """
    _check_url(namespace.base_url)
    _check_filled(namespace)
    options = Options(
        base_url=namespace.base_url.rstrip("/"),
        auth=_auth(namespace),
        organization=namespace.organization,
        confirm_write=namespace.confirm_write,
        budget=namespace.budget,
        unscoped=_token("--no-scope-token", namespace.no_scope_token),
        seed=random.getrandbits(32) if namespace.seed is None else namespace.seed,
        write=namespace.write,
        phases=tuple(phase for phase in PHASES if phase in namespace.phases),
        max_examples=namespace.max_examples,
        tags=frozenset(namespace.include_tag),
        max_time=namespace.max_time,
        interval=namespace.rate_limit,
        spec=namespace.spec,
        junit=namespace.junit,
        json=namespace.json,
        require_success=namespace.require_success,
        may_fail=frozenset(namespace.may_fail),
        ids=frozenset(namespace.include_operation),
        coverage=namespace.coverage,
        min_links=namespace.min_links,
    )
    if options.budget is not None and options.write:
        raise CannotRunError("use either --budget or --write")
    if options.mode is Mode.SAMPLED:
        return evolve(options, budget=options.budget or BUDGET, phases=(SAMPLED,))
    return options


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        is_one = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:  # brackets that belong to no address
        is_one = False
    if not is_one:
        raise CannotRunError("--base-url is not a URL; one starts with http:// or https:// and names a host")


def _check_filled(namespace: argparse.Namespace) -> None:
    """Refuse what an unset variable of a shell leaves: `--organization "$ORG"`."""
    for name, value in vars(namespace).items():
        if value == "" or (is_array(value) and "" in value):
            raise CannotRunError(f"--{name.replace('_', '-')} is empty; give it a value or leave it out")
    try:
        path_segment("--organization", namespace.organization or "any")
    except ValueError as error:
        raise CannotRunError(str(error)) from None


def _auth(namespace: argparse.Namespace) -> Auth:
    uuid, key = namespace.jwt_token_uuid, namespace.jwt_private_key
    if (uuid is None) != (key is None):
        raise CannotRunError("--jwt-token-uuid and --jwt-private-key go together")
    if uuid is not None:
        if namespace.token is not None:
            raise CannotRunError("use either --token or --jwt-token-uuid")
        return _signing(uuid, key)
    token = _token("--token", namespace.token)
    return token or auth_from(os.environ, otherwise="pass --token or --jwt-token-uuid")


def _signing(uuid: str, path: Path) -> Auth:
    """Return credentials that sign. Errors name the options and show no value."""
    try:
        check_token_uuid("--jwt-token-uuid", uuid)
        key = load_private_key(path, os.environ.get(PASSPHRASE) or None, key_names("--jwt-private-key"))
    except ConfigurationError as error:
        raise CannotRunError(str(error)) from None
    return JWTAuth(uuid, key)


def _token(option: str, token: str | None) -> Auth | None:
    return None if token is None else _of_option(option, lambda: TokenAuth(token))


def _of_option(option: str, make: Callable[[], Auth]) -> Auth:
    """Make credentials, and say which option they are from if they are none."""
    try:
        return make()
    except ConfigurationError as error:
        raise CannotRunError(f"{option}: {error}") from None


class _Parser(Parser):
    """A parser whose errors show no value of a mistyped option, which may be a token."""

    def error(self, message: str) -> NoReturn:
        """Exit with a message, without the value after the `=` of an ambiguous option or one that has no value."""
        message = message.partition("ignored explicit argument ")[0]
        name, value, matches = message.partition("=")
        if value and name.startswith("ambiguous option: "):
            message = f"{name} could match {matches.rpartition(' could match ')[2]}"
        super().error(f"{message}has no value" if message.endswith(": ") else message)


def parsed(reader: argparse.ArgumentParser, arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the arguments. An error names unknown options without their values."""
    found, unknown = reader.parse_known_args(arguments)
    if unknown:
        names = dict.fromkeys(map(_name_of_option, unknown))
        named = ", ".join(name for name in names if name)
        reader.error(f"unknown options: {named}" if named else "a value without an option; see --help")
    return found


def _name_of_option(argument: str) -> str | None:
    """Return the name of an option that is written like one, without a value."""
    found = _OPTION.match(argument)
    return found[0] if found else None


def parser() -> argparse.ArgumentParser:
    """Return what reads the arguments."""
    made = _Parser(
        prog="python -m buildkite_rest.conformance",
        description="Check a server against the OpenAPI description of the Buildkite REST API.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = made.add_argument
    add("--base-url", required=True, metavar="URL", help="where the API is, such as https://api.buildkite.com")
    add("--token", metavar="T", help=f"API access token (default: ${TOKEN})")
    add("--jwt-token-uuid", metavar="UUID", help="token that signed requests name, in place of a token itself")
    add(
        "--jwt-private-key",
        type=Path,
        metavar="FILE",
        help=f"RSA key (PEM) that signs requests; ${PASSPHRASE} opens it",
    )
    add("--no-scope-token", metavar="T", help="another token, without scopes: every operation must refuse it")
    add("--organization", metavar="SLUG", help="use objects of this organization only")
    add("--write", action="store_true", help="send requests that change something too")
    add("--confirm-write", metavar="SLUG", help="the organization again: it may be written to though it is not here")
    add("--budget", type=_positive, metavar="N", help=f"hand-picked GETs, at most so many (elsewhere: {BUDGET})")
    add("--phases", type=_phases, default=PHASES, metavar="P,P", help=f"some of {','.join(PHASES)} (default: all)")
    add("--max-examples", type=_positive, default=25, metavar="N", help="made-up requests per operation (default: 25)")
    add(
        "--seed", type=whole_number, metavar="N", help="draw the same random numbers as another run (default: new ones)"
    )
    add("--include-tag", action="append", default=[], metavar="TAG", help="only operations with this tag; repeatable")
    add("--include-operation", action="append", default=[], metavar="ID", help="only this operationId; repeatable")
    add("--max-time", type=_positive, metavar="S", help="end the run after so many seconds, even during a request")
    add(
        "--rate-limit",
        type=_rate,
        default=0.0,
        metavar="N/s",
        help="requests per s, m or h (default: what the API allows)",
    )
    add("--spec", type=Path, metavar="FILE", help="another description than the one in this package")
    add("--require-success", action="store_true", help="fail too if an operation never succeeds")
    add("--may-fail", action="append", default=[], metavar="ID", help="but not for this operationId; repeatable")
    add("--min-links", type=_positive, default=0, metavar="N", help="fail too if fewer links are followed")
    add("--coverage", action="store_true", help="list all operations and how they were answered")
    add("--junit", type=Path, metavar="FILE", help="write a report as JUnit XML")
    add("--json", type=Path, metavar="FILE", help="write a report as JSON")
    return made


def _phases(text: str) -> tuple[str, ...]:
    phases = tuple(text.split(","))
    if unknown := set(phases) - set(PHASES):
        raise argparse.ArgumentTypeError(f"{min(unknown)!r} is no phase; there are {', '.join(PHASES)}")
    return phases


def _positive(text: str) -> int:
    number = whole_number(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no positive whole number")
    return number


def _rate(text: str) -> float:
    if not re.fullmatch(r"[1-9][0-9]{0,8}/[smh]", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no rate such as 5/s or 40/m")
    count, _, unit = text.partition("/")
    return {"s": 1, "m": 60, "h": 3600}[unit] / int(count)


_CLEAN: Final = 0


_FAILURES: Final = 1


_CANNOT_RUN: Final = 2


#: Columns of an output that is no terminal.
_WIDTH: Final = 120


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, and return the exit status."""
    output: Any = sys.stdout
    if hasattr(output, "reconfigure"):
        # Answers may hold characters that the terminal has no notation for.
        output.reconfigure(errors="backslashreplace")
    reader = parser()
    namespace = parsed(reader, arguments)
    # The client warns about answers that differ from the description. Here that is reported in another way.
    logging.getLogger("buildkite_rest").addHandler(logging.NullHandler())
    width = None if sys.stdout is not None and sys.stdout.isatty() else _WIDTH
    file = None if output is None else cast("IO[str]", Output(output))
    console = Console(file=file, width=width, soft_wrap=True, highlight=False, markup=False, emoji=False)
    interruption = Interruption(namespace.max_time)
    try:
        return _run(options_of(namespace), console, interruption)
    except (CannotRunError, BuildkiteError) as error:
        report(f"{reader.prog}: {error}")
        return _CANNOT_RUN
    except TimeOverError:
        report(f"{reader.prog}: --max-time was over before the first request that checks anything")
        return _CANNOT_RUN
    except KeyboardInterrupt:
        return interruption.status


def _run(options: Options, console: Console, interruption: Interruption) -> int:
    check_live(options)
    description = Description.load(options.spec)
    check_selection(options, description)
    check_paths(options)
    pace = Pace(options.interval, options.max_time or inf)
    with interruption.enabled():
        server = probe(options, chosen_of(options, description), pace)
        secrets = Secrets(description.secret_keys)
        auth = RequestAuth(options.auth, secrets, pace)
        report = Report(console, options, description, server)
        report.start()
        with report.working("looking for objects") as progress:
            targets = (
                Targets(options.organization) if options.mode is Mode.SAMPLED else _discover(options, description, pace)
            )
            again = partial(_discover, options, description, pace)
            run = Run(options, description, Aim(Choice(description, targets)), secrets, auth, pace, again)
            results = run.execute(progress)
    report.finish(results)
    write_reports(options, description, results)
    if results.interrupted:
        return interruption.status
    return _CLEAN if report.is_clean(results) else _FAILURES


def _discover(options: Options, description: Description, pace: Pace) -> Targets:
    pacing = RateLimitPacing(below=BELOW)
    with client_of(options, pace, retries=RetryPolicy(max_retries=2), pacing=pacing) as client:
        return discover(client, description.operations, chosen_of(options, description), options.organization)
