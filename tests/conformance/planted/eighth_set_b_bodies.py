"""Eighth set: values in bodies."""

import base64

import httpx
from tests.conformance.planted.eighth_set_b_support import (
    ORG,
    PACKAGES,
    RSPEC,
    SUITES,
    VERSION,
    matching,
    objects_in,
    reading,
)
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

MUTANTS = Mutants()

SUITE = "/v2/analytics/organizations/{org}/suites/{suite}"
REGISTRY = "/v2/packages/organizations/{org}/registries/{registry}"
TEAM_SUITES = "/v2/organizations/{org}/teams/{team}/suites"


def build_reliability(http: httpx.Client) -> None:
    for build in http.get(f"{ORG}/builds").json():
        for test in http.get(f"/v2/analytics/organizations/acme/builds/{build['id']}/tests").json():
            counts = test["executions_count_by_result"]
            if counts["passed"] + counts["failed"] == 0:
                assert test["reliability"] is None
                return
    raise RuntimeError("no test without results")


@MUTANTS.plant(
    "bodies",
    operations="listBuildTests",
    title="a test of a build without passed and failed executions has the reliability 0.0 instead of null",
    source="pages/apis/rest_api/test_engine/build_tests.md: reliability",
    witness=build_reliability,
)
async def zero_reliability(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matching(request, "/v2/analytics/organizations/{org}/builds/{build}/tests") and response.status == 200:
        tests = response.json
        for test in tests:
            if test["reliability"] is None:
                test["reliability"] = 0.0
        response.json = tests
    return response


def counts_of_results(http: httpx.Client) -> None:
    for test in http.get(f"{RSPEC}/tests", headers=VERSION).json():
        assert test["executions_count_by_result"].get("skipped") != 0


@MUTANTS.plant(
    "bodies",
    operations="listTests getTest",
    title="the number of skipped executions is present when it is zero",
    source="pages/apis/rest_api/test_engine/tests.md: executions_count_by_result",
    witness=counts_of_results,
)
async def skipped_count_of_zero(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matching(request, f"{SUITE}/tests", f"{SUITE}/tests/{{test}}") and response.status == 200:
        body = response.json
        for test in objects_in(body):
            if "executions_count_by_result" in test:
                test["executions_count_by_result"].setdefault("skipped", 0)
        response.json = body
    return response


def tags_of_executions(http: httpx.Client) -> None:
    for run in http.get(f"{RSPEC}/runs").json():
        for execution in http.get(f"{RSPEC}/runs/{run['id']}/failed_executions").json():
            assert "scm.branch" not in execution["tags"]


@MUTANTS.plant(
    "bodies",
    operations="listFailedExecutions",
    title="the tags of a failed execution have the branch, which is also a field",
    source="pages/apis/rest_api/test_engine/runs.md: tags that duplicate other fields are excluded",
    witness=tags_of_executions,
)
async def branch_among_tags(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matching(request, f"{SUITE}/runs/{{run}}/failed_executions") and response.status == 200:
        executions = response.json
        for execution in executions:
            execution["tags"]["scm.branch"] = execution["branch"]
        response.json = executions
    return response


def registry_of_copy(http: httpx.Client) -> None:
    package = http.get(f"{PACKAGES}/gems/packages").json()["items"][0]
    copied = http.post(f"{PACKAGES}/gems/packages/{package['id']}/copy", params={"to": "gems-stable"}).json()
    assert copied["registry"]["slug"] == "gems-stable"


@MUTANTS.plant(
    "bodies",
    operations="copyPackage",
    title="the response to a copy has the registry of the original",
    source="pages/apis/rest_api/package_registries/packages.md: copies from a source to a destination registry",
    witness=registry_of_copy,
)
async def copy_in_source_registry(server: Server, request: Request) -> Response:
    response = await server.call(request)
    found = matching(request, f"{REGISTRY}/packages/{{package}}/copy", methods=("POST",))
    if found and response.status == 200:
        original = await server.call(reading(request, request.path.removesuffix("/copy")))
        if original.status == 200:
            response.json = {**response.json, "registry": original.json["registry"]}
    return response


def pipelines_of_rule(http: httpx.Client) -> None:
    value = {"source_pipeline": "web", "target_pipeline": "docs"}
    rule = http.post(f"{ORG}/rules", json={"type": "pipeline.trigger_build.pipeline", "value": value}).json()
    assert rule["source_uuid"] == http.get(f"{ORG}/pipelines/web").json()["id"]


@MUTANTS.plant(
    "bodies",
    operations="createRule",
    title="a rule that is created with slugs has the slugs as source_uuid and target_uuid",
    source="pages/apis/rest_api/rules.md: source_pipeline and target_pipeline accept a UUID or a slug",
    witness=pipelines_of_rule,
)
async def slugs_of_rule(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matching(request, "/v2/organizations/{org}/rules", methods=("POST",)) and response.status == 201:
        value = request.json["value"]
        ends = {"source_uuid": value["source_pipeline"], "target_uuid": value["target_pipeline"]}
        response.json = {**response.json, **ends}
    return response


def registry_of_token(http: httpx.Client) -> None:
    for token in http.get(f"{PACKAGES}/gems/tokens").json():
        decoded = base64.b64decode(token["registry"]["graphql_id"]).decode()
        assert decoded == f"Registry---{token['registry']['id']}"


@MUTANTS.plant(
    "bodies",
    operations="listRegistryTokens getRegistryToken createRegistryToken updateRegistryToken",
    title="the GraphQL id of the registry of a token has the id of the token",
    source="pages/apis/rest_api/package_registries/registry_tokens.md: example, registry",
    witness=registry_of_token,
)
async def graphql_id_of_token(server: Server, request: Request) -> Response:
    response = await server.call(request)
    paths = f"{REGISTRY}/tokens", f"{REGISTRY}/tokens/{{token}}"
    if matching(request, *paths, methods=("GET", "POST")) and response.status == 200:
        body = response.json
        for token in objects_in(body):
            token["registry"]["graphql_id"] = base64.b64encode(f"Registry---{token['id']}".encode()).decode()
        response.json = body
    return response


def urls_of_team_suites(http: httpx.Client) -> None:
    urls = {suite["url"] for suite in http.get(SUITES).json()}
    for team in http.get(f"{ORG}/teams").json():
        assert {suite["suite_url"] for suite in http.get(f"{ORG}/teams/{team['id']}/suites").json()} <= urls


@MUTANTS.plant(
    "bodies",
    operations="listTeamSuites getTeamSuite createTeamSuite updateTeamSuite",
    title="the URL of the suite of a team lacks the path of Test Engine",
    source="pages/apis/rest_api/teams/suites.md: suite_url",
    witness=urls_of_team_suites,
)
async def suite_url_without_analytics(server: Server, request: Request) -> Response:
    response = await server.call(request)
    methods = "GET", "POST", "PATCH"
    if matching(request, TEAM_SUITES, f"{TEAM_SUITES}/{{suite}}", methods=methods) and response.status < 300:
        body = response.json
        for suite in objects_in(body):
            suite["suite_url"] = suite["suite_url"].replace("/v2/analytics/", "/v2/")
        response.json = body
    return response
