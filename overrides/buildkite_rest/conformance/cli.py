"""The command line."""

from __future__ import annotations

import argparse
import logging
import os
import random
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from .. import Buildkite, ConfigurationError, JWTAuth, RetryPolicy, TokenAuth
from .._auth import Auth
from .._environment import TOKEN as TOKEN_VARIABLE
from .aim import Aim
from .choice import Choice
from .credentials import Secrets
from .description import Description
from .engine import Run
from .files import write_json, write_junit
from .options import PHASES, Options
from .probe import probe
from .problems import CannotRunError
from .report import Report
from .targets import Targets, discover

_CLEAN: Final = 0
_FAILURES: Final = 1
_CANNOT_RUN: Final = 2
_INTERRUPTED: Final = 130

#: Columns of an output that is no terminal.
_WIDTH: Final = 120

_EPILOG: Final = """\
exit status: 0 the server does what the description says, 1 it does not, 2 the run was not possible.
Without --write only GET and HEAD are sent. With it, objects are created, changed, stopped and removed: use an
organization that was made for it. The token itself is never revoked.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, and return the exit status."""
    parser = _parser()
    namespace = parser.parse_args(arguments)
    output: Any = sys.stdout
    if hasattr(output, "reconfigure"):
        # Answers may hold characters that the terminal has no notation for.
        output.reconfigure(errors="backslashreplace")
    # The client warns about answers that differ from the description. Here that is reported in another way.
    logging.getLogger("buildkite_rest").addHandler(logging.NullHandler())
    width = None if sys.stdout.isatty() else _WIDTH
    console = Console(width=width, soft_wrap=True, highlight=False, markup=False, emoji=False)
    try:
        return _run(_options(namespace), console)
    except (CannotRunError, ConfigurationError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return _CANNOT_RUN
    except KeyboardInterrupt:
        return _INTERRUPTED


def _run(options: Options, console: Console) -> int:
    description = Description.load(options.spec)
    _check(options, description)
    server = probe(options)
    secrets = Secrets(description.secret_keys)
    report = Report(console, options, description, server)
    report.start()
    with report.working("looking for objects") as progress:
        targets = _discover(options, description)
        run = Run(options, description, Aim(Choice(description, targets)), secrets, server.pace)
        results = run.execute(progress)
    report.finish(results)
    if options.json is not None:
        write_json(options.json, options, description, results)
    if options.junit is not None:
        write_junit(options.junit, results)
    if results.interrupted:
        return _INTERRUPTED
    return _CLEAN if report.is_clean(results) else _FAILURES


def _discover(options: Options, description: Description) -> Targets:
    with Buildkite(options.auth, base_url=options.base_url, retries=RetryPolicy(max_retries=1)) as client:
        return discover(client, description.operations, filter(options.chooses, description.operations))


def _check(options: Options, description: Description) -> None:
    tags = {operation.tag for operation in description.operations}
    if unknown := options.tags - tags:
        raise CannotRunError(f"no operation has the tag {min(unknown)}; there are {', '.join(sorted(tags))}")
    if unknown := options.may_fail - {operation.id for operation in description.operations}:
        raise CannotRunError(f"--may-fail: there is no operation {min(unknown)}")
    for path in (options.json, options.junit):
        if path is not None and not path.parent.is_dir():
            raise CannotRunError(f"{path}: there is no folder {path.parent}")


def _options(namespace: argparse.Namespace) -> Options:
    return Options(
        base_url=namespace.base_url.rstrip("/"),
        auth=_auth(namespace),
        seed=random.getrandbits(32) if namespace.seed is None else namespace.seed,
        write=namespace.write,
        phases=tuple(phase for phase in PHASES if phase in namespace.phases),
        max_examples=namespace.max_examples,
        tags=frozenset(namespace.include_tag),
        max_time=namespace.max_time,
        rate_limit=namespace.rate_limit,
        spec=namespace.spec,
        junit=namespace.junit,
        json=namespace.json,
        require_success=namespace.require_success,
        may_fail=frozenset(namespace.may_fail),
    )


def _auth(namespace: argparse.Namespace) -> Auth:
    uuid, key = namespace.jwt_token_uuid, namespace.jwt_private_key
    if (uuid is None) != (key is None):
        raise CannotRunError("--jwt-token-uuid and --jwt-private-key go together")
    if uuid is not None:
        if namespace.token is not None:
            raise CannotRunError("use either --token or --jwt-token-uuid")
        return JWTAuth(uuid, key)
    token = namespace.token or os.environ.get(TOKEN_VARIABLE)
    if not token:
        raise CannotRunError(f"there is no token; set {TOKEN_VARIABLE}, or pass --token or --jwt-token-uuid")
    return TokenAuth(token)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m buildkite_rest.conformance",
        description="Check a server against the OpenAPI description of the Buildkite REST API.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--base-url", required=True, metavar="URL", help="where the API is, such as https://api.buildkite.com")
    add("--token", metavar="T", help=f"API access token (default: ${TOKEN_VARIABLE})")
    add("--jwt-token-uuid", metavar="UUID", help="token that signed requests name, in place of a token itself")
    add("--jwt-private-key", type=Path, metavar="FILE", help="RSA key (PEM) that signs requests")
    add("--write", action="store_true", help="send requests that change something too")
    add("--phases", type=_phases, default=PHASES, metavar="P,…", help=f"some of {','.join(PHASES)} (default: all)")
    add("--max-examples", type=_positive, default=25, metavar="N", help="made-up requests per operation (default: 25)")
    add("--seed", type=int, metavar="N", help="draw the same random numbers as another run (default: new ones)")
    add("--include-tag", action="append", default=[], metavar="TAG", help="only operations with this tag; repeatable")
    add("--max-time", type=_positive, metavar="S", help="go on for about so many seconds")
    add("--rate-limit", type=_rate, metavar="N/s", help="requests per s, m or h (default: 80%% of what the API allows)")
    add("--spec", type=Path, metavar="FILE", help="another description than the one in this package")
    add("--require-success", action="store_true", help="fail too if an operation never succeeds")
    add("--may-fail", action="append", default=[], metavar="ID", help="but not for this operationId; repeatable")
    add("--junit", type=Path, metavar="FILE", help="write a report as JUnit XML")
    add("--json", type=Path, metavar="FILE", help="write a report as JSON")
    return parser


def _phases(text: str) -> tuple[str, ...]:
    phases = tuple(text.split(","))
    if unknown := set(phases) - set(PHASES):
        raise argparse.ArgumentTypeError(f"{min(unknown)!r} is no phase; there are {', '.join(PHASES)}")
    return phases


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no positive whole number")
    return int(text)


def _rate(text: str) -> str:
    if not re.fullmatch(r"[1-9]\d*/[smh]", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no rate such as 5/s or 40/m")
    return text
