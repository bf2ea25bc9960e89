"""Paths, requests and test data that the bugs of the fifth set, part b, and their witnesses share."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
from attrs import evolve
from tests.conformance.planted.mutant import Request, Response, Server

ORGANIZATION = "/v2/organizations/acme"
CLUSTERS = f"{ORGANIZATION}/clusters"
SUITES = "/v2/analytics/organizations/acme/suites"
REGISTRIES = "/v2/packages/organizations/acme/registries"
VERSION = {"Buildkite-Version": "2026-08-01"}
READ_ONLY = {"Authorization": "Bearer bkua_mock_read_only"}


async def send(
    server: Server, request: Request, method: str, path: str, body: object = None, **params: str
) -> Response:
    """Send another request with the headers of `request`."""
    headers = {name: value for name, value in request.headers.items() if name not in ("content-length", "content-type")}
    content = b"" if body is None else json.dumps(body).encode()
    if content:
        headers["content-type"] = "application/json"
    query = {name: [value] for name, value in params.items()}
    return await server.call(Request(method, path, query, headers, content))


def as_token(request: Request, token: str) -> Request:
    """Return the request with another token."""
    return evolve(request, headers={**request.headers, "authorization": f"Bearer {token}"})


def with_parameter(response: Response, name: str, value: str) -> Response:
    """Return the response with a value of a parameter in its links, so that only its body has a bug."""
    if link := response.headers.get("link"):
        sent = f"{name}={quote(value, safe='')}"
        response.headers["link"] = re.sub(rf"(?<=[?&]){name}=[^&>]*", lambda _: sent, link)
    return response


async def scopes(server: Server, request: Request) -> set[str]:
    """Return the scopes of the token of a request."""
    found = (await send(server, request, "GET", "/v2/access-token")).json
    return set(found.get("scopes", ())) if isinstance(found, dict) else set()


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Yield all objects in JSON, the outer ones first."""
    if isinstance(value, dict):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from objects(item)


def cluster_path(http: httpx.Client, name: str) -> str:
    """Return the path of the cluster with a name, `Default cluster` or `Hosted`."""
    clusters = http.get(CLUSTERS).json()
    return f"{CLUSTERS}/{next(cluster['id'] for cluster in clusters if cluster['name'] == name)}"


def new_pipeline(http: httpx.Client, name: str) -> str:
    """Create a pipeline and return its path."""
    cluster = cluster_path(http, "Default cluster").rsplit("/", 1)[-1]
    body = {"name": name, "cluster_id": cluster, "repository": "git@github.com:acme/planted.git"}
    created = http.post(f"{ORGANIZATION}/pipelines", json=body | {"configuration": "steps:\n  - command: make\n"})
    assert created.status_code == 201, created.text
    return f"{ORGANIZATION}/pipelines/{created.json()['slug']}"


def new_registry(http: httpx.Client, name: str) -> str:
    """Create a registry for files and return its path."""
    team = http.get(f"{ORGANIZATION}/teams").json()[0]["id"]
    created = http.post(REGISTRIES, json={"name": name, "ecosystem": "files", "team_ids": [team]})
    assert created.status_code == 200, created.text
    return f"{REGISTRIES}/{created.json()['slug']}"


def new_package(http: httpx.Client, registry: str) -> dict[str, Any]:
    """Publish a package with the content `hello` and return it."""
    created = http.post(f"{registry}/packages", files={"file": ("hello-1.0.0.txt", b"hello")})
    assert created.status_code == 200, created.text
    return created.json()


def failed_executions_path(http: httpx.Client) -> str:
    """Return the path of the failed executions of a run that has some."""
    runs = http.get(f"{SUITES}/rspec/runs").json()
    paths = (f"{SUITES}/rspec/runs/{run['id']}/failed_executions" for run in runs if run["result"] == "failed")
    return next(path for path in paths if http.get(path).json())
