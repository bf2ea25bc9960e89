"""Wrong values in response bodies."""

from __future__ import annotations

from collections import Counter
from typing import Any

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.thirteenth_set_a_support import (
    BUILD,
    CLUSTER,
    ORG,
    REGISTRIES,
    REGISTRY,
    V2,
    WEB,
    ask,
    each,
    items,
    route,
    sent,
    succeeded,
    with_body,
)

MUTANTS = Mutants()


def counts_of_all_jobs(http: httpx.Client) -> None:
    counts = http.get(f"{WEB}/builds/23", params={"job_states[]": "failed"}).json()["job_state_counts"]
    assert counts == http.get(f"{WEB}/builds/23").json()["job_state_counts"]


@MUTANTS.plant(
    "bodies",
    operations="getBuild",
    title="`job_state_counts` counts only the jobs that `job_states[]` leaves",
    source="pages/apis/rest_api/builds.md: always describes every job in the build, regardless of the `job_states[]`",
    witness=counts_of_all_jobs,
)
async def counts_follow_job_states(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if route(request, f"GET {BUILD}") is None or "job_states[]" not in request.params:
        return response

    def count(build: Any) -> None:
        if "jobs" in build:
            states = Counter(job["state"] for job in build["jobs"])
            build["job_state_counts"] = {"total": states.total(), "states": dict(states)}

    return each(response, count)


def url_of_default_queue(http: httpx.Client) -> None:
    cluster = http.post(f"{ORG}/clusters", json={"name": "Two queues"}).json()["url"]
    http.post(f"{cluster}/queues", json={"key": "first"})
    second = http.post(f"{cluster}/queues", json={"key": "second"}).json()
    http.put(cluster, json={"default_queue_id": second["id"]})
    assert http.get(cluster).json()["default_queue_url"] == second["url"]


@MUTANTS.plant(
    "bodies",
    operations="getCluster listClusters updateCluster",
    title="`default_queue_url` is the URL of the first queue of a cluster, whichever queue is the default",
    source="pages/apis/rest_api/clusters.md: default_queue_url: API URL of the cluster's default queue",
    witness=url_of_default_queue,
)
async def first_queue_is_default(server: Server, request: Request) -> Response:
    response = await server.call(request)
    found = response.json
    if route(request, f"GET {CLUSTER}", f"PUT {CLUSTER}", f"GET {V2}/clusters") is None or not succeeded(response):
        return response
    for cluster in items(found):
        if cluster["default_queue_url"]:
            path = httpx.URL(cluster["url"]).path
            queues = (await ask(server, request, "GET", f"{path}/queues")).json
            if isinstance(queues, list) and queues:
                cluster["default_queue_url"] = queues[0]["url"]
    if found is not None:
        response.json = found
    return response


def location_without_prefix(http: httpx.Client) -> None:
    body = {"location": "s3://acme-archive", "strategy_id": "s3"}
    assert http.put(f"{ORG}/pipeline-settings/build-export", json=body).status_code == 200
    assert http.get(f"{ORG}/pipeline-settings").json()["build_exports"]["location"] == "acme-archive"


@MUTANTS.plant(
    "bodies",
    operations="configureBuildExport getOrganizationPipelineSettings",
    title="the location of the build export keeps its `s3://`",
    source="pages/apis/rest_api/organizations/pipeline_settings.md: the prefix is stripped automatically",
    witness=location_without_prefix,
)
async def location_keeps_prefix(server: Server, request: Request) -> Response:
    location = sent(request).get("location")
    response = await server.call(request)
    found = route(request, f"PUT {V2}/pipeline-settings/build-export")
    if found is not None and succeeded(response) and isinstance(location, str) and "://" in location:
        server.memory[found["org"]] = location

    def prefix(settings: Any) -> None:
        full = server.memory.get(request.path.split("/")[3])
        if full is not None and full.endswith(f"://{settings['build_exports']['location']}"):
            settings["build_exports"]["location"] = full

    settings = f"{V2}/pipeline-settings"
    if route(request, f"GET {settings}", f"PATCH {settings}", f"PUT {settings}/build-export") is None:
        return response
    return each(response, prefix)


def registry_of_copy(http: httpx.Client) -> None:
    package = http.get(f"{REGISTRIES}/gems/packages").json()["items"][0]["url"]
    assert http.post(f"{package}/copy", params={"to": "gems-stable"}).json()["registry"]["slug"] == "gems-stable"


@MUTANTS.plant(
    "bodies",
    operations="copyPackage",
    title="the response to a copy has the registry that the package was copied from",
    source="pages/apis/rest_api/package_registries/packages.md: copies a package … to a destination registry",
    witness=registry_of_copy,
)
async def copy_has_source_registry(server: Server, request: Request) -> Response:
    response = await server.call(request)
    found = route(request, f"POST {REGISTRY}/packages/{{package}}/copy")
    if found is None or not succeeded(response):
        return response
    source = (await ask(server, request, "GET", request.path.split("/packages/" + found["package"])[0])).json
    if not isinstance(source, dict) or "slug" not in source:
        return response
    package = response.json
    package["registry"] = {name: source.get(name, value) for name, value in package["registry"].items()}
    response.json = package
    return response


def query_with_lines(http: httpx.Client) -> None:
    query = "query Viewer {\n  # Whoever asks\n  viewer { id }\n}\n"
    portal = http.post(f"{ORG}/portals", json={"name": "Viewer", "query": query}).json()["slug"]
    assert http.get(f"{ORG}/portals/{portal}").json()["query"] == query


@MUTANTS.plant(
    "bodies",
    operations="createPortal updatePortal getPortal listPortals",
    title="the query of a portal is stored in one line, so that a comment hides what is behind it",
    source="pages/apis/rest_api/portals.md: query: GraphQL query that the portal executes",
    witness=query_with_lines,
)
async def query_in_one_line(server: Server, request: Request) -> Response:
    query = sent(request).get("query")
    if route(request, f"POST {V2}/portals", f"PUT {V2}/portals/{{portal}}") is not None and isinstance(query, str):
        request = with_body(request, sent(request) | {"query": " ".join(query.split())})
    return await server.call(request)


def action_of_artifacts_rule(http: httpx.Client) -> None:
    value = {"source_pipeline": "docs", "target_pipeline": "zoo"}
    rule = http.post(f"{ORG}/rules", json={"type": "pipeline.artifacts_read.pipeline", "value": value}).json()
    assert http.get(rule["url"]).json()["action"] == "artifacts_read"


@MUTANTS.plant(
    "bodies",
    operations="createRule getRule listRules",
    title="a new rule has the action `trigger_build`, whatever its type",
    source="pages/apis/rest_api/rules.md: type: The rule type … `pipeline.artifacts_read.pipeline`",
    witness=action_of_artifacts_rule,
)
async def new_rule_triggers_builds(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if route(request, f"POST {V2}/rules") is not None and succeeded(response):
        server.memory[response.json["uuid"]] = "trigger_build"
    if route(request, f"POST {V2}/rules", f"GET {V2}/rules", f"GET {V2}/rules/{{rule}}") is None:
        return response
    return each(response, lambda rule: rule.update(action=server.memory.get(rule["uuid"], rule["action"])))


def counts_of_results(http: httpx.Client) -> None:
    build = http.get(f"{WEB}/builds/30").json()["id"]
    tests = http.get(f"/v2/analytics/organizations/acme/builds/{build}/tests").json()
    assert all(test["executions_count_by_result"].get("skipped") != 0 for test in tests)


@MUTANTS.plant(
    "bodies",
    operations="listBuildTests",
    title="the tests of a build have counts of zero for results that they do not have",
    source="pages/apis/rest_api/test_engine/build_tests.md: counts are only present when they're non-zero",
    witness=counts_of_results,
)
async def zero_counts_of_results(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if route(request, "GET /v2/analytics/organizations/{org}/builds/{build}/tests") is None:
        return response
    zeros = dict.fromkeys(("skipped", "pending", "unknown"), 0)
    return each(
        response, lambda test: test.update(executions_count_by_result=zeros | test["executions_count_by_result"])
    )
