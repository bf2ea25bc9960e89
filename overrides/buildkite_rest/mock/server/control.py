"""Control endpoint `/_mock/` of the mock. It needs no token, and has no rate limits and no faults.

Requests from web pages of other origins are forbidden, see `http.origins`.

- `GET /_mock/`: current state.
- `POST /_mock/reset`: restore the state at the start. Public keys that were registered since are removed.
- `PATCH /_mock/faults`: `latency`, `fault_rate`, and `next`, faults for the next matching requests.
- `PATCH /_mock/limits`: `rate_limit` and `user_rate_limit`, null for none. Setting a limit restarts its window.
- `POST /_mock/clock`: `advance`, seconds to move the clock forward.
- `GET /_mock/requests`: the latest requests, oldest first. `method` and `path` in the query select some.
  Other parameters are refused.
- `POST /_mock/responses`: a planned response, see `http.planned_responses`. `DELETE` removes all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import attrs
import msgspec
from msgspec import UNSET, Struct, UnsetType

from ..arguments import Count, Latency, Share
from ..backend import Backend
from ..clock import AdvanceableClock, iso
from ..http.bodies import JSON_TYPE, LARGEST
from ..http.call import Reply, json
from ..http.errors import ApiError, MethodNotAllowedError, NotFoundError
from ..http.faults import Faults, PlannedFault, check_method
from ..http.planned_responses import PlannedResponse, PlannedResponses
from ..http.query import Query
from ..http.rate_limits import RateLimit
from ..http.received_requests import PathPattern, ReceivedRequests, received_json

T = TypeVar("T")
CONTROL_PREFIX = "/_mock/"
#: Characters of a name in a message.
_LONGEST = 60
_METHODS = {
    "": ("GET",),
    "reset": ("POST",),
    "faults": ("PATCH",),
    "limits": ("PATCH",),
    "clock": ("POST",),
    "requests": ("GET",),
    "responses": ("POST", "DELETE"),
}
#: Parameters of `GET /_mock/requests`.
_SELECTION = ("method", "path")


class FaultsChange(Struct, forbid_unknown_fields=True):
    """Body of `PATCH /_mock/faults`."""

    latency: Latency | UnsetType = UNSET
    fault_rate: Share | UnsetType = UNSET
    next: list[PlannedFault] | UnsetType = UNSET


class LimitsChange(Struct, forbid_unknown_fields=True):
    """Body of `PATCH /_mock/limits`."""

    rate_limit: Count | UnsetType | None = UNSET
    user_rate_limit: Count | UnsetType | None = UNSET


class ClockChange(Struct, forbid_unknown_fields=True):
    """Body of `POST /_mock/clock`."""

    advance: float


@attrs.define(kw_only=True)
class Control:
    """Control of one mock server."""

    backend: Backend
    clock: AdvanceableClock
    organization_limit: RateLimit
    user_limit: RateLimit
    faults: Faults
    reseed: Callable[[], Backend]
    responses: PlannedResponses = attrs.field(factory=PlannedResponses, init=False)
    received: ReceivedRequests = attrs.field(factory=ReceivedRequests, init=False)

    def handle(self, method: str, path: str, query: bytes, body: bytes) -> Reply:
        """Handle a request."""
        name = path.removeprefix(CONTROL_PREFIX.rstrip("/")).strip("/")
        try:
            return self._handle(method, name, Query.parse(query), body)
        except ApiError as error:
            return json(error.body(), error.status, error.headers)
        except (ValueError, RecursionError) as error:
            return json({"message": f"The request is invalid: {error}"}, 400)

    def _handle(self, method: str, name: str, query: Query, body: bytes) -> Reply:
        if name not in _METHODS:
            raise NotFoundError(f"Not found. The paths are {', '.join(CONTROL_PREFIX + known for known in _METHODS)}")
        if method not in _METHODS[name]:
            raise MethodNotAllowedError("Method Not Allowed", headers={"Allow": ", ".join(_METHODS[name])})
        _check_query(query, _SELECTION if name == "requests" else ())
        match name:
            case "reset":
                self.reset()
            case "faults":
                self.change_faults(_parse(body, FaultsChange))
            case "limits":
                self.change_limits(_parse(body, LimitsChange))
            case "clock":
                self.clock.advance(_parse(body, ClockChange).advance)
            case "requests":
                return json(self._requests(query))
            case "responses" if method == "DELETE":
                self.responses.active.clear()
            case "responses":
                self.responses.add(_parse(body, PlannedResponse))
            case _:
                pass
        return json(self.state())

    def _requests(self, query: Query) -> list[dict[str, object]]:
        method, path = query.text("method"), query.text("path")
        if method is not None:
            check_method(method)
        pattern = None if path is None else PathPattern.parse(path)
        return [received_json(request) for request in self.received.snapshot(method, pattern)]

    def state(self) -> dict[str, object]:
        """Return the current state."""
        return {
            "seed": self.backend.seed,
            "builds": len(self.backend.builds),
            "clock": iso(self.backend.clock()),
            "rate_limit": self.organization_limit.maximum,
            "user_rate_limit": self.user_limit.maximum,
            "latency": self.faults.latency,
            "fault_rate": self.faults.rate,
            "next": list(self.faults.planned),
            "responses": [active.summary() for active in self.responses.active],
            "requests": self.received.total,
        }

    def reset(self) -> None:
        """Restore the state at the start."""
        self.clock.reset()
        self.backend.replace_with(self.reseed())
        self.organization_limit.reset()
        self.user_limit.reset()
        self.faults.reset()
        self.responses.active.clear()
        self.received.clear()

    def change_faults(self, change: FaultsChange) -> None:
        """Update the fields that the request names."""
        if change.next is not UNSET:
            self.faults.planned.extend(change.next)
        if change.latency is not UNSET:
            self.faults.latency = change.latency
        if change.fault_rate is not UNSET:
            self.faults.rate = change.fault_rate

    def change_limits(self, change: LimitsChange) -> None:
        """Update the fields that the request names."""
        if change.rate_limit is not UNSET:
            self.organization_limit.change(change.rate_limit)
        if change.user_rate_limit is not UNSET:
            self.user_limit.change(change.user_rate_limit)


def _check_query(query: Query, accepted: Sequence[str]) -> None:
    """Raise `ValueError` for parameters that are unknown or repeated: they would select something else than meant."""
    names = [name for name, _ in query.pairs]
    for name in names:
        if name not in accepted or names.count(name) > 1:
            known = f"use {' or '.join(accepted)}, once" if accepted else "this request has no parameters"
            raise ValueError(f"the parameter {name[:_LONGEST]!r} is unknown or repeated; {known}")


def _parse(body: bytes, expected: type[T]) -> T:
    if len(body) > LARGEST[JSON_TYPE]:
        raise ValueError(f"the body is longer than {LARGEST[JSON_TYPE]} bytes, the most that is accepted")
    return msgspec.json.decode(body, type=expected)
