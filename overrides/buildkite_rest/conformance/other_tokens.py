"""Check of the further tokens before a run. One that does not work would check nothing."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from attrs import evolve

from .. import AuthenticationError, Buildkite, BuildkiteError, PermissionDeniedError, RetryPolicy
from .._auth.tokens import Auth, TokenAuth
from .client import make_client
from .option_values import ACCESS
from .options import Options
from .pacing import RequestSchedule
from .request_log import RequestLog
from .spec import CannotRunError

#: Organizations of a token that are compared.
_ORGANIZATIONS: Final = 100


def check_other_tokens(options: Options, schedule: RequestSchedule, log: RequestLog) -> None:
    """Check that the server accepts the tokens, and that the foreign one has another organization.

    The phase `access` reports an expired token that is accepted. Without that phase, it is refused here.

    Raises:
        CannotRunError: A token cannot be used.
    """
    if options.revocable_auth is not None:
        others = [
            options.auth,
            options.no_scope_auth,
            options.expired_auth,
            options.foreign_auth,
            *options.limited_auths,
        ]
        values = {auth.authorization() for auth in others if isinstance(auth, TokenAuth)}
        if options.revocable_auth.authorization() in values:
            raise CannotRunError("--revocable-token: the run needs this token. Pass one that nothing else uses.")

    def client(auth: Auth) -> Buildkite:
        retries = RetryPolicy(max_retries=1)
        return make_client(evolve(options, auth=auth), schedule, log, retries=retries, timeout=10.0)

    accepted = [("--limited-token", auth) for auth in options.limited_auths]
    accepted += [
        (option, auth)
        for option, auth in (
            ("--no-scope-token", options.no_scope_auth),
            ("--foreign-token", options.foreign_auth),
            ("--revocable-token", options.revocable_auth),
        )
        if auth is not None
    ]
    for option, auth in accepted:
        with client(auth) as connected:
            try:
                connected.access_token.get()
            except AuthenticationError:
                raise CannotRunError(f"{option}: the server rejects this token. Pass one that is valid.") from None
            except BuildkiteError:
                continue  # a failure that the run reports
    if options.expired_auth is not None and ACCESS not in options.phases:
        with client(options.expired_auth) as expired, suppress(BuildkiteError):
            expired.access_token.get()
            raise CannotRunError("--expired-token: the server accepts this token. Pass one that has expired.")
    if options.foreign_auth is not None:
        with client(options.foreign_auth) as foreign, client(options.auth) as own:
            theirs = _organizations(foreign)
            if theirs is None:
                raise CannotRunError(
                    "--foreign-token: the server does not list the organizations of this token. "
                    "Pass one with the scope read_organizations."
                )
            if theirs and theirs <= _readable(own, theirs & (_organizations(own) or set())):
                raise CannotRunError(
                    f"--foreign-token: the token of the run has access to its organization {min(theirs)}, too. "
                    "Pass a token of another organization."
                )


def _readable(client: Buildkite, slugs: set[str]) -> set[str]:
    """Return the organizations that a token may read: a wrong list contains others."""
    readable = set[str]()
    for slug in slugs:
        with suppress(BuildkiteError):
            client.organizations.get(slug)
            readable.add(slug)
    return readable


def _organizations(client: Buildkite) -> set[str] | None:
    """Return the slugs of the organizations of a token: none after a failure, and None if it must not list them."""
    try:
        return {str(each.slug) for each in client.organizations.list(max_items=_ORGANIZATIONS)}
    except PermissionDeniedError:
        return None
    except (BuildkiteError, AttributeError):
        return set()
