"""Wrong errors, and invalid requests that are accepted."""

from __future__ import annotations

from copy import deepcopy
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.thirteenth_set_b_support import ACME, V2, clusters, each, edited, matches

MUTANTS = Mutants()


def unsupported_connection(http: httpx.Client) -> None:
    connections = http.get(f"{ACME}/repository_connections").json()
    connection = next(one for one in connections if one["type"] == "bitbucket_server")
    assert http.get(f"{connection['url']}/repositories").status_code == 422


@MUTANTS.plant(
    "errors",
    operations="listConnectedRepositories",
    title="a connection that cannot list its repositories has an empty list",
    source="pages/apis/rest_api/repository_connections.md: the endpoint returns 422 Unprocessable Entity",
    witness=unsupported_connection,
)
async def unsupported_connection_is_empty(server: Server, request: Request) -> Response:
    response = await server.call(request)
    path = f"{V2}/repository_connections/{{connection}}/repositories"
    if matches(request, f"GET {path}", f"HEAD {path}") is not None and response.status == 422:
        response.status, response.body = 200, b"[]" if request.method == "GET" else b""
    return response


def mirror_without_fragment(http: httpx.Client) -> None:
    body = {"clone_mirror_url": "https://mirror.example/acme/api.git#main"}
    assert http.patch(f"{ACME}/pipelines/api", json=body).status_code == 422


@MUTANTS.plant(
    "errors",
    operations="createPipeline updatePipeline",
    title="the query and the fragment of `clone_mirror_url` are removed instead of refused",
    source="pages/apis/rest_api/pipelines.md: must not contain credentials, query parameters, or fragments",
    witness=mirror_without_fragment,
)
async def mirror_is_trimmed(server: Server, request: Request) -> Response:
    url = request.json.get("clone_mirror_url") if isinstance(request.json, dict) else None
    routes = (f"POST {V2}/pipelines", f"PATCH {V2}/pipelines/{{pipeline}}")
    if matches(request, *routes) is not None and isinstance(url, str) and "://" in url:
        try:
            trimmed = urlunsplit(urlsplit(url)._replace(query="", fragment=""))
        except ValueError:
            return await server.call(request)
        if trimmed != url:
            request.json = request.json | {"clone_mirror_url": trimmed}
    return await server.call(request)


def whole_batch_is_refused(http: httpx.Client) -> None:
    body = {"emails": ["valid@elsewhere.example", "invalid"], "sso_mode": "optional"}
    assert http.post(f"{ACME}/invitations", json=body).status_code == 422
    invited = [one["email"] for one in http.get(f"{ACME}/invitations").json()["items"]]
    assert "valid@elsewhere.example" not in invited


@MUTANTS.plant(
    "errors",
    operations="createOrganizationInvitations",
    title="addresses before an invalid one are invited",
    source="pages/apis/rest_api/organizations/invitations.md: If any address is invalid, no invitations are created",
    witness=whole_batch_is_refused,
)
async def batch_is_invited_in_part(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"POST {V2}/invitations") is None or response.status != 422:
        return response
    body: Any = request.json
    emails = body.get("emails") if isinstance(body, dict) else None
    for email in emails if isinstance(emails, list) and len(emails) > 1 else []:
        single = deepcopy(request)
        single.json = body | {"emails": [email]}
        if (await server.call(single)).status != 201:
            break
    return response


def reserved_prefix(http: httpx.Client) -> None:
    secrets = f"{clusters(http)['Experiments']}/secrets"
    for key in ("bk_token", "BK_TOKEN", "Buildkite_token"):
        assert http.post(secrets, json={"key": key, "value": "value"}).status_code == 422


@MUTANTS.plant(
    "errors",
    operations="createClusterSecret",
    title="the reserved prefixes of keys of secrets are refused in lower case only",
    source="pages/apis/rest_api/clusters/secrets.md: Cannot start with buildkite or bk (case insensitive)",
    witness=reserved_prefix,
)
async def reserved_prefix_in_capitals(server: Server, request: Request) -> Response:
    secrets = f"{V2}/clusters/{{cluster}}/secrets"
    key = request.json.get("key") if isinstance(request.json, dict) else None
    if matches(request, f"POST {secrets}") is not None and isinstance(key, str):
        reserved = key.lower().startswith(("buildkite", "bk")) and not key.startswith(("buildkite", "bk"))
        if reserved:
            request.json = request.json | {"key": f"K_{key}"}
            created = await server.call(request)
            if created.status == 201:
                server.memory[created.json["id"]] = key
                created.json = created.json | {"key": key}
            return created

    def edit(secret: Any) -> Any:
        return secret | {"key": server.memory.get(secret["id"], secret["key"])}

    one = f"{secrets}/{{secret}}"
    return await edited(server, request, each(edit), f"GET {secrets}", f"GET {one}", f"PUT {one}", f"PUT {one}/value")


def paused_once(http: httpx.Client) -> None:
    queues = http.get(f"{clusters(http)['Default cluster']}/queues").json()
    queue = next(one for one in queues if one["dispatch_paused"])["url"]
    again = http.post(f"{queue}/pause_dispatch", json={"dispatch_paused_note": "Again"})
    assert again.status_code == 422
    assert again.json()["message"] == "Cluster queue is already paused"


@MUTANTS.plant(
    "errors",
    operations="pauseClusterQueueDispatch",
    title="a queue that is paused can be paused again, with another note",
    source="pages/apis/rest_api/clusters/queues.md: 422: Cluster queue is already paused",
    witness=paused_once,
)
async def queue_is_paused_twice(server: Server, request: Request) -> Response:
    response = await server.call(request)
    found = matches(request, f"POST {V2}/clusters/{{cluster}}/queues/{{queue}}/pause_dispatch")
    if found is None or response.status != 422 or "already paused" not in response.json["message"]:
        return response
    body: Any = request.json or {}
    if not isinstance(body, dict) or not isinstance(body.get("dispatch_paused_note"), str | None):
        return response
    resumed = deepcopy(request)
    resumed.path, resumed.body = request.path.replace("/pause_dispatch", "/resume_dispatch"), b""
    await server.call(resumed)
    return await server.call(request)


def conflict_of_names(http: httpx.Client) -> None:
    images = f"{clusters(http)['Hosted']}/agent-images"
    body = {"name": http.get(images).json()[0]["name"], "dockerfile": ""}
    assert http.post(images, json=body).status_code == 409


@MUTANTS.plant(
    "errors",
    operations="createClusterAgentImage",
    title="a second agent image with the same name is refused with 422 instead of 409",
    source="pages/apis/rest_api/clusters/agent_images.md: 409 Conflict: an agent image named … already exists",
    witness=conflict_of_names,
)
async def conflict_is_unprocessable(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"POST {V2}/clusters/{{cluster}}/agent-images") is not None and response.status == 409:
        response.status = 422
    return response


def git_mirror_of_hosted_cluster(http: httpx.Client) -> None:
    cluster = clusters(http)["Experiments"]
    assert http.put(cluster, json={"hosted_git_mirror_enabled": True}).status_code == 422


@MUTANTS.plant(
    "errors",
    operations="updateCluster",
    title="caches of a cluster without hosted agents can be enabled, without effect",
    source="pages/apis/rest_api/clusters.md: 422: a changed cache field targets a non-hosted cluster",
    witness=git_mirror_of_hosted_cluster,
)
async def cache_of_own_agents_is_ignored(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"PUT {V2}/clusters/{{cluster}}") is None or response.status != 422:
        return response
    if "hosted clusters" in response.json["message"]:
        fields = ("hosted_git_mirror_enabled", "hosted_container_cache_enabled")
        request.json = {name: value for name, value in request.json.items() if name not in fields}
        return await server.call(request)
    return response
