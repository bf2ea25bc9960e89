"""The mock server on real sockets, in a background thread."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, wait
from functools import partial
from types import TracebackType
from typing import Self, get_args

from msgspec import UNSET, UnsetType

from ..._base.arguments import check_function, check_type
from ..._base.fork_safety import ForkSafeLock
from ..arguments import check_choice, check_int_range, check_number_type, check_rate_limit
from ..clock import Clock
from ..http.faults import FaultKind, PlannedFault
from ..http.origins import storage_on
from ..http.rate_limits import LARGEST_LIMIT
from ..resources.access_tokens import ALL_SCOPES_TOKEN, JWT_TOKEN_UUID, READ_ONLY_TOKEN
from ..seed import DEFAULT_BUILDS, seeded_backend
from . import sockets
from .app import check_numbers, create_app, host_names
from .control import Control, LimitsChange
from .request_log import ignore_incomplete_requests, log_requests
from .storage import create_storage_app


class MockServer:
    """Server of the API and the storage origin, which runs in a `with` block.

    Accepts the arguments of `create_app`, and `log`, which is called with a line for each request. Both origins share
    one event loop, so that requests are atomic.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: A number is out of range, the host is empty, or one of `hosts` is not a host name.
    """

    token = ALL_SCOPES_TOKEN
    read_only_token = READ_ONLY_TOKEN
    jwt_token_uuid = JWT_TOKEN_UUID

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        seed: int = 0,
        builds: int = DEFAULT_BUILDS,
        clock: Clock = time.time,
        build_seconds: float = 2.0,
        rate_limit: int | None = None,
        user_rate_limit: int | None = None,
        latency: float = 0.0,
        fault_rate: float = 0.0,
        log: Callable[[str], object] | None = None,
        hosts: Iterable[str] = (),
    ) -> None:
        check_numbers(rate_limit=rate_limit, user_rate_limit=user_rate_limit, latency=latency, fault_rate=fault_rate)
        check_type("host", host, str, "a str")
        if not host:
            raise ValueError("host must not be empty; leave it out for 127.0.0.1, or pass 0.0.0.0 for all addresses")
        check_int_range("port", port, 0, 65535)
        if log is not None:
            check_function("log", log)
        try:
            own_name = host_names((host,))
        except ValueError:  # such as an IPv6 address with a zone, which is never in a `Host`
            own_name = frozenset[str]()
        self.backend = seeded_backend(seed, builds=builds, clock=clock, build_seconds=build_seconds)
        self.url = ""
        self.storage_url = ""
        self._host = host
        self._port = port
        self._log = log
        self._app = partial(
            create_app,
            self.backend,
            rate_limit=rate_limit,
            user_rate_limit=user_rate_limit,
            latency=latency,
            fault_rate=fault_rate,
            hosts=host_names(hosts) | own_name,
        )
        self._servers: list[sockets.Server] = []
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._control: Control | None = None
        #: Held while a thread waits for the loop, so that the loop does not stop meanwhile.
        self._lock = ForkSafeLock()

    def register_public_key(self, pem: str) -> None:
        """Let the owner of an RSA key sign requests in the name of `jwt_token_uuid`.

        `reset` removes a key that is registered while the server is running, and keeps one from before.

        Raises:
            TypeError: `pem` is not a str.
            ValueError: `pem` is not the PEM text of an RSA public key of 2048 to 4096 bits.
        """
        check_type("pem", pem, str, "a str, the PEM text of an RSA public key")
        self.backend.register_public_key(self.jwt_token_uuid, pem)

    def reset(self) -> None:
        """Restore the state at the start of the server: data, clock, limits, faults, registered public keys."""
        self._run_in_loop(Control.reset)

    def advance(self, seconds: float) -> None:
        """Move the clock forward.

        Raises:
            TypeError: `seconds` is not a number.
            ValueError: `seconds` is negative, or the total is too large.
        """
        check_number_type("seconds", seconds)
        self._run_in_loop(lambda control: control.clock.advance(seconds))

    def inject(self, kind: FaultKind, *, method: str | None = None, path: str | None = None, times: int = 1) -> None:
        """Inject a fault into the next requests.

        A status replaces the response, and the request has no effect. All other kinds alter the response to a request
        that has been handled.

        Args:
            kind: `429`, with a reset after a second; `500`; `502`, with an HTML page; `503`, with `Retry-After`; `520`,
                without a body; `reset` and `truncate`, which close the connection before or in the middle of the
                response; `foreign_link` and `link_loop`, which match only GET and whose next page is on another origin
                or is the page itself.
            method: Only requests with this method.
            path: Only requests with this path prefix, such as `/v2/organizations/acme/pipelines`. Not a pattern.
            times: Number of requests.

        Raises:
            TypeError: An argument has the wrong type.
            ValueError: `kind` is unknown, `times` is less than 1, or no request has such a method or path.
        """
        check_choice("kind", kind, get_args(FaultKind))
        if method is not None:
            check_type("method", method, str, "a str or None")
        if path is not None:
            check_type("path", path, str, "a str or None")
        check_int_range("times", times, 1, LARGEST_LIMIT)
        fault = PlannedFault(kind=kind, method=method, path=path, times=times)
        self._run_in_loop(lambda control: control.plan(fault))

    def set_limits(
        self, *, rate_limit: int | UnsetType | None = UNSET, user_rate_limit: int | UnsetType | None = UNSET
    ) -> None:
        """Set the rate limits that are passed, with None for no limit, and restart their windows.

        Raises:
            TypeError: A limit is not an int.
            ValueError: A limit is less than 1.
        """
        for name, limit in (("rate_limit", rate_limit), ("user_rate_limit", user_rate_limit)):
            if limit is not UNSET:
                check_rate_limit(name, limit)
        change = LimitsChange(rate_limit=rate_limit, user_rate_limit=user_rate_limit)
        self._run_in_loop(lambda control: control.change_limits(change))

    def _run_in_loop(self, change: Callable[[Control], object]) -> None:
        """Run a change in the event loop, between two requests."""
        with self._lock.current:
            if self._loop is None or self._control is None or self._thread is None or self._loop.is_closed():
                raise RuntimeError("the mock server is not running; use it in a with statement")
            future: Future[object] = Future()
            self._loop.call_soon_threadsafe(_run, partial(change, self._control), future)
            while not wait([future], timeout=0.5).done:
                if not self._thread.is_alive():  # a stopped loop never runs the call
                    raise RuntimeError("the mock server has stopped")
            future.result()

    def __enter__(self) -> Self:
        if self._thread is not None and self._thread.is_alive():
            raise RuntimeError("the mock server is already running; create another MockServer for a second one")
        api_socket = sockets.bound(self._host, self._port)
        try:
            storage_sockets, has_localhost = sockets.storage(self._host)
        except OSError:
            api_socket.close()
            raise
        self.url = sockets.address(api_socket)
        storage_url = storage_on(storage_sockets[0].getsockname()[1], has_localhost=has_localhost)
        own = api_socket.getsockname()[0]
        self.storage_url = storage_url(own, own)
        api = self._app(storage_url=storage_url, drop=self._drop)
        self._control = api.state.control
        apps = [ignore_incomplete_requests(app) for app in (api, create_storage_app(self.backend))]
        self._servers = [sockets.server(app if self._log is None else log_requests(app, self._log)) for app in apps]
        ready = threading.Event()
        pairs = list(zip(self._servers, ([api_socket], storage_sockets), strict=True))
        self._thread = threading.Thread(target=lambda: self._serve(pairs, ready), name="mock-server", daemon=True)
        self._thread.start()
        ready.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._lock.current:
            for server in self._servers:
                server.should_exit = True
            if self._thread is not None:
                self._thread.join()
            self._loop = self._control = None

    def _drop(self, client: tuple[str, int], flush: bool) -> bool:
        return self._servers[0].drop(client, flush)

    def _serve(self, pairs: list[tuple[sockets.Server, list[socket.socket]]], ready: threading.Event) -> None:
        with asyncio.Runner() as runner:
            self._loop = runner.get_loop()
            ready.set()
            runner.run(sockets.serve(*pairs))


def _run(change: Callable[[], object], future: Future[object]) -> None:
    """Run a change and set its result or exception."""
    try:
        future.set_result(change())
    except Exception as error:
        future.set_exception(error)
