"""Control endpoint `/_mock/` of the mock. It needs no token, and has no rate limits and no faults.

Requests from web pages of other origins are forbidden, see `http.origins`.

- `GET /_mock/`: current state.
- `POST /_mock/reset`: restore the state at the start. Public keys that were registered since are removed.
- `PATCH /_mock/faults`: `latency`, `fault_rate`, and `next`, faults for the next matching requests.
- `PATCH /_mock/limits`: `rate_limit` and `user_rate_limit`, null for none. Setting a limit restarts its window.
- `POST /_mock/clock`: `advance`, seconds to move the clock forward.
- `GET /_mock/requests`: the latest requests, oldest first. `method` and `path` in the query select some.
  Other parameters are refused.
- `POST /_mock/responses`: a planned response, see `http.planned`. `DELETE` removes all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import msgspec
from msgspec import UNSET, Struct, UnsetType

from ..arguments import Count, Latency, Share
from ..http.bodies import JSON_TYPE, LARGEST
from ..http.call import Reply, json
from ..http.errors import ApiError, MethodNotAllowedError, NotFoundError
from ..http.planned import Faults, PlannedFault, PlannedResponse
from ..http.query import Query
from ..http.received_requests import received_json
from .session import Session

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


class FaultsChange(Struct, forbid_unknown_fields=True):
    """Body of `PATCH /_mock/faults`."""

    latency: Latency | UnsetType = UNSET
    fault_rate: Share | UnsetType = UNSET
    next: list[PlannedFault] = []


class LimitsChange(Struct, forbid_unknown_fields=True):
    """Body of `PATCH /_mock/limits`."""

    rate_limit: Count | UnsetType | None = UNSET
    user_rate_limit: Count | UnsetType | None = UNSET


class ClockChange(Struct, forbid_unknown_fields=True):
    """Body of `POST /_mock/clock`."""

    advance: float


def control_reply(session: Session, method: str, path: str, query: bytes, body: bytes) -> Reply:
    """Handle a request."""
    name = path.removeprefix(CONTROL_PREFIX.rstrip("/")).strip("/")
    try:
        return json(_handle(session, method, name, Query.parse(query), body))
    except ApiError as error:
        return json(error.body(), error.status, error.headers)
    except (ValueError, RecursionError) as error:
        return json({"message": f"The request is invalid: {error}"}, 400)


def _handle(session: Session, method: str, name: str, query: Query, body: bytes) -> object:
    if name not in _METHODS:
        raise NotFoundError(f"Not found. The paths are {', '.join(CONTROL_PREFIX + known for known in _METHODS)}")
    if method not in _METHODS[name]:
        raise MethodNotAllowedError("Method Not Allowed", headers={"Allow": ", ".join(_METHODS[name])})
    _check_query(query, ("method", "path") if name == "requests" else ())
    match name:
        case "requests":
            found = session.received.snapshot(query.text("method"), query.text("path"))
            return [received_json(request) for request in found]
        case "reset":
            session.reset()
        case "faults":
            _change_faults(session.faults, _parse(body, FaultsChange))
        case "limits":
            change = _parse(body, LimitsChange)
            session.set_limits(change.rate_limit, change.user_rate_limit)
        case "clock":
            session.clock.advance(_parse(body, ClockChange).advance)
        case "responses" if method == "DELETE":
            session.responses.active.clear()
        case "responses":
            session.responses.add(_parse(body, PlannedResponse))
        case _:
            pass
    return session.summary()


def _change_faults(faults: Faults, change: FaultsChange) -> None:
    faults.planned.extend(change.next)
    if change.latency is not UNSET:
        faults.latency = change.latency
    if change.fault_rate is not UNSET:
        faults.rate = change.fault_rate


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
