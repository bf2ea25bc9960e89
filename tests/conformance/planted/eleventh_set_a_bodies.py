"""Wrong values in bodies."""

from __future__ import annotations

import re
from typing import Any

import httpx
from tests.conformance.planted.eleventh_set_a_support import (
    BUILD,
    CLUSTER,
    ORG,
    PIPELINE,
    SCHEDULES,
    SUITE,
    TESTS,
    V2,
    edited,
    in_objects,
    matches,
    new_build,
    new_pipeline,
    sent,
)
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

MUTANTS = Mutants()


def message_of_several_lines(http: httpx.Client) -> None:
    message = "Add a cart\n\nIt keeps its items."
    build = new_build(http, message=message)
    assert http.get(build["url"]).json()["message"] == message


@MUTANTS.plant(
    "bodies",
    operations="createBuild getBuild",
    title="only the first line of the message of a new build is stored",
    source="pages/apis/rest_api/builds.md: message: Message for the build",
    witness=message_of_several_lines,
)
async def message_is_cut_to_subject(server: Server, request: Request) -> Response:
    body = sent(request, f"POST {PIPELINE}/builds")
    if body is not None and isinstance(body.get("message"), str) and body["message"].strip():
        request.json = body | {"message": body["message"].strip().splitlines()[0]}
    return await server.call(request)


def meta_data_false(http: httpx.Client) -> None:
    build = new_build(http, meta_data={"release": True, "canary": False})
    assert set(http.get(build["url"]).json()["meta_data"]) == {"release", "canary"}


@MUTANTS.plant(
    "bodies",
    operations="createBuild getBuild",
    title="meta-data of a new build whose value is false, 0 or an empty string is dropped",
    source="pages/apis/rest_api/builds.md: meta_data: A JSON object of meta-data to make available to the build",
    witness=meta_data_false,
)
async def false_meta_data_is_dropped(server: Server, request: Request) -> Response:
    body = sent(request, f"POST {PIPELINE}/builds")
    if body is not None and isinstance(body.get("meta_data"), dict):
        request.json = body | {"meta_data": {key: value for key, value in body["meta_data"].items() if value}}
    return await server.call(request)


def reliability_of_skipped_test(http: httpx.Client) -> None:
    tests = http.get(f"{SUITE}/tests", headers={"Buildkite-Version": "2026-08-01"}).json()
    for test in tests:
        counts = test["executions_count_by_result"]
        if counts["passed"] + counts["failed"]:
            assert abs(test["reliability"] - counts["passed"] / (counts["passed"] + counts["failed"])) < 0.001


@MUTANTS.plant(
    "bodies",
    operations="listTests getTest",
    title="the reliability of a test counts skipped and pending executions as failures",
    source="pages/apis/rest_api/test_engine/tests.md: calculated from its passed and failed executions",
    witness=reliability_of_skipped_test,
)
async def reliability_counts_skipped(server: Server, request: Request) -> Response:
    def of_all(test: dict[str, Any]) -> dict[str, Any]:
        if test.get("reliability") is None or not test.get("executions_count"):
            return test
        return test | {"reliability": round(test["executions_count_by_result"]["passed"] / test["executions_count"], 6)}

    return await edited(server, request, lambda body: in_objects(body, of_all), f"GET {TESTS}", f"GET {TESTS}/{{test}}")


def expiry_in_other_zone(http: httpx.Client) -> None:
    cluster = http.get(f"{ORG}/clusters").json()[0]["url"]
    body = {"description": "Vienna", "expires_at": "2028-06-01T00:30:00+02:00"}
    token = http.post(f"{cluster}/tokens", json=body).json()
    assert token["expires_at"].startswith("2028-05-31T22:30:00")


@MUTANTS.plant(
    "bodies",
    operations="createClusterAgentToken getClusterAgentToken",
    title="the time zone of `expires_at` of a new agent token is ignored",
    source="pages/apis/rest_api/clusters/agent_tokens.md: The ISO8601 timestamp at which point the token expires",
    witness=expiry_in_other_zone,
)
async def zone_of_expiry_is_ignored(server: Server, request: Request) -> Response:
    body = sent(request, f"POST {CLUSTER}/tokens")
    if body is not None and isinstance(body.get("expires_at"), str):
        request.json = body | {"expires_at": re.sub(r"[+-]\d\d:\d\d$", "Z", body["expires_at"])}
    return await server.call(request)


def web_url_of_own_slug(http: httpx.Client) -> None:
    pipeline = new_pipeline(http, "Mobile apps", slug="mobile")
    assert pipeline["web_url"].endswith("/acme/mobile")


@MUTANTS.plant(
    "bodies",
    operations="createPipeline getPipeline listPipelines updatePipeline",
    title="`web_url` of a pipeline is made of its name, also if it has a slug of its own",
    source="pages/apis/rest_api/pipelines.md: this slug will be used as the pipeline's URL path",
    witness=web_url_of_own_slug,
)
async def web_url_is_made_of_name(server: Server, request: Request) -> Response:
    def of_name(found: dict[str, Any]) -> dict[str, Any]:
        if "badge_url" not in found or not isinstance(found.get("web_url"), str):
            return found
        slug = re.sub(r"[^a-z0-9]+", "-", found["name"].lower()).strip("-")
        return found | {"web_url": found["web_url"].rpartition("/")[0] + "/" + slug}

    return await edited(server, request, lambda body: in_objects(body, of_name))


def variable_of_two_lines(http: httpx.Client) -> None:
    build = new_build(http, env={"NOTE": "first\nsecond"})
    job = next(job for job in build["jobs"] if job["type"] == "script")
    found = http.get(f"{ORG}/jobs/{job['id']}/env", headers={"Accept": "text/plain"}).text
    assert "first" in found
    assert all("=" in line for line in found.splitlines() if line)


@MUTANTS.plant(
    "bodies",
    operations="getJobEnv getJobEnvInBuild",
    title="line breaks in the values of a text environment are not escaped",
    source="pages/apis/rest_api/jobs.md: KEY=VALUE format suitable for parsing by tools such as dotenv",
    witness=variable_of_two_lines,
)
async def line_breaks_in_environment(server: Server, request: Request) -> Response:
    response = await server.call(request)
    paths = (f"{V2}/jobs/{{job}}/env", f"{BUILD}/jobs/{{job}}/env")
    routes = [f"GET {path}{end}" for path in paths for end in ("", ".txt")]
    if matches(request, *routes) and response.headers.get("content-type", "").startswith("text/plain"):
        response.body = response.body.replace(b"\\n", b"\n")
    return response


def invitation_with_tag(http: httpx.Client) -> None:
    body = {"emails": ["new+ci@elsewhere.example"], "sso_mode": "optional"}
    assert http.post(f"{ORG}/invitations", json=body).json()[0]["email"] == "new+ci@elsewhere.example"


@MUTANTS.plant(
    "bodies",
    operations="createOrganizationInvitations getOrganizationInvitation listOrganizationInvitations",
    title="the part of an invited address from `+` to `@` is removed",
    source="pages/apis/rest_api/organizations/invitations.md: The email address the invitation was sent to",
    witness=invitation_with_tag,
)
async def tag_of_address_is_removed(server: Server, request: Request) -> Response:
    body = sent(request, f"POST {V2}/invitations")
    if body is not None and isinstance(body.get("emails"), list):
        emails = [re.sub(r"\+[^@]*@", "@", email) if isinstance(email, str) else email for email in body["emails"]]
        request.json = body | {"emails": emails}
    return await server.call(request)


def branch_of_new_schedule(http: httpx.Client) -> None:
    pipeline = new_pipeline(http, "Trunk", default_branch="trunk")["url"]
    assert http.post(f"{pipeline}/schedules", json={"cronline": "@daily"}).json()["branch"] == "trunk"


@MUTANTS.plant(
    "bodies",
    operations="createPipelineSchedule",
    title="the branch of a new schedule is `main`, also if another branch is the default of the pipeline",
    source="pages/apis/rest_api/pipeline_schedules.md: branch: Defaults to the pipeline's default branch",
    witness=branch_of_new_schedule,
)
async def branch_of_schedule_is_main(server: Server, request: Request) -> Response:
    body = sent(request, f"POST {SCHEDULES}")
    if body is not None:
        request.json = {"branch": "main"} | body
    return await server.call(request)
