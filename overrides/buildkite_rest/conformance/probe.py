"""The first requests of a run: whether the server is the API, and whether its tokens can be used."""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil, isfinite
from typing import Any, Final
from urllib.parse import quote

import requests

from .._auth.tokens import Auth
from .._base.json_values import as_object, is_array, is_object, loads_or_none
from .._base.safe_text import safe_excerpt
from .._http.request import path_segment
from .._policy.retries import requested_pause
from .api import CannotRunError, Operation
from .cli import ACCESS
from .exchange import EXPIRED, FOREIGN
from .options import Options, option_of
from .sender import Reply, Sender, reason_of

#: Missing scopes that a message lists.
_LISTED_SCOPES: Final = 5
_EXCERPT: Final = 100
_META: Final = "/v2/meta"
_TOKEN: Final = "/v2/access-token"  # noqa: S105 - a path
_ORGANIZATIONS: Final = "/v2/organizations"


def probe(options: Options, operations: Iterable[Operation], sender: Sender) -> frozenset[str]:
    """Check that the server is the API, and that the tokens can be used. Return the scopes of the token.

    Raises:
        CannotRunError: The server is not the API, or a token has no usable scope or no access to the organization.
    """
    url = options.base_url
    meta = _get(sender, _META)
    if not is_object(loads_or_none(meta.content)) and meta.status < 500 and meta.status not in {401, 403}:
        raise CannotRunError(f"{url} is not the Buildkite REST API: GET {_META} gets {_shown(meta)}")
    token = _get(sender, _TOKEN)
    body = as_object(loads_or_none(token.content))
    if token.status == 401 and body:
        raise CannotRunError(f"{url} rejects the token: {_shown(token)}")
    if not body:
        raise CannotRunError(f"{url} is not the Buildkite REST API: GET {_TOKEN} gets {_shown(token)}")
    found = body.get("scopes")
    if token.status != 200 or not is_array(found):
        raise CannotRunError(f"{url} does not return the scopes of the token: GET {_TOKEN} gets {_shown(token)}")
    scopes = frozenset(each for each in found if isinstance(each, str))
    if not scopes and found:
        raise CannotRunError(f"{url} does not return the scopes of the token, but something else")
    _check_scopes(scopes, operations)
    slug = options.organization
    if slug is not None and _get(sender, f"{_ORGANIZATIONS}/{path_segment('--organization', slug)}").status == 404:
        raise CannotRunError(f"the token has no access to an organization {slug}")
    _check_other_tokens(options, sender)
    return scopes


def check_access(sender: Sender, organizations: Iterable[str]) -> None:
    """Require access to organizations: without it, all their objects seem to be gone.

    Raises:
        CannotRunError: The server cannot be reached, or the token has no access.
    """
    for slug in organizations:
        reply = _get(sender, f"{_ORGANIZATIONS}/{quote(slug, safe='')}")
        if reply.status in {401, 404}:
            shown = safe_excerpt(slug, _EXCERPT)
            raise CannotRunError(f"the token has no access to the organization {shown}: {_shown(reply)}")
        if reply.status not in {200, 403}:  # 403: the token lacks the scope for this, which says nothing about others
            raise CannotRunError(f"{sender.base_url} fails: {_shown(reply)}. Repeat the command later.")


def _get(sender: Sender, path: str, auth: Auth | None = None) -> Reply:
    """Send a GET, with the token of the run or another one."""
    headers = {} if auth is None else {"Authorization": auth.authorization()}
    try:
        reply = sender.send("GET", path, headers=headers, is_signed=auth is None)
    except requests.RequestException as error:
        raise CannotRunError(f"{sender.base_url} cannot be reached: {reason_of(error)}") from None
    except OSError as error:  # of the certificates that the environment names
        raise CannotRunError(f"{sender.base_url} cannot be reached: {safe_excerpt(str(error))}") from None
    if reply.status == 429:
        seconds = requested_pause(429, reply.headers, loads_or_none(reply.content))
        wait = "later" if seconds is None or not isfinite(seconds) else f"in {ceil(seconds)} s"
        raise CannotRunError(f"{sender.base_url} limits the rate of requests. Repeat the command {wait}.")
    return reply


def _shown(reply: Reply) -> str:
    """Return the status of a response, and its message or the start of its body."""
    text = reply.content.decode(errors="replace")
    message = as_object(loads_or_none(reply.content)).get("message", text)
    return f"{reply.status} {safe_excerpt(' '.join(str(message).split()), _EXCERPT)}".rstrip()


def _check_scopes(scopes: frozenset[str], operations: Iterable[Operation]) -> None:
    required = sorted({scope for operation in operations for scope in operation.scopes})
    if required and scopes.isdisjoint(required):
        more = f" and {len(required) - _LISTED_SCOPES} more" if len(required) > _LISTED_SCOPES else ""
        raise CannotRunError(f"the token has none of the scopes {', '.join(required[:_LISTED_SCOPES])}{more}")


def _check_other_tokens(options: Options, sender: Sender) -> None:
    """Check that the further tokens are those that their options ask for. Another one would check nothing.

    The phase `access` reports an expired token that is accepted. Without that phase, it is refused here.
    """
    for name, auth in options.tokens.items():
        if name == EXPIRED and ACCESS in options.phases:
            continue
        is_accepted = _get(sender, _TOKEN, auth).status != 401
        if name != EXPIRED and not is_accepted:
            raise CannotRunError(f"{option_of(name)}: the server rejects this token. Pass one that is valid.")
        if name == EXPIRED and is_accepted:
            raise CannotRunError("--expired-token: the server accepts this token. Pass one that has expired.")
    if FOREIGN in options.tokens:
        _check_foreign(options.tokens[FOREIGN], sender)


def _check_foreign(foreign: Auth, sender: Sender) -> None:
    reply = _get(sender, _ORGANIZATIONS, foreign)
    if reply.status == 403:
        raise CannotRunError(
            "--foreign-token: the server does not list the organizations of this token. "
            "Pass one with the scope read_organizations."
        )
    theirs, own = _slugs(reply), _slugs(_get(sender, _ORGANIZATIONS))
    # A wrong list contains those of others.
    common = {slug for slug in theirs & own if _get(sender, f"{_ORGANIZATIONS}/{slug}").status == 200}
    if theirs and theirs <= common:
        raise CannotRunError(
            f"--foreign-token: the token of the run has access to its organization {min(theirs)}, too. "
            "Pass a token of another organization."
        )


def _slugs(reply: Reply) -> set[str]:
    items: Any = loads_or_none(reply.content)
    return {str(as_object(each).get("slug")) for each in items} if is_array(items) else set()
