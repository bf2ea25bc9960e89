"""Wrong values in successful responses."""

from __future__ import annotations

import base64
from typing import Any

import httpx
from tests.conformance.planted.first_set_tools import (
    BUILD,
    CLUSTER,
    METRICS,
    ORG,
    REGISTRIES,
    SUITE,
    TESTS,
    V2,
    WEB,
    clusters,
    each_edited,
    edited,
    hosted,
    matches,
)
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

MUTANTS = Mutants()


def counts_describe_all_jobs(http: httpx.Client) -> None:
    filtered = http.get(f"{WEB}/builds/23", params={"job_states[]": "failed"}).json()
    assert filtered["job_state_counts"] == http.get(f"{WEB}/builds/23").json()["job_state_counts"]


@MUTANTS.plant(
    "bodies",
    operations="getBuild",
    title="`job_state_counts` counts only the jobs that match `job_states[]`",
    source="pages/apis/rest_api/builds.md: job_state_counts always describes every job in the build",
    witness=counts_describe_all_jobs,
)
async def job_state_counts_of_filtered_jobs(server: Server, request: Request) -> Response:
    def count(build: Any) -> Any:
        states = [job["state"] for job in build["jobs"] if "state" in job]
        counts = {state: states.count(state) for state in sorted(set(states))}
        return build | {"job_state_counts": {"total": len(states), "states": counts}}

    if "job_states[]" in request.params and "exclude_jobs" not in request.params:
        return await edited(server, request, count, f"GET {BUILD}")
    return await server.call(request)


def listed_jobs_of_agents(http: httpx.Client) -> None:
    for agent in http.get(f"{ORG}/agents").json():
        assert bool(agent["job"]) == bool(http.get(agent["url"]).json()["job"])


@MUTANTS.plant(
    "bodies",
    operations="listAgents",
    title="the list of agents never has the current job",
    source="pages/apis/rest_api/agents.md: job: Current job the agent is running (if any)",
    witness=listed_jobs_of_agents,
)
async def listed_agents_without_job(server: Server, request: Request) -> Response:
    return await each_edited(server, request, lambda agent: agent | {"job": None}, f"GET {V2}/agents")


def dirname_and_filename(http: httpx.Client) -> None:
    for artifact in http.get(f"{WEB}/builds/3/artifacts").json():
        assert artifact["dirname"].removeprefix(".") in {"", artifact["path"].rpartition("/")[0]}


ARTIFACTS = (
    f"GET {BUILD}/artifacts",
    f"GET {BUILD}/jobs/{{job}}/artifacts",
    f"GET {V2}/jobs/{{job}}/artifacts",
    f"GET {BUILD}/jobs/{{job}}/artifacts/{{artifact}}",
    f"GET {V2}/jobs/{{job}}/artifacts/{{artifact}}",
)


@MUTANTS.plant(
    "bodies",
    operations="listBuildArtifacts listJobArtifacts listJobArtifactsInBuild getArtifact getArtifactInBuild",
    title="`dirname` of an artifact includes the filename",
    source="pages/apis/rest_api/artifacts.md: dirname: Path of the artifact excluding the filename",
    witness=dirname_and_filename,
)
async def dirname_with_filename(server: Server, request: Request) -> Response:
    return await each_edited(server, request, lambda one: one | {"dirname": one["path"]}, *ARTIFACTS)


def no_glob_path(http: httpx.Client) -> None:
    assert all(one["glob_path"] is None for one in http.get(f"{WEB}/builds/3/artifacts").json())


@MUTANTS.plant(
    "bodies",
    operations="listBuildArtifacts listJobArtifacts listJobArtifactsInBuild getArtifact getArtifactInBuild",
    title="the deprecated `glob_path` of an artifact is still returned",
    source="pages/apis/rest_api/artifacts.md: glob_path and original_path … now return null",
    witness=no_glob_path,
)
async def deprecated_glob_path(server: Server, request: Request) -> Response:
    return await each_edited(server, request, lambda one: one | {"glob_path": one["path"]}, *ARTIFACTS)


def appending_is_an_update(http: httpx.Client) -> None:
    http.post(f"{WEB}/builds/3/annotations", json={"body": "x", "context": "c"})
    appended = http.post(f"{WEB}/builds/3/annotations", json={"body": "y", "context": "c", "append": True}).json()
    assert appended["updated_at"] > appended["created_at"]


@MUTANTS.plant(
    "bodies",
    operations="createBuildAnnotation listBuildAnnotations",
    title="`updated_at` of an annotation is when it was created",
    source="pages/apis/rest_api/annotations.md: updated_at: When the annotation was last added to or replaced",
    witness=appending_is_an_update,
)
async def annotation_updated_at_is_created_at(server: Server, request: Request) -> Response:
    routes = (f"GET {BUILD}/annotations", f"POST {BUILD}/annotations")
    return await each_edited(server, request, lambda one: one | {"updated_at": one["created_at"]}, *routes)


def secret_value_is_hidden(http: httpx.Client) -> None:
    secrets = f"{clusters(http)[0]}/secrets"
    secret = http.post(secrets, json={"key": "LEAK", "value": "hush"})
    assert secret.status_code == 201
    assert "hush" not in secret.text
    assert "hush2" not in http.put(f"{secrets}/{secret.json()['id']}/value", json={"value": "hush2"}).text


@MUTANTS.plant(
    "bodies",
    operations="updateClusterSecretValue",
    title="the response to a new value of a secret contains the value",
    source="pages/apis/rest_api/clusters/secrets.md: value: This field is never returned by the API",
    witness=secret_value_is_hidden,
)
async def new_secret_value_is_echoed(server: Server, request: Request) -> Response:
    route = f"PUT {CLUSTER}/secrets/{{secret}}/value"
    return await edited(server, request, lambda secret: secret | {"value": request.json["value"]}, route)


def secret_update_is_recorded(http: httpx.Client) -> None:
    secret = http.get(f"{clusters(http)[0]}/secrets").json()[0]
    changed = http.put(secret["url"] + "/value", json={"value": "new"}).json()
    assert changed["updated_at"] > secret["updated_at"]


@MUTANTS.plant(
    "bodies",
    operations="updateClusterSecretValue updateClusterSecret getClusterSecret listClusterSecrets",
    title="`updated_at` of a secret stays what it was when it was created",
    source="pages/apis/rest_api/clusters/secrets.md: updated_at: When the secret was last updated",
    witness=secret_update_is_recorded,
)
async def secret_updated_at_is_stale(server: Server, request: Request) -> Response:
    one = CLUSTER + "/secrets/{secret}"
    routes = (f"GET {CLUSTER}/secrets", f"GET {one}", f"PUT {one}", f"PUT {one}/value")
    return await each_edited(server, request, lambda secret: secret | {"updated_at": secret["created_at"]}, *routes)


def agent_token_is_shown_once(http: httpx.Client) -> None:
    tokens = f"{clusters(http)[0]}/tokens"
    token = http.post(tokens, json={"description": "once"}).json()
    assert token["token"] not in http.get(f"{tokens}/{token['id']}").text


@MUTANTS.plant(
    "bodies",
    operations="getClusterAgentToken",
    title="the value of an agent token can be read after its creation",
    source="pages/apis/rest_api/clusters/agent_tokens.md: Subsequent responses do not contain the token value",
    witness=agent_token_is_shown_once,
)
async def agent_token_can_be_read_again(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"POST {CLUSTER}/tokens") and response.status == 201:
        server.memory[response.json["id"]] = response.json["token"]
    found = request.values("GET", CLUSTER + "/tokens/{token}")
    if found is not None and found["token"] in server.memory:
        response.json = response.json | {"token": server.memory[found["token"]]}
    return response


def rule_has_its_ends(http: httpx.Client) -> None:
    for rule in http.get(f"{ORG}/rules").json():
        assert http.get(rule["url"]).json()["source_uuid"] == rule["source_uuid"]


@MUTANTS.plant(
    "bodies",
    operations="getRule",
    title="source and target of a rule are swapped in its details",
    source="pages/apis/rest_api/rules.md: source_pipeline and target_pipeline",
    witness=rule_has_its_ends,
)
async def rule_with_swapped_ends(server: Server, request: Request) -> Response:
    def swap(rule: Any) -> Any:
        return rule | {"source_uuid": rule["target_uuid"], "target_uuid": rule["source_uuid"]}

    return await edited(server, request, swap, f"GET {V2}/rules/{{rule}}")


def suite_token_only_on_request(http: httpx.Client) -> None:
    assert "api_token" not in http.get(SUITE).json()


@MUTANTS.plant(
    "bodies",
    operations="getTestSuite",
    title="a suite shows its API token although `show_api_token` is false",
    source="pages/apis/rest_api/test_engine/suites.md: show_api_token: Default value: false",
    witness=suite_token_only_on_request,
)
async def suite_token_shown_by_default(server: Server, request: Request) -> Response:
    if matches(request, "GET /v2/analytics/organizations/{org}/suites/{suite}"):
        request.params.setdefault("show_api_token", ["true"])
    return await server.call(request)


def commits_of_runs(http: httpx.Client) -> None:
    run = http.get(f"{SUITE}/runs").json()[0]
    assert http.get(run["url"]).json()["commit_sha"] == run["commit_sha"]


@MUTANTS.plant(
    "bodies",
    operations="listTestRuns",
    title="the list of runs has abbreviated commits",
    source="pages/apis/rest_api/test_engine/runs.md: commit_sha of both responses",
    witness=commits_of_runs,
)
async def listed_runs_with_short_commit(server: Server, request: Request) -> Response:
    def shorten(run: Any) -> Any:
        return run | {"commit_sha": (run["commit_sha"] or "")[:7]}

    return await each_edited(server, request, shorten, "GET /v2/analytics/organizations/{org}/suites/{suite}/runs")


def reliability_is_a_fraction(http: httpx.Client) -> None:
    for test in http.get(f"{SUITE}/tests", headers=METRICS).json():
        assert test["reliability"] is None or 0 <= test["reliability"] <= 1


@MUTANTS.plant(
    "bodies",
    operations="listTests getTest",
    title="the reliability of a test is a percentage",
    source="pages/apis/rest_api/test_engine/tests.md: reliability: expressed as a decimal fraction",
    witness=reliability_is_a_fraction,
)
async def reliability_in_percent(server: Server, request: Request) -> Response:
    def scale(test: Any) -> Any:
        value = test.get("reliability")
        return test if value is None else test | {"reliability": value * 100}

    return await each_edited(server, request, scale, f"GET {TESTS}", f"GET {TESTS}/{{test}}")


def executions_add_up(http: httpx.Client) -> None:
    for test in http.get(f"{SUITE}/tests", headers=METRICS).json():
        assert test["executions_count"] == sum(test["executions_count_by_result"].values())


@MUTANTS.plant(
    "bodies",
    operations="listTests getTest",
    title="`executions_count` leaves out executions that neither passed nor failed",
    source="pages/apis/rest_api/test_engine/tests.md: The number of executions in the time range",
    witness=executions_add_up,
)
async def executions_count_without_skipped(server: Server, request: Request) -> Response:
    def count(test: Any) -> Any:
        results = test.get("executions_count_by_result")
        return test if results is None else test | {"executions_count": results["passed"] + results["failed"]}

    return await each_edited(server, request, count, f"GET {TESTS}", f"GET {TESTS}/{{test}}")


def composed_dockerfile_has_base(http: httpx.Client) -> None:
    for image in http.get(f"{hosted(http)}/agent-images").json():
        assert image["composed_dockerfile"].startswith(image["base_image"])


@MUTANTS.plant(
    "bodies",
    operations="listClusterAgentImages getClusterAgentImage createClusterAgentImage",
    title="`composed_dockerfile` is the Dockerfile without the base image",
    source="pages/apis/rest_api/clusters/agent_images.md: base_image followed by dockerfile",
    witness=composed_dockerfile_has_base,
)
async def composed_dockerfile_without_base(server: Server, request: Request) -> Response:
    images = CLUSTER + "/agent-images"
    routes = (f"GET {images}", f"GET {images}/{{image}}", f"POST {images}")
    return await each_edited(server, request, lambda one: one | {"composed_dockerfile": one["dockerfile"]}, *routes)


def requests_are_counted(http: httpx.Client) -> None:
    first = http.get(f"{ORG}/rate_limit").json()["scopes"]["rest"]["current"]
    assert http.get(f"{ORG}/rate_limit").json()["scopes"]["rest"]["current"] > first


@MUTANTS.plant(
    "bodies",
    operations="getRateLimit",
    title="`current` is the number of requests that remain",
    source="pages/apis/rest_api/organizations/rate_limits.md: Number of requests made in the current time window",
    witness=requests_are_counted,
)
async def current_is_remaining(server: Server, request: Request) -> Response:
    def invert(body: Any) -> Any:
        rest = body["scopes"]["rest"]
        rest["current"] = rest["limit"] - rest["current"]
        return body

    return await edited(server, request, invert, f"GET {V2}/rate_limit")


def roles_in_list(http: httpx.Client) -> None:
    for member in http.get(f"{ORG}/members").json():
        assert http.get(f"{ORG}/members/{member['id']}").json()["role"] == member["role"]


@MUTANTS.plant(
    "bodies",
    operations="listOrganizationMembers",
    title="every listed member has the role `member`",
    source="pages/apis/rest_api/organizations/members.md: role: admin or member",
    witness=roles_in_list,
)
async def listed_members_without_admins(server: Server, request: Request) -> Response:
    return await each_edited(server, request, lambda one: one | {"role": "member"}, f"GET {V2}/members")


def teams_of_invitation(http: httpx.Client) -> None:
    for invitation in http.get(f"{ORG}/invitations").json()["items"]:
        assert http.get(invitation["url"]).json()["teams"] == invitation["teams"]


@MUTANTS.plant(
    "bodies",
    operations="getOrganizationInvitation",
    title="the details of an invitation have no teams",
    source="pages/apis/rest_api/organizations/invitations.md: teams: Array of teams included in the invitation",
    witness=teams_of_invitation,
)
async def invitation_without_teams(server: Server, request: Request) -> Response:
    return await edited(server, request, lambda one: one | {"teams": []}, f"GET {V2}/invitations/{{invitation}}")


def sizes_of_packages(http: httpx.Client) -> None:
    for package in http.get(f"{REGISTRIES}/gems/packages").json()["items"]:
        assert http.get(package["url"]).json()["metadata"]["file_size"] == package["metadata"]["file_size"]


@MUTANTS.plant(
    "bodies",
    operations="listPackages",
    title="the list of packages has sizes in kilobytes",
    source="pages/apis/rest_api/package_registries/packages.md: metadata of both responses",
    witness=sizes_of_packages,
)
async def listed_packages_in_kilobytes(server: Server, request: Request) -> Response:
    def scale(package: Any) -> Any:
        package["metadata"]["file_size"] //= 1024
        return package

    route = "GET /v2/packages/organizations/{org}/registries/{registry}/packages"
    return await each_edited(server, request, scale, route)


def queues_have_own_graphql_ids(http: httpx.Client) -> None:
    queues = http.get(f"{clusters(http)[0]}/queues").json()
    assert len({queue["graphql_id"] for queue in queues}) == len(queues)


@MUTANTS.plant(
    "bodies",
    operations="listClusterQueues getClusterQueue",
    title="the GraphQL ID of a queue is that of its cluster",
    source="pages/apis/rest_api/clusters/queues.md: graphql_id: GraphQL ID of the queue",
    witness=queues_have_own_graphql_ids,
)
async def queue_with_graphql_id_of_cluster(server: Server, request: Request) -> Response:
    cluster = request.path.split("/")[5:6]
    identifier = base64.b64encode(f"Cluster---{''.join(cluster)}".encode()).decode()
    routes = (f"GET {CLUSTER}/queues", f"GET {CLUSTER}/queues/{{queue}}")
    return await each_edited(server, request, lambda queue: queue | {"graphql_id": identifier}, *routes)


def token_is_of_user(http: httpx.Client) -> None:
    assert http.get("/v2/access-token").json()["user"]["email"] == http.get("/v2/user").json()["email"]


@MUTANTS.plant(
    "bodies",
    operations="getAccessToken",
    title="the email address of the owner of a token is their name",
    source="pages/apis/rest_api/access_token.md: user with email and name",
    witness=token_is_of_user,
)
async def token_owner_with_name_as_email(server: Server, request: Request) -> Response:
    def confuse(token: Any) -> Any:
        return token | {"user": token["user"] | {"email": token["user"]["name"]}}

    return await edited(server, request, confuse, "GET /v2/access-token")
