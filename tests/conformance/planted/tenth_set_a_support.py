"""Paths, requests and pages that the parts of the set share."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlencode

import httpx
from attrs import evolve
from tests.conformance.planted.mutant import Request, Response, Server

V2: Final = "/v2/organizations/{org}"
BUILD: Final = V2 + "/pipelines/{pipeline}/builds/{build}"
CLUSTER: Final = V2 + "/clusters/{cluster}"
ANALYTICS: Final = "/v2/analytics/organizations/{org}"
TESTS: Final = ANALYTICS + "/suites/{suite}/tests"
PACKAGE: Final = "/v2/packages/organizations/{org}/registries/{registry}/packages/{package}"

ACME: Final = "/v2/organizations/acme"
WEB: Final = f"{ACME}/pipelines/web"
SUITES: Final = "/v2/analytics/organizations/acme/suites"
REGISTRIES: Final = "/v2/packages/organizations/acme/registries"
VERSION: Final = {"Buildkite-Version": "2026-08-01"}


def token(name: str) -> dict[str, str]:
    """Return the headers of a request with a token of the mock server."""
    return {"authorization": f"Bearer bkua_mock_{name}"}


def cluster(http: httpx.Client, name: str) -> str:
    """Return the URL of a cluster."""
    return str(next(one["url"] for one in http.get(f"{ACME}/clusters").json() if one["name"] == name))


def script_job(http: httpx.Client) -> str:
    """Return the path of a finished command job that has a log and an environment."""
    jobs = http.get(f"{WEB}/builds/3/jobs").json()["items"]
    job = next(job["id"] for job in jobs if job["type"] == "script" and job["finished_at"])
    return f"{ACME}/jobs/{job}"


def matches(request: Request, *routes: str) -> bool:
    """Return whether the request has one of the routes, such as `GET /v2/user`. A route of `GET` includes `HEAD`."""
    method = "GET" if request.method == "HEAD" else request.method
    probe = evolve(request, method=method)
    return any(probe.values(*route.split(" ", 1)) is not None for route in routes)


def with_body(request: Request, body: object) -> Request:
    """Return the request with another JSON body."""
    return evolve(request, body=json.dumps(body).encode())


def properties(request: Request) -> dict[str, Any]:
    """Return the properties of the body, none if it is not an object."""
    return request.json if isinstance(request.json, dict) else {}


def derived(request: Request, method: str, path: str, *, body: object = None, **params: str) -> Request:
    """Return another request with the same credential."""
    headers = {name: value for name, value in request.headers.items() if name in ("host", "authorization")}
    content = b""
    if body is not None:
        headers["content-type"] = "application/json"
        content = json.dumps(body).encode()
    return Request(method, path, {name: [value] for name, value in params.items()}, headers, content)


def with_token(request: Request, name: str) -> Request:
    """Return the request with a token of the mock server."""
    return evolve(request, headers=request.headers | token(name))


async def edited(server: Server, request: Request, edit: Callable[[Any], Any], *routes: str) -> Response:
    """Change the bodies of successful responses."""
    response = await server.call(request)
    if matches(request, *routes) and response.status < 300 and response.json is not None:
        response.json = edit(response.json)
    return response


def each(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[Any], Any]:
    """Return a function that changes an object, or each object of a list."""

    def edit(found: Any) -> Any:
        if isinstance(found, list):
            return [change(one) for one in found]
        return change(found) if isinstance(found, dict) else found

    return edit


async def memberships(server: Server, request: Request, organization: str, user: str) -> dict[str, Any]:
    """Return the memberships of a user by the path of each, as far as the credential may read them."""
    teams = f"/v2/organizations/{organization}/teams"
    listed = await server.call(derived(request, "GET", teams, per_page="100"))
    paths = [f"{teams}/{team['id']}/members/{user}" for team in listed.json] if listed.status == 200 else []
    found = {path: await server.call(derived(request, "GET", path)) for path in paths}
    return {path: response.json for path, response in found.items() if response.status == 200}


def page_of(request: Request) -> tuple[int, int]:
    """Return the page and the number of items per page of the request."""
    page, size = (request.params.get(name, [""])[-1] for name in ("page", "per_page"))
    return int(page) if page.isdigit() and int(page) else 1, min(int(size), 100) if size.isdigit() and int(size) else 30


def link_header(request: Request, pages: int) -> str:
    """Return the `Link` header of a list with that many pages."""
    page, _ = page_of(request)
    found = {"first": 1, "prev": page - 1} if page > 1 else {}
    if page < pages:
        found |= {"next": page + 1, "last": pages}
    url = f"http://{request.headers['host']}{request.path}?"
    return ", ".join(
        f'<{url}{urlencode(sorted((request.params | {"page": [str(number)]}).items()), doseq=True)}>; rel="{rel}"'
        for rel, number in found.items()
    )


async def filtered(
    server: Server, request: Request, keep: Callable[[dict[str, Any]], bool], *, without: str = ""
) -> Response:
    """Return the page of a list of at most 100 items that has only some of them."""
    response = await server.call(request)
    if response.status != 200:
        return response
    params = {name: values for name, values in request.params.items() if name not in ("page", without)}
    everything = await server.call(evolve(request, method="GET", params=params | {"per_page": ["100"]}))
    kept = [one for one in everything.json if keep(one)]
    page, size = page_of(request)
    response.headers.pop("link", None)
    if link := link_header(request, -(-len(kept) // size)):
        response.headers["link"] = link
    if request.method != "HEAD":
        response.json = kept[(page - 1) * size : page * size]
    return response
