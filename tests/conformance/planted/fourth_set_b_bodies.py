"""Bugs in response bodies."""

import base64
import re

import httpx
from tests.conformance.planted.fourth_set_b_support import ANALYTICS, CLUSTER, ORG, VERSION, objects, path_values
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

MUTANTS = Mutants()


def team_maintainer_has_team_id(http: httpx.Client) -> None:
    actors = [each["actor"] for each in http.get(f"{CLUSTER}/maintainers").json()]
    (team,) = [each for each in actors if each["type"] == "team"]
    assert base64.b64decode(team["graphql_id"]).decode() == f"Team---{team['id']}"


@MUTANTS.plant(
    "bodies",
    operations="listClusterMaintainers getClusterMaintainer createClusterMaintainer",
    title="the GraphQL ID of a team that maintains a cluster is that of a user",
    source="pages/apis/rest_api/clusters/maintainers.md: graphql_id of the team in the example",
    witness=team_maintainer_has_team_id,
)
async def team_maintainer_as_user(server: Server, request: Request) -> Response:
    response = await server.call(request)
    root = "/v2/organizations/{org}/clusters/{cluster}/maintainers"
    if path_values(request, root, f"{root}/{{id}}", methods="GET HEAD POST") is not None and response.status < 300:
        body = response.json
        for each in objects(body):
            if each["actor"]["type"] == "team":
                each["actor"]["graphql_id"] = base64.b64encode(f"User---{each['actor']['id']}".encode()).decode()
        response.json = body
    return response


def suite_url_leads_to_suite(http: httpx.Client) -> None:
    for each in http.get(f"{ORG}/teams/01920000-0001-701e-8000-000000000002/suites").json():
        assert http.get(each["suite_url"]).json().get("id") == each["suite_id"]


@MUTANTS.plant(
    "bodies",
    operations="listTeamSuites getTeamSuite createTeamSuite updateTeamSuite",
    title="`suite_url` of a team's suite lacks `/analytics`",
    source="pages/apis/rest_api/teams/suites.md: suite_url, URL of the suite",
    witness=suite_url_leads_to_suite,
)
async def suite_url_without_analytics(server: Server, request: Request) -> Response:
    response = await server.call(request)
    root = "/v2/organizations/{org}/teams/{team}/suites"
    if path_values(request, root, f"{root}/{{id}}", methods="GET HEAD POST PATCH") is not None:
        response.body = response.body.replace(b"/v2/analytics/", b"/v2/")
    return response


def audit_types_have_class_style(http: httpx.Client) -> None:
    events = http.get(f"{ORG}/audit_events").json()["items"]
    assert all(re.fullmatch(r"([A-Z][a-z0-9]*)+Event", event["type"]) for event in events)


@MUTANTS.plant(
    "bodies",
    operations="listAuditEvents getAuditEvent",
    title="the type of an audit event is the name for searches",
    source="pages/apis/rest_api/organizations/audit_events.md: type, in class-style form",
    witness=audit_types_have_class_style,
)
async def audit_type_of_searches(server: Server, request: Request) -> Response:
    response = await server.call(request)
    root = "/v2/organizations/{org}/audit_events"
    if path_values(request, root, f"{root}/{{uuid}}") is not None and response.status == 200:
        body = response.json
        for event in objects(body):
            name = event["type"].removesuffix("Event")
            event["type"] = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).upper()
        response.json = body
    return response


def tags_exclude_other_fields(http: httpx.Client) -> None:
    found = 0
    for run in http.get(f"{ANALYTICS}/suites/rspec/runs").json():
        for each in http.get(f"{ANALYTICS}/suites/rspec/runs/{run['id']}/failed_executions").json():
            assert not {"result", "scm.branch", "scm.commit_sha"} & set(each["tags"])
            found += 1
    assert found


@MUTANTS.plant(
    "bodies",
    operations="listFailedExecutions",
    title="the tags of a failed execution repeat its branch and commit",
    source="pages/apis/rest_api/test_engine/runs.md: Tags that duplicate other fields … are excluded",
    witness=tags_exclude_other_fields,
)
async def tags_with_branch(server: Server, request: Request) -> Response:
    response = await server.call(request)
    template = "/v2/analytics/organizations/{org}/suites/{suite}/runs/{run}/failed_executions"
    if path_values(request, template) is not None and response.status == 200:
        body = response.json
        for each in body:
            each["tags"] |= {"scm.branch": each["branch"], "scm.commit_sha": each["commit_sha"]}
        response.json = body
    return response


def used_and_remaining_add_up(http: httpx.Client) -> None:
    limits = [
        http.get(f"{ORG}/repository_connections/{each['id']}").json()["rate_limit"]
        for each in http.get(f"{ORG}/repository_connections").json()
    ]
    assert any(limits)
    assert all(each["used"] + each["remaining"] == each["limit"] for each in limits if each)


@MUTANTS.plant(
    "bodies",
    operations="getRepositoryConnection",
    title="`remaining` of a provider's rate limit ignores what is used",
    source="pages/apis/rest_api/organizations/repository_connections.md: rate_limit of the example",
    witness=used_and_remaining_add_up,
)
async def nothing_used(server: Server, request: Request) -> Response:
    response = await server.call(request)
    found = path_values(request, "/v2/organizations/{org}/repository_connections/{id}")
    if found is not None and response.status == 200 and response.json["rate_limit"]:
        body = response.json
        body["rate_limit"]["remaining"] = body["rate_limit"]["limit"]
        response.json = body
    return response


def absent_results_are_not_counted(http: httpx.Client) -> None:
    tests = http.get(f"{ANALYTICS}/suites/rspec/tests", headers=VERSION).json()
    counts = [test["executions_count_by_result"] for test in tests]
    assert counts
    assert all(each.get(name) != 0 for each in counts for name in ("skipped", "pending", "unknown"))


@MUTANTS.plant(
    "bodies",
    operations="listTests getTest listBuildTests",
    title="counts of results are present when they are zero",
    source="pages/apis/rest_api/test_engine/tests.md: executions_count_by_result, only present when they're non-zero",
    witness=absent_results_are_not_counted,
)
async def zero_counts(server: Server, request: Request) -> Response:
    response = await server.call(request)
    root = "/v2/analytics/organizations/{org}"
    tests = f"{root}/suites/{{suite}}/tests"
    if path_values(request, tests, f"{tests}/{{id}}", f"{root}/builds/{{build}}/tests") and response.status == 200:
        body = response.json
        for test in objects(body):
            if "executions_count_by_result" in test:
                test["executions_count_by_result"] = {
                    "skipped": 0,
                    "pending": 0,
                    "unknown": 0,
                    **test["executions_count_by_result"],
                }
        response.json = body
    return response
