"""Paths, requests and lists that the parts of the twelfth set share."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final, TypeAlias
from urllib.parse import urlencode, urlsplit

import httpx
from attrs import evolve
from tests.conformance.planted.mutant import Request, Response, Server

ORG: Final = "/v2/organizations/acme"
"""Path of the seeded organization."""
WEB: Final = f"{ORG}/pipelines/web"
SUITES: Final = "/v2/analytics/organizations/acme/suites"
REGISTRIES: Final = "/v2/packages/organizations/acme/registries"

V2: Final = "/v2/organizations/{org}"
"""Template of the path of an organization."""
BUILD: Final = V2 + "/pipelines/{pipeline}/builds/{build}"
CLUSTER: Final = V2 + "/clusters/{cluster}"
REGISTRY: Final = "/v2/packages/organizations/{org}/registries/{registry}"
SUITE: Final = "/v2/analytics/organizations/{org}/suites/{suite}"

ALL_SCOPES: Final = "bkua_mock_all_scopes"
"""Token with which bugs send requests of their own."""
TWO_ORGANIZATIONS: Final = "bkua_mock_globex"
"""Token for both organizations of the mock server."""

Change: TypeAlias = Callable[[dict[str, Any]], dict[str, Any]]


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def matches(request: Request, *routes: str) -> dict[str, str] | None:
    """Return the path parameters if a route matches, such as `GET /v2/organizations/{org}`."""
    for route in routes:
        method, template = route.split(" ", 1)
        found = request.values(method, template)
        if found is not None:
            return found
    return None


async def fetch(
    server: Server, request: Request, url: str, *, method: str = "GET", body: object = None, **params: str
) -> Response:
    """Send another request to the host of `request`, with all scopes. `url` may be a path."""
    headers = {"authorization": f"Bearer {ALL_SCOPES}", "content-type": "application/json"}
    if "host" in request.headers:
        headers["host"] = request.headers["host"]
    content = b"" if body is None else json.dumps(body).encode()
    query = {name: [value] for name, value in params.items()}
    return await server.call(Request(method, urlsplit(url).path, query, headers, content))


async def all_items(server: Server, request: Request) -> list[Any]:
    """Return the items of all pages of a list, with the filters and the credential of `request`."""
    items: list[Any] = []
    page = 1
    while True:
        params = request.params | {"page": [str(page)], "per_page": ["100"]}
        response = await server.call(evolve(request, params=params))
        if response.status != 200:
            return items
        items += response.json
        if 'rel="next"' not in response.headers.get("link", ""):
            return items
        page += 1


def paged(request: Request, response: Response, items: list[Any]) -> Response:
    """Return `response` with a page of other items, and with links to the other pages of these."""
    try:
        size = min(int(request.params.get("per_page", ["30"])[-1]), 100)
        page = max(int(request.params.get("page", ["1"])[-1]), 1)
        last = max(-(-len(items) // size), 1)
    except (ValueError, ZeroDivisionError):
        return response
    pages: dict[str, int] = {}
    if page > 1:
        pages |= {"first": 1, "prev": min(page - 1, last)}
    if page < last:
        pages |= {"next": page + 1, "last": last}
    response.json = items[(page - 1) * size : page * size]
    response.headers.pop("link", None)
    if pages:
        response.headers["link"] = ", ".join(f'<{_page_url(request, n)}>; rel="{rel}"' for rel, n in pages.items())
    return response


def _page_url(request: Request, page: int) -> str:
    query = urlencode(sorted((request.params | {"page": [str(page)]}).items()), doseq=True)
    return f"http://{request.headers.get('host', '')}{request.path}?{query}"


def objects_changed(response: Response, change: Change) -> Response:
    """Return `response` with `change` applied to all of its JSON objects."""
    before = response.json
    after = _changed(before, change)
    if after != before:
        response.json = after
    return response


def _changed(value: Any, change: Change) -> Any:
    if isinstance(value, list):
        return [_changed(item, change) for item in value]
    if isinstance(value, dict):
        return change({key: _changed(item, change) for key, item in value.items()})
    return value


def new_team(http: httpx.Client, name: str) -> str:
    """Create a team and return its path."""
    body = {"name": name, "privacy": "visible", "is_default_team": False, "default_member_role": "member"}
    return f"{ORG}/teams/{http.post(f'{ORG}/teams', json=body).json()['id']}"


def with_limits(response: Response, own: Response) -> Response:
    """Return a response to another credential with the rate limits of the response to the own one."""
    response.headers |= {name: value for name, value in own.headers.items() if name.startswith("ratelimit-")}
    return response


def with_body(request: Request, body: object) -> Request:
    """Return the request with another body."""
    changed = evolve(request)
    changed.json = body
    return changed


def text_replaced(response: Response, old: str, new: str) -> Response:
    """Return `response` with a text replaced in its body."""
    if old.encode() in response.body:
        response.body = response.body.replace(old.encode(), new.encode())
    return response
