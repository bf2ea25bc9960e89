"""The mock server with bugs of the table: they change requests and responses, remember, and send further requests."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache, cached_property, partial
from typing import Any, Final, cast
from urllib.parse import parse_qs, parse_qsl, quote, urlencode, urlsplit

from attrs import define, evolve, frozen
from starlette.requests import Request as HttpRequest
from tests.conformance.bugs.values import MISSING, get

from buildkite_rest.conformance.api import Api, Operation
from buildkite_rest.mock import Backend, create_app
from buildkite_rest.mock.resources.access_tokens import ALL_SCOPES_TOKEN, GLOBEX_TOKEN

IDS: Final = ("id", "uuid")
"""Properties that identify an object everywhere."""
_OWN_LENGTH: Final = "length of the body"
NAMES: Final = (*IDS, "user_id", "pipeline_id", "suite_id", "slug", "number")
"""Properties that are the last part of the path of an object."""


@cache
def operations() -> Mapping[str, Operation]:
    """Operations of the spec by id."""
    return {operation.id: operation for operation in Api.load().operations}


@cache
def is_collection(path: str) -> bool:
    """Return whether there are paths of single objects below a path."""
    return any(each.path.startswith(f"{path}/{{") for each in operations().values())


@cache
def _patterns() -> Sequence[tuple[re.Pattern[str], Operation]]:
    return [(re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(each.path)) + "/?"), each)
            for each in sorted(operations().values(), key=lambda each: each.path.count("{"))]  # fmt: skip


@define
class Request:
    """A request that a bug may change before it calls the server."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    """Headers by lower-case name."""
    body: bytes = b""

    @cached_property
    def _found(self) -> tuple[Operation | None, dict[str, str]]:
        for method in (self.method, "GET") if self.method == "HEAD" else (self.method,):
            for pattern, operation in _patterns():
                if operation.method == method and (match := pattern.fullmatch(self.path)):
                    return operation, match.groupdict()
        return None, {}

    @property
    def operation(self) -> Operation | None:
        """The operation of the spec."""
        return self._found[0]

    @property
    def params(self) -> dict[str, str]:
        """The path parameters."""
        return self._found[1]

    @property
    def json(self) -> Any:
        """The JSON body. None if it is malformed or missing, an empty object if it is optional."""
        if not self.body and self.operation is not None and self.operation.has_body:
            return {} if not _needs_body(self.operation) else None
        try:
            return json.loads(self.body, object_pairs_hook=_distinct)
        except ValueError:
            return None

    def matches(self, method: str, pattern: str) -> bool:
        """Return whether method and path match. `*` in `pattern` is one segment."""
        path, expected = self.path.split("/"), pattern.split("/")
        is_same = len(path) == len(expected) and all(b in ("*", a) for a, b in zip(path, expected, strict=True))
        return self.method == method and is_same

    def with_json(self, value: object) -> Request:
        """Return the request with another JSON body."""
        body = json.dumps(value).encode()
        headers = {"content-type": "application/json", **self.headers, "content-length": str(len(body))}
        return evolve(self, body=body, headers=headers)


def _needs_body(operation: Operation) -> bool:
    return bool(operation.node.get("requestBody", {}).get("required"))


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError
    return dict(pairs)


@define
class Response:
    """A response that a bug may change."""

    status: int
    headers: dict[str, str]
    """Headers by lower-case name."""
    body: bytes

    @property
    def json(self) -> Any:
        """The JSON body, or None."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @json.setter
    def json(self, value: object) -> None:
        self.body = json.dumps(value).encode()
        self.headers["content-type"] = "application/json; charset=utf-8"

    @property
    def message(self) -> str:
        """Message of an error."""
        body = self.json
        return str(body.get("message", "")) if isinstance(body, dict) else ""


def items_of(body: Any) -> list[Any]:
    """Return the objects of a response: those of a list or of a page, or else the one object."""
    found = body["items"] if isinstance(body, dict) and isinstance(body.get("items"), list) else body
    return found if isinstance(found, list) else [found] if isinstance(found, dict) else []


def page_of(request: Request) -> tuple[int, int]:
    """Return number and size of the requested page."""
    number, size = (request.query.get(name, [""])[-1] for name in ("page", "per_page"))
    return max(1, int(number) if number.isdecimal() else 1), min(int(size) if size.isdecimal() else 30, 100) or 30


def with_items(body: Any, items: list[Any]) -> Any:
    """Return the body of a list with other items."""
    return {**body, "items": items} if isinstance(body, dict) else items


@frozen
class Server:
    """The mock server behind a bug."""

    call: Callable[[Request], Response]
    """Call the server for the client."""
    behind: Callable[[Request], Response]
    """Call the server beside the client: nothing counts towards its rate limits."""
    backend: Backend
    memory: dict[str, Any]
    """State of the bug, empty at the start of a run."""

    def send(
        self,
        like: Request,
        operation: str,
        params: Mapping[str, Any] | None = None,
        *,
        body: object = None,
        query: Mapping[str, str] | None = None,
    ) -> Response:
        """Send a request as an administrator. Path parameters that are left out are those of the request."""
        found = operations()[operation]
        path = found.path.format_map({**like.params, **(params or {})})
        token = GLOBEX_TOKEN if "/globex" in path else ALL_SCOPES_TOKEN
        headers = {"host": like.headers["host"], "authorization": f"Bearer {token}"}
        request = Request(found.method, path, {name: [value] for name, value in (query or {}).items()}, headers)
        return self.behind(request if body is None else request.with_json(body))

    def items(self, like: Request, operation: str, params: Mapping[str, Any] | None = None) -> list[Any]:
        """Return the items of all pages of a list, for an administrator."""
        items: list[Any] = []
        query = {"per_page": "100"}
        while True:
            response = self.send(like, operation, params, query=query)
            if response.status != 200:
                return items
            items += items_of(response.json)
            if not (url := links(response).get("next")):
                return items
            query = dict(parse_qsl(urlsplit(url).query))

    def now(self, seconds: float = 0) -> str:
        """Return the time of the server, or one some seconds later."""
        time = datetime.fromtimestamp(self.backend.clock() + seconds, UTC)
        return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@define
class Exchange:
    """A request and its response, as the operators of the table see them."""

    server: Server
    request: Request
    """The request as it was sent."""
    reply: Response | None = None
    item: Any = None
    """The object at hand."""
    known: Any = None
    """What is remembered of the object: `before`, `sent` and `result`."""
    read_before: Any = None

    @property
    def sent(self) -> Any:
        return self.request.json

    @property
    def result(self) -> Any:
        return None if self.reply is None else self.reply.json

    @property
    def reply_headers(self) -> Mapping[str, str]:
        return {} if self.reply is None else self.reply.headers

    @property
    def links(self) -> Mapping[str, str]:
        return {} if self.reply is None else links(self.reply)

    @property
    def before(self) -> Any:
        """The object of the path before the request."""
        if self.read_before is None:
            self.read_before = self._object()
        return self.read_before

    def _object(self) -> Any:
        path = self.request.path.rstrip("/")
        while path.count("/") > 1:
            found = Request("GET", path, {}, {})
            if found.operation is not None:
                return self.server.send(self.request, found.operation.id, found.params).json
            path = path.rpartition("/")[0]
        return None

    @cached_property
    def params(self) -> Mapping[str, str]:
        """The path parameters, with those of the build of a job."""
        own = self.request.params
        if "job_id" not in own or "number" in own:
            return own
        job = self.server.send(self.request, "getJob").json or {}
        build = Request("GET", urlsplit(job.get("build_url") or "").path, {}, {})
        return {**build.params, **own}

    @property
    def full(self) -> Any:
        """The object at hand in a response to an administrator."""
        token = {"authorization": f"Bearer {ALL_SCOPES_TOKEN}"}
        found = self.server.behind(evolve(self.request, headers={**self.request.headers, **token}))
        return next((each for each in items_of(found.json) if _ids(each) == _ids(self.item)), None)

    def at(self, item: Any) -> Exchange:
        """Return the same exchange with another object at hand."""
        return evolve(self, item=item)

    def query(self, name: str) -> Any:
        values = self.request.query.get(name, [])
        return MISSING if not values else values[0] if len(values) == 1 and not name.endswith("[]") else values

    def read(self, operation: str) -> Any:
        """Return the body of a GET with the path parameters of the request and of the object at hand."""
        return self.server.send(self.request, operation, self.params_of(operation)).json

    def params_of(self, operation: str) -> dict[str, str]:
        """Return the path parameters of an operation: those of the request, or else of the object at hand."""
        names = re.findall(r"\{(\w+)\}", operations()[operation].path)
        return {name: self.params.get(name) or param_of(self.item, name) for name in names}

    def all_known(self, pointer: str) -> list[Any]:
        """Return values of all objects below the path that are remembered."""
        path = self.request.path.rstrip("/")
        known = self.server.memory.get("known", [])
        return [
            get(each, pointer)
            for each in known
            if any(path.startswith(key.rpartition("/")[0] or "-") for key in each["keys"])
        ]

    @property
    def scopes(self) -> Any:
        """Scopes of the token of the request."""
        token = evolve(self.request, method="GET", path="/v2/access-token", query={}, body=b"")
        return (self.server.behind(token).json or {}).get("scopes", [])


def _ids(item: Any) -> list[Any]:
    return [item.get(name) for name in NAMES] if isinstance(item, dict) else []


def param_of(item: Any, name: str) -> Any:
    """Return the property of an object that is a path parameter."""
    stem = re.sub(r"_(id|uuid|slug)$", "", name)
    options = [name, f"{stem}_id", f"{stem}_uuid", *(("slug",) if name.endswith("slug") or stem == name else IDS)]
    return next((item[each] for each in options if isinstance(item, dict) and each in item), None)


# Links


_LINK: Final = re.compile(r'<([^>]*)>; rel="(\w+)"')
_POSITION: Final = ("page", "after", "before")


def links(response: Response) -> dict[str, str]:
    """Return the URLs of other pages by relation, from the header or the body."""
    body = response.json
    inside = body.get("links", {}) if isinstance(body, dict) and "items" in body else {}
    return {rel: url for url, rel in _LINK.findall(response.headers.get("link", ""))} or inside


def change_links(response: Response, change: Callable[[dict[str, str]], dict[str, str]]) -> None:
    """Change the links in the header and in the body."""
    if "link" in response.headers:
        changed = change({rel: url for url, rel in _LINK.findall(response.headers["link"])})
        response.headers["link"] = ", ".join(f'<{url}>; rel="{rel}"' for rel, url in changed.items())
        if not changed:
            del response.headers["link"]
    body = response.json
    if isinstance(body, dict) and "items" in body and isinstance(body.get("links"), dict):
        response.json = {**body, "links": change(body["links"])}


def relink(response: Response, query: Mapping[str, list[str]]) -> None:
    """Give links the parameters that the client has sent, in place of changed ones."""

    def change(urls: dict[str, str]) -> dict[str, str]:
        changed = {}
        for rel, url in urls.items():
            position = [pair for pair in parse_qsl(urlsplit(url).query) if pair[0] in _POSITION]
            pairs = [(name, each) for name, values in query.items() if name not in _POSITION for each in values]
            changed[rel] = f"{url.partition('?')[0]}?{urlencode(sorted([*pairs, *position], key=lambda pair: pair[0]))}"
        return changed

    change_links(response, change)


# The server


@frozen
class FunctionBug:
    """A bug that is a function of each request, and of the server behind it."""

    function: Callable[[Request, Callable[[Request], Response]], Response]

    def concerns(self, _: str | None) -> bool:
        return True

    def run(self, server: Server, request: Request) -> Response:
        return self.function(request, server.call)


class Buggy:
    """The mock with bugs as an ASGI application."""

    def __init__(self, bugs: Sequence[Any], backend: Backend, storage: str) -> None:
        self._app, self._behind = (create_app(backend, storage_url=storage) for _ in range(2))
        self._backend = backend
        self._bugs = [(bug, dict[str, Any]()) for bug in bugs]
        self._limits: dict[tuple[str, ...], dict[str, str]] = {}
        """The latest rate-limit headers that a client got, by its credential and organization."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = await HttpRequest(scope, receive).body()
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        request = Request(scope["method"], scope["path"], query, headers, body)

        limits = self._limits.setdefault((headers.get("authorization", ""), *request.path.split("/")[:4]), {})

        def as_client(changed: Request) -> Response:
            response = _now(_call(self._app, _scope(scope, request, changed), changed.body))
            limits.update({name: each for name, each in response.headers.items() if name.startswith("ratelimit-")})
            return response

        def behind(changed: Request) -> Response:
            response = _now(_call(self._behind, _scope(scope, request, changed), changed.body))
            response.headers |= {name: limits[name] for name in response.headers.keys() & limits.keys()}
            return response

        call: Callable[[Request], Response] = as_client
        for bug, memory in self._bugs:
            call = _with_bug(bug, Server(call, behind, self._backend, memory))
        response = call(request)
        if scope["method"] != "HEAD":
            response.headers["content-length"] = str(len(response.body))
        pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers.items()]
        await send({"type": "http.response.start", "status": response.status, "headers": pairs})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else response.body})


def _with_bug(bug: Any, server: Server) -> Callable[[Request], Response]:
    def call(request: Request) -> Response:
        operation = request.operation
        if not bug.concerns(None if operation is None else operation.id):
            return server.call(request)
        if request.method != "HEAD" or operation is None or operation.method == "HEAD":
            return cast("Response", bug.run(server, request))
        response: Response = bug.run(evolve(server, call=partial(_as_get, server)), request)
        if response.headers.get("content-length") == _OWN_LENGTH:
            response.headers["content-length"] = str(len(response.body))
        return response

    return call


def _as_get(server: Server, request: Request) -> Response:
    """Send a GET in place of a HEAD, so that a bug can change the body, whose length is in the response."""
    response = server.call(evolve(request, method="GET"))
    response.headers["content-length"] = _OWN_LENGTH
    return response


def _scope(scope: Any, request: Request, changed: Request) -> Any:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in changed.headers.items()]
    more: dict[str, Any] = {"method": changed.method, "headers": headers}
    if changed.query != request.query:
        more["query_string"] = urlencode(changed.query, doseq=True).encode()
    if changed.path != request.path:  # otherwise an encoded slash would be lost
        more |= {"path": changed.path, "raw_path": quote(changed.path).encode()}
    return {**scope, **more}


async def _call(app: Any, scope: Any, body: bytes) -> Response:
    response = Response(0, {}, b"")

    async def receive() -> Any:
        return {"type": "http.request", "body": body}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            response.status = message["status"]
            for name, value in message["headers"]:
                response.headers[name.decode("latin-1").lower()] = value.decode("latin-1")
        else:
            response.body += message.get("body", b"")

    await app(scope, receive, send)
    return response


def _now(call: Any) -> Response:
    """Run the mock to its end, which never waits."""
    try:
        call.send(None)
    except StopIteration as finished:
        return cast("Response", finished.value)
    raise AssertionError("the mock waits")
