"""Contenders. Each imports its library when it is created, so that a process loads only one of them."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from .paths import TOKEN

OURS = "buildkite-rest"
OURS_2 = "buildkite-rest on httpx2"
HTTPX = "httpx + json.loads"
HTTPX_2 = "httpx2 + json.loads"
PYBUILDKITE = "pybuildkite"

Call: TypeAlias = Callable[[], object]
AsyncCall: TypeAlias = Callable[[], Awaitable[object]]


def ours(url: str, http_client: Any = None) -> Any:
    from buildkite_rest import Buildkite

    return Buildkite(TOKEN, base_url=url, strict=True, http_client=http_client)


def ours_async(url: str, http_client: Any = None) -> Any:
    from buildkite_rest import AsyncBuildkite

    return AsyncBuildkite(TOKEN, base_url=url, strict=True, http_client=http_client)


def bare(url: str, kind: str = "Client", library: str = "httpx") -> Any:
    """Return a client of the HTTP library, with the options of ours."""
    module = __import__(library)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    return getattr(module, kind)(base_url=url, headers=headers, timeout=module.Timeout(30, connect=10))


def pybuildkite(url: str) -> Any:
    from pybuildkite.buildkite import Buildkite

    client = Buildkite()
    client.base_url = f"{url}/v2/"
    client.set_access_token(TOKEN)
    return client


def loaded(response: Any) -> Any:
    if response.status_code != 200:
        raise RuntimeError(f"unexpected status {response.status_code}")
    return json.loads(response.content)


def get_build(url: str, org: str) -> dict[str, Call]:
    """Return a call of each client that reads one build."""
    import httpx2

    path = f"/v2/organizations/{org}/pipelines/web/builds/1"
    first, second = bare(url), bare(url, library="httpx2")
    one, two = ours(url), ours(url, httpx2.Client(timeout=httpx2.Timeout(30, connect=10)))
    dicts = pybuildkite(url)
    return {
        OURS: lambda: one.builds.get(org, "web", 1),
        OURS_2: lambda: two.builds.get(org, "web", 1),
        HTTPX: lambda: loaded(first.get(path)),
        HTTPX_2: lambda: loaded(second.get(path)),
        PYBUILDKITE: lambda: dicts.builds().get_build_by_number(org, "web", 1),
    }


def get_user(url: str) -> dict[str, Call]:
    """Return a call of each client that reads the user, the smallest response."""
    first, one, dicts = bare(url), ours(url), pybuildkite(url)
    return {
        OURS: one.user.get,
        HTTPX: lambda: loaded(first.get("/v2/user")),
        PYBUILDKITE: lambda: dicts.users().get_current_user(),
    }


def get_build_async(url: str, org: str) -> dict[str, AsyncCall]:
    """Return a call of each asynchronous client that reads one build."""
    import httpx2

    path = f"/v2/organizations/{org}/pipelines/web/builds/1"
    first, second = bare(url, "AsyncClient"), bare(url, "AsyncClient", "httpx2")
    one, two = ours_async(url), ours_async(url, httpx2.AsyncClient(timeout=httpx2.Timeout(30, connect=10)))

    async def read(client: Any) -> object:
        return loaded(await client.get(path))

    return {
        OURS: lambda: one.builds.get(org, "web", 1),
        OURS_2: lambda: two.builds.get(org, "web", 1),
        HTTPX: lambda: read(first),
        HTTPX_2: lambda: read(second),
    }
