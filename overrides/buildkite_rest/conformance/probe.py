"""The first requests of a run: whether the server is the API, and whether the token can be used."""

from __future__ import annotations

from math import ceil, isfinite
from typing import Final

import requests

from .._base.json_values import as_object, is_array, loads_or_none
from .._base.safe_text import safe_excerpt
from .._http.request import path_segment
from .._policy.retries import requested_pause
from .api import CannotRunError
from .options import Options
from .sender import Reply, Sender, reason_of

_EXCERPT: Final = 100
_TOKEN: Final = "/v2/access-token"  # noqa: S105 - a path
_ORGANIZATIONS: Final = "/v2/organizations"


def probe(options: Options, sender: Sender) -> frozenset[str]:
    """Check that the server is the API, and that the token can be used. Return its scopes.

    Raises:
        CannotRunError: The server is not the API, or the token cannot be used or has no access to the organization.
    """
    url = options.base_url
    token = _get(sender, _TOKEN)
    body = as_object(loads_or_none(token.content))
    if token.status == 401 and body:
        raise CannotRunError(f"{url} rejects the token: {_shown(token)}")
    found = body.get("scopes")
    if token.status != 200 or not is_array(found):
        raise CannotRunError(f"{url} is not the Buildkite REST API: GET {_TOKEN} gets {_shown(token)}")
    scopes = frozenset(each for each in found if isinstance(each, str))
    slug = options.organization
    if slug is not None and _get(sender, f"{_ORGANIZATIONS}/{path_segment('--organization', slug)}").status == 404:
        raise CannotRunError(f"the token has no access to an organization {slug}")
    return scopes


def _get(sender: Sender, path: str) -> Reply:
    try:
        reply = sender.send("GET", path)
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
