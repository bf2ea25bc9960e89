"""Planned responses: a status and a body of the test's choice for the requests with a method and a path."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any, Final

import attrs
from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from ..arguments import Count
from .call import JSON, TEXT, Reply, json
from .faults import check_method
from .graphql import GRAPHQL_PATH
from .received_requests import PathPattern, ReceivedRequests

_HEADER_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_HEADER_VALUE: Final = re.compile(r"[\x20-\x7e\x80-\xff\t]*")
#: Headers that the server sets. `inject("truncate")` sends a body that is too short.
_FRAMING: Final = frozenset({"content-length", "transfer-encoding", "connection"})
_OPERATION_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_WITHOUT_BODY: Final = frozenset({204, 205, 304})
_MOST_PLANNED: Final = 10_000
_LONGEST: Final = 60


class PlannedResponse(Struct, kw_only=True, forbid_unknown_fields=True):
    """A response to requests with a method and a path: `json`, `text`, or `content` in Base64."""

    method: str
    path: str
    status: Annotated[int, Meta(ge=200, le=599)] = 200
    json: Raw | UnsetType = UNSET
    text: str | UnsetType = UNSET
    content: bytes | UnsetType = UNSET
    headers: dict[str, str] = {}
    times: Count | None = None
    #: Name of a GraphQL operation.
    operation_name: str | None = None
    #: Whether the token and the body of a GraphQL request are checked first, which `operation_name` implies.
    graphql: bool = False

    def __post_init__(self) -> None:
        """Reject what matches no request or cannot be sent."""
        check_method(self.method)
        pattern = PathPattern.parse(self.path)
        bodies = [body for body in (self.json, self.text, self.content) if body is not UNSET]
        if len(bodies) > 1:
            raise ValueError("a response has one body: json or content, not both")
        if bodies and self.status in _WITHOUT_BODY:
            raise ValueError(f"a response with the status {self.status} has no body")
        _check_headers(self.headers)
        if (self.graphql or self.operation_name is not None) and not pattern.matches(GRAPHQL_PATH):
            raise ValueError(f"operation_name is only for the path {GRAPHQL_PATH}")
        if self.operation_name is not None and not _OPERATION_NAME.fullmatch(self.operation_name):
            raise ValueError(f"operation_name is not a name of GraphQL: {self.operation_name[:_LONGEST]!r}")

    def reply(self) -> Reply:
        """Return the response. An error without a body has the message of the API."""
        headers = {name.title(): value for name, value in self.headers.items()}
        if self.json is not UNSET:
            return _with_type(JSON, bytes(self.json), self.status, headers)
        if self.text is not UNSET:
            return _with_type(TEXT, self.text.encode(), self.status, headers)
        if self.content is not UNSET:
            return Reply(self.status, self.content, None, headers)
        if self.status >= HTTPStatus.BAD_REQUEST:
            return json({"message": _phrase(self.status)}, self.status, headers)
        return Reply(self.status, headers=headers)


def _with_type(content_type: str, body: bytes, status: int, headers: Mapping[str, str]) -> Reply:
    return Reply(status, body, None if "Content-Type" in headers else content_type, headers)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:  # such as 520
        return "Error"


def _check_headers(headers: Mapping[str, str]) -> None:
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
            raise ValueError(f"{name[:_LONGEST]!r} is not a valid header")
        if name.lower() in _FRAMING:
            raise ValueError(f"the header {name} is set by the server; leave it out")


@attrs.define(eq=False)
class ActiveResponse:
    """A planned response, and the requests that it has been sent to."""

    plan: PlannedResponse
    requests: ReceivedRequests = attrs.field(factory=ReceivedRequests, init=False)
    _pattern: PathPattern = attrs.field(init=False)
    left: int | None = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._pattern = PathPattern.parse(self.plan.path)
        self.left = self.plan.times

    def matches(self, method: str, path: str, operation_name: str | None, *, is_valid: bool = True) -> bool:
        """Return whether a request matches, which may not be valid GraphQL. A response to GET is also one to HEAD."""
        expected = self.plan.method.upper()
        is_checked = self.plan.graphql or self.plan.operation_name is not None
        return (
            (is_valid or not is_checked)
            and (method == expected or (method == "HEAD" and expected == "GET"))
            and self._pattern.matches(path)
            and self.plan.operation_name in (None, operation_name)
        )

    def summary(self) -> dict[str, Any]:
        """Return the response as JSON, without headers and body."""
        return {"method": self.plan.method, "path": self.plan.path, "status": self.plan.status, "times": self.left}


@attrs.define
class PlannedResponses:
    """All planned responses.

    Those with a number of times are used first, in the order in which they were added, and then the newest of the
    others. Of these, those with the name of a GraphQL operation come before those without.
    """

    active: list[ActiveResponse] = attrs.field(factory=list[ActiveResponse])

    def add(self, plan: PlannedResponse) -> ActiveResponse:
        """Add a response."""
        if len(self.active) >= _MOST_PLANNED:
            raise ValueError(f"more than {_MOST_PLANNED} responses are planned; remove some")
        active = ActiveResponse(plan)
        self.active.append(active)
        return active

    def remove(self, active: ActiveResponse) -> None:
        """Remove a response, unless it has been removed or used up before."""
        if active in self.active:
            self.active.remove(active)

    def use(
        self, method: str, path: str, operation_name: str | None = None, *, is_valid: bool = True
    ) -> ActiveResponse | None:
        """Return the response to a request, which counts as one of its times, or None."""
        found = [active for active in self.active if active.matches(method, path, operation_name, is_valid=is_valid)]
        named = [active for active in found if active.plan.operation_name is not None]
        latest = next(reversed(named or found), None)
        chosen = next((active for active in found if active.left is not None), latest)
        if chosen is not None and chosen.left is not None:
            chosen.left -= 1
            if chosen.left < 1:
                self.active.remove(chosen)
        return chosen
