"""Wrong lists: filters, order and pages."""

from __future__ import annotations

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
    edited,
    fetched,
    hosted,
    job_id,
    matches,
)
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

MUTANTS = Mutants()
BUILDS = ("GET /v2/builds", f"GET {V2}/builds", f"GET {V2}/pipelines/{{pipeline}}/builds")
OF_BUILDS = "listAllBuilds listOrganizationBuilds listBuilds"


def versions_are_exact(http: httpx.Client) -> None:
    version = http.get(f"{ORG}/agents").json()[0]["version"]
    assert http.get(f"{ORG}/agents", params={"version": version}).json()
    assert not http.get(f"{ORG}/agents", params={"version": version.rpartition(".")[0]}).json()


@MUTANTS.plant(
    "lists",
    operations="listAgents",
    title="the filter `version` finds agents whose version begins with it",
    source="pages/apis/rest_api/agents.md: Filters the results by the given exact version number",
    witness=versions_are_exact,
)
async def version_is_a_prefix(server: Server, request: Request) -> Response:
    if matches(request, f"GET {V2}/agents") and request.params.get("version", [""])[0]:
        version = request.params.pop("version")[0]
        return await edited(
            server,
            request,
            lambda agents: [agent for agent in agents if (agent["version"] or "").startswith(version)],
            f"GET {V2}/agents",
        )
    return await server.call(request)


def thirty_agents(http: httpx.Client) -> None:
    agents = http.get(f"{ORG}/agents")
    assert len(agents.json()) == 30 or "next" not in agents.links


@MUTANTS.plant(
    "lists",
    operations="listAgents",
    title="a page of agents has 25 items unless `per_page` is set",
    source="pages/apis/rest_api.md: per_page: Default: 30",
    witness=thirty_agents,
)
async def pages_of_twenty_five_agents(server: Server, request: Request) -> Response:
    if matches(request, f"GET {V2}/agents"):
        request.params.setdefault("per_page", ["25"])
    return await server.call(request)


def several_branches(http: httpx.Client) -> None:
    builds = http.get(f"{WEB}/builds", params={"branch[]": ["main", "release/1.2"]}).json()
    assert {build["branch"] for build in builds} == {"main", "release/1.2"}


@MUTANTS.plant(
    "lists",
    operations=OF_BUILDS,
    title="only the first `branch[]` filters builds",
    source="pages/apis/rest_api/_builds_list_query_strings.md: ?branch[]=main&branch[]=testing",
    witness=several_branches,
)
async def only_first_branch(server: Server, request: Request) -> Response:
    if matches(request, *BUILDS) and "branch[]" in request.params:
        request.params["branch[]"] = request.params["branch[]"][:1]
    return await server.call(request)


def created_from_is_inclusive(http: httpx.Client) -> None:
    build = http.get(f"{WEB}/builds", params={"exclude_jobs": "true"}).json()[5]
    found = http.get(f"{WEB}/builds", params={"created_from": build["created_at"]}).json()
    assert build["id"] in [one["id"] for one in found]


@MUTANTS.plant(
    "lists",
    operations=OF_BUILDS,
    title="`created_from` excludes a build created at that time",
    source="pages/apis/rest_api/_builds_list_query_strings.md: created on or after the given time",
    witness=created_from_is_inclusive,
)
async def exclusive_created_from(server: Server, request: Request) -> Response:
    start = request.params.get("created_from", [""])[0]
    if not start:
        return await server.call(request)
    return await edited(server, request, lambda builds: [one for one in builds if one["created_at"] != start], *BUILDS)


def canceled_is_finished(http: httpx.Client) -> None:
    builds = http.get(f"{WEB}/builds", params={"state": "finished", "per_page": "100"}).json()
    assert "canceled" in {build["state"] for build in builds}


@MUTANTS.plant(
    "lists",
    operations=OF_BUILDS,
    title="`state=finished` leaves out canceled builds",
    source="pages/apis/rest_api/_builds_list_query_strings.md: finished … passed, failed, blocked, canceled",
    witness=canceled_is_finished,
)
async def finished_without_canceled(server: Server, request: Request) -> Response:
    if matches(request, *BUILDS) and request.params.get("state") == ["finished"]:
        request.params.pop("state")
        request.params["state[]"] = ["passed", "failed", "blocked"]
    return await server.call(request)


def names_ignore_case(http: httpx.Client) -> None:
    assert http.get(f"{ORG}/pipelines", params={"name": "wEb"}).json()


@MUTANTS.plant(
    "lists",
    operations="listPipelines",
    title="the filter `name` of pipelines is case-sensitive",
    source="pages/apis/rest_api/pipelines.md: name: Supports partial matches and is case insensitive",
    witness=names_ignore_case,
)
async def case_sensitive_names(server: Server, request: Request) -> Response:
    name = request.params.get("name", [""])[0]
    return await edited(
        server, request, lambda found: [one for one in found if name in one["name"]], f"GET {V2}/pipelines"
    )


def teams_of_a_user(http: httpx.Client) -> None:
    users = [member["id"] for member in http.get(f"{ORG}/members").json()]
    counts = [len(http.get(f"{ORG}/teams", params={"user_id": user}).json()) for user in users]
    assert min(counts) < len(http.get(f"{ORG}/teams").json())


@MUTANTS.plant(
    "lists",
    operations="listTeams",
    title="the filter `user_id` of teams is ignored",
    source="pages/apis/rest_api/teams.md: user_id: teams that have the given user as a member",
    witness=teams_of_a_user,
)
async def ignored_user_of_teams(server: Server, request: Request) -> Response:
    if matches(request, f"GET {V2}/teams"):
        request.params.pop("user_id", None)
    return await server.call(request)


def newest_package_first(http: httpx.Client) -> None:
    times = [one["created_at"] for one in http.get(f"{REGISTRIES}/gems/packages").json()["items"]]
    assert times == sorted(times, reverse=True)


@MUTANTS.plant(
    "lists",
    operations="listPackages",
    title="the packages of a page are listed from oldest to newest",
    source="pages/apis/rest_api/package_registries/packages.md: in the order they were created (newest first)",
    witness=newest_package_first,
)
async def oldest_package_first(server: Server, request: Request) -> Response:
    route = "GET /v2/packages/organizations/{org}/registries/{registry}/packages"
    return await edited(server, request, lambda page: page | {"items": page["items"][::-1]}, route)


def all_pages_of_jobs(http: httpx.Client) -> None:
    page = http.get(f"{WEB}/builds/1/jobs", params={"per_page": 5}).json()
    found = page["items"]
    while "next" in page["links"]:
        page = http.get(page["links"]["next"]).json()
        found += page["items"]
    assert found == http.get(f"{WEB}/builds/1/jobs").json()["items"]


@MUTANTS.plant(
    "lists",
    operations="listJobs",
    title="the page after a cursor lacks its first job",
    source="pages/apis/rest_api/jobs.md: after: Return results after this cursor value",
    witness=all_pages_of_jobs,
)
async def job_lost_after_cursor(server: Server, request: Request) -> Response:
    if "after" not in request.params:
        return await server.call(request)
    return await edited(server, request, lambda page: page | {"items": page["items"][1:]}, f"GET {BUILD}/jobs")


def retried_jobs_can_be_excluded(http: httpx.Client) -> None:
    job = http.get(f"{ORG}/jobs/{job_id(http, 'failed')}").json()
    assert http.put(f"{ORG}/jobs/{job['id']}/retry").status_code == 200
    jobs = http.get(f"{job['build_url']}/jobs", params={"include_retried_jobs": "false"}).json()["items"]
    assert job["id"] not in [one["id"] for one in jobs]


@MUTANTS.plant(
    "lists",
    operations="listJobs",
    title="`include_retried_jobs=false` has no effect on the list of jobs",
    source="pages/apis/rest_api/jobs.md: Set to false to return only the most recent attempt for each step",
    witness=retried_jobs_can_be_excluded,
)
async def retried_jobs_always_listed(server: Server, request: Request) -> Response:
    if matches(request, f"GET {BUILD}/jobs"):
        request.params.pop("include_retried_jobs", None)
    return await server.call(request)


def pages_of_secrets(http: httpx.Client) -> None:
    secrets = f"{clusters(http)[0]}/secrets"
    everything = http.get(secrets).json()
    assert http.get(secrets, params={"per_page": 1, "page": 2}).json() == everything[1:2] != []


@MUTANTS.plant(
    "lists",
    operations="listClusterSecrets",
    title="the offset of a page of secrets is computed with the default size of a page",
    source="pages/apis/rest_api.md: page, per_page",
    witness=pages_of_secrets,
)
async def offset_ignores_per_page(server: Server, request: Request) -> Response:
    page, size = (request.params.get(name, [""])[0] for name in ("page", "per_page"))
    response = await server.call(request)
    if matches(request, f"GET {CLUSTER}/secrets") and page.isdecimal() and size.isdecimal() and response.status == 200:
        everything = await fetched(server, request, request.path, {"per_page": ["100"]})
        start = max(int(page) - 1, 0) * 30
        response.json = everything[start : start + int(size)]
    return response


def paths_with_wildcards(http: httpx.Client) -> None:
    artifact = http.get(f"{WEB}/builds/3/artifacts").json()[0]
    found = http.get(f"{WEB}/builds/3/artifacts", params={"path": artifact["path"][:-3] + "*"}).json()
    assert artifact["id"] in [one["id"] for one in found]


@MUTANTS.plant(
    "lists",
    operations="listBuildArtifacts listJobArtifacts listJobArtifactsInBuild",
    title="`*` in the filter `path` of artifacts is no wildcard",
    source="pages/apis/rest_api/artifacts.md: Supports exact matches and glob patterns using * as a wildcard",
    witness=paths_with_wildcards,
)
async def literal_asterisk_in_path(server: Server, request: Request) -> Response:
    path = request.params.get("path", [""])[0]
    routes = (
        f"GET {BUILD}/artifacts",
        f"GET {BUILD}/jobs/{{job}}/artifacts",
        f"GET {V2}/jobs/{{job}}/artifacts",
    )
    if "*" not in path:
        return await server.call(request)
    return await edited(server, request, lambda found: [one for one in found if one["path"] == path], *routes)


def bodies_are_kept(http: httpx.Client) -> None:
    found = http.get(f"{WEB}/builds/3/annotations", params={"omit_body": "false"}).json()
    assert all("body_html" in annotation for annotation in found)


@MUTANTS.plant(
    "lists",
    operations="listBuildAnnotations",
    title="`omit_body=false` omits the bodies of annotations",
    source="pages/apis/rest_api/annotations.md: Omits the body_html field … when set to true",
    witness=bodies_are_kept,
)
async def any_omit_body_omits(server: Server, request: Request) -> Response:
    if matches(request, f"GET {BUILD}/annotations") and "omit_body" in request.params:
        request.params["omit_body"] = ["true"]
    return await server.call(request)


def ascending_tests(http: httpx.Client) -> None:
    params = {"sort_by": "duration_max", "order": "asc"}
    found = http.get(f"{SUITE}/tests", params=params, headers=METRICS).json()
    assert [one["duration_max"] for one in found] == sorted(one["duration_max"] for one in found)


@MUTANTS.plant(
    "lists",
    operations="listTests",
    title="`order=asc` is ignored",
    source="pages/apis/rest_api/test_engine/_tests_list_query_strings.md: order: asc and desc",
    witness=ascending_tests,
)
async def tests_always_descending(server: Server, request: Request) -> Response:
    if matches(request, f"GET {TESTS}"):
        request.params.pop("order", None)
    return await server.call(request)


def runs_of_a_build(http: httpx.Client) -> None:
    build = http.get(f"{SUITE}/runs").json()[0]["build_id"]
    found = http.get(f"{SUITE}/runs", params={"build_id": build}).json()
    assert {run["build_id"] for run in found} == {build}


@MUTANTS.plant(
    "lists",
    operations="listTestRuns",
    title="the filter `build_id` of runs is ignored",
    source="pages/apis/rest_api/test_engine/_runs_list_query_strings.md: build_id",
    witness=runs_of_a_build,
)
async def ignored_build_of_runs(server: Server, request: Request) -> Response:
    if matches(request, "GET /v2/analytics/organizations/{org}/suites/{suite}/runs"):
        request.params.pop("build_id", None)
    return await server.call(request)


def oldest_service_first(http: httpx.Client) -> None:
    times = [one["created_at"] for one in http.get(f"{ORG}/services").json()["items"]]
    assert times == sorted(times)


@MUTANTS.plant(
    "lists",
    operations="listNotificationServices",
    title="the services of a page are listed from newest to oldest",
    source="pages/apis/rest_api/organizations/notification_services.md: ordered from oldest to newest",
    witness=oldest_service_first,
)
async def newest_service_first(server: Server, request: Request) -> Response:
    def reverse(page: Any) -> Any:
        return page | {"items": sorted(page["items"], key=lambda one: one["created_at"], reverse=True)}

    return await edited(server, request, reverse, f"GET {V2}/services")


def repository_ignores_case(http: httpx.Client) -> None:
    connection = http.get(f"{ORG}/repository_connections").json()[0]["url"]
    name = http.get(f"{connection}/repositories").json()[0]["full_name"]
    assert http.get(f"{connection}/repositories", params={"repository": name.upper()}).json()


@MUTANTS.plant(
    "lists",
    operations="listConnectedRepositories",
    title="the filter `repository` is case-sensitive",
    source="pages/apis/rest_api/repository_connections.md: case-insensitive exact match",
    witness=repository_ignores_case,
)
async def case_sensitive_repository(server: Server, request: Request) -> Response:
    name = request.params.get("repository", [""])[0]
    if not name:
        return await server.call(request)
    route = f"GET {V2}/repository_connections/{{connection}}/repositories"
    return await edited(server, request, lambda found: [one for one in found if one["full_name"] == name], route)


def back_to_first_page(http: httpx.Client) -> None:
    first = http.get(f"{ORG}/audit_events", params={"per_page": 3}).json()
    second = http.get(first["links"]["next"]).json()
    assert http.get(second["links"]["prev"]).json()["items"] == first["items"]


@MUTANTS.plant(
    "lists",
    operations="listAuditEvents",
    title="`before` returns the events after the cursor",
    source="pages/apis/rest_api/organizations/audit_events.md: before: Returns the previous page",
    witness=back_to_first_page,
)
async def before_means_after(server: Server, request: Request) -> Response:
    if matches(request, f"GET {V2}/audit_events") and "after" not in request.params and "before" in request.params:
        request.params["after"] = request.params.pop("before")
    return await server.call(request)


def images_by_name(http: httpx.Client) -> None:
    names = [image["name"] for image in http.get(f"{hosted(http)}/agent-images").json()]
    assert names == sorted(names)


@MUTANTS.plant(
    "lists",
    operations="listClusterAgentImages",
    title="agent images are sorted by their id",
    source="pages/apis/rest_api/clusters/agent_images.md: sorted alphabetically by name",
    witness=images_by_name,
)
async def images_by_id(server: Server, request: Request) -> Response:
    return await edited(
        server, request, lambda images: sorted(images, key=lambda one: one["id"]), f"GET {CLUSTER}/agent-images"
    )
