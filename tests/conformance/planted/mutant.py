"""A server bug, and the proof that a client can see it.

```python
@MUTANTS.plant(
    "lists",
    operations="listBuilds",
    title="the filter `branch` is accepted and has no effect",
    source="pages/apis/rest_api/builds.md: branch",
    witness=branch_filters,
)
async def ignored_branch(server: Server, request: Request) -> Response:
    if request.values("GET", "/v2/organizations/{org}/pipelines/{pipeline}/builds") is not None:
        request.params.pop("branch", None)
    return await server.call(request)


def branch_filters(http: httpx.Client) -> None:
    found = http.get(f"{PIPELINE}/builds", params={"branch": "main"}).json()
    assert all(build["branch"] == "main" for build in found)
```

The witness passes on the unchanged mock server and fails with the bug.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qs, urlencode

import httpx
from attrs import define, evolve, field, frozen
from tests.conformance import runner_support
from tests.conformance.runner_support import TOKEN, mock_with

from buildkite_rest.mock.clock import ManualClock
from buildkite_rest.mock.seed import seeded_backend

CLASSES: Final = ("bodies", "lists", "state", "headers", "errors", "access")
"""Classes of bugs."""


@define
class Request:
    """A request that a bug may change before it calls the server."""

    method: str
    path: str
    params: dict[str, list[str]]
    """Query parameters, with all values of each."""
    headers: dict[str, str]
    """Headers by lower-case name."""
    body: bytes

    @property
    def json(self) -> Any:
        """The parsed body, or None."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @json.setter
    def json(self, value: object) -> None:
        self.body = json.dumps(value).encode()

    def values(self, method: str, template: str) -> dict[str, str] | None:
        """Return the path parameters if method and path match, such as `GET`, `/v2/organizations/{org}`."""
        parts = re.split(r"\{(\w+)\}", template)
        pattern = "".join(f"(?P<{part}>[^/]+)" if n % 2 else re.escape(part) for n, part in enumerate(parts))
        found = re.fullmatch(pattern, self.path)
        return found.groupdict() if found is not None and method == self.method else None


@define
class Response:
    """A response that a bug may change or invent."""

    status: int = 200
    headers: dict[str, str] = field(factory=dict[str, str])
    """Headers by lower-case name. `Content-Length` is set afterwards."""
    body: bytes = b""

    @property
    def json(self) -> Any:
        """The parsed body, or None."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @json.setter
    def json(self, value: object) -> None:
        self.body = json.dumps(value).encode()


@frozen
class Server:
    """The mock server behind a bug."""

    call: Callable[[Request], Awaitable[Response]]
    """Call the server. A bug may send several requests, also other ones."""
    memory: dict[str, Any]
    """State of the bug, empty at the start of a run."""


Bug: TypeAlias = Callable[[Server, Request], Awaitable[Response]]
Witness: TypeAlias = Callable[[httpx.Client], None]


@frozen
class Mutant:
    """A planted bug."""

    name: str
    kind: str
    """Its class: one of `CLASSES`."""
    operations: tuple[str, ...]
    """Ids of the operations that a correct report would name."""
    title: str
    source: str
    """Page of the documentation that the bug contradicts."""
    witness: Witness
    bug: Bug
    signed: bool
    """Whether requests must be signed with a key (JWT) to see the bug."""


class Mutants(dict[str, Mutant]):
    """A set of mutants by name."""

    def plant(
        self, kind: str, *, operations: str, title: str, source: str, witness: Witness, signed: bool = False
    ) -> Callable[[Bug], Bug]:
        """Add the decorated bug. `operations` are ids, separated by spaces."""
        assert kind in CLASSES

        def add(bug: Bug) -> Bug:
            name = getattr(bug, "__name__", title)
            assert name not in self, name
            self[name] = Mutant(name, kind, tuple(operations.split()), title, source, witness, bug, signed)
            return bug

        return add


def adapted(bug: Bug, *, kind: str = "errors") -> runner_support.Bug:
    """Return a bug for `mock_with`.

    Only bugs of the class *errors* see malformed bodies: another bug that rewrites a body would repair it, which no
    server does.
    """
    memory: dict[str, Any] = {}

    async def run(request: runner_support.Request, call: Any) -> runner_support.Response:
        lengths: list[str | None] = []

        async def forward(changed: Request) -> Response:
            found = await call(
                runner_support.Request(
                    changed.method,
                    changed.path,
                    urlencode(changed.params, doseq=True).encode(),
                    {name.encode("latin-1"): value.encode("latin-1") for name, value in changed.headers.items()},
                    changed.body,
                )
            )
            headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in found.headers}
            lengths.append(headers.get("content-length"))
            return Response(found.status, headers, found.body)

        own = Request(
            request.method,
            request.path,
            parse_qs(request.query.decode("latin-1"), keep_blank_values=True),
            {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in request.headers.items()},
            request.body,
        )
        if kind != "errors" and _is_malformed(own):
            return _sent(await forward(own))
        before = deepcopy(memory), deepcopy(own)
        response = await bug(Server(forward, memory), own)
        length = response.headers.get("content-length")
        if request.method == "HEAD" and length is not None and length in lengths:
            get = evolve(before[1], method="GET")
            if str(len((await forward(deepcopy(get))).body)) == length:
                # A server with the bug would return the length of the changed body.
                response.headers["content-length"] = str(len((await bug(Server(forward, before[0]), get)).body))
        return _sent(response)

    return run  # type: ignore[return-value]


def _sent(response: Response) -> runner_support.Response:
    pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers.items()]
    return runner_support.Response(response.status, pairs, response.body)


def _is_malformed(request: Request) -> bool:
    """Return whether a body is not JSON, or has a property twice."""
    kind = request.headers.get("content-type", "")
    if not request.body or kind.startswith("multipart/"):
        return False
    try:
        json.loads(request.body, object_pairs_hook=_distinct)
    except ValueError:
        return True
    return "json" not in kind


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError
    return dict(pairs)


async def unchanged(server: Server, request: Request) -> Response:
    """Call the server without a bug."""
    return await server.call(request)


@contextmanager
def client(bug: Bug | None) -> Iterator[httpx.Client]:
    """Yield a client of a mock server with a bug, or of the unchanged one, with a token that has all scopes.

    The time of the server moves with each request only. So times of two requests differ, although both may be in one
    millisecond of a fast machine, and jobs that are scheduled have not started yet on a slow one.
    """
    clock = ManualClock(time.time())
    options: dict[str, Any] = {
        "headers": {"Authorization": f"Bearer {TOKEN}"},
        "timeout": 10,
        "event_hooks": {"request": [lambda request: clock.advance(0.002)]},
    }
    world = seeded_backend(1, builds=60, clock=clock)
    with mock_with(adapted(bug or unchanged), world) as url, httpx.Client(base_url=url, **options) as http:
        yield http


def is_visible(mutant: Mutant) -> bool:
    """Return whether the witness passes on the unchanged server and fails with the bug."""
    with client(None) as http:
        mutant.witness(http)
    with client(mutant.bug) as http:
        try:
            mutant.witness(http)
        except (AssertionError, httpx.HTTPError):
            return True
    return False
