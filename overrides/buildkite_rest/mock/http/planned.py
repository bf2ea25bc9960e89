"""What tests plan for the next requests: faults, and responses of their choice."""

from __future__ import annotations

import random
import re
from collections import deque
from collections.abc import Callable
from http.client import responses as phrases
from typing import Annotated, Any, Final, Literal, TypeAlias

import anyio
import attrs
from msgspec import UNSET, Meta, Raw, Struct, UnsetType
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ..arguments import Count
from ..ids import seeded_random
from .call import HTML, JSON, TEXT, Reply, json
from .graphql import GRAPHQL_PATH, limit_exceeded
from .rate_limits import Usage
from .received_requests import PathPattern, ReceivedRequests, check_method

FaultKind: TypeAlias = Literal["429", "500", "502", "503", "520", "reset", "truncate"]
#: Closes the connection of a client, after flushing it if the second argument is true, or else with a reset.
Drop: TypeAlias = Callable[[tuple[str, int], bool], object]
#: Exhausted limit of the organization, which resets after a second.
_EXHAUSTED: Final = Usage(scope="rest", limit=200, current=201, reset=1, enforced=True)
#: Limit of the user, which is not exhausted.
_USER: Final = Usage(scope="rest_user", limit=50, current=20, reset=1, enforced=True)
BAD_GATEWAY: Final = Reply(502, b"<html><body><h1>502 Bad Gateway</h1></body></html>", HTML)
_REPLIES: Final = {
    "429": json(_EXHAUSTED.body(), 429, {**_EXHAUSTED.headers("RateLimit"), **_USER.headers("RateLimit-User")}),
    "500": Reply(500, b'{"message":"Internal Server Error"}', JSON),
    "502": BAD_GATEWAY,
    "503": Reply(503, b'{"message":"Service Unavailable"}', JSON, {"Retry-After": "1"}),
    "520": Reply(520),
}
#: Kinds that `fault_rate` picks from.
_RANDOM_KINDS: Final[tuple[FaultKind, ...]] = ("500", "502", "503")
#: Prefixes of request paths: escaped, without a query or wildcards, and outside `/_mock/`.
_PATH_PREFIX: Final = re.compile(r"/(?!_mock(?:/|$))(?:(?![?#*{}])[!-~])*")
_HEADER_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_HEADER_VALUE: Final = re.compile(r"[\x20-\x7e\x80-\xff\t]*")
#: Headers that the server sets. `inject("truncate")` sends a body that is too short.
_FRAMING: Final = frozenset({"content-length", "transfer-encoding", "connection"})
_WITHOUT_BODY: Final = frozenset({204, 205, 304})
#: Characters of an argument in a message.
_LONGEST: Final = 200


class PlannedFault(Struct, kw_only=True, forbid_unknown_fields=True):
    """A fault for the next requests that match a method and a path prefix."""

    kind: FaultKind
    method: str | None = None
    path: str | None = None
    times: Count = 1

    def __post_init__(self) -> None:
        """Reject what matches no request: a test would silently pass without its fault."""
        if self.method is not None:
            check_method(self.method)
        if self.path is not None and not _PATH_PREFIX.fullmatch(self.path):
            accepted = "one such as '/v2/organizations/acme' without an origin, a query, a fragment or wildcards"
            raise ValueError(f"{self.path[:_LONGEST]!r} is not the prefix of a request path; use {accepted}")

    def matches(self, method: str, path: str) -> bool:
        """Return whether a request matches. Trailing slashes are ignored.

        Browsers send `OPTIONS` before a request. It only has a fault that names it.
        """
        if method == "OPTIONS" if self.method is None else method != self.method.upper():
            return False
        prefix = self.path or "/"
        return f"{path.rstrip('/')}/".startswith(f"{prefix.rstrip('/')}/" if prefix.endswith("/") else prefix)


@attrs.define
class Faults:
    """Latency of all responses, random faults for a share of them (the same for a seed), and planned faults."""

    latency: float = 0.0
    rate: float = 0.0
    seed: int = 0
    planned: deque[PlannedFault] = attrs.field(factory=deque[PlannedFault], init=False)
    _random: random.Random = attrs.field(init=False)
    _initial: tuple[float, float] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._initial = self.latency, self.rate
        self.reset()

    def reset(self) -> None:
        """Restore the initial latency and rate, and drop planned faults."""
        self.latency, self.rate = self._initial
        self.planned.clear()
        self._random = seeded_random("faults", self.seed)

    async def wait(self, receive: Receive) -> bool:
        """Sleep for the latency. Return False if the client disconnects meanwhile."""
        if self.latency > 0:
            with anyio.move_on_after(self.latency):
                await _disconnect(receive)
                return False
        return True

    def next_kind(self, method: str, path: str) -> FaultKind | None:
        """Return the fault for a request, or None."""
        fault = next((fault for fault in self.planned if fault.matches(method, path)), None)
        if fault is not None:
            fault.times -= 1
            if fault.times < 1:
                self.planned.remove(fault)
            return fault.kind
        if self.rate <= 0 or method == "OPTIONS":
            return None
        return self._random.choice(_RANDOM_KINDS) if self._random.random() < self.rate else None


def replacement(kind: FaultKind | None, path: str = "") -> Reply | None:
    """Return the response that replaces the real one, or None if the fault does not replace it."""
    if kind == "429" and path == GRAPHQL_PATH:
        return limit_exceeded()
    return None if kind is None else _REPLIES.get(kind)


async def break_connection(drop: Drop, response: Response | None, scope: Scope, receive: Receive, send: Send) -> None:
    """Close the connection, after half of the response if there is one."""
    if response is not None and response.body:  # an empty body could not be truncated
        await send({"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers})
        half = bytes(response.body)[: len(response.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
    host, port = scope["client"]
    drop((host, port), response is not None)
    await _disconnect(receive)


async def _disconnect(receive: Receive) -> None:
    """Wait for the disconnect. An earlier return without a response would be logged as an error."""
    while (await receive())["type"] != "http.disconnect":
        pass


class PlannedResponse(Struct, kw_only=True, forbid_unknown_fields=True):
    """A response to requests with a method and a path: `json`, `text`, or `content` in Base64."""

    method: str
    path: str
    status: Annotated[int, Meta(ge=200, le=599)] = 200
    json: Raw | UnsetType = UNSET
    text: str | UnsetType = UNSET
    content: bytes | UnsetType = UNSET
    headers: dict[str, str] = {}
    #: Number of requests that are left, or None for all.
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
        for name, value in self.headers.items():
            if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
                raise ValueError(f"{name[:_LONGEST]!r} is not a valid header")
            if name.lower() in _FRAMING:
                raise ValueError(f"the header {name} is set by the server; leave it out")
        self.graphql = self.graphql or self.operation_name is not None
        if self.graphql and not pattern.matches(GRAPHQL_PATH):
            raise ValueError(f"operation_name is only for the path {GRAPHQL_PATH}")

    def reply(self) -> Reply:
        """Return the response. An error without a body has the message of the API."""
        headers = {name.title(): value for name, value in self.headers.items()}
        if self.json is not UNSET:
            body, content_type = bytes(self.json), JSON
        elif self.text is not UNSET:
            body, content_type = self.text.encode(), TEXT
        elif self.content is UNSET and self.status >= 400:
            return json({"message": phrases.get(self.status, "Error")}, self.status, headers)
        else:
            body, content_type = self.content or b"", None
        return Reply(self.status, body, None if "Content-Type" in headers else content_type, headers)


@attrs.define(eq=False)
class ActiveResponse:
    """A planned response, and the requests that it has been sent to."""

    plan: PlannedResponse
    _pattern: PathPattern
    requests: ReceivedRequests = attrs.field(factory=ReceivedRequests, init=False)

    def matches(self, method: str, path: str, operation_name: str | None, *, is_valid: bool) -> bool:
        """Return whether a request matches, which may not be valid GraphQL. A response to GET is also one to HEAD."""
        methods = ("GET", "HEAD") if self.plan.method.upper() == "GET" else (self.plan.method.upper(),)
        is_accepted = is_valid or not self.plan.graphql
        is_named = self.plan.operation_name in (None, operation_name)
        return is_accepted and is_named and method in methods and self._pattern.matches(path)

    def summary(self) -> dict[str, Any]:
        """Return the response as JSON, without headers and body."""
        return {name: getattr(self.plan, name) for name in ("method", "path", "status", "times")}


@attrs.define
class PlannedResponses:
    """All planned responses.

    Those with a number of times are used first, in the order in which they were added, and then the newest of the
    others. Of these, those with the name of a GraphQL operation come before those without.
    """

    active: list[ActiveResponse] = attrs.field(factory=list[ActiveResponse])

    def add(self, plan: PlannedResponse) -> ActiveResponse:
        """Add a response."""
        active = ActiveResponse(plan, PathPattern.parse(plan.path))
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
        chosen = next((active for active in found if active.plan.times is not None), latest)
        if chosen is not None and chosen.plan.times is not None:
            chosen.plan.times -= 1
            if chosen.plan.times < 1:
                self.active.remove(chosen)
        return chosen
