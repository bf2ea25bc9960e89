"""Wrong lists of builds, agents and pipelines."""

from __future__ import annotations

import re

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.second_set_support import (
    BUILD,
    BUILDS,
    JOB,
    JOB_IN_BUILD,
    ORG,
    PIPELINE,
    change,
    jobs,
    keep,
    matches,
)

MUTANTS = Mutants()


def big_pages(http: httpx.Client) -> None:
    assert len(http.get(f"{ORG}/builds", params={"per_page": 60, "exclude_jobs": "true"}).json()) == 60


@MUTANTS.plant(
    "lists",
    operations="listOrganizationBuilds",
    title="`per_page` has a maximum of 50",
    source="pages/apis/rest_api.md: per_page, maximum 100",
    witness=big_pages,
)
async def organization_builds_fifty_per_page(server: Server, request: Request) -> Response:
    if matches(request, "GET", "/v2/organizations/{org}/builds"):
        size = request.params.get("per_page", ["30"])[0]
        if size.isdigit() and int(size) > 50:
            request.params["per_page"] = ["50"]
    return await server.call(request)


def filtered_pages(http: httpx.Client) -> None:
    response = http.get(f"{PIPELINE}/builds", params={"state": "passed", "per_page": 3})
    while "next" in response.links:
        response = http.get(response.links["next"]["url"])
        assert {build["state"] for build in response.json()} == {"passed"}


@MUTANTS.plant(
    "lists",
    operations="listBuilds",
    title="the URLs of `Link` lack the filters of the list",
    source="pages/apis/rest_api.md: Link, next",
    witness=filtered_pages,
)
async def links_of_builds_without_filters(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "GET", BUILDS) and "link" in response.headers:
        response.headers["link"] = re.sub(r"&(?!page=|per_page=)[^&>]*", "", response.headers["link"])
    return response


def exact_versions(http: httpx.Client) -> None:
    version = http.get(f"{ORG}/agents").json()[0]["version"]
    assert http.get(f"{ORG}/agents", params={"version": version}).json()
    assert http.get(f"{ORG}/agents", params={"version": version.rpartition(".")[0]}).json() == []


@MUTANTS.plant(
    "lists",
    operations="listAgents",
    title="the filter `version` also finds versions that start with it",
    source="pages/apis/rest_api/agents.md: version, filters by the given exact version number",
    witness=exact_versions,
)
async def agents_by_prefix_of_the_version(server: Server, request: Request) -> Response:
    if matches(request, "GET", "/v2/organizations/{org}/agents") and request.params.get("version"):
        version = request.params.pop("version")[0]
        return keep(await server.call(request), lambda agent: agent["version"].startswith(version))
    return await server.call(request)


def stopping_agents(http: httpx.Client) -> None:
    agents = f"{ORG}/agents"
    agent = next(each for each in http.get(agents).json() if each["connection_state"] == "connected" and each["job"])
    assert http.put(f"{agents}/{agent['id']}/stop", json={"force": False}).status_code == 204
    if http.get(f"{agents}/{agent['id']}").json()["connection_state"] == "stopping":
        assert agent["id"] in {each["id"] for each in http.get(agents, params={"per_page": 100}).json()}


@MUTANTS.plant(
    "lists",
    operations="listAgents stopAgent",
    title="the list has only connected agents, not those that are stopping",
    source="pages/apis/rest_api/agents.md: list of an organization's connected and stopping agents",
    witness=stopping_agents,
)
async def agents_without_stopping_ones(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "GET", "/v2/organizations/{org}/agents"):
        return keep(response, lambda agent: agent["connection_state"] == "connected")
    return response


def omitted_bodies(http: httpx.Client) -> None:
    found = http.get(f"{PIPELINE}/builds/23/annotations", params={"scope": "all", "omit_body": "true"}).json()
    assert found
    assert all("body_html" not in annotation for annotation in found)


@MUTANTS.plant(
    "lists",
    operations="listBuildAnnotations",
    title="`omit_body=true` empties the body instead of omitting it",
    source="pages/apis/rest_api/annotations.md: omit_body omits the body_html field",
    witness=omitted_bodies,
)
async def omitted_annotation_bodies_are_empty(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "GET", f"{BUILD}/annotations") and request.params.get("omit_body") == ["true"]:
        change(response, lambda annotation: annotation.update(body_html=""))
    return response


def build_annotations(http: httpx.Client) -> None:
    assert http.post(f"{ORG}/jobs/{jobs(http, 30)[0]['id']}/annotations", json={"body": "Slow"}).status_code == 201
    assert all(each["scope"] == "build" for each in http.get(f"{PIPELINE}/builds/30/annotations").json())


@MUTANTS.plant(
    "lists",
    operations="listBuildAnnotations",
    title="without `scope`, annotations of jobs are listed too",
    source="pages/apis/rest_api/annotations.md: scope, build is the default",
    witness=build_annotations,
)
async def annotations_of_all_scopes_by_default(server: Server, request: Request) -> Response:
    if matches(request, "GET", f"{BUILD}/annotations"):
        request.params.setdefault("scope", ["all"])
    return await server.call(request)


def artifacts_in_folders(http: httpx.Client) -> None:
    artifacts = http.get(f"{PIPELINE}/builds/30/artifacts").json()
    folder = next(each["dirname"] for each in artifacts if "/" in each["path"])
    found = http.get(f"{PIPELINE}/builds/30/artifacts", params={"path": f"{folder}/*"}).json()
    assert found


@MUTANTS.plant(
    "lists",
    operations="listBuildArtifacts listJobArtifacts listJobArtifactsInBuild",
    title="`*` in the filter `path` is not a wildcard",
    source="pages/apis/rest_api/artifacts.md: path supports glob patterns using * as a wildcard",
    witness=artifacts_in_folders,
)
async def artifact_paths_without_wildcards(server: Server, request: Request) -> Response:
    lists = f"{BUILD}/artifacts", f"{JOB}/artifacts", f"{JOB_IN_BUILD}/artifacts"
    if matches(request, "GET", *lists) and "path" in request.params:
        path = request.params["path"][0]
        return keep(await server.call(request), lambda artifact: artifact["path"] == path)
    return await server.call(request)


def created_at_the_time(http: httpx.Client) -> None:
    build = http.get(f"{PIPELINE}/builds", params={"per_page": 1, "page": 4}).json()[0]
    found = http.get(f"{PIPELINE}/builds", params={"created_from": build["created_at"]}).json()
    assert build["id"] in {each["id"] for each in found}


@MUTANTS.plant(
    "lists",
    operations="listBuilds listOrganizationBuilds listAllBuilds",
    title="`created_from` excludes builds that were created at exactly this time",
    source="pages/apis/rest_api/_builds_list_query_strings.md: created_from, created on or after the given time",
    witness=created_at_the_time,
)
async def created_from_excludes_the_time_itself(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "GET", BUILDS, "/v2/organizations/{org}/builds", "/v2/builds"):
        start = request.params.get("created_from", [""])[0]
        return keep(response, lambda build: build["created_at"] != start)
    return response


def retried_jobs(http: httpx.Client) -> None:
    job = next(job for job in jobs(http, 23) if job["state"] == "failed")
    assert http.put(f"{ORG}/jobs/{job['id']}/retry").status_code == 200
    assert job["id"] in {each["id"] for each in jobs(http, 23)}


@MUTANTS.plant(
    "lists",
    operations="listJobs",
    title="retried jobs are omitted by default, as in a build",
    source="pages/apis/rest_api/jobs.md: include_retried_jobs, default true",
    witness=retried_jobs,
)
async def jobs_without_retried_ones_by_default(server: Server, request: Request) -> Response:
    if matches(request, "GET", f"{BUILD}/jobs"):
        request.params.setdefault("include_retried_jobs", ["false"])
    return await server.call(request)


def names_in_capitals(http: httpx.Client) -> None:
    found = http.get(f"{ORG}/pipelines", params={"name": "WEB"}).json()
    assert "web" in {pipeline["slug"] for pipeline in found}


@MUTANTS.plant(
    "lists",
    operations="listPipelines",
    title="the filter `name` is case-sensitive",
    source="pages/apis/rest_api/pipelines.md: name supports partial matches and is case insensitive",
    witness=names_in_capitals,
)
async def pipelines_by_name_case_sensitive(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "GET", "/v2/organizations/{org}/pipelines") and "name" in request.params:
        return keep(response, lambda pipeline: request.params["name"][0] in pipeline["name"])
    return response


def new_schedules_first(http: httpx.Client) -> None:
    created = [schedule["created_at"] for schedule in http.get(f"{PIPELINE}/schedules").json()]
    assert len(created) > 1
    assert created == sorted(created, reverse=True)


@MUTANTS.plant(
    "lists",
    operations="listPipelineSchedules",
    title="schedules are ordered by their label",
    source="pages/apis/rest_api/pipeline_schedules.md: with the most recently created first",
    witness=new_schedules_first,
)
async def schedules_ordered_by_label(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "GET", "/v2/organizations/{org}/pipelines/{pipeline}/schedules") and response.status == 200:
        response.json = sorted(response.json, key=lambda schedule: schedule["label"] or "")
    return response
