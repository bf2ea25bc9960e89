"""The credentials of a run: they go into requests and nowhere else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, Final

import requests
import requests.auth

from .._auth import Auth
from .pace import Pace

SHOWN_AS: Final = "$TOKEN"
#: How often a request is sent again, and how many of the refusals are looked at.
_ATTEMPTS: Final = 5
_KEPT: Final = 20
_JWT: Final = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]*")


class Secrets:
    """Everything that must not be shown.

    Args:
        keys: Names of properties whose values the API hands out as credentials.
    """

    def __init__(self, keys: Iterable[str] = ()) -> None:
        self._values: set[str] = set()
        names = "|".join(map(re.escape, sorted(keys))) or "(?!)"
        self._properties = re.compile(rf'("(?:{names})"\s*:\s*)"(?:[^"\\]|\\.)*"')

    def add(self, authorization: str) -> None:
        """Remember the value of an `Authorization` header."""
        self._values.add(authorization.removeprefix("Bearer "))

    def knows(self, authorization: str) -> bool:
        """Return whether this header carries a credential of the run, rather than one made up for a test."""
        return authorization.removeprefix("Bearer ") in self._values

    def hide(self, text: str) -> str:
        """Return `text` without secrets, and without characters that a terminal or XML would stumble over."""
        for value in self._values:
            text = text.replace(value, SHOWN_AS)
        text = self._properties.sub(r'\1"***"', _JWT.sub(SHOWN_AS, text))
        return "".join(c if c.isprintable() or c in "\n\t" else ascii(c)[1:-1] for c in text)


class RequestAuth(requests.auth.AuthBase):
    """Writes the `Authorization` header when a request leaves.

    Not when it is made up: between the two lie the waits of the rate limit, which are made here, and a JWT is good for
    ten seconds. The requests with wrong credentials that schemathesis sends on purpose do not pass here.
    """

    def __init__(self, auth: Auth, secrets: Secrets, pace: Pace) -> None:
        self._auth = auth
        self._secrets = secrets
        self._pace = pace
        self.refused: list[requests.Response] = []
        """The first answers 429, none of which is an answer to what was asked."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Wait for the request's turn and sign it."""
        self._pace.wait_for_turn()
        request.register_hook("response", self._answered)
        return self._signed(request)

    def _signed(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        authorization = self._auth.authorization()
        self._secrets.add(authorization)
        request.headers["Authorization"] = authorization
        return request

    def _answered(self, response: requests.Response, **sending: Any) -> requests.Response:
        """Send a request again that was one too many, when the time for it has come."""
        self._pace.observe(response.headers)
        for _ in range(_ATTEMPTS):
            if response.status_code != 429:
                break
            content = response.content  # which frees the connection
            if len(self.refused) < _KEPT:
                self.refused.append(response)
            self._pace.wait_for_reset(response.headers, as_json(content))
            request = self._signed(response.request.copy())
            again: requests.Response = response.connection.send(request, **sending)
            again.history = [*response.history, response]
            again.request = request
            response = again
            self._pace.observe(response.headers)
        return response


def as_json(content: bytes) -> object:
    """Return what a body says, or None when it is no JSON."""
    try:
        return json.loads(content)
    except ValueError:
        return None
