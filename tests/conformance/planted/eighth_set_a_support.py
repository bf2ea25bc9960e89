"""Paths and tools of the bugs in the first half of the eighth set."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.runner_support import TOKEN

MUTANTS: Final = Mutants()
"""All bugs of the set, filled by the modules of the classes."""

ORG: Final = "/v2/organizations/acme"
WEB: Final = f"{ORG}/pipelines/web"
BUILDS: Final = "/v2/organizations/{org}/pipelines/{pipeline}/builds"
BUILD: Final = f"{BUILDS}/{{number}}"
ORG_JOB: Final = "/v2/organizations/{org}/jobs/{job}"
BUILD_JOB: Final = f"{BUILD}/jobs/{{job}}"
CLUSTERS: Final = "/v2/organizations/{org}/clusters"
CLUSTER: Final = f"{CLUSTERS}/{{cluster}}"
AGENTS: Final = "/v2/organizations/{org}/agents"


def matching(request: Request, method: str, *templates: str) -> dict[str, str] | None:
    """Return the path parameters of the first template that matches."""
    found = (request.values(method, template) for template in templates)
    return next((values for values in found if values is not None), None)


async def read(server: Server, request: Request, path: str, **params: str) -> Any:
    """Return the body of a `GET` request with the headers of `request`, or None if it failed."""
    response = await fetch(server, request, path, **params)
    return response.json if response.status == 200 else None


async def fetch(
    server: Server, request: Request, path: str, *, method: str = "GET", token: str | None = None, **params: str
) -> Response:
    """Send another request, by default with the token of `request`."""
    authorization = request.headers.get("authorization", "") if token is None else f"Bearer {token}"
    values = {name: [value] for name, value in params.items()}
    return await server.call(Request(method, path, values, {"authorization": authorization}, b""))


async def send(server: Server, request: Request, method: str, path: str, body: object) -> Response:
    """Send another request with a JSON body and the headers of `request`."""
    headers = {**request.headers, "content-type": "application/json"}
    headers.pop("content-length", None)
    return await server.call(Request(method, path, {}, headers, json.dumps(body).encode()))


async def scopes(server: Server, request: Request) -> set[str]:
    """Return the scopes of the token of `request`."""
    return set((await read(server, request, "/v2/access-token") or {}).get("scopes", []))


async def as_owner(server: Server, request: Request) -> Response:
    """Send `request` with a token that has all scopes."""
    return await server.call(
        Request(
            request.method,
            request.path,
            request.params,
            {**request.headers, "authorization": f"Bearer {TOKEN}"},
            request.body,
        )
    )


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Yield all objects in a body, the outer ones first."""
    if isinstance(value, dict):
        yield value
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from objects(child)


def overwrite(response: Response, changes: dict[str, dict[str, Any]]) -> None:
    """Overwrite properties of the objects whose ids are in `changes`, in a successful response."""
    body = response.json
    if response.status >= 300 or not changes or body is None:
        return
    for each in objects(body):
        for name, value in changes.get(str(each.get("id")), {}).items():
            if name in each:
                each[name] = value
    response.json = body


def some_user(http: httpx.Client, *, other: bool = False) -> str:
    """Return the id of the user of the token, or of another member of the organization."""
    own = http.get("/v2/user").json()["id"]
    if not other:
        return str(own)
    return next(str(each["id"]) for each in http.get(f"{ORG}/members").json() if each["id"] != own)


def new_cluster(http: httpx.Client, **properties: object) -> dict[str, Any]:
    """Create a cluster and return it."""
    created = http.post(f"{ORG}/clusters", json={"name": "Eighth", **properties})
    assert created.status_code == 201, created.text
    body: dict[str, Any] = created.json()
    return body


def path_of(url: str) -> str:
    """Return the path of a URL of the API."""
    return httpx.URL(url).path


def job_of(http: httpx.Client, number: int, state: str) -> dict[str, Any]:
    """Return the first command job in a state, of a build of the pipeline `web`."""
    jobs = http.get(f"{WEB}/builds/{number}").json()["jobs"]
    return next(job for job in jobs if (job["type"], job["state"]) == ("script", state))


def build_in(http: httpx.Client, state: str) -> int:
    """Return the number of a build of the pipeline `web` in a state."""
    return int(http.get(f"{WEB}/builds", params={"state": state}).json()[0]["number"])
