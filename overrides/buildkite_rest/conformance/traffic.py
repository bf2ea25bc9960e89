"""Requests of the runner's own phases, their responses, and the commands that repeat them."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final
from urllib.parse import quote, urlencode

import requests
from attrs import define, field, frozen

from .._base.safe_text import safe_excerpt
from .bodies import decoded
from .credentials import RequestAuth, Secrets
from .exchange import NO_BODY
from .http_sessions import HTTPSession
from .objects import PathValues
from .option_values import OTHER_ERRORS
from .options import Options
from .pacing import RequestSchedule
from .permissions import Permissions
from .request_log import BudgetSpentError as BudgetSpentError  # noqa: PLC0414 - part of the interface of a session
from .request_log import RequestLog
from .response_checks import exchange_of, problems_of
from .results import CheckFailure, Outcome, Results, Skip, title_of
from .rules import Context
from .spec import Operation
from .token_user import TokenUser

_FORBIDDEN: Final = 403
#: Seconds until a request times out.
TIMEOUT: Final = 30
#: Characters of a body that a report shows.
_EXCERPT: Final = 300
#: Characters of a body that are searched for secrets, and shortened to those that are shown.
_SEARCHED: Final = 20_000
#: Headers that curl sets by itself, or that have no effect.
_OMITTED_HEADERS: Final = frozenset(
    {"accept-encoding", "connection", "content-length", "host", "user-agent", "x-schemathesis-testcaseid"}
)


def path_of(operation: Operation, values: PathValues) -> str:
    """Return the path of a request."""
    path = operation.path
    for name in operation.parameters:
        path = path.replace(f"{{{name}}}", quote(str(values[name]), safe=""))
    return path


@frozen
class Response:
    """A response and its request."""

    operation: Operation
    values: PathValues
    status: int
    headers: Mapping[str, str]
    text: str
    body: Any
    """The decoded JSON, or None."""
    content: bytes = b""
    """The body as it was sent."""
    _command: Callable[[], str] = field(default=str, eq=False, alias="command")

    @property
    def command(self) -> str:
        """The request as a shell command, which only reports of failures need."""
        return self._command()

    @property
    def ok(self) -> bool:
        """Whether the status is a documented success."""
        return self.operation.is_success(self.status)


@define
class Session:
    """An HTTP session that checks and records each response."""

    options: Options
    secrets: Secrets
    results: Results
    auth: RequestAuth
    schedule: RequestSchedule
    phase: str = ""
    permissions: Permissions | None = None
    """The requests that may be sent, or None for all that the options allow."""
    user: TokenUser | None = None
    """The user of the token, or None for an administrator."""
    context: Context | None = None
    """What the rules know of the run, or None if they do not judge its responses."""
    log: RequestLog = field(factory=lambda: RequestLog(Secrets()))
    """The log of the requests of clients. Those of this session are logged when they are sent."""
    _http: requests.Session = field(init=False)
    _settings: Mapping[str, Any] = field(init=False)
    """Proxies and certificates of the environment, which requests would read again for each request."""
    _read: dict[tuple[str, ...], Response] = field(factory=dict[tuple[str, ...], Response])
    """Responses by operation, path values, query and headers, since the last change."""

    def __attrs_post_init__(self) -> None:
        self._http = HTTPSession()
        self._settings = self._http.merge_environment_settings(self.options.base_url, {}, None, None, None)
        self._http.trust_env = False

    def read(
        self,
        operation: Operation,
        values: PathValues,
        *,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """Send a GET, or return its response if nothing was changed since the same GET was last sent.

        Raises:
            BudgetSpentError: The budget allows no further request.
        """
        known = {name: values[name] for name in operation.parameters}
        parts = (known, query or {}, headers or {})
        key = (operation.id, *(repr(sorted(part.items())) for part in parts))
        if key not in self._read:
            self._read[key] = self.send(operation, known, query=query, headers=headers)
        return self._read[key]

    def forget(self) -> None:
        """Forget the responses of `read`, so that they are read again."""
        self._read.clear()

    def allows(
        self,
        operation: Operation,
        values: PathValues,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        method: str | None = None,
    ) -> bool:
        """Return whether a request may be sent: a run changes only objects that it has created, unless told otherwise.

        A request for something else must not be sent; `send` raises an error then.
        """
        method = method or operation.method
        if not self.options.allows(method, operation.path):
            return False
        if self.permissions is None:
            return True
        content = b"" if body is None else json.dumps(body).encode()
        query_string = urlencode(query or {}, doseq=True)
        return self.permissions.refusal(method, path_of(operation, values), query_string, content) is None

    def skip(self, check: str, operation: Operation, reason: str) -> None:
        """Record that a check was not possible, once per reason."""
        if (skip := Skip(check, operation.id, self.secrets.hide(reason))) not in self.results.skipped:
            self.results.skipped.append(skip)

    def count(self, check: str) -> None:
        """Record that a check compared something."""
        self.results.compared[check] += 1

    def send(
        self,
        operation: Operation,
        values: PathValues,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        method: str | None = None,
        headers: Mapping[str, str] | None = None,
        authorization: str | None = None,
        suffix: str = "",
        content: bytes | None = None,
        is_raw: bool | None = None,
        is_signed: bool | None = None,
        files: Mapping[str, tuple[str, bytes]] | None = None,
    ) -> Response:
        """Send a request in its turn, with the credentials of the run by default.

        The response to another `method` than that of the operation or to raw `content` is not checked, nor is a
        request with another method signed, unless `is_raw` and `is_signed` say otherwise. `suffix` is appended to the
        path. `files` are names and contents by form field.

        Raises:
            BudgetSpentError: The budget allows no further request.
            ForbiddenRequestError: The permissions do not allow the request.
        """
        if (method or operation.method) not in {"GET", "HEAD", "OPTIONS"}:
            self._read.clear()
        path = path_of(operation, values)
        is_raw = (method is not None or content is not None) if is_raw is None else is_raw
        signs = authorization is None and (operation.needs_token and method is None if is_signed is None else is_signed)
        self.schedule.wait_for_turn()
        response = self._http.request(
            method or operation.method,
            f"{self.options.base_url}{path}{suffix}",
            params=query,
            json=body,
            data=content,
            files=files,
            headers={**(headers or {}), **({} if authorization is None else {"Authorization": authorization})},
            auth=self.auth if signs else _no_auth,
            timeout=TIMEOUT,
            allow_redirects=False,
            **self._settings,
        )
        recorded = Response(
            operation,
            values,
            response.status_code,
            response.headers,
            response.text,
            decoded(response.content),
            response.content,
            partial(_command, response.request, self.secrets),
        )
        outcome = self.results.outcomes.get(operation.label)
        if outcome is not None:
            outcome.requests += 1
            if not is_raw:
                outcome.statuses[recorded.status] += 1
                outcome.seconds += response.elapsed.total_seconds()
                self._check(recorded, response, NO_BODY if body is None else body)
        return recorded

    def record_failure(
        self, check: str, code: str, message: str, response: Response, before: Sequence[Response] = ()
    ) -> None:
        """Record a failure that a response shows, after those in `before`.

        Without the permission of the user, an operation gets 403 whatever is sent.
        """
        outcome = self.results.outcomes.get(response.operation.label)
        if outcome is None:
            return
        if response.status == _FORBIDDEN and self.phase in OTHER_ERRORS and not self._may_succeed(outcome, response):
            self.skip(check, response.operation, "the user of the token has no permission")
            return
        outcome.add(
            CheckFailure(
                check=check,
                code=code,
                title=title_of(check),
                message=self.secrets.hide(message),
                phase=self.phase,
                response=excerpt(response.status, response.text, self.secrets),
                reproduction=(*(each.command for each in before), response.command),
            )
        )

    def _may_succeed(self, outcome: Outcome, response: Response) -> bool:
        """Return whether the user has the permission for an operation: administrators have, and who has used it."""
        organization = response.values.get("org")
        if outcome.succeeded or self.user is None or organization is None:
            return True
        return self.user.administers(str(organization))

    def _check(self, recorded: Response, response: requests.Response, body: Any) -> None:
        operation = None if self.context is None else self.context.api.by_id.get(recorded.operation.id)
        if self.context is None or operation is None:
            return
        status, headers, content = recorded.status, recorded.headers, recorded.content
        exchange = exchange_of(operation, response.request, status, headers, content, body=body)
        for check, message in problems_of(exchange, self.context):
            self.record_failure(check, check, message, recorded)


def _no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Leave a request unchanged. Without an `auth`, requests reads credentials from `~/.netrc`."""
    return request


def excerpt(status: int, text: str, secrets: Secrets) -> str:
    """Return a status and the start of a body without secrets, on one line."""
    text = secrets.hide(text[:_SEARCHED])
    return f"{status} {safe_excerpt(' '.join(text.split()), _EXCERPT)}".rstrip()


def _command(request: requests.PreparedRequest, secrets: Secrets) -> str:
    return curl(
        request.method or "",
        request.url or "",
        {name: [str(value)] for name, value in request.headers.items()},
        request.body.encode() if isinstance(request.body, str) else request.body,  # type: ignore[arg-type]
        secrets,
    )


def curl(method: str, url: str, headers: Mapping[str, Sequence[str]], body: bytes | None, secrets: Secrets) -> str:
    """Return a request as a shell command. A secret becomes a variable; an invalid credential is shown."""
    words = ["curl", "-i"]
    words += ["--head"] if method == "HEAD" else [] if method == "GET" and body is None else ["-X", method]
    for name, values in headers.items():
        if name.lower() in _OMITTED_HEADERS or (name.lower(), list(values)) == ("accept", ["*/*"]):
            continue
        for value in values:
            if name.lower() == "authorization" and (variable := secrets.name(value)) is not None:
                words += ["-H", f'"Authorization: Bearer {variable}"']
            else:
                words += ["-H", _quoted(f"{name}: {value}" if value else f"{name};")]
    if body is not None:
        words += ["--data-binary", _quoted(body)]
    return secrets.hide(" ".join([*words, shlex.quote(url)]))


def _quoted(text: str | bytes) -> str:
    if isinstance(text, bytes):
        try:
            text = text.decode()
        except UnicodeDecodeError:
            return "$'" + "".join(f"\\x{byte:02x}" for byte in text) + "'"
    if text.isprintable():
        return shlex.quote(text)
    return "$'" + "".join(map(_escaped, text)) + "'"


def _escaped(character: str) -> str:
    if character in "\\'":
        return f"\\{character}"
    if character.isprintable():
        return character
    return "".join(f"\\x{byte:02x}" for byte in character.encode("utf-8", "surrogatepass"))
