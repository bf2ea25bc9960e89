"""Writes a request down as a command for a shell."""

# schemathesis has many generic types without arguments, which a strict type checker calls unknown.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

import requests
from attrs import define, field, frozen
from schemathesis import checks as known_checks
from schemathesis.core.failures import FailureGroup
from schemathesis.schemas import BaseSchema

from .._base.json_values import as_object, is_array
from .credentials import RequestAuth, Secrets, as_json
from .errors import BudgetSpentError
from .objects import Values
from .options import Options
from .pacing import Pace
from .results import Failure, Results
from .spec import Operation

#: Headers that curl writes itself, or that change nothing.
_LEFT_OUT: Final = frozenset(
    {"accept-encoding", "connection", "content-length", "host", "user-agent", "x-schemathesis-testcaseid"}
)


def curl(method: str, url: str, headers: Mapping[str, Sequence[str]], body: bytes | None, secrets: Secrets) -> str:
    """Return the command. A secret becomes the name of a variable; a credential that is none stays."""
    words = ["curl", "-i"]
    words += ["--head"] if method == "HEAD" else [] if method == "GET" and body is None else ["-X", method]
    for name, values in headers.items():
        if name.lower() in _LEFT_OUT or (name.lower(), list(values)) == ("accept", ["*/*"]):
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
    return "$'" + "".join(_escaped(character) for character in text) + "'"


def _escaped(character: str) -> str:
    if character in "\\'":
        return f"\\{character}"
    if character.isprintable():
        return character
    return "".join(f"\\x{byte:02x}" for byte in character.encode("utf-8", "surrogatepass"))


_TIMEOUT: Final = 30


_SHOWN: Final = 300


#: Checks of an answer by itself. The others need to know how schemathesis made a request up.
_CHECKS: Final = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "link_conformance",
    "cors_conformance",
)


@frozen
class Answer:
    """An answer, and what was asked."""

    operation: Operation
    values: Values
    status: int
    headers: Mapping[str, str]
    text: str
    body: Any
    """The decoded JSON, or None."""
    command: str
    """The request as a command."""

    @property
    def ok(self) -> bool:
        """Whether it is a success that the description has."""
        return self.operation.succeeds_with(self.status)

    @property
    def shown(self) -> str:
        """The status and the beginning of the body."""
        text = " ".join(self.text.split())
        return f"{self.status} {text[:_SHOWN]}{'…' if len(text) > _SHOWN else ''}".rstrip()


@define
class Wire:
    """A connection to the server."""

    schema: BaseSchema
    options: Options
    secrets: Secrets
    results: Results
    auth: RequestAuth
    pace: Pace
    phase: str = ""
    sent: int = 0
    _session: requests.Session = field(factory=requests.Session)

    def send(
        self,
        operation: Operation,
        values: Values,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        method: str | None = None,
        headers: Mapping[str, str] | None = None,
        authorization: str | None = None,
    ) -> Answer:
        """Send a request when its turn has come, with the credentials of the run or with others.

        Raises:
            BudgetSpentError: It would be one too many.
        """
        if self.options.budget is not None and self.sent >= self.options.budget:
            raise BudgetSpentError
        self.sent += 1
        path = operation.path
        for name in operation.parameters:
            path = path.replace(f"{{{name}}}", quote(str(values[name]), safe=""))
        asked: dict[str, str] = {**(headers or {})}
        if authorization is not None:
            asked["Authorization"] = authorization
        own_auth = self.auth if authorization is None and operation.needs_token and method is None else _no_auth
        self.pace.wait_for_turn()
        response = self._session.request(
            method or operation.method,
            f"{self.options.base_url}{path}",
            params=query,
            json=body,
            headers=asked,
            auth=own_auth,
            timeout=_TIMEOUT,
            allow_redirects=False,
        )
        request = response.request
        command = curl(
            request.method or "",
            request.url or "",
            {name: [str(value)] for name, value in request.headers.items()},
            request.body.encode() if isinstance(request.body, str) else request.body,  # type: ignore[arg-type]
            self.secrets,
        )
        content = as_json(response.content)
        answer = Answer(operation, values, response.status_code, response.headers, response.text, content, command)
        outcome = self.results.outcomes.get(operation.label)
        if outcome is not None:
            outcome.cases += 1
            if method is None:
                outcome.statuses[answer.status] += 1
                outcome.seconds += response.elapsed.total_seconds()
                self._check(answer, response, query, body)
        return answer

    def fail(self, check: str, code: str, message: str, answer: Answer, before: Sequence[Answer] = ()) -> None:
        """Report what an answer shows, after the requests in `before`."""
        outcome = self.results.outcomes.get(answer.operation.label)
        if outcome is None:
            return
        outcome.add(
            Failure(
                check=check,
                code=code,
                title=check.replace("_", " ").capitalize(),
                message=self.secrets.hide(message),
                phase=self.phase,
                answer=self.secrets.hide(answer.shown),
                reproduction=(*(each.command for each in before), answer.command),
            )
        )

    def _check(self, answer: Answer, response: requests.Response, query: Mapping[str, Any] | None, body: Any) -> None:
        operation = answer.operation
        made: Any = {"path_parameters": dict(answer.values), "query": dict(query or {})}
        if body is not None:
            made |= {"body": body, "media_type": "application/json"}
        found: Any = known_checks.CHECKS
        schema: Any = self.schema
        case = schema[operation.path][operation.method].Case(**made)
        for check in found.get_by_names(list(_CHECKS)):
            try:
                case.validate_response(response, checks=[check])
            except FailureGroup as group:
                for each in group.exceptions:
                    problem: Any = each
                    self.fail(check.__name__, problem.code, problem.message or problem.title, answer)


def _no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Leave a request as it is. Without this, requests would look for a password in `~/.netrc`."""
    return request


def items_of(body: object) -> list[Any] | None:
    """Return the items of a page, or None if it is none."""
    found = body if is_array(body) else as_object(body).get("items")
    return found if is_array(found) else None
