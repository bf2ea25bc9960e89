"""Bugs in bodies of responses."""

from __future__ import annotations

import hashlib
from typing import Final

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.sixth_set_a_support import (
    ACME,
    ACME_ANALYTICS,
    ACME_PACKAGES,
    ANALYTICS,
    METRICS,
    ORG,
    PACKAGES,
    SUITE,
    items,
    matches,
)

MUTANTS: Final = Mutants()


def zero_counts(http: httpx.Client) -> None:
    for build in http.get(f"{ACME}/builds").json()[:12]:
        for test in http.get(f"{ACME_ANALYTICS}/builds/{build['id']}/tests").json():
            assert {"passed", "failed"} <= set(test["executions_count_by_result"])


@MUTANTS.plant(
    "bodies",
    operations="listBuildTests",
    title="a count of passed or failed executions is missing if it is zero",
    source="test_engine/build_tests.md: The passed and failed counts are always present.",
    witness=zero_counts,
)
async def failed_count_absent_a(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "GET", f"{ANALYTICS}/builds/{{build}}/tests") and response.status == 200:
        body = response.json
        for test in body:
            counts = test["executions_count_by_result"]
            test["executions_count_by_result"] = {name: count for name, count in counts.items() if count}
        response.json = body
    return response


def reliability_of_test(http: httpx.Client) -> None:
    for test in http.get(f"{SUITE}/tests", headers=METRICS).json():
        found = http.get(f"{SUITE}/tests/{test['id']}", headers=METRICS).json()
        counts = found["executions_count_by_result"]
        assert abs(found["reliability"] - counts["passed"] / (counts["passed"] + counts["failed"])) < 0.001


@MUTANTS.plant(
    "bodies",
    operations="getTest",
    title="the reliability of a test is the share of passed executions of all, with skipped and pending ones",
    source="test_engine/tests.md: reliability: calculated from its passed and failed executions",
    witness=reliability_of_test,
)
async def skipped_in_reliability_a(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "GET", f"{ANALYTICS}/suites/{{suite}}/tests/{{test}}") and response.status == 200:
        body = response.json
        if isinstance(body, dict) and body.get("executions_count"):
            passed = body["executions_count_by_result"]["passed"]
            body["reliability"] = round(passed / body["executions_count"], 6)
            response.json = body
    return response


def composed_dockerfiles(http: httpx.Client) -> None:
    for cluster in http.get(f"{ACME}/clusters").json():
        for image in http.get(f"{ACME}/clusters/{cluster['id']}/agent-images").json():
            assert image["composed_dockerfile"].endswith(image["dockerfile"])


@MUTANTS.plant(
    "bodies",
    operations="listClusterAgentImages getClusterAgentImage createClusterAgentImage",
    title="the composed Dockerfile has only the first line of the Dockerfile",
    source="clusters/agent_images.md: composed_dockerfile: base_image followed by dockerfile",
    witness=composed_dockerfiles,
)
async def composed_first_line_a(server: Server, request: Request) -> Response:
    response = await server.call(request)
    images = f"{ORG}/clusters/{{cluster}}/agent-images"
    is_image = matches(request, "GET", images, f"{images}/{{id}}") or matches(request, "POST", images)
    if is_image and response.status in (200, 201):
        body = response.json
        for image in items(body):
            image["composed_dockerfile"] = image["base_image"] + "\n" + image["dockerfile"].split("\n")[0]
        response.json = body
    return response


def tags_of_failures(http: httpx.Client) -> None:
    for run in http.get(f"{SUITE}/runs").json():
        for execution in http.get(f"{SUITE}/runs/{run['id']}/failed_executions").json():
            assert not {"result", "scm.branch", "scm.commit_sha"} & set(execution["tags"])


@MUTANTS.plant(
    "bodies",
    operations="listFailedExecutions",
    title="the tags of a failed execution repeat its branch",
    source="test_engine/runs.md: Tags that duplicate other fields (result, scm.branch, scm.commit_sha) are excluded.",
    witness=tags_of_failures,
)
async def tags_with_branch_a(server: Server, request: Request) -> Response:
    response = await server.call(request)
    path = f"{ANALYTICS}/suites/{{suite}}/runs/{{run}}/failed_executions"
    if matches(request, "GET", path) and response.status == 200:
        body = response.json
        for execution in body:
            execution["tags"]["scm.branch"] = execution["branch"]
        response.json = body
    return response


def provider_limits(http: httpx.Client) -> None:
    for connection in http.get(f"{ACME}/repository_connections").json():
        limit = http.get(f"{ACME}/repository_connections/{connection['id']}").json()["rate_limit"]
        assert limit is None or limit["used"] < limit["remaining"]


@MUTANTS.plant(
    "bodies",
    operations="getRepositoryConnection",
    title="used and remaining requests of the provider are swapped",
    source="organizations/repository_connections.md: rate_limit, and the example of a connection",
    witness=provider_limits,
)
async def used_is_remaining_a(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "GET", f"{ORG}/repository_connections/{{id}}") and response.status == 200:
        body = response.json
        if limit := body.get("rate_limit"):
            limit["used"], limit["remaining"] = limit["remaining"], limit["used"]
        response.json = body
    return response


def ids_of_maintainers(http: httpx.Client) -> None:
    for cluster in http.get(f"{ACME}/clusters").json():
        found = {each["id"] for each in http.get(f"{ACME}/clusters/{cluster['id']}/maintainers").json()}
        assert {each["id"] for kind in ("users", "teams") for each in cluster["maintainers"][kind]} == found


@MUTANTS.plant(
    "bodies",
    operations="listClusters getCluster",
    title="teams among the maintainers of a cluster have the id of the team instead of the assignment",
    source="clusters/maintainers.md: id: The ID of the cluster maintainer assignment; clusters.md, Get a cluster",
    witness=ids_of_maintainers,
)
async def maintainer_actor_ids_a(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "GET", f"{ORG}/clusters", f"{ORG}/clusters/{{id}}") and response.status == 200:
        body = response.json
        for cluster in items(body):
            for each in cluster["maintainers"]["teams"]:
                each["id"] = each["actor"]["id"]
        response.json = body
    return response


def digests(http: httpx.Client) -> None:
    path = f"{ACME_PACKAGES}/registries/downloads/packages"
    package = http.post(path, files={"file": ("probe-1.0.0.img", b"content of the file")}).json()
    assert package["digests"]["sha512"] == hashlib.sha512(b"content of the file").hexdigest()


@MUTANTS.plant(
    "bodies",
    operations="publishPackage getPackage listPackages copyPackage",
    title="the SHA-512 digest of a package is one of its SHA-256 digest, not of the file",
    source="package_registries/packages.md: digests in the example of a package",
    witness=digests,
)
async def digest_of_digest_a(server: Server, request: Request) -> Response:
    response = await server.call(request)
    packages = f"{PACKAGES}/registries/{{registry}}/packages"
    is_read = matches(request, "GET", packages, f"{packages}/{{id}}")
    if (is_read or matches(request, "POST", packages, f"{packages}/{{id}}/copy")) and response.status == 200:
        body = response.json
        for package in items(body):
            if digests := package.get("digests"):
                digests["sha512"] = hashlib.sha512(bytes.fromhex(digests["sha256"])).hexdigest()
        response.json = body
    return response
