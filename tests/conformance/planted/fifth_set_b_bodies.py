"""Bugs in bodies: wrong values of single objects."""

from __future__ import annotations

import hashlib

import httpx
from tests.conformance.planted.fifth_set_b_support import (
    CLUSTERS,
    ORGANIZATION,
    SUITES,
    VERSION,
    cluster_path,
    failed_executions_path,
    new_package,
    new_registry,
    objects,
    send,
)
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

MUTANTS = Mutants()


def composed_dockerfile_is_whole(http: httpx.Client) -> None:
    images = f"{cluster_path(http, 'Hosted')}/agent-images"
    body = {"name": "planted-lines", "dockerfile": "RUN make\nRUN make install"}
    created = http.post(images, json=body).json()
    assert created["composed_dockerfile"] == f"{created['base_image']}\n{body['dockerfile']}"


@MUTANTS.plant(
    "bodies",
    operations="createClusterAgentImage getClusterAgentImage listClusterAgentImages",
    title="`composed_dockerfile` has only the first line of `dockerfile`",
    source="pages/apis/rest_api/clusters/agent_images.md: `composed_dockerfile`",
    witness=composed_dockerfile_is_whole,
)
async def composed_of_first_line(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if "/agent-images" in request.path and response.status < 300 and response.body:
        value = response.json
        for image in objects(value):
            if "composed_dockerfile" in image:
                image["composed_dockerfile"] = f"{image['base_image']}\n{image['dockerfile'].partition(chr(10))[0]}"
        response.json = value
    return response


def zero_counts_are_omitted(http: httpx.Client) -> None:
    for test in http.get(f"{SUITES}/rspec/tests", headers=VERSION).json():
        one = http.get(f"{SUITES}/rspec/tests/{test['id']}", headers=VERSION).json()
        counts = one["executions_count_by_result"]
        assert all(count for result, count in counts.items() if result not in ("passed", "failed"))


@MUTANTS.plant(
    "bodies",
    operations="getTest",
    title="the counts of skipped, pending and unknown executions are present when they are zero",
    source="pages/apis/rest_api/test_engine/tests.md: only present when they're non-zero",
    witness=zero_counts_are_omitted,
)
async def zero_counts(server: Server, request: Request) -> Response:
    response = await server.call(request)
    template = "/v2/analytics/organizations/{org}/suites/{suite}/tests/{test}"
    if request.values("GET", template) is not None and response.status == 200 and isinstance(response.json, dict):
        test = response.json
        if "executions_count_by_result" in test:
            zeros = dict.fromkeys(("skipped", "pending", "unknown"), 0)
            test["executions_count_by_result"] = zeros | test["executions_count_by_result"]
            response.json = test
    return response


def tags_duplicate_nothing(http: httpx.Client) -> None:
    for execution in http.get(failed_executions_path(http)).json():
        assert not {"result", "scm.branch", "scm.commit_sha"} & set(execution["tags"])


@MUTANTS.plant(
    "bodies",
    operations="listFailedExecutions",
    title="`tags` of a failed execution repeat its branch and commit",
    source="pages/apis/rest_api/test_engine/runs.md: tags that duplicate other fields are excluded",
    witness=tags_duplicate_nothing,
)
async def duplicate_tags(server: Server, request: Request) -> Response:
    response = await server.call(request)
    template = "/v2/analytics/organizations/{org}/suites/{suite}/runs/{run}/failed_executions"
    if request.values("GET", template) is not None and response.status == 200:
        executions = response.json
        for execution in executions:
            execution["tags"]["scm.branch"] = execution["branch"]
            execution["tags"]["scm.commit_sha"] = execution["commit_sha"]
        response.json = executions
    return response


def default_queue_url_follows_id(http: httpx.Client) -> None:
    cluster = f"{CLUSTERS}/{http.post(CLUSTERS, json={'name': 'Planted default'}).json()['id']}"
    for key in ("first", "second"):
        queue = http.post(f"{cluster}/queues", json={"key": key}).json()
        found = http.put(cluster, json={"default_queue_id": queue["id"]}).json()
        assert found["default_queue_url"] == queue["url"]


@MUTANTS.plant(
    "bodies",
    operations="getCluster listClusters updateCluster",
    title="`default_queue_url` is the URL of the oldest queue of the cluster",
    source="pages/apis/rest_api/clusters.md: `default_queue_url`",
    witness=default_queue_url_follows_id,
)
async def oldest_queue_as_default(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if not (request.path.endswith("/clusters") or request.path.split("/")[-2:-1] == ["clusters"]):
        return response
    if response.status >= 300 or not response.body:
        return response
    value = response.json
    for cluster in objects(value):
        if cluster.get("default_queue_url"):
            path = cluster["default_queue_url"].partition("/v2/")[2].rpartition("/")[0]
            queues = (await send(server, request, "GET", f"/v2/{path}")).json
            if isinstance(queues, list) and queues:
                cluster["default_queue_url"] = queues[0]["url"]
    response.json = value
    return response


def digest_is_of_the_file(http: httpx.Client) -> None:
    package = new_package(http, new_registry(http, "Planted digests"))
    assert package["digests"]["sha256"] == hashlib.sha256(b"hello").hexdigest()


@MUTANTS.plant(
    "bodies",
    operations="publishPackage getPackage listPackages",
    title="`sha256` of a published package is the digest of the request body, not of the file",
    source="pages/apis/rest_api/package_registries/packages.md: `digests`",
    witness=digest_is_of_the_file,
)
async def digest_of_the_form(server: Server, request: Request) -> Response:
    response = await server.call(request)
    known = server.memory.setdefault("digests", {})
    if not request.path.startswith("/v2/packages/") or response.status != 200 or not response.body:
        return response
    value = response.json
    template = "/v2/packages/organizations/{org}/registries/{registry}/packages"
    if request.values("POST", template) is not None and b"package_url" not in request.body:
        known[value["id"]] = hashlib.sha256(request.body).hexdigest()
    for package in objects(value):
        if package.get("id") in known and "digests" in package:
            package["digests"]["sha256"] = known[package["id"]]
    response.json = value
    return response


def connection_has_all_fields(http: httpx.Client) -> None:
    for connection in http.get(f"{ORGANIZATION}/repository_connections").json():
        found = http.get(f"{ORGANIZATION}/repository_connections/{connection['id']}").json()
        assert {"service_account", "host", "rate_limit"} <= set(found)


@MUTANTS.plant(
    "bodies",
    operations="getRepositoryConnection",
    title="`rate_limit` and `service_account` are missing instead of null",
    source="pages/apis/rest_api/organizations/repository_connections.md: null for host-only connections",
    witness=connection_has_all_fields,
)
async def missing_instead_of_null(server: Server, request: Request) -> Response:
    response = await server.call(request)
    template = "/v2/organizations/{org}/repository_connections/{id}"
    if request.values("GET", template) is not None and response.status == 200:
        optional = ("rate_limit", "service_account")
        response.json = {
            name: value for name, value in response.json.items() if value is not None or name not in optional
        }
    return response
