"""Wrong values in bodies."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.thirteenth_set_b_support import (
    ACME,
    BUILD,
    SUITE,
    V2,
    each,
    edited,
    failed_executions,
    matches,
)

MUTANTS = Mutants()


def unknown_reliability(http: httpx.Client) -> None:
    build = http.get(f"{ACME}/pipelines/web/builds/30").json()["id"]
    tests = http.get(f"/v2/analytics/organizations/acme/builds/{build}/tests").json()
    skipped = [test for test in tests if test["executions_count_by_result"].get("skipped") == test["executions_count"]]
    assert skipped
    assert all(test["reliability"] is None for test in skipped)


@MUTANTS.plant(
    "bodies",
    operations="listBuildTests",
    title="a test that was only skipped has a reliability of 0 instead of null",
    source="pages/apis/rest_api/test_engine/build_tests.md: null when the test has no passed or failed executions",
    witness=unknown_reliability,
)
async def skipped_test_is_unreliable(server: Server, request: Request) -> Response:
    def edit(test: Any) -> Any:
        return test | {"reliability": test["reliability"] or 0.0}

    route = "GET /v2/analytics/organizations/{org}/builds/{build}/tests"
    return await edited(server, request, each(edit), route)


def user_tags_only(http: httpx.Client) -> None:
    found = failed_executions(http)
    assert found
    assert not any({"result", "scm.branch", "scm.commit_sha"} & set(one["tags"]) for one in found)


@MUTANTS.plant(
    "bodies",
    operations="listFailedExecutions",
    title="the tags of a failed execution repeat its branch and its commit",
    source="pages/apis/rest_api/test_engine/runs.md: Tags that duplicate other fields … are excluded",
    witness=user_tags_only,
)
async def tags_repeat_branch_and_commit(server: Server, request: Request) -> Response:
    def edit(execution: Any) -> Any:
        repeated = {"scm.branch": execution["branch"], "scm.commit_sha": execution["commit_sha"]}
        return execution | {"tags": execution["tags"] | repeated}

    return await edited(server, request, each(edit), f"GET {SUITE}/runs/{{run}}/failed_executions")


def action_follows_type(http: httpx.Client) -> None:
    for rule in http.get(f"{ACME}/rules").json():
        assert rule["type"] == f"pipeline.{rule['action']}.pipeline"


@MUTANTS.plant(
    "bodies",
    operations="listRules getRule createRule",
    title="the action of a rule about artifacts is `trigger_build`",
    source="pages/apis/rest_api/rules.md: type: pipeline.artifacts_read.pipeline",
    witness=action_follows_type,
)
async def action_of_rule_is_fixed(server: Server, request: Request) -> Response:
    def edit(rule: Any) -> Any:
        return rule | {"action": "trigger_build"}

    routes = (f"GET {V2}/rules", f"POST {V2}/rules", f"GET {V2}/rules/{{rule}}")
    return await edited(server, request, each(edit), *routes)


def user_of_update(http: httpx.Client) -> None:
    user = http.get("/v2/user").json()["id"]
    template = next(
        one for one in http.get(f"{ACME}/pipeline-templates").json() if one["created_by"]["id"] not in (user, None)
    )
    changed = http.patch(template["url"], json={"description": "Changed"}).json()
    assert changed["updated_by"]["id"] == user


@MUTANTS.plant(
    "bodies",
    operations="updatePipelineTemplate getPipelineTemplate listPipelineTemplates",
    title="`updated_by` of a pipeline template is the user who created it",
    source="pages/apis/rest_api/pipeline_templates.md: updated_by: User who last updated the pipeline template",
    witness=user_of_update,
)
async def template_is_updated_by_creator(server: Server, request: Request) -> Response:
    def edit(template: Any) -> Any:
        return template | {"updated_by": template["created_by"]}

    one, all_of_them = f"{V2}/pipeline-templates/{{template}}", f"{V2}/pipeline-templates"
    return await edited(server, request, each(edit), f"GET {one}", f"PATCH {one}", f"GET {all_of_them}")


def requests_left(http: httpx.Client) -> None:
    connection = next(one for one in http.get(f"{ACME}/repository_connections").json() if one["type"] == "github_app")
    limit = http.get(connection["url"]).json()["rate_limit"]
    assert limit["used"] < limit["remaining"]
    assert limit["used"] + limit["remaining"] == limit["limit"]


@MUTANTS.plant(
    "bodies",
    operations="getRepositoryConnection",
    title="`remaining` of the rate limit of a connection is its whole limit, whatever was used",
    source="pages/apis/rest_api/organizations/repository_connections.md: rate_limit: limit, used, remaining",
    witness=requests_left,
)
async def connection_has_its_whole_limit(server: Server, request: Request) -> Response:
    def edit(connection: Any) -> Any:
        limit = connection["rate_limit"]
        return connection | {"rate_limit": limit and limit | {"remaining": limit["limit"]}}

    return await edited(server, request, edit, f"GET {V2}/repository_connections/{{connection}}")


def available_features(http: httpx.Client) -> None:
    before = http.get(f"{ACME}/api-settings").json()
    assert before["features"]["inactive_api_token_revocation"]
    after = http.patch(f"{ACME}/api-settings", json={"revoke_inactive_tokens_after_days": None}).json()
    assert after["features"] == before["features"]


@MUTANTS.plant(
    "bodies",
    operations="getOrganizationApiSettings updateOrganizationApiSettings",
    title="a feature whose setting is off is said not to be available",
    source="pages/apis/rest_api/organizations/api_settings.md: distinguish between a setting being configured off",
    witness=available_features,
)
async def feature_is_available_if_used(server: Server, request: Request) -> Response:
    def edit(settings: Any) -> Any:
        used = settings["revoke_inactive_tokens_after_days"] is not None
        features = settings["features"]
        return settings | {
            "features": features | {"inactive_api_token_revocation": features["inactive_api_token_revocation"] and used}
        }

    return await edited(server, request, edit, f"GET {V2}/api-settings", f"PATCH {V2}/api-settings")


def counts_of_listed_jobs(http: httpx.Client) -> None:
    build = http.get(f"{ACME}/pipelines/deploy/builds/6").json()
    assert build["job_state_counts"]["total"] == len(build["jobs"])


@MUTANTS.plant(
    "bodies",
    operations="getBuild",
    title="`job_state_counts` includes jobs that were retried",
    source="pages/apis/rest_api/builds.md: by default, retried job executions are excluded from the count",
    witness=counts_of_listed_jobs,
)
async def retried_jobs_are_counted(server: Server, request: Request) -> Response:
    if matches(request, f"GET {BUILD}") is None:
        return await server.call(request)
    whole = deepcopy(request)
    whole.params["include_retried_jobs"] = ["true"]
    response = await server.call(request)
    if response.status == 200 and "job_state_counts" in response.json:
        counts = (await server.call(whole)).json["job_state_counts"]
        response.json = response.json | {"job_state_counts": counts}
    return response
