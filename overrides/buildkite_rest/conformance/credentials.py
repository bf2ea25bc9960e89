"""The credentials of a run: they go into requests and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import requests
import requests.auth

from .._auth import Auth

SHOWN_AS: Final = "$TOKEN"
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

    Not when it is made up: between the two lie the waits of the rate limit, and a JWT is good for ten seconds. The
    requests with wrong credentials that schemathesis sends on purpose do not pass here.
    """

    def __init__(self, auth: Auth, secrets: Secrets) -> None:
        self._auth = auth
        self._secrets = secrets

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign one request."""
        authorization = self._auth.authorization()
        self._secrets.add(authorization)
        request.headers["Authorization"] = authorization
        return request
