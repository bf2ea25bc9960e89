"""Wrong values in bodies."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from ipaddress import ip_network
from typing import Any

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.twelfth_set_a_support import (
    BUILD,
    CLUSTER,
    ORG,
    SUITE,
    SUITES,
    V2,
    WEB,
    bearer,
    fetch,
    matches,
    new_team,
    objects_changed,
)

MUTANTS = Mutants()


def scopes_are_those_of_the_token(http: httpx.Client) -> None:
    limited = bearer("bkua_mock_limited_1")
    scopes = http.get("/v2/access-token", headers=limited).json()["scopes"]
    assert ("read_pipelines" in scopes) == (http.get(f"{ORG}/pipelines", headers=limited).status_code == 200)


@MUTANTS.plant(
    "bodies",
    operations="getAccessToken",
    title="the scopes of a token include a read scope for each write scope, which it does not have",
    source="pages/apis/rest_api/access_token.md: Returns details about the API access token that was used",
    witness=scopes_are_those_of_the_token,
)
async def writing_implies_reading(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "GET /v2/access-token") is not None and response.status == 200:
        scopes = response.json["scopes"]
        read = {scope.replace("write_", "read_") for scope in scopes if scope.startswith("write_")}
        read = {"read_secrets_details" if scope == "read_secrets" else scope for scope in read}
        if read - set(scopes):
            response.json = response.json | {"scopes": sorted(read | set(scopes))}
    return response


def all_jobs_are_counted(http: httpx.Client) -> None:
    build = f"{WEB}/builds/23"
    counts = http.get(build).json()["job_state_counts"]
    assert http.get(build, params={"job_states[]": "failed"}).json()["job_state_counts"] == counts


@MUTANTS.plant(
    "bodies",
    operations="getBuild",
    title="with `job_states[]`, `job_state_counts` counts only the jobs in these states",
    source="pages/apis/rest_api/builds.md: job_state_counts always describes every job in the build, regardless of …",
    witness=all_jobs_are_counted,
)
async def only_shown_jobs_are_counted(server: Server, request: Request) -> Response:
    response = await server.call(request)
    filtered = "job_states[]" in request.params and matches(request, f"GET {BUILD}") is not None
    if filtered and response.status == 200 and "jobs" in response.json:
        states = Counter(job["state"] for job in response.json["jobs"])
        response.json = response.json | {"job_state_counts": {"total": states.total(), "states": dict(states)}}
    return response


def ranges_have_prefix_lengths(http: httpx.Client) -> None:
    for cluster in http.get(f"{ORG}/clusters").json():
        for item in http.get(f"{cluster['url']}/network_ranges").json():
            assert item["cidr_range"] == str(ip_network(item["cidr_range"]))


@MUTANTS.plant(
    "bodies",
    operations="listClusterNetworkRanges",
    title="network ranges have a netmask instead of the length of the prefix",
    source="pages/apis/rest_api/clusters/network_ranges.md: The egress IP address range in CIDR notation",
    witness=ranges_have_prefix_lengths,
)
async def ranges_with_netmask(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"GET {CLUSTER}/network_ranges") is not None and response.status == 200:
        return objects_changed(response, _netmask)
    return response


def _netmask(item: dict[str, Any]) -> dict[str, Any]:
    return item | {"cidr_range": ip_network(item["cidr_range"]).with_netmask}


def limits_reset_at_the_end_of_the_window(http: httpx.Client) -> None:
    response = http.get(f"{ORG}/rate_limit")
    now = parsedate_to_datetime(response.headers["date"])
    for scope in response.json()["scopes"].values():
        reset_at = datetime.fromisoformat(scope["reset_at"])
        assert abs(reset_at - now - timedelta(seconds=scope["reset"])) < timedelta(seconds=5)


@MUTANTS.plant(
    "bodies",
    operations="getRateLimit",
    title="`reset_at` is the start of the window of a rate limit instead of its end",
    source="pages/apis/rest_api/organizations/rate_limits.md: timestamp when the current time window resets to zero",
    witness=limits_reset_at_the_end_of_the_window,
)
async def reset_at_start_of_window(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"GET {V2}/rate_limit") is not None and response.status == 200:
        scopes = response.json["scopes"]
        for name, seconds in (("rest", 60), ("graphql", 300)):
            start = datetime.fromisoformat(scopes[name]["reset_at"]) - timedelta(seconds=seconds)
            scopes[name]["reset_at"] = start.strftime("%Y-%m-%dT%H:%M:%SZ")
        response.json = {"scopes": scopes}
    return response


def addresses_of_portal_are_separated_by_spaces(http: httpx.Client) -> None:
    for portal in http.get(f"{ORG}/portals").json():
        assert "," not in (portal["allowed_ip_addresses"] or "")


@MUTANTS.plant(
    "bodies",
    operations="createPortal getPortal",
    title="the allowed IP addresses of a portal are separated by commas",
    source="pages/apis/rest_api/portals.md: Space-separated list of allowed IP addresses in CIDR notation",
    witness=addresses_of_portal_are_separated_by_spaces,
)
async def commas_between_addresses(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.path.split("/")[4:5] == ["portals"] and response.status < 300:
        return objects_changed(response, _commas)
    return response


def _commas(item: dict[str, Any]) -> dict[str, Any]:
    addresses = item.get("allowed_ip_addresses")
    return item | {"allowed_ip_addresses": addresses.replace(" ", ",")} if isinstance(addresses, str) else item


def tags_have_no_fields_of_the_response(http: httpx.Client) -> None:
    for run in http.get(f"{SUITES}/rspec/runs").json()[:3]:
        for execution in http.get(f"{run['url']}/failed_executions").json():
            assert not {"result", "scm.branch", "scm.commit_sha"} & set(execution["tags"])


@MUTANTS.plant(
    "bodies",
    operations="listFailedExecutions",
    title="the tags of a failed execution repeat its branch and its commit",
    source="pages/apis/rest_api/test_engine/runs.md: Tags that duplicate other fields … are excluded",
    witness=tags_have_no_fields_of_the_response,
)
async def tags_repeat_branch_and_commit(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"GET {SUITE}/runs/{{run}}/failed_executions") is not None and response.status == 200:
        response.json = [
            item | {"tags": item["tags"] | {"scm.branch": item["branch"], "scm.commit_sha": item["commit_sha"]}}
            for item in response.json
        ]
    return response


def association_is_new(http: httpx.Client) -> None:
    team = new_team(http, "Newcomers")
    body = {"pipeline_id": http.get(WEB).json()["id"], "access_level": "read_only"}
    response = http.post(f"{team}/pipelines", json=body)
    now = parsedate_to_datetime(response.headers["date"])
    assert abs(datetime.fromisoformat(response.json()["created_at"]) - now) < timedelta(minutes=1)


@MUTANTS.plant(
    "bodies",
    operations="createTeamPipeline getTeamPipeline",
    title="`created_at` of a pipeline of a team is that of the pipeline",
    source="pages/apis/rest_api/teams/pipelines.md: created_at: When the team and pipeline association was created",
    witness=association_is_new,
)
async def association_as_old_as_pipeline(server: Server, request: Request) -> Response:
    if request.path.split("/")[4:7:2] != ["teams", "pipelines"]:
        return await server.call(request)
    pipelines = await fetch(server, request, "/".join(request.path.split("/")[:4]) + "/pipelines", per_page="100")
    created = {one["id"]: one["created_at"] for one in pipelines.json} if pipelines.status == 200 else {}
    response = await server.call(request)

    def changed(item: dict[str, Any]) -> dict[str, Any]:
        own = created.get(item.get("pipeline_id"))
        return item | {"created_at": own} if own else item

    return objects_changed(response, changed)
