"""The contenders. Each imports what it needs when it is made, so that a process pays for one of them only."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeAlias

from .places import TOKEN

OURS = "buildkite-rest"
OURS_2 = "buildkite-rest on httpx2"
HTTPX = "httpx + json.loads"
HTTPX_2 = "httpx2 + json.loads"
PYBUILDKITE = "pybuildkite"
STOCK = "openapi-python-client, stock"
PYDANTIC = "httpx + pydantic models"
NOTHING = "python, nothing read"

Call: TypeAlias = Callable[[], object]
AsyncCall: TypeAlias = Callable[[], Awaitable[object]]


def ours(url: str, http_client: Any = None) -> Any:
    from buildkite_rest import Buildkite

    return Buildkite(TOKEN, base_url=url, strict=True, http_client=http_client)


def ours_async(url: str, http_client: Any = None) -> Any:
    from buildkite_rest import AsyncBuildkite

    return AsyncBuildkite(TOKEN, base_url=url, strict=True, http_client=http_client)


def bare(url: str, kind: str = "Client", library: str = "httpx") -> Any:
    """Return a client of the HTTP library, with the options that ours makes one with."""
    module = __import__(library)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    return getattr(module, kind)(base_url=url, headers=headers, timeout=module.Timeout(30, connect=10))


def pybuildkite(url: str) -> Any:
    from pybuildkite.buildkite import Buildkite

    client = Buildkite()
    client.base_url = f"{url}/v2/"
    client.set_access_token(TOKEN)
    return client


def stock(url: str) -> Any:
    from stock_client.client import AuthenticatedClient

    return AuthenticatedClient(base_url=url, token=TOKEN)


def loaded(answer: Any) -> Any:
    if answer.status_code != 200:
        raise RuntimeError(f"unexpected status {answer.status_code}")
    return json.loads(answer.content)


def get_build(url: str, org: str) -> dict[str, Call]:
    """Return how each client reads one build."""
    import httpx2
    from stock_client.api.builds import get_build as stock_get

    path = f"/v2/organizations/{org}/pipelines/web/builds/1"
    first, second = bare(url), bare(url, library="httpx2")
    one, two = ours(url), ours(url, httpx2.Client(timeout=httpx2.Timeout(30, connect=10)))
    dicts, models = pybuildkite(url), stock(url)
    return {
        OURS: lambda: one.builds.get(org, "web", 1),
        OURS_2: lambda: two.builds.get(org, "web", 1),
        HTTPX: lambda: loaded(first.get(path)),
        HTTPX_2: lambda: loaded(second.get(path)),
        PYBUILDKITE: lambda: dicts.builds().get_build_by_number(org, "web", 1),
        STOCK: lambda: stock_get.sync(org, "web", 1, client=models),
    }


def get_user(url: str) -> dict[str, Call]:
    """Return how each client reads the user, the smallest answer."""
    import httpx2
    from stock_client.api.user import get_user as stock_get

    first, second = bare(url), bare(url, library="httpx2")
    one, two = ours(url), ours(url, httpx2.Client(timeout=httpx2.Timeout(30, connect=10)))
    dicts, models = pybuildkite(url), stock(url)
    return {
        OURS: one.user.get,
        OURS_2: two.user.get,
        HTTPX: lambda: loaded(first.get("/v2/user")),
        HTTPX_2: lambda: loaded(second.get("/v2/user")),
        PYBUILDKITE: lambda: dicts.users().get_current_user(),
        STOCK: lambda: stock_get.sync(client=models),
    }


def get_build_async(url: str, org: str) -> dict[str, AsyncCall]:
    """Return how each asynchronous client reads one build."""
    import httpx2
    from stock_client.api.builds import get_build as stock_get

    path = f"/v2/organizations/{org}/pipelines/web/builds/1"
    first, second = bare(url, "AsyncClient"), bare(url, "AsyncClient", "httpx2")
    one, two = ours_async(url), ours_async(url, httpx2.AsyncClient(timeout=httpx2.Timeout(30, connect=10)))
    models = stock(url)

    async def read(client: Any) -> object:
        return loaded(await client.get(path))

    return {
        OURS: lambda: one.builds.get(org, "web", 1),
        OURS_2: lambda: two.builds.get(org, "web", 1),
        HTTPX: lambda: read(first),
        HTTPX_2: lambda: read(second),
        STOCK: lambda: stock_get.asyncio(org, "web", 1, client=models),
    }


def follow(client: Any, org: str) -> Iterator[Any]:
    """Iterate builds as one does with a bare client: page by page, along `Link`."""
    url: str | None = f"/v2/organizations/{org}/builds?per_page=100"
    while url is not None:
        answer = client.get(url)
        yield from loaded(answer)
        url = answer.links.get("next", {}).get("url")


def follow_pybuildkite(client: Any, org: str) -> Iterator[Any]:
    """Iterate builds as pybuildkite does it."""
    page = 1
    while page:
        answer = client.builds().list_all_for_org(org, page=page, with_pagination=True)
        yield from answer.body
        page = answer.next_page


def follow_stock(client: Any, org: str) -> Iterator[Any]:
    """Iterate builds with the stock client, which knows no pages: the caller counts them until `Link` has no next."""
    from stock_client.api.builds import list_organization_builds

    page = 1
    while True:
        answer = list_organization_builds.sync_detailed(org, client=client, page=page, per_page=100)
        yield from answer.parsed
        if 'rel="next"' not in answer.headers.get("Link", ""):
            return
        page += 1
