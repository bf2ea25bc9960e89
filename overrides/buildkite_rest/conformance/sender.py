"""Requests on the wire: each in its turn, signed when it is sent, counted, and with a response of limited size."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import requests
import requests.utils
from attrs import define, evolve, field, frozen

from .._auth.tokens import Auth
from .._base.json_values import loads_or_none
from .credentials import Secrets
from .pacing import RequestSchedule

#: Seconds until a request times out.
_TIMEOUT: Final = 30.0
#: Bytes of a body that are read, as of recorded traffic.
MAX_BYTES: Final = 64 << 20
_CHUNK: Final = 1 << 16
#: Retries of a request after a 429.
_RETRIES: Final = 5
#: Variables with a file or a folder of certificates, the first of which is used: those of httpx, then of requests.
_CERTIFICATES: Final = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


class BudgetSpentError(Exception):
    """The budget allows no further request."""


@frozen(eq=False)
class Reply:
    """A response, and the request as it was sent."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    is_complete: bool
    """Whether the body is not larger than the limit. Otherwise only its start is here."""
    url: str
    sent: Mapping[str, str]
    """Headers that were sent."""
    sent_content: bytes
    limited: Sequence[Reply] = ()
    """The responses with 429 to the same request before."""


class _Session(requests.Session):
    """A session that follows no redirect: its URL is what is checked, and may be invalid."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return None: there is nothing to follow."""


@define
class Sender:
    """Sends requests to a server.

    Args:
        base_url: URL of the API.
        auth: The credential of the run. A JWT is valid for ten seconds, so each request gets one when it is sent.
        secrets: Where the values of the header `Authorization` are registered.
        schedule: When requests may be sent.
        budget: The maximum number of requests.
        timeout: Seconds until a request times out.
    """

    base_url: str
    auth: Auth
    secrets: Secrets
    schedule: RequestSchedule
    budget: int | None = None
    timeout: float = _TIMEOUT
    count: int = field(default=0, init=False)
    """Number of requests."""
    _http: requests.Session = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._http = _Session()
        # Otherwise requests reads the environment and `~/.netrc` again for each request.
        self._http.trust_env = False
        self._http.proxies = requests.utils.get_environ_proxies(self.base_url)
        self._http.verify = next(filter(None, map(os.environ.get, _CERTIFICATES)), True)

    def send(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, is_signed: bool = True, **parts: Any
    ) -> Reply:
        """Send a request, again after a 429.

        Args:
            method: Its method.
            path: Its path, encoded.
            headers: Its headers.
            is_signed: Whether it gets the credential of the run.
            parts: Its query and body, as of `requests.Request`.

        Raises:
            RequestException: There is no response, or it is incomplete.
            BudgetSpentError: The budget allows no further request.
        """
        limited: list[Reply] = []
        while True:
            signed = {"Authorization": self.auth.authorization()} if is_signed else {}
            for authorization in signed.values():
                self.secrets.add(authorization)
            request = requests.Request(method, f"{self.base_url}{path}", headers={**(headers or {}), **signed}, **parts)
            reply = self._send(self._http.prepare_request(request))
            if reply.status != 429 or len(limited) == _RETRIES:
                return evolve(reply, limited=limited)
            limited.append(reply)
            self.schedule.wait_for_reset(reply.headers, loads_or_none(reply.content))

    def begin_cleanup(self, timeout: float) -> None:
        """Send the requests of a cleanup, without a budget."""
        self._http.close()
        self.timeout, self.budget = timeout, None

    def _send(self, request: requests.PreparedRequest) -> Reply:
        self.schedule.wait_for_turn()
        if self.budget is not None and self.count >= self.budget:
            raise BudgetSpentError
        self.count += 1
        with self._http.send(request, timeout=self.timeout, allow_redirects=False, stream=True) as response:
            content, is_complete = _read(response)
        self.schedule.observe(response.status_code, response.headers)
        body = request.body
        return Reply(
            response.status_code,
            response.headers,
            content,
            is_complete,
            str(request.url),
            {name: str(value) for name, value in request.headers.items()},
            body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else b"",
        )


def _read(response: requests.Response) -> tuple[bytes, bool]:
    """Return a body, decompressed, or its start if it is too large, and whether it is complete."""
    content = bytearray()
    for chunk in response.iter_content(_CHUNK):
        content += chunk
        if len(content) > MAX_BYTES:
            return bytes(content[:_CHUNK]), False
    return bytes(content), True


def reason_of(error: requests.RequestException) -> str:
    """Return the name of the error that caused another one, such as `ConnectionRefusedError`."""
    return [type(each).__name__ for each in _chain(error)][-1]


def _chain(error: object, depth: int = 8) -> Iterator[BaseException]:
    """Yield an error and those that caused it, which libraries keep in arguments and attributes."""
    if not isinstance(error, BaseException) or not depth:
        return
    yield error
    for each in (*error.args, getattr(error, "reason", None), error.__cause__):
        yield from _chain(each, depth - 1)
