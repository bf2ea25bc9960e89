"""Requests of a cleanup, and the check that they have access to what it deletes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from urllib.parse import quote

import requests

from .._base.safe_text import safe_excerpt
from .connection_errors import reason_of
from .credentials import RequestAuth
from .http_sessions import HTTPSession
from .journal import Entries
from .options import Options
from .pacing import RequestSchedule
from .spec import CannotRunError, Spec

#: Seconds until a request times out.
TIMEOUT: Final = 10

Send = Callable[[str, str], requests.Response]
"""Sends a request with a method and a path."""


def sender(options: Options, auth: RequestAuth, schedule: RequestSchedule) -> Send:
    """Return a function that sends a request in its turn, with the credentials of the run."""
    http = HTTPSession()

    def send(method: str, path: str) -> requests.Response:
        schedule.wait_for_turn()
        url = f"{options.base_url}{path}"
        return http.request(method, url, auth=auth, timeout=TIMEOUT, allow_redirects=False)

    return send


def check_access(entries: Entries, spec: Spec, send: Send) -> None:
    """Require access to the organizations in a journal: without it, every object seems to be gone.

    Raises:
        CannotRunError: The server cannot be reached, or the token has no access.
    """
    paths = [*(each.path for each in entries.created), *(each.collection for each in entries.unresolved)]
    found = (path.partition("/organizations/")[2].partition("/")[0] for path in paths)
    for slug in dict.fromkeys(filter(None, found)):
        path = f"/v2/organizations/{slug}"
        if spec.find("GET", path) is None:
            continue
        try:
            status = send("GET", quote(path)).status_code
        except requests.RequestException as error:
            problem = f"the server cannot be reached: {reason_of(error)}"
            raise CannotRunError(f"{problem}. Repeat the command later.") from None
        if status in {200, 403}:  # 403: the token lacks the scope for this, which says nothing about other paths
            continue
        response = f"GET {safe_excerpt(path, 100)} gets {status}"
        if status == 429:
            raise CannotRunError(f"the server limits the rate of requests: {response}. Repeat the command later.")
        if status >= 500:
            raise CannotRunError(f"the server fails: {response}. Repeat the command later.")
        if status in {401, 404}:
            raise CannotRunError(f"the token has no access to the organization {safe_excerpt(slug, 100)}: {response}")
        raise CannotRunError(f"the server is not the Buildkite REST API: {response}")
