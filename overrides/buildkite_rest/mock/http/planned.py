"""What tests plan for the next requests: faults, and responses of their choice."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from http.client import responses as phrases
from typing import Final, Generic, Literal, TypeAlias, TypeVar

import attrs
from msgspec import UNSET

from .call import HTML, JSON, TEXT, Reply, json
from .graphql import GRAPHQL_PATH, limit_exceeded
from .rate_limits import Usage
from .received_requests import MOST_REQUESTS, ReceivedRequest, RequestPattern

T = TypeVar("T")
FaultKind: TypeAlias = Literal["429", "500", "502", "503", "520", "reset", "truncate"]
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
RANDOM_KINDS: Final[tuple[FaultKind, ...]] = ("500", "502", "503")


@attrs.define(eq=False)
class Plan(Generic[T]):
    """A fault or a response for requests that match a pattern: as many as `times`, or all."""

    pattern: RequestPattern
    result: T
    times: int | None
    #: The latest requests that had this result.
    requests: deque[ReceivedRequest] = attrs.field(
        factory=lambda: deque[ReceivedRequest](maxlen=MOST_REQUESTS), init=False
    )

    def summary(self) -> dict[str, object]:
        """Return the pattern and the times as JSON."""
        return {"method": self.pattern.method, "path": self.pattern.path, "times": self.times}


def use(plans: list[Plan[T]], method: str, path: str) -> Plan[T] | None:
    """Return the plan for a request, which counts as one of its times: the first with times, or else the latest."""
    found = [plan for plan in plans if plan.pattern.matches(method, path)]
    chosen = next((plan for plan in found if plan.times is not None), found[-1] if found else None)
    if chosen is not None and chosen.times is not None:
        chosen.times -= 1
        if chosen.times == 0:
            plans.remove(chosen)
    return chosen


def replacement(kind: FaultKind | None, path: str = "") -> Reply | None:
    """Return the response that replaces the real one, or None if the fault does not replace it."""
    if kind == "429" and path == GRAPHQL_PATH:
        return limit_exceeded()
    return None if kind is None else _REPLIES.get(kind)


def planned_reply(status: int, body: object, content: str | bytes | None, headers: Mapping[str, str]) -> Reply:
    """Return a response with a JSON body unless it is UNSET, or text or bytes. An error without has a message."""
    named = {name.title(): value for name, value in headers.items()}
    if body is not UNSET and content is not None:
        raise ValueError("a response has one body: json or content, not both")
    if body is not UNSET:
        return json(body, status, named)
    if content is None and status >= 400:
        return json({"message": phrases.get(status, "Error")}, status, named)
    if isinstance(content, str):
        return Reply(status, content.encode(), TEXT, named)
    return Reply(status, content or b"", None, named)
