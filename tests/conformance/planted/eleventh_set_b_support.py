"""Routes and helpers of the eleventh set, letter b."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any, Final
from urllib.parse import urlencode

import httpx
from attrs import evolve
from tests.conformance.planted.mutant import Bug, Request, Response, Server

ORG: Final = "/v2/organizations/acme"
SUITES: Final = "/v2/analytics/organizations/acme/suites"
REGISTRIES: Final = "/v2/packages/organizations/acme/registries"

V2: Final = "/v2/organizations/{org}"
BUILD: Final = V2 + "/pipelines/{pipeline}/builds/{build}"
CLUSTER: Final = V2 + "/clusters/{cluster}"
SUITE: Final = "/v2/analytics/organizations/{org}/suites/{suite}"
REGISTRY: Final = "/v2/packages/organizations/{org}/registries/{registry}"


def bearer(name: str) -> dict[str, str]:
    """Return the header of a token of the mock server, such as `all_scopes`."""
    return {"authorization": f"Bearer bkua_mock_{name}"}


def cluster(http: httpx.Client, name: str) -> str:
    """Return the URL of a cluster."""
    return str(next(one["url"] for one in http.get(f"{ORG}/clusters").json() if one["name"] == name))


def team(http: httpx.Client, slug: str) -> str:
    """Return the path of a team."""
    return next(f"{ORG}/teams/{one['id']}" for one in http.get(f"{ORG}/teams").json() if one["slug"] == slug)


def matches(request: Request, *routes: str) -> bool:
    """Return whether the request has one of the routes, such as `GET /v2/user`."""
    return any(request.values(*route.split(" ", 1)) is not None for route in routes)


def fields(request: Request) -> dict[str, Any]:
    """Return the properties in the body of the request, none if it is not an object."""
    body: Any = request.json
    return {**body} if isinstance(body, dict) else {}


def with_body(request: Request, body: object) -> Request:
    """Return the request with another body."""
    return evolve(request, body=json.dumps(body).encode())


def other(request: Request, method: str, path: str, body: object = None, **params: str) -> Request:
    """Return another request that the server sends to itself, with the credential of the request."""
    headers = {name: value for name, value in request.headers.items() if name not in ("content-length", "content-type")}
    sent = b"" if body is None else json.dumps(body).encode()
    if sent:
        headers["content-type"] = "application/json"
    return Request(method, path, {name: [value] for name, value in params.items()}, headers, sent)


def no_content(response: Response) -> Response:
    """Return a 204 with the other headers of a response."""
    headers = {name: value for name, value in response.headers.items() if name != "content-type"}
    return Response(204, headers)


def complete(bug: Bug) -> Bug:
    """Return the bug with `HEAD` like `GET`, and with limits that count only the requests of clients."""

    async def run(server: Server, request: Request) -> Response:
        if request.method == "HEAD" and not request.path.endswith(("/log", "/log.txt", "/log.html")):
            response = await counted(bug, server, evolve(request, method="GET"))
            response.headers["content-length"], response.body = str(len(response.body)), b""
            return response
        return await counted(bug, server, request)

    return run


async def counted(bug: Bug, server: Server, request: Request) -> Response:
    """Return the response with a bug. The further requests that the server sends to itself do not count."""
    limits: list[dict[str, str]] = []

    async def call(one: Request) -> Response:
        response = await server.call(one)
        limits.append({name: value for name, value in response.headers.items() if name.startswith("ratelimit-")})
        return response

    response = await bug(Server(call, server.memory), request)
    if not limits or "ratelimit-reset" not in limits[0]:
        return response
    if len(limits) > 1:
        response.headers |= {name: value for name, value in limits[0].items() if name in response.headers}
    reset, known = int(limits[0]["ratelimit-reset"]), server.memory.get("uncounted", (0, 0))
    refund = known[1] if reset <= known[0] else 0
    server.memory["uncounted"] = reset, refund + len(limits) - 1
    for name in ("ratelimit-remaining", "ratelimit-user-remaining"):
        if name in response.headers:
            response.headers[name] = str(int(response.headers[name]) + refund)
    if request.path.endswith("/rate_limit") and response.status == 200:
        scopes = response.json["scopes"]
        scopes["rest"]["current"] -= refund
        response.json = response.json | {"scopes": scopes}
    return response


async def edited(server: Server, request: Request, edit: Callable[[Any], Any], *routes: str) -> Response:
    """Return the response with each object of a successful body changed by `edit`, for these routes."""
    response = await server.call(request)
    if matches(request, *routes) and response.status in (200, 201):
        found: Any = response.json
        if response.body.startswith(b"["):
            response.json = [edit(one) for one in found]
        elif "items" in found:
            response.json = found | {"items": [edit(one) for one in found["items"]]}
        else:
            response.json = edit(found)
    return response


async def repaged(server: Server, request: Request, choose: Callable[[list[Any]], list[Any]]) -> Response:
    """Return a page of the list that `choose` makes of at most a thousand items."""
    response = await server.call(deepcopy(request))
    if response.status != 200:
        return response
    items: list[Any] = []
    for number in range(1, 11):
        params = request.params | {"per_page": ["100"], "page": [str(number)]}
        found = (await server.call(deepcopy(evolve(request, params=params)))).json
        items += found
        if len(found) < 100:
            break
    items = choose(items)
    page, size = number_of(request, "page", 1), min(number_of(request, "per_page", 30), 100)
    last = max(1, -(-len(items) // size))
    links = {"first": 1, "prev": page - 1} if page > 1 else {}
    links |= {"next": page + 1, "last": last} if page < last else {}
    response.headers.pop("link", None)
    if links:
        response.headers["link"] = ", ".join(f'<{url(request, page)}>; rel="{rel}"' for rel, page in links.items())
    response.json = items[(page - 1) * size : page * size]
    return response


def number_of(request: Request, name: str, default: int) -> int:
    """Return a positive number in the query."""
    found = request.params.get(name, [""])[-1]
    return int(found) if found.isdecimal() and int(found) else default


def url(request: Request, page: int) -> str:
    """Return the URL of another page of the list of the request."""
    query = urlencode(sorted((request.params | {"page": [str(page)]}).items()), doseq=True)
    return f"http://{request.headers.get('host', 'localhost')}{request.path}?{query}"
