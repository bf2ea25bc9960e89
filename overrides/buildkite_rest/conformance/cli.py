"""The command line."""

from __future__ import annotations

import argparse
import logging
import os
import random
import re
from collections.abc import Callable, Sequence
from importlib import import_module
from math import inf
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from attrs import evolve
from rich.console import Console

from .. import BuildkiteError, ConfigurationError, JWTAuth, TokenAuth
from .._auth.environment import KEY, KEY_PATH, PASSPHRASE, TOKEN, TOKEN_UUID, auth_from, key_names
from .._auth.private_keys import load_private_key
from .._auth.signed_jwts import check_token_uuid
from .._auth.tokens import Auth
from .._base.command_line import (
    HelpFormatter,
    OpaqueParser,
    file_path,
    parse_arguments,
    report,
    whole_number,
)
from .._base.json_values import is_array
from .._http.options import parse_base_url
from .._http.request import path_segment
from . import PROGRAM
from .credentials import Secrets, register
from .earlier import EarlierReport
from .garbage_collection import rare_collections
from .loopback import is_local
from .options import (
    BUDGET,
    MAX_EXAMPLES,
    PHASES,
    SAMPLED_PHASE,
    UNKNOWN_FIELDS,
    Mode,
    Options,
    check_remote,
    select_operations,
)
from .output import console_for, standard_output
from .output_files import check_distinct, environment_inputs
from .pacing import Interruption, RequestSchedule
from .report.files import check_paths, write_reports
from .report.verdict import CANNOT_RUN, CLEAN, Verdict
from .request_log import clear
from .results import Results
from .spec import CannotRunError, Operation, Spec

_ONLY_FAILED: Final = "--only-failed"
_RESUME: Final = "--resume"
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
    namespace = parse_arguments(parser(program), arguments)
    # The client warns about responses that differ from the spec, which the report contains.
    logging.getLogger("buildkite_rest").addHandler(logging.NullHandler())
    secrets = Secrets()
    output = standard_output(secrets, program)
    schedule = RequestSchedule(namespace.rate_limit, namespace.max_time or inf)
    interruption = Interruption(schedule)
    try:
        options = options_of(namespace)
        register(options, secrets)
        if output is not None:
            output.has_reports = options.json is not None or options.junit is not None
        status = _run(options, console_for(output), schedule, interruption)
    except (CannotRunError, BuildkiteError) as error:
        report(f"{program}: {secrets.hide(str(error))}")
        return CANNOT_RUN
    except KeyboardInterrupt:
        if not schedule.is_time_limit_reached:
            return interruption.status
        report(f"{program}: --max-time expired before the first check. Allow more time.")
        return CANNOT_RUN
    if output is not None:
        output.close()
    return status


def _run(options: Options, console: Console, schedule: RequestSchedule, interruption: Interruption) -> int:
    check_paths(options)
    if options.log_requests is not None:
        clear(options.log_requests)
    check_remote(options)
    spec = Spec.load(options.spec)
    operations = select_operations(options, spec)
    options, operations, earlier = _with_earlier_report(options, operations, spec)
    if not operations:
        console.print(f"{options.only_failed} has no failure of the selected operations.")
        write_reports(options, spec, Results({}), Verdict((), (), CLEAN))
        return CLEAN
    # This imports schemathesis, which takes half a second. What precedes it does not need it.
    run: Callable[..., int] = import_module(".start", __package__).run
    with rare_collections():
        return run(
            options, spec, operations, earlier=earlier, console=console, schedule=schedule, interruption=interruption
        )


def _with_earlier_report(
    options: Options, operations: list[Operation], spec: Spec
) -> tuple[Options, list[Operation], EarlierReport | None]:
    """Return the options and operations that an earlier report leaves, and the report of a run to complete.

    Raises:
        CannotRunError: The report is not of the same server and spec, or the run to complete had other options.
    """
    option, path = (_ONLY_FAILED, options.only_failed) if options.only_failed else (_RESUME, options.resume)
    if path is None:
        return options, operations, None
    earlier = EarlierReport.read(option, path)
    earlier.check_same(option, path, options, spec)
    if options.has_random_seed:
        options = evolve(options, seed=earlier.seed)
    if option == _ONLY_FAILED:
        return options, [each for each in operations if each.id in earlier.failed], None
    earlier.check_options(option, path, options)
    return options, operations, earlier


def options_of(namespace: argparse.Namespace) -> Options:
    """Return the validated options.

    Raises:
        CannotRunError: An option is invalid, missing or excluded by another.
    """
    check_url(namespace.base_url)
    _check_filled(namespace)
    for name in ("json", "junit", "log_requests", "journal"):
        option = f"--{name.replace('_', '-')}"
        for source in (("--jwt-private-key", namespace.jwt_private_key), *environment_inputs()):
            check_distinct(source, (option, getattr(namespace, name)))
    options = Options(
        base_url=namespace.base_url.rstrip("/"),
        auth=auth_of(namespace),
        organization=namespace.organization,
        confirm_write=namespace.confirm_write,
        budget=namespace.budget,
        no_scope_auth=_token("--no-scope-token", namespace.no_scope_token),
        limited_auths=tuple(
            auth for token in namespace.limited_token if (auth := _token("--limited-token", token)) is not None
        ),
        expired_auth=_token("--expired-token", namespace.expired_token),
        foreign_auth=_token("--foreign-token", namespace.foreign_token),
        revocable_auth=_token("--revocable-token", namespace.revocable_token),
        seed=random.getrandbits(32) if namespace.seed is None else namespace.seed,
        has_random_seed=namespace.seed is None,
        write=namespace.write,
        write_existing=frozenset(namespace.write_existing),
        journal=namespace.journal,
        log_requests=namespace.log_requests,
        phases=tuple(phase for phase in PHASES if phase in (namespace.phases or PHASES)),
        max_examples=namespace.max_examples or MAX_EXAMPLES,
        tags=frozenset(namespace.include_tag),
        max_time=namespace.max_time,
        interval=namespace.rate_limit,
        spec=namespace.spec,
        junit=namespace.junit,
        json=namespace.json,
        may_fail=frozenset(namespace.may_fail),
        ids=frozenset(namespace.include_operation),
        coverage=namespace.coverage,
        min_links=namespace.min_links,
        only_failed=namespace.only_failed,
        resume=namespace.resume,
        unknown_fields=namespace.unknown_fields,
    )
    if options.only_failed is not None and options.resume is not None:
        raise CannotRunError(f"{_ONLY_FAILED} and {_RESUME} exclude each other. Use one of them.")
    if options.budget is not None and options.write:
        raise CannotRunError("--budget and --write exclude each other. Use one of them.")
    needing_write = {
        "--write-existing": options.write_existing,
        "--journal": options.journal is not None,
        "--revocable-token": options.revocable_auth is not None,
    }
    if not options.write and any(needing_write.values()):
        option = next(name for name, is_given in needing_write.items() if is_given)
        raise CannotRunError(f"{option} requires --write. Add it, or leave {option} out.")
    if (same := options.same_as_token) is not None:
        raise CannotRunError(f"{same}: this is the token of the run. Pass another one.")
    if options.mode is Mode.SAMPLED:
        _check_sampled(namespace, options)
        return evolve(options, budget=options.budget or BUDGET, phases=(SAMPLED_PHASE,))
    return options


def _check_sampled(namespace: argparse.Namespace, options: Options) -> None:
    """Reject options without effect in a sampled run."""
    unused = {
        "--phases": namespace.phases is not None,
        "--max-examples": namespace.max_examples is not None,
        "--min-links": options.min_links > 0,
        **dict.fromkeys(options.other_tokens, True),
    }
    for option in (option for option, is_given in unused.items() if is_given):
        changes = [] if options.budget is None else ["leave out --budget"]
        changes += [] if is_local(options.base_url) else ["add --write"]
        raise CannotRunError(f"{option} has no effect in a sampled run. Leave it out, or {' and '.join(changes)}.")


def check_url(url: str) -> None:
    """Reject what is not the URL of an API.

    Raises:
        CannotRunError: It is not an HTTP URL, or has a user, a query, a fragment or the version of the API.
    """
    try:
        parts = urlsplit(url)
        is_valid = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:  # an invalid IPv6 address
        is_valid = False
    if not is_valid:
        raise CannotRunError("--base-url is not a URL. Start it with http:// or https:// and a host.")
    try:
        parse_base_url("--base-url", url)
    except ConfigurationError as error:
        raise CannotRunError(f"{error}.") from None


def _check_filled(namespace: argparse.Namespace) -> None:
    """Reject empty values, which unset shell variables cause: `--organization "$ORG"`."""
    for name, value in vars(namespace).items():
        if value == "" or (is_array(value) and "" in value):
            raise CannotRunError(f"--{name.replace('_', '-')} is empty. Pass a value or leave it out.")
    try:
        path_segment("--organization", namespace.organization or "any")
    except ValueError as error:
        raise CannotRunError(str(error)) from None


def auth_of(namespace: argparse.Namespace) -> Auth:
    """Return the credentials that the options name, or else those in the environment.

    Raises:
        CannotRunError: An option is invalid.
    """
    uuid, key = namespace.jwt_token_uuid, namespace.jwt_private_key
    if (uuid is None) != (key is None):
        raise CannotRunError("--jwt-token-uuid and --jwt-private-key require each other. Pass both.")
    if uuid is not None:
        if namespace.token is not None:
            raise CannotRunError("--token and --jwt-token-uuid exclude each other. Use one of them.")
        return _jwt_auth(uuid, key)
    token = _token("--token", namespace.token)
    return token or auth_from(os.environ, alternative="pass --token or --jwt-token-uuid")


def _jwt_auth(uuid: str, path: Path) -> Auth:
    """Return credentials for signed requests. Errors name the options and show no value."""
    try:
        check_token_uuid("--jwt-token-uuid", uuid)
        key = load_private_key(path, os.environ.get(PASSPHRASE) or None, key_names("--jwt-private-key"))
    except ConfigurationError as error:
        raise CannotRunError(str(error)) from None
    return JWTAuth(uuid, key)


def _token(option: str, token: str | None) -> Auth | None:
    try:
        return None if token is None else TokenAuth(token)
    except ConfigurationError as error:
        raise CannotRunError(f"{option}: {error}") from None


def parser(program: str) -> OpaqueParser:
    """Return the parser of the command `program`."""
    options = OpaqueParser(
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
    add("--only-failed", type=file_path, metavar="FILE", help="only operations that failed in a report of --json")
    add("--resume", type=file_path, metavar="FILE", help="complete the interrupted run of a report of --json")
    add("--may-fail", action="append", default=[], metavar="ID", help="operationId that need not succeed; repeatable")
    add("--min-links", type=_positive, default=0, metavar="N", help="also fail if fewer links are followed")
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
