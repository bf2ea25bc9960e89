"""The credentials of a run: they go into requests and nowhere else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, Final

import requests
import requests.auth

from .._auth.tokens import Auth
from .pacing import Pace

#: What stands in place of a credential: that of the run, the one without scopes, and those that must be refused.
TOKEN: Final = "$TOKEN"  # noqa: S105


NO_SCOPE_TOKEN: Final = "$NO_SCOPE_TOKEN"  # noqa: S105


FORGED_TOKEN: Final = "$FORGED_TOKEN"  # noqa: S105


#: How often a request is sent again, and how many of the refusals are looked at.
_ATTEMPTS: Final = 5


_KEPT: Final = 20


_WORDS: Final = re.compile(r"[\w.-]+")


_JWT_START: Final = "eyJ"


class Secrets:
    """Everything that must not be shown.

    Args:
        keys: Names of properties whose values the API hands out as credentials.
    """

    def __init__(self, keys: Iterable[str] = ()) -> None:
        self._names: dict[str, str] = {}
        names = "|".join(map(re.escape, sorted(keys))) or "(?!)"
        self._properties = re.compile(rf'("(?:{names})"\s*:\s*)"(?:[^"\\]|\\.)*"')

    def add(self, authorization: str, name: str = TOKEN) -> None:
        """Remember the value of an `Authorization` header, and what is shown in place of it."""
        self._names.setdefault(authorization.removeprefix("Bearer "), name)

    def name(self, authorization: str) -> str | None:
        """Return what is shown in place of the credential in this header, or None if it is no secret."""
        return self._names.get(authorization.removeprefix("Bearer "))

    def hide(self, text: str) -> str:
        """Return `text` without secrets, and without characters that a terminal or XML would stumble over."""
        for value in sorted(self._names, key=len, reverse=True):  # one may begin like another
            text = text.replace(value, self._names[value])
        text = self._properties.sub(r'\1"***"', _WORDS.sub(_without_jwt, text))
        return "".join(c if c.isprintable() or c in "\n\t" else ascii(c)[1:-1] for c in text)


def _without_jwt(found: re.Match[str]) -> str:
    """Return the text of a match, with a name in place of each JWT: three parts, of which the first has a start."""
    parts = iter(found[0].split("."))
    shown: list[str] = []
    for part in parts:
        before, start, header = part.partition(_JWT_START)
        payload = next(parts, None) if start and header else None
        signature = next(parts, None) if payload else None
        if signature is not None:
            shown.append(before + TOKEN)
        else:
            shown += [part, *([payload] if payload is not None else [])]
    return ".".join(shown)


class RequestAuth(requests.auth.AuthBase):
    """Writes the `Authorization` header when a request leaves.

    Not when it is made up: between the two lie the waits of the rate limit, and a JWT is good for ten seconds. The
    requests with wrong credentials that schemathesis sends on purpose do not pass here, nor do those that need none.
    """

    def __init__(self, auth: Auth, secrets: Secrets, pace: Pace) -> None:
        self._auth = auth
        self._secrets = secrets
        self._pace = pace
        self.refused: list[requests.Response] = []
        """The first answers 429, none of which is an answer to what was asked."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign a request whose turn has come."""
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
