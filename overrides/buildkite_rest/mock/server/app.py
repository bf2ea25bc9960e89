"""The API as an ASGI application.

It handles a request: route, token, rate limit, scope, validation, handler, response headers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from email.utils import formatdate
from typing import Final, Unpack
from urllib.parse import urlencode

import anyio
import attrs
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ..._base.safe_text import safe_excerpt
from ..backend import Backend
from ..http import content as cors
from ..http.auth import authenticate, authorize
from ..http.bodies import read_body
from ..http.call import Call, Reply, json
from ..http.errors import ApiError, ForbiddenError, MethodNotAllowedError, UnprocessableError
from ..http.graphql import (
    GRAPHQL_PATH,
    GRAPHQL_SCOPE,
    OPERATION_PATH,
    graphql_errors,
    operation_name,
    unplanned,
    with_limits,
)
from ..http.origins import base_url, cross_origin_error, storage_origin
from ..http.planned import BAD_GATEWAY, Plan, replacement, use
from ..http.query import Query
from ..http.rate_limits import Usage
from ..http.received_requests import received_request
from ..http.routing import RouteTable, documented_error, with_head
from ..http.validation import api_spec
from ..resources import ROUTES
from ..resources.audit_events import respond_and_record
from ..resources.builds import refresh
from ..undo import undo, undone_on_error
from .control import CONTROL_PREFIX, Control
from .session import Options, Session
from .sockets import break_connection, breakable_connection, disconnect

#: Path parameters whose case matters. Ids and other slugs are lower case.
_CASE_SENSITIVE = frozenset({"org", "pipeline"})
_TABLE: Final = RouteTable.from_routes(ROUTES)
_GRAPHQL_METHODS: Final = "POST, OPTIONS"


def create_app(
    backend: Backend | None = None,
    *,
    storage_url: str = "http://storage.localhost",
    **options: Unpack[Options],
) -> Api:
    """Return the mock of the API as an ASGI application.

    It serves `backend`, or else a new one. Faults that close connections need `MockServer`.

    Raises:
        TypeError: There is no such option.
        ValueError: An option is out of range.
    """
    return Api(session=Session.start(options, backend), storage=storage_url)


@attrs.define(kw_only=True)
class Api:
    """The ASGI application of the API."""

    session: Session
    #: Origin of the storage, or its port on the address that receives a request.
    storage: str | int
    #: Called with a line for each request.
    log: Callable[[str], object] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        request = Request(scope, receive)
        try:
            body = await read_body(request)
        except ClientDisconnect:
            return
        path = _raw_path(request).decode("latin-1")
        if f"{path}/".startswith(CONTROL_PREFIX):
            response = self._response(request, self._control_reply(request, path, body), cors_headers={})
            await response(scope, receive, send)
            return
        with self.session.lock.current, undone_on_error():
            fault = self.session.next_fault(request.method, path)
            replaced = replacement(fault, path)
            reply, plan = (replaced, None) if replaced else self._planned_or_own_reply(request, path, body)
            if fault in {"reset", "truncate"} and breakable_connection(scope) is None:
                fault, reply = None, BAD_GATEWAY
            response = self._response(request, reply)
            self._record(request, body, None if fault == "reset" else reply.status, plan)
        if self.session.latency > 0:
            with anyio.move_on_after(self.session.latency):
                await disconnect(receive)
                return
        if fault in {"reset", "truncate"}:
            await break_connection(response if fault == "truncate" else None, scope, receive, send)
        else:
            await response(scope, receive, send)

    def _planned_or_own_reply(self, request: Request, path: str, body: bytes) -> tuple[Reply, Plan[Reply] | None]:
        plan = use(self.session.responses, request.method, path)
        if path == GRAPHQL_PATH:
            reply, plan = (plan.result, plan) if plan else self._graphql_reply(request, body)
            return with_limits(reply, self.session.backend.clock()), plan
        return self._reply(request, body) if plan is None else plan.result, plan

    def _graphql_reply(self, request: Request, body: bytes) -> tuple[Reply, Plan[Reply] | None]:
        """Return the response that is planned for a valid GraphQL request, or else one with an error."""
        allow = {"Allow": _GRAPHQL_METHODS}
        if request.method == "OPTIONS":
            return Reply(204, headers={**allow, **cors.preflight_headers(_GRAPHQL_METHODS)}), None
        try:
            if request.method != "POST":
                raise MethodNotAllowedError("Method Not Allowed", headers=allow)
            authorization = request.headers.get("authorization")
            token = authenticate(self.session.backend, authorization, self.session.backend.clock())
            authorize(token, frozenset({GRAPHQL_SCOPE}))
            name = operation_name(body)
        except ApiError as error:
            return graphql_errors(error.message, status=error.status, headers=error.headers), None
        plan = use(self.session.responses, "POST", OPERATION_PATH.format(name or "anonymous"))
        return plan.result if plan else unplanned(name), plan

    def _record(self, request: Request, body: bytes, status: int | None, plan: Plan[Reply] | None) -> None:
        path = _sent_path(request).decode("latin-1")
        received = received_request(request, path, body, status, self.session.backend.clock())
        self.session.received.append(received)
        if plan is not None:
            plan.requests.append(received)
        if self.log is not None:
            query = urlencode(received.query, doseq=True, safe="*[]")
            self.log(safe_excerpt(f"{request.method} {path}{query and '?'}{query} {status or '-'}"))

    def _control_reply(self, request: Request, path: str, body: bytes) -> Reply:
        reason = cross_origin_error(request)
        if reason is not None:
            return json(ForbiddenError(reason).body(), 403)
        method = "GET" if request.method == "HEAD" else request.method
        return Control(self.session).reply(method, path, request.scope["query_string"], body)

    def _response(self, request: Request, reply: Reply, cors_headers: Mapping[str, str] = cors.API_HEADERS) -> Response:
        if request.method == "HEAD" and reply.body:
            size = {"Content-Length": str(len(reply.body))}
            reply = attrs.evolve(reply, body=b"", headers={**reply.headers, **size})
        headers = {**cors_headers, "Date": formatdate(self.session.backend.clock(), usegmt=True)}
        if reply.content_type is not None:
            headers["Content-Type"] = reply.content_type
        return Response(reply.body, reply.status, {**headers, **reply.headers})

    def _reply(self, request: Request, body: bytes) -> Reply:
        limits: dict[str, str] = {}
        try:
            reply = self._handle(request, body, limits)
        except ApiError as error:
            undo()
            reply = json(error.body(), error.status, error.headers)
        return attrs.evolve(reply, headers={**limits, **reply.headers})

    def _handle(self, request: Request, body: bytes, limits: dict[str, str]) -> Reply:
        routes, params = _TABLE.find(_raw_path(request).decode("latin-1"))
        methods = ", ".join([*with_head(routes), "OPTIONS"])
        if request.method == "OPTIONS":
            return Reply(204, headers={"Allow": methods, **cors.preflight_headers(methods)})
        route = routes.get(request.method) or (routes.get("GET") if request.method == "HEAD" else None)
        if route is None:
            raise MethodNotAllowedError("Method Not Allowed", headers={"Allow": methods})
        refresh(self.session.backend)
        call = self._call(request, params)
        if not route.public:
            token = authenticate(self.session.backend, call.headers.get("authorization"), call.now)
            call = attrs.evolve(call, token=token)
            exceeded = self._count(call, limits)
            if exceeded is not None:
                return json(exceeded.body(), 429)
            authorize(token, route.scopes)
        try:
            operation = api_spec().operation(route.method, route.operation)
            query = operation.checked_query(call.query, route.checks)
            values = operation.checked_body(call.headers, body, route.checks)
            return respond_and_record(route, attrs.evolve(call, query=query, body=values))
        except UnprocessableError as error:
            raise documented_error(route, error) from error

    def _call(self, request: Request, params: dict[str, str]) -> Call:
        storage = self.storage
        if isinstance(storage, int):
            storage = storage_origin(storage, request.url.hostname or "", request.scope["server"][0])
        return Call(
            backend=self.session.backend,
            now=self.session.backend.clock(),
            path=_raw_path(request).decode("latin-1"),
            params={name: value if name in _CASE_SENSITIVE else value.lower() for name, value in params.items()},
            query=Query.parse(request.scope["query_string"]),
            headers=request.headers,
            base_url=base_url(request),
            storage_url=storage,
            organization_limit=self.session.organization_limit,
            client=None if request.client is None else request.client.host,
        )

    def _count(self, call: Call, limits: dict[str, str]) -> Usage | None:
        """Count a request against both limits, and return the one that it exceeds.

        It counts for the organization in the path, or else for the first organization of the token.
        """
        owner = call.find_organization() or call.token.organizations[0]
        organization = self.session.organization_limit.count(owner.id)
        user = self.session.user_limit.count(call.token.user.id)
        limits |= organization.headers("RateLimit") | user.headers("RateLimit-User")
        return next((usage for usage in (organization, user) if usage.exceeded), None)


def _sent_path(request: Request) -> bytes:
    raw: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    return raw


def _raw_path(request: Request) -> bytes:
    """Return the path as it was sent, without trailing slashes. An escaped slash is part of a name."""
    return _sent_path(request).rstrip(b"/") or b"/"
