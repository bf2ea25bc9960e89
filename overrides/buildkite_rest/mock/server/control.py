"""Control of a mock server: faults, responses, rate limits, clock and received requests."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from types import TracebackType
from typing import Any, Final, Self

import attrs
import msgspec
from msgspec import UNSET, UnsetType

from ..._base.times import Timing
from ..clock import AdvanceableClock
from ..http.graphql import GRAPHQL_PATH
from ..http.planned import ActiveResponse, FaultKind, PlannedFault, PlannedResponse
from ..http.received_requests import ReceivedRequest
from .additions import Additions, between_requests

#: Seconds that this thread or task has slept. Pauses of others must not end its timeouts.
_slept: Final[ContextVar[float]] = ContextVar("buildkite_rest_mock_slept", default=0.0)


def _monotonic() -> float:
    return time.monotonic() + _slept.get()


def _virtual_timing(clock: AdvanceableClock) -> Timing:
    """Return the clocks and sleep functions of a client, given the clock of the mock."""

    def sleep(seconds: float) -> None:
        _slept.set(_slept.get() + seconds)
        clock.advance(seconds)

    async def async_sleep(seconds: float) -> None:
        wakes = clock() + seconds
        _slept.set(_slept.get() + seconds)
        await asyncio.sleep(0)  # lets other tasks begin to sleep at the same time, and this one be cancelled
        clock.advance(max(0.0, wakes - clock()))

    return Timing(monotonic=_monotonic, sleep=sleep, async_sleep=async_sleep, now=clock)


@attrs.frozen
class MockResponse:
    """A response that a test has set. As a context manager, it is removed at the end of the block."""

    _active: ActiveResponse = attrs.field(repr=False)
    _remove: Callable[[ActiveResponse], object] = attrs.field(repr=False)

    @property
    def requests(self) -> list[ReceivedRequest]:
        """The latest 1000 requests that got this response, oldest first."""
        return self._active.requests.snapshot()

    def remove(self) -> None:
        """Remove the response. Does nothing if it has been removed or sent for the last time."""
        self._remove(self._active)

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
        return self._session.received.snapshot()

    def requests_to(self, method: str, path: str) -> list[ReceivedRequest]:
        """Return those of `requests` with a method and a path.

        Args:
            method: Method, such as `POST`.
            path: Path, such as `/v2/organizations/acme/builds`. `{name}` and `*` match any one segment.

        Raises:
            ValueError: `method` is not supported, or `path` is not the path of a request.
        """
        return self._session.received.snapshot(method, path)

    @property
    def timing(self) -> Timing:
        """Timing for a client whose pauses take no real time: `Buildkite(token, base_url=url, timing=server.timing)`.

        A pause of the client advances the clock of the mock server instead. So rate limits reset and builds finish, but
        a timeout may end before another thread has done what the client waits for.
        """
        return _virtual_timing(self._session.clock)

    @between_requests
    def reset(self) -> None:
        """Restore the state at the start of the server: data, limits, faults, registered public keys.

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

    def inject(self, kind: FaultKind, *, method: str | None = None, path: str | None = None, times: int = 1) -> None:
        """Inject a fault into the next requests.

        A status replaces the response, and the request has no effect. All other kinds alter the response to a request
        that has been handled.

        Args:
            kind: `429`, with a reset after a second; `500`; `502`, with an HTML page; `503`, with `Retry-After`; `520`,
                without a body; `reset` and `truncate`, which close the connection before or in the middle of the
                response.
            method: Only requests with this method. By default all but `OPTIONS`.
            path: Only requests with this path prefix, such as `/v2/organizations/acme/pipelines`. Not a pattern. With
                a slash at its end it is a path and all paths below it.
            times: Number of requests.

        Raises:
            ValueError: `kind` is unknown, `times` is less than 1, the method is not supported, or `path` is not the
                prefix of a path.
        """
        self._inject(msgspec.convert({"kind": kind, "method": method, "path": path, "times": times}, PlannedFault))

    @between_requests
    def _inject(self, fault: PlannedFault) -> None:
        self._session.faults.planned.append(fault)

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
        body: dict[str, object] = {} if json is UNSET else {"json": json}
        if content is not None:
            body["text" if isinstance(content, str) else "content"] = content
        request = {"method": method, "path": path, "times": times}
        return self._plan({**request, "status": status, "headers": headers or {}, **body})

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
        checks. Of several responses to a request, those with `times` are used first, in the order of the calls, then
        the latest for the name of the operation, and then the latest of the others. Without one, the response has an
        error.

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
        request = {"method": "POST", "path": GRAPHQL_PATH, "times": times, "operation_name": operation_name}
        return self._plan({**request, "json": body, "graphql": True})

    @between_requests
    def _plan(self, fields: Mapping[str, object]) -> MockResponse:
        plan = msgspec.json.decode(msgspec.json.encode(fields), type=PlannedResponse)
        return MockResponse(self._session.responses.add(plan), self._remove)

    @between_requests
    def _remove(self, active: ActiveResponse) -> None:
        self._session.responses.remove(active)

    @between_requests
    def set_limits(
        self, *, rate_limit: int | UnsetType | None = UNSET, user_rate_limit: int | UnsetType | None = UNSET
    ) -> None:
        """Set the rate limits that are passed, with None for no limit, and restart their windows.

        Raises:
            ValueError: A limit is not an int, or less than 1.
        """
        self._session.set_limits(rate_limit, user_rate_limit)
