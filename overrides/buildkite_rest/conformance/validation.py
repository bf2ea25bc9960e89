"""Validation of the options of the command line."""

from __future__ import annotations

import argparse
import os
import random
from pathlib import Path
from urllib.parse import urlsplit

from attrs import evolve

from .. import ConfigurationError, JWTAuth, TokenAuth
from .._auth.environment import PASSPHRASE, auth_from, key_names
from .._auth.signed_jwts import check_token_uuid, load_private_key
from .._auth.tokens import Auth
from .._base.json_values import is_array
from .._http.options import parse_base_url
from .._http.request import path_segment
from .api import CannotRunError
from .loopback import is_local
from .option_values import BUDGET, MAX_EXAMPLES, PHASES, SAMPLED_PHASE
from .options import Mode, Options
from .output_files import check_distinct, environment_inputs


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
        unknown_fields=namespace.unknown_fields,
    )
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
