"""Control of a mock server: faults, responses, rate limits, clock and received requests.

Requests to `/_mock/` call the methods: `POST /_mock/inject` with `{"kind": "502"}` calls `inject(kind="502")`. They
need no token, and have no rate limits and no faults. Those from web pages of other origins are forbidden.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import parse_qsl

import attrs
import msgspec
from msgspec import UNSET, UnsetType

from ..._base.times import Timing
from ..arguments import Count, Status, check
from ..http.call import Reply
from ..http.call import json as json_reply
from ..http.errors import ApiError, MethodNotAllowedError, NotFoundError
from ..http.graphql import OPERATION_PATH
from ..http.planned import FaultKind, Plan, planned_reply
from ..http.received_requests import ReceivedRequest, RequestPattern, received_json
from ..resources.access_tokens import JWT_TOKEN_UUID
from .additions import Additions, between_requests

#: Seconds that this thread or task has slept. Pauses of others must not end its timeouts.
_slept: Final[ContextVar[float]] = ContextVar("buildkite_rest_mock_slept", default=0.0)


CONTROL_PREFIX: Final = "/_mock/"
#: Methods that requests may call.
_METHODS: Final = ("reset", "inject", "respond", "respond_graphql", "set_limits", "advance")


@attrs.frozen
class MockResponse:
    """A response that a test has set. As a context manager, it is removed at the end of the block."""

    _plan: Plan[Reply] = attrs.field(repr=False)
    _control: Control = attrs.field(repr=False)

    @property
    def requests(self) -> list[ReceivedRequest]:
        """The latest 1000 requests that got this response, oldest first."""
        return self._control.recorded(self._plan)

    def remove(self) -> None:
        """Remove the response. Does nothing if it has been removed or sent for the last time."""
        self._control.remove(self._plan)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.remove()


class Control(Additions):
    """Methods that control a mock server. They may be called from any thread."""

    @property
    def requests(self) -> list[ReceivedRequest]:
        """The latest 1000 requests to the API since the last reset, oldest first.

        Requests to `/_mock/` and downloads from the storage are not included.
        """
        return self.recorded(None)

    @between_requests
    def recorded(self, plan: Plan[Reply] | None) -> list[ReceivedRequest]:
        """Return the latest requests, all or those that got a planned response."""
        return list(self._session.received if plan is None else plan.requests)

    def requests_to(self, method: str, path: str) -> list[ReceivedRequest]:
        """Return those of `requests` with a method and a path.

        Args:
            method: Method, such as `POST`. `GET` includes `HEAD`.
            path: Path, such as `/v2/organizations/acme/builds`. `{name}` and `*` match any one segment.

        Raises:
            ValueError: `method` is not supported, or `path` is not the path of a request.
        """
        pattern = RequestPattern(method, path)
        return [request for request in self.requests if pattern.matches(request.method, request.path)]

    @between_requests
    def register_public_key(self, pem: str) -> None:
        """Let the owner of an RSA key sign requests in the name of `jwt_token_uuid`, until `reset`.

        The argument `public_key` of the server is a key that remains.

        Raises:
            ValueError: `pem` is not the PEM text of an RSA public key of 2048 to 4096 bits.
        """
        self.backend.register_public_key(JWT_TOKEN_UUID, pem)

    @property
    def timing(self) -> Timing:
        """Timing for a client whose pauses take no real time: `Buildkite(token, base_url=url, timing=server.timing)`.

        A pause of the client advances the clock of the mock server instead. So rate limits reset and builds finish, but
        a timeout may end before another thread has done what the client waits for.
        """
        clock = self._session.clock

        def sleep(seconds: float) -> None:
            _slept.set(_slept.get() + seconds)
            self.advance(seconds)

        async def async_sleep(seconds: float) -> None:
            wakes = clock() + seconds
            _slept.set(_slept.get() + seconds)
            await asyncio.sleep(0)  # lets other tasks begin to sleep at the same time, and this one be cancelled
            self.advance(max(0.0, wakes - clock()))

        return Timing(
            monotonic=lambda: time.monotonic() + _slept.get(), sleep=sleep, async_sleep=async_sleep, now=clock
        )

    @between_requests
    def reset(self) -> None:
        """Restore the state at the start of the server: data, limits, faults, public key.

        The time that `advance` and clients in virtual time have added to the clock is removed; the `clock` that was
        passed is not changed. The responses of `respond` and the `requests` are removed.
        """
        self._session.reset()

    @between_requests
    def advance(self, seconds: float) -> None:
        """Move the clock of the mock server forward. The `clock` that was passed is not changed.

        Raises:
            ValueError: `seconds` is negative, or the total is too large.
        """
        self._session.clock.advance(seconds)

    @between_requests
    def inject(self, kind: FaultKind, *, method: str | None = None, path: str | None = None, times: int = 1) -> None:
        """Inject a fault into the next requests.

        A status replaces the response, and the request has no effect. All other kinds alter the response to a request
        that has been handled.

        Args:
            kind: `429`, with a reset after a second; `500`; `502`, with an HTML page; `503`, with `Retry-After`; `520`,
                without a body; `reset` and `truncate`, which close the connection before or in the middle of the
                response.
            method: Only requests with this method. By default all but `OPTIONS`.
            path: Only requests with this path or one below it, such as `/v2/organizations/{org}/pipelines`. `{name}`
                and `*` match any one segment.
            times: Number of requests.

        Raises:
            ValueError: `kind` is unknown, `times` is less than 1, the method is not supported, or `path` is not the
                path of a request.
        """
        check("kind", kind, FaultKind)
        check("times", times, Count)
        pattern = RequestPattern(method, "/" if path is None else path, is_prefix=True)
        self._session.faults.append(Plan(pattern, kind, times))

    @between_requests
    def respond(
        self,
        method: str,
        path: str,
        *,
        status: int = 200,
        json: object = UNSET,
        content: str | bytes | None = None,
        headers: Mapping[str, str] | None = None,
        times: int | None = None,
    ) -> MockResponse:
        """Set the response to requests with a method and a path, which need not be an operation of the API.

        The request is not checked and has no effect, and no rate limit applies. Faults of `inject`, `fault_rate` and
        `latency` do, and come first. Of several responses to a request, those with `times` are used first, in the order
        of the calls, and then the latest one without.

        Args:
            method: Method, such as `POST`. A response to `GET` is also one to `HEAD`.
            path: Path, such as `/v2/organizations/acme/builds`. `{name}` and `*` match any one segment.
            status: Status, from 200 to 599.
            json: Body as JSON: anything that msgspec encodes. NaN and infinities become null.
            content: Body as text or bytes. Without a body, an error has the message of its status.
            headers: Headers. `Content-Type` is set for JSON and for text.
            times: Number of requests, or None for all.

        Raises:
            TypeError: `json` cannot be encoded.
            ValueError: `method`, `path`, `status`, `times` or a header is invalid, or there are two bodies.
        """
        check("status", status, Status)
        check("headers", headers, dict[str, str] | None)
        return self._plan(method, path, planned_reply(status, json, content, headers or {}), times)

    @between_requests
    def respond_graphql(
        self,
        data: object = None,
        *,
        errors: Sequence[str | Mapping[str, Any]] | None = None,
        operation_name: str | None = None,
        times: int | None = None,
    ) -> MockResponse:
        """Set the response to GraphQL requests, with the status 200.

        The token needs the scope `graphql`. `respond("POST", "/graphql/v1", …)` sets any other response, without these
        checks. Of several responses to a request, those with `times` are used first, in the order of the calls, and
        then the latest one without. Without any, the response has an error.

        Args:
            data: Data as JSON, an object.
            errors: Errors: their messages, or objects with a `message`.
            operation_name: Only requests for the operation with this name.
            times: Number of requests, or None for all.

        Raises:
            TypeError: `data` or `errors` cannot be encoded.
            ValueError: There are neither data nor errors, or `times` is less than 1.
        """
        body: dict[str, Any] = {} if data is None else {"data": data}
        if errors:
            body["errors"] = [{"message": error} if isinstance(error, str) else error for error in errors]
        if not body:
            raise ValueError("respond_graphql needs data or errors")
        path = OPERATION_PATH.format(operation_name or "*")
        return self._plan("POST", path, json_reply(body), times)

    def _plan(self, method: str, path: str, reply: Reply, times: int | None) -> MockResponse:
        check("times", times, Count | None)
        plan = Plan(RequestPattern(method, path), reply, times)
        self._session.responses.append(plan)
        return MockResponse(plan, self)

    @between_requests
    def remove(self, plan: Plan[Reply]) -> None:
        """Remove a response, unless it has been removed or used up before."""
        if plan in self._session.responses:
            self._session.responses.remove(plan)

    @between_requests
    def set_limits(
        self, *, rate_limit: int | UnsetType | None = UNSET, user_rate_limit: int | UnsetType | None = UNSET
    ) -> None:
        """Set the rate limits that are passed, with None for no limit, and restart their windows.

        Raises:
            ValueError: A limit is not an int, or less than 1.
        """
        session = self._session
        organization = session.organization_limit.maximum if rate_limit is UNSET else rate_limit
        user = session.user_limit.maximum if user_rate_limit is UNSET else user_rate_limit
        check("rate_limit", organization, Count | None)
        check("user_rate_limit", user, Count | None)
        session.set_limits(organization, user)

    def reply(self, method: str, path: str, query: bytes, body: bytes) -> Reply:
        """Handle a request to `/_mock/`."""
        name = path.removeprefix(CONTROL_PREFIX.rstrip("/")).strip("/")
        allowed = "POST" if name in _METHODS else "GET"
        try:
            if name not in {"", "requests", *_METHODS}:
                known = ", ".join(CONTROL_PREFIX + each for each in ("", "requests", *_METHODS))
                raise NotFoundError(f"Not found. The paths are {known}")
            if method != allowed:
                raise MethodNotAllowedError("Method Not Allowed", headers={"Allow": allowed})
            filters = dict(parse_qsl(query.decode("latin-1")))
            if name == "requests":
                found = self.requests_to(**filters) if filters else self.requests
                return json_reply([received_json(request) for request in found])
            if name:
                getattr(self, name)(**msgspec.json.decode(body or b"{}", type=dict[str, Any]))
            return json_reply(self._session.summary())
        except ApiError as error:
            return json_reply(error.body(), error.status, error.headers)
        except (TypeError, ValueError, RecursionError) as error:
            return json_reply({"message": f"The request is invalid: {error}"}, 400)
