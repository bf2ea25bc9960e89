"""Wrong effects of operations."""

from __future__ import annotations

from typing import Any

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.twelfth_set_a_lists import hosted_cluster
from tests.conformance.planted.twelfth_set_a_support import (
    BUILD,
    CLUSTER,
    ORG,
    REGISTRIES,
    REGISTRY,
    V2,
    WEB,
    fetch,
    matches,
    objects_changed,
    with_body,
)

MUTANTS = Mutants()


def jobs_have_annotations_of_their_own(http: httpx.Client) -> None:
    jobs = [job["id"] for job in http.get(f"{WEB}/builds/3").json()["jobs"] if job["type"] == "script"][:2]
    for job in jobs:
        http.post(f"{ORG}/jobs/{job}/annotations", json={"body": "Done", "context": "result"})
    for job in jobs:
        assert [one["context"] for one in http.get(f"{ORG}/jobs/{job}/annotations").json()] == ["result"]


@MUTANTS.plant(
    "state",
    operations="listBuildAnnotations",
    title="an annotation of a job replaces that of another job of the build with the same context",
    source="pages/apis/rest_api/annotations.md: Only one annotation per job may have any given context value",
    witness=jobs_have_annotations_of_their_own,
)
async def one_context_for_all_jobs(server: Server, request: Request) -> Response:
    response = await server.call(request)
    routes = (f"POST {V2}/jobs/{{job}}/annotations", f"POST {BUILD}/jobs/{{job}}/annotations")
    found = matches(request, *routes)
    if found is None or response.status != 201:
        return response
    job = await fetch(server, request, f"/v2/organizations/{found['org']}/jobs/{found['job']}")
    if job.status != 200:
        return response
    build = job.json["build_url"]
    others = await fetch(server, request, f"{build}/annotations", scope="job", per_page="100")
    for other in others.json:
        if other["context"] == response.json["context"] and other["job_id"] != response.json["job_id"]:
            url = f"{build}/jobs/{other['job_id']}/annotations/{other['id']}"
            await fetch(server, request, url, method="DELETE")
    return response


def all_maintainers_are_added(http: httpx.Client) -> None:
    maintainers = [{"user": http.get("/v2/user").json()["id"]}, {"team": http.get(f"{ORG}/teams").json()[0]["id"]}]
    cluster = http.post(f"{ORG}/clusters", json={"name": "Maintained", "maintainers": maintainers}).json()["url"]
    assert len(http.get(f"{cluster}/maintainers").json()) == 2


@MUTANTS.plant(
    "state",
    operations="createCluster",
    title="of several maintainers of a new cluster, only the first one is added",
    source="pages/apis/rest_api/clusters.md: An array of one or more hashes … to grant maintainer permissions to",
    witness=all_maintainers_are_added,
)
async def only_first_maintainer(server: Server, request: Request) -> Response:
    body = request.json
    if matches(request, f"POST {V2}/clusters") is not None and isinstance(body, dict):
        maintainers = body.get("maintainers")
        if isinstance(maintainers, list) and len(maintainers) > 1:
            request = with_body(request, body | {"maintainers": maintainers[:1]})
    return await server.call(request)


def other_clusters_keep_their_maintainers(http: httpx.Client) -> None:
    user = {"user": http.get("/v2/user").json()["id"]}
    one, two = (http.post(f"{ORG}/clusters", json={"name": name}).json()["url"] for name in ("One", "Two"))
    first = http.post(f"{one}/maintainers", json=user).json()["id"]
    second = http.post(f"{two}/maintainers", json=user).json()["id"]
    http.delete(f"{one}/maintainers/{first}")
    assert http.get(f"{two}/maintainers/{second}").status_code == 200


@MUTANTS.plant(
    "state",
    operations="deleteClusterMaintainer",
    title="removing a maintainer of a cluster removes the user or team from all clusters",
    source="pages/apis/rest_api/clusters/maintainers.md: the ability to manage the clusters they maintain",
    witness=other_clusters_keep_their_maintainers,
)
async def maintainer_of_no_cluster(server: Server, request: Request) -> Response:
    found = matches(request, f"DELETE {CLUSTER}/maintainers/{{maintainer}}")
    if found is None:
        return await server.call(request)
    removed = await fetch(server, request, request.path)
    response = await server.call(request)
    if response.status == 204 and removed.status == 200:
        clusters = await fetch(server, request, f"/v2/organizations/{found['org']}/clusters", per_page="100")
        for cluster in clusters.json:
            for one in (await fetch(server, request, f"{cluster['url']}/maintainers")).json:
                if one["actor"]["id"] == removed.json["actor"]["id"]:
                    await fetch(server, request, f"{cluster['url']}/maintainers/{one['id']}", method="DELETE")
    return response


def new_queue_has_default_image(http: httpx.Client) -> None:
    hosted = {"instanceShape": "LINUX_AMD64_2X4", "agentImageRef": "my-custom-image:latest"}
    body = {"key": "custom", "hostedAgents": hosted}
    queue = http.post(f"{hosted_cluster(http)}/queues", json=body).json()["url"]
    assert http.get(queue).json()["hosted_agents"]["platform_settings"]["linux"]["agent_image_ref"] is None


@MUTANTS.plant(
    "state",
    operations="getClusterQueue",
    title="a new hosted queue uses the `agentImageRef` of the request",
    source="pages/apis/rest_api/clusters/queues.md: ignores any agentImageRef you submit in this call",
    witness=new_queue_has_default_image,
)
async def image_of_new_queue(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"POST {CLUSTER}/queues") is None or response.status != 201:
        return response
    hosted = request.json.get("hostedAgents")
    if isinstance(hosted, dict) and hosted.get("agentImageRef"):
        changed = await fetch(server, request, response.json["url"], method="PUT", body={"hostedAgents": hosted})
        if changed.status == 200:
            response.body = changed.body
    return response


def service_for_all_pipelines(http: httpx.Client) -> None:
    service = next(one for one in http.get(f"{ORG}/services").json()["items"] if one["scope_uuids"])
    http.patch(service["url"], json={"scope": "all"})
    assert http.get(service["url"]).json()["scope_uuids"] == []


@MUTANTS.plant(
    "state",
    operations="updateNotificationService",
    title="`scope_uuids` of a notification service remain when it is changed to apply to all pipelines",
    source="pages/apis/rest_api/organizations/notification_services.md: scope_uuids: Empty when scope is all",
    witness=service_for_all_pipelines,
)
async def uuids_of_former_scope(server: Server, request: Request) -> Response:
    patched = matches(request, f"PATCH {V2}/services/{{service}}") is not None
    former = await fetch(server, request, request.path) if patched else None
    response = await server.call(request)
    if former is not None and former.status == response.status == 200 and former.json["scope_uuids"]:
        server.memory[former.json["id"]] = former.json["scope_uuids"]

    def changed(item: dict[str, Any]) -> dict[str, Any]:
        uuids = server.memory.get(item.get("id", ""))
        return item | {"scope_uuids": uuids} if uuids and item.get("scope") == "all" else item

    return objects_changed(response, changed) if "/services" in request.path else response


def source_keeps_package(http: httpx.Client) -> None:
    package = http.get(f"{REGISTRIES}/gems/packages").json()["items"][0]["url"]
    assert http.post(f"{package}/copy", params={"to": "gems-stable"}).status_code == 200
    assert http.get(package).status_code == 200


@MUTANTS.plant(
    "state",
    operations="copyPackage",
    title="a package that is copied is deleted from the source registry",
    source="pages/apis/rest_api/package_registries/packages.md: copies a package from a source registry",
    witness=source_keeps_package,
)
async def copying_moves(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"POST {REGISTRY}/packages/{{package}}/copy") is not None and response.status == 200:
        await fetch(server, request, request.path.removesuffix("/copy"), method="DELETE")
    return response
