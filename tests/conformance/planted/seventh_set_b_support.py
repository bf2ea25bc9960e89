"""Helpers of the second half of the seventh set of planted bugs."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
from attrs import evolve
from tests.conformance.planted.mutant import Request, Response, Server

ORG: Final = "/v2/organizations/acme"
WEB: Final = f"{ORG}/pipelines/web"
ANY_ORG: Final = "/v2/organizations/{org}"
ANY_PIPELINE: Final = "/v2/organizations/{org}/pipelines/{pipeline}"
ANY_BUILD: Final = "/v2/organizations/{org}/pipelines/{pipeline}/builds/{number}"
JOBS: Final = ("/v2/organizations/{org}/jobs/{job}", ANY_BUILD + "/jobs/{job}")
"""Both routes of a job."""
FOREIGN_TOKEN: Final = "bkua_mock_globex"
NO_SCOPE_TOKEN: Final = "bkua_mock_no_scopes"
READ_ONLY_TOKEN: Final = "bkua_mock_read_only"


def is_for(request: Request, method: str, *templates: str) -> bool:
    """Return whether a request has this method, and the path of one of the templates."""
    return any(request.values(method, template) is not None for template in templates)


def reads(request: Request, *templates: str) -> bool:
    """Return whether a request is a GET or HEAD of one of the templates."""
    return is_for(request, "GET", *templates) or is_for(request, "HEAD", *templates)


async def get(server: Server, request: Request, path: str, **params: str) -> Response:
    """Get another path with the credential of a request."""
    own = {"authorization": request.headers.get("authorization", ""), "host": request.headers.get("host", "")}
    return await server.call(Request("GET", path, {name: [value] for name, value in params.items()}, own, b""))


async def with_token(server: Server, request: Request, token: str) -> Response:
    """Repeat a request with another token."""
    copy = deepcopy(request)
    return await server.call(evolve(copy, headers={**copy.headers, "authorization": f"Bearer {token}"}))


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Yield all objects in a JSON value."""
    if isinstance(value, dict):
        yield value
        for child in value.values():
            yield from objects(child)
    elif isinstance(value, list):
        for child in value:
            yield from objects(child)


def bearer(token: str) -> dict[str, str]:
    """Return the headers for a token."""
    return {"Authorization": f"Bearer {token}"}


def path_of(url: str) -> str:
    """Return the path of a URL."""
    return urlsplit(url).path


def new_pipeline(http: httpx.Client, name: str, **values: Any) -> str:
    """Create a pipeline and return its path."""
    cluster = http.get(WEB).json()["cluster_id"]
    body = {
        "name": name,
        "cluster_id": cluster,
        "repository": "git@github.com:acme/seventh.git",
        "configuration": "steps:\n  - command: make\n",
        **values,
    }
    response = http.post(f"{ORG}/pipelines", json=body)
    assert response.status_code == 201, response.text
    return path_of(response.json()["url"])
