"""Run the conformance runner as a user does, against mock servers with bugs."""

import asyncio
import io
import json
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from queue import Queue
from types import MappingProxyType
from typing import Any, Final, TypeVar
from unittest.mock import patch

import httpx
from attrs import evolve, frozen
from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse
from starlette.routing import Route
from tests.conformance.bugs.engine import Buggy, FunctionBug, Request, Response

from buildkite_rest.conformance import PROGRAM
from buildkite_rest.conformance.api import Api, Operation
from buildkite_rest.conformance.cli import main
from buildkite_rest.conformance.discovery import discover
from buildkite_rest.conformance.objects import KnownObjects
from buildkite_rest.conformance.options import ALL
from buildkite_rest.conformance.ownership import Ownership
from buildkite_rest.conformance.world import World
from buildkite_rest.mock import MockServer, seeded_backend
from buildkite_rest.mock.resources.access_tokens import ALL_SCOPES_TOKEN
from buildkite_rest.mock.server import sockets
from buildkite_rest.mock.server.storage import create_storage_app

TOKEN = ALL_SCOPES_TOKEN
#: Runs in one process, which keeps 7 to 15 MiB of each.
RUNS_PER_PROCESS: Final = 50
#: Wait for the next result of `run_each`. A run of all resources takes two minutes on a busy machine.
SECONDS_PER_RESULT: Final = 900

_T = TypeVar("_T")
_R = TypeVar("_R")


@frozen
class Run:
    """The output of a finished run."""

    status: int
    out: str
    err: str
    report: dict[str, Any]

    @property
    def operations(self) -> dict[str, dict[str, Any]]:
        return {operation["id"]: operation for operation in self.report["operations"]}

    @property
    def failures(self) -> set[tuple[str, str]]:
        """Operations, and the checks that failed."""
        return {(name, failure["check"]) for name, found in self.operations.items() for failure in found["failures"]}

    @property
    def error(self) -> str:
        """The error message of a run that could not start, which is one line."""
        assert (self.status, self.err.count("\n")) == (2, 1), self.everything
        return self.err.removeprefix("python -m buildkite_rest.conformance: ").removesuffix("\n")

    @property
    def everything(self) -> str:
        return f"{self.out}{self.err}{json.dumps(self.report)}"


def run_each(function: Callable[[_T], _R], items: Iterable[_T]) -> Iterator[_R]:
    """Call a function for each item in other processes, and yield the results in the same order.

    ``ProcessPoolExecutor`` could restart its processes too, but waits forever when both end at once (CPython issue
    115634). A pool waits forever for a process that was killed, so each wait has a limit.
    """
    context = multiprocessing.get_context("spawn")
    with context.Pool(min(4, os.cpu_count() or 1), maxtasksperchild=RUNS_PER_PROCESS) as pool:
        results = pool.imap(function, items)
        while True:
            try:
                result = results.next(timeout=SECONDS_PER_RESULT)
            except StopIteration:
                return
            yield result


def environment(token: str | None = TOKEN, variables: Mapping[str, str] = MappingProxyType({})) -> dict[str, str]:
    """Return the environment of a run, without credentials of the developer."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("BUILDKITE_API_")}
    return {**inherited, **({} if token is None else {"BUILDKITE_API_TOKEN": token}), **variables}


def conform(
    folder: Path,
    url: str,
    *arguments: str,
    token: str | None = TOKEN,
    variables: Mapping[str, str] = MappingProxyType({}),
) -> Run:
    """Run the runner against `url` in this process, with its report in `folder`."""
    report = folder / "report.json"
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    with (
        patch.dict(os.environ, environment(token, variables), clear=True),
        chdir(folder),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            status = main(["--base-url", url, *arguments, "--json", str(report)], PROGRAM)
        except SystemExit as end:
            status = int(end.code or 0)
    texts = [each.buffer.getvalue().decode() for each in (out, err)]
    return Run(status, *texts, json.loads(report.read_text()) if report.exists() else {})


def change(wrong: Callable[[Request, Response], None]) -> Callable[[Request, Any], Response]:
    """Return a bug that changes each response."""

    def bug(request: Request, call: Any) -> Response:
        response: Response = call(request)
        wrong(request, response)
        return response

    return bug


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """Serve an ASGI application and yield its URL."""
    listening = sockets.bound("127.0.0.1", 0)
    server, loops = sockets.Server(app, [listening]), Queue[asyncio.AbstractEventLoop]()

    async def serve() -> None:
        loops.put(asyncio.get_running_loop())
        await server.serve()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    try:
        yield sockets.address(listening)
    finally:
        loops.get().call_soon_threadsafe(server.stop)
        thread.join()


def world_of(server: MockServer, operations: Iterable[Operation]) -> World:
    """Return the objects of a server that operations need, and a run may read."""
    api = Api.load()

    def read(operation: Operation, values: Mapping[str, Any]) -> list[Any]:
        query = {"per_page": 100} if "per_page" in operation.query else {}
        headers = {"Authorization": f"Bearer {server.token}"}
        body = client.get(operation.path_with(values), params=query, headers=headers).json()
        items: list[Any] = body.get("items", []) if isinstance(body, dict) else body
        return items

    world = World(api, Ownership(api, existing=frozenset({ALL})), KnownObjects())
    with httpx.Client(base_url=server.url) as client:
        discover(world, read, operations)
    return world


@contextmanager
def serving_api(
    access_token: object, body: object = (), status: int = 200, headers: Mapping[str, str] = MappingProxyType({})
) -> Iterator[str]:
    """Serve a response to `/v2/access-token`, and another one to everything else; on success also one to `/v2/meta`."""

    def respond(request: HttpRequest) -> JSONResponse:
        if request.url.path == "/v2/access-token":
            return JSONResponse(access_token, headers=headers)
        is_meta = request.url.path == "/v2/meta" and status == 200
        return JSONResponse({"webhook_ips": []} if is_meta else body, status, headers)

    with serving(Starlette(routes=[Route("/{path:path}", respond)])) as url:
        yield url


@contextmanager
def mock_with(bug: Any, world: Any = None) -> Iterator[str]:
    """Serve the mock with a bug, which is a function, or with several bugs of the table, and its storage."""
    backend = world or seeded_backend(1, builds=60)
    bugs = [FunctionBug(bug)] if callable(bug) else bug
    with serving(create_storage_app(backend)) as storage, serving(Buggy(bugs, backend, storage)) as url:
        yield url


def with_token(request: Request) -> Request:
    """Return the request with the valid token."""
    return evolve(request, headers={**request.headers, "authorization": f"Bearer {TOKEN}"})
