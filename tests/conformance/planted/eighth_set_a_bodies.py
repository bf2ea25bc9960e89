"""Bugs in the bodies of responses."""

from __future__ import annotations

from collections import Counter
from posixpath import basename, dirname

import httpx
from tests.conformance.planted.eighth_set_a_support import (
    AGENTS,
    BUILD,
    BUILD_JOB,
    CLUSTER,
    MUTANTS,
    ORG,
    ORG_JOB,
    WEB,
    build_in,
    job_of,
    matching,
    new_cluster,
    objects,
    path_of,
)
from tests.conformance.planted.mutant import Request, Response, Server


def counts_of_all_jobs(http: httpx.Client) -> None:
    url = f"{WEB}/builds/{build_in(http, 'running')}"
    whole, some = (http.get(url, params=params).json() for params in ({}, {"job_states[]": "running"}))
    assert {job["state"] for job in some["jobs"]} == {"running"}
    assert some["job_state_counts"] == whole["job_state_counts"]


@MUTANTS.plant(
    "bodies",
    operations="getBuild",
    title="`job_state_counts` counts only the jobs that `job_states[]` selects",
    source="pages/apis/rest_api/builds.md: `job_state_counts` always describes every job in the build, regardless of "
    "the `job_states[]` or `exclude_jobs` parameters",
    witness=counts_of_all_jobs,
)
async def counts_of_selected_jobs(server: Server, request: Request) -> Response:
    response = await server.call(request)
    selected = request.params.get("job_states[]")
    if response.status == 200 and selected and request.values("GET", BUILD) is not None:
        body = response.json
        states = body["job_state_counts"]["states"]
        states = {state: count for state, count in states.items() if state in selected}
        body["job_state_counts"] = {"total": Counter(states).total(), "states": states}
        response.json = body
    return response


def whole_dirname(http: httpx.Client) -> None:
    listed = http.get(f"{WEB}/builds/{build_in(http, 'passed')}/artifacts", params={"per_page": 100}).json()
    nested = next(each for each in listed if each["path"].count("/") > 1)
    for each in (nested, http.get(path_of(nested["url"])).json()):
        assert each["dirname"] == dirname(each["path"])


@MUTANTS.plant(
    "bodies",
    operations="listBuildArtifacts listJobArtifacts listJobArtifactsInBuild getArtifact getArtifactInBuild",
    title="`dirname` of an artifact is only the innermost folder",
    source="pages/apis/rest_api/artifacts.md: dirname: Path of the artifact excluding the filename; the example has "
    "`tmp/screenshots`",
    witness=whole_dirname,
)
async def innermost_dirname(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.method == "GET" and response.status == 200 and "/artifacts" in request.path:
        body = response.json
        for each in objects(body):
            if "dirname" in each:
                each["dirname"] = basename(each["dirname"])
        response.json = body
    return response


def web_url_in_env(http: httpx.Client) -> None:
    job = job_of(http, build_in(http, "running"), "passed")
    env = http.get(f"{ORG}/jobs/{job['id']}/env").json()["env"]
    assert env["BUILDKITE_BUILD_URL"] == job["web_url"].partition("#")[0]


@MUTANTS.plant(
    "bodies",
    operations="getJobEnv getJobEnvInBuild",
    title="`BUILDKITE_BUILD_URL` is the URL of the build in the API",
    source="pages/apis/rest_api/jobs.md: example of Get a job's environment variables, "
    '"BUILDKITE_BUILD_URL": "https://buildkite.com/my-great-org/my-pipeline/builds/15"',
    witness=web_url_in_env,
)
async def api_url_in_env(server: Server, request: Request) -> Response:
    response = await server.call(request)
    body = response.json
    found = matching(request, "GET", f"{ORG_JOB}/env", f"{BUILD_JOB}/env")
    if response.status == 200 and found is not None and isinstance(body, dict):
        env = body["env"]
        env["BUILDKITE_BUILD_URL"] = (
            f"https://api.buildkite.com/v2/organizations/{env['BUILDKITE_ORGANIZATION_SLUG']}/pipelines/"
            f"{env['BUILDKITE_PIPELINE_SLUG']}/builds/{env['BUILDKITE_BUILD_NUMBER']}"
        )
        response.json = body
    return response


def time_of_token(http: httpx.Client) -> None:
    created = http.get("/v2/access-token").json()["created_at"]
    assert (created[10], created[-4:]) == (" ", " UTC")


@MUTANTS.plant(
    "bodies",
    operations="getAccessToken",
    title="the times of a token are in ISO 8601",
    source='pages/apis/rest_api/access_token.md: example "created_at": "2025-07-16 06:07:42 UTC"',
    witness=time_of_token,
)
async def iso_time_of_token(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status == 200 and request.values("GET", "/v2/access-token") is not None:
        body = response.json
        for name in ("created_at", "expires_at"):
            if body[name] is not None:
                body[name] = body[name].replace(" UTC", ".000Z").replace(" ", "T")
        response.json = body
    return response


def not_stopped_yet(http: httpx.Client) -> None:
    agents = http.get(f"{ORG}/agents", params={"per_page": 100}).json()
    stopping = [each for each in agents if each["connection_state"] == "stopping"]
    assert stopping
    assert all(each["stopped_at"] is None for each in stopping)


@MUTANTS.plant(
    "bodies",
    operations="listAgents getAgent",
    title="an agent that is still stopping has a `stopped_at`",
    source="pages/apis/rest_api/agents.md: stopped_at: When the agent was stopped (null if not stopped)",
    witness=not_stopped_yet,
)
async def stopped_early(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status == 200 and matching(request, "GET", AGENTS, f"{AGENTS}/{{agent}}") is not None:
        body = response.json
        for agent in body if isinstance(body, list) else [body]:
            if agent["connection_state"] == "stopping":
                agent["stopped_at"] = agent["last_job_finished_at"] or agent["connected_at"]
        response.json = body
    return response


def plain_aliases(http: httpx.Client) -> None:
    aliases = [alias for each in http.get(f"{ORG}/emojis").json() for alias in each.get("aliases", [])]
    assert aliases
    assert not any(":" in alias for alias in aliases)


@MUTANTS.plant(
    "bodies",
    operations="listEmojis",
    title="aliases of emojis have colons around them, other than names",
    source='pages/apis/rest_api/emojis.md: example "aliases": ["squirrel"]; the pattern `/:([\\w+-]+):/`',
    witness=plain_aliases,
)
async def colons_of_aliases(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status == 200 and request.values("GET", "/v2/organizations/{org}/emojis") is not None:
        body = response.json
        for emoji in body:
            if "aliases" in emoji:
                emoji["aliases"] = [f":{alias}:" for alias in emoji["aliases"]]
        response.json = body
    return response


def token_only_once(http: httpx.Client) -> None:
    url = f"{ORG}/clusters/{new_cluster(http)['id']}/tokens"
    created = http.post(url, json={"description": "Windows agents"}).json()
    assert created["token"]
    updated = http.put(f"{url}/{created['id']}", json={"description": "Linux agents"})
    assert updated.status_code == 200
    assert "token" not in updated.json()


@MUTANTS.plant(
    "bodies",
    operations="updateClusterAgentToken",
    title="the update of an agent token returns its value",
    source="pages/apis/rest_api/clusters/agent_tokens.md: the value is only included in the response for the request "
    "to create the token. Subsequent responses do not contain the token value.",
    witness=token_only_once,
)
async def token_in_update(server: Server, request: Request) -> Response:
    response = await server.call(request)
    body = response.json
    if response.status == 201 and request.values("POST", f"{CLUSTER}/tokens") is not None:
        server.memory[body["id"]] = body["token"]
    if response.status == 200 and request.values("PUT", f"{CLUSTER}/tokens/{{token}}") is not None:
        response.json = {**body, "token": server.memory.get(body["id"], "")}
    return response
