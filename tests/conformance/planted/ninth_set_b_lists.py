"""Bugs in lists, their filters and pages."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.ninth_set_b_support import (
    BUILD,
    JOB,
    JOB_IN_BUILD,
    ORGANIZATION,
    WEB,
    job_in_state,
    matches,
    path_of,
)

MUTANTS = Mutants()
BUILDS = (
    "/v2/builds",
    "/v2/organizations/{org}/builds",
    "/v2/organizations/{org}/pipelines/{pipeline}/builds",
)


def canceled_builds_are_finished(http: httpx.Client) -> None:
    found = http.get(WEB, params={"state": "finished", "per_page": 100, "exclude_jobs": "true"}).json()
    assert "canceled" in {build["state"] for build in found}


@MUTANTS.plant(
    "lists",
    operations="listBuilds listOrganizationBuilds listAllBuilds",
    title="`state=finished` leaves out canceled builds",
    source="pages/apis/rest_api/_builds_list_query_strings.md: finished is a shortcut",
    witness=canceled_builds_are_finished,
)
async def finished_without_canceled_b(server: Server, request: Request) -> Response:
    if matches(request, "GET", *BUILDS) and request.params.get("state") == ["finished"]:
        del request.params["state"]
        request.params["state[]"] = ["passed", "failed", "blocked"]
    return await server.call(request)


def builds_before_a_time(http: httpx.Client) -> None:
    time = http.get(f"{WEB}/10").json()["created_at"]
    found = http.get(WEB, params={"created_to": time}).json()
    assert found
    assert all(build["created_at"] < time for build in found)


@MUTANTS.plant(
    "lists",
    operations="listBuilds",
    title="`created_to` returns the build that was created at that very time too",
    source="pages/apis/rest_api/_pipeline_builds_list_query_strings.md: created before the given time",
    witness=builds_before_a_time,
)
async def created_to_includes_its_time(server: Server, request: Request) -> Response:
    time = request.params.get("created_to", [""])[0]
    if matches(request, "GET", BUILDS[2]) and re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z", time):
        try:
            later = datetime.fromisoformat(time) + timedelta(milliseconds=1)
        except ValueError:
            return await server.call(request)
        request.params["created_to"] = [later.isoformat()]
    return await server.call(request)


def last_page_of_agents(http: httpx.Client) -> None:
    response = http.get(f"{ORGANIZATION}/agents", params={"per_page": 7})
    assert len(response.json()) == 7
    assert http.get(response.links["last"]["url"]).json()


@MUTANTS.plant(
    "lists",
    operations="listAgents",
    title="`last` leads to an empty page if all pages are full",
    source="pages/apis/rest_api.md: Pagination, Link with rel last",
    witness=last_page_of_agents,
)
async def last_page_is_empty(server: Server, request: Request) -> Response:
    response = await server.call(request)
    link = response.headers.get("link", "")
    found = re.search(r'page=(\d+)[^>]*>; rel="last"', link)
    if found is None or not matches(request, "GET", "/v2/organizations/{org}/agents"):
        return response
    page = response.json
    request.params["page"] = [found[1]]
    if 'rel="next"' in link and len((await server.call(request)).json) == len(page):
        last = found[0].replace(f"page={found[1]}", f"page={int(found[1]) + 1}", 1)
        response.headers["link"] = link.replace(found[0], last)
    return response


def artifact_by_its_path(http: httpx.Client) -> None:
    artifacts = f"{WEB}/10/artifacts"
    assert http.get(artifacts, params={"path": "dist/app.tar.gz"}).json()
    assert http.get(artifacts, params={"path": "app.tar.gz"}).json() == []


@MUTANTS.plant(
    "lists",
    operations="listBuildArtifacts listJobArtifacts listJobArtifactsInBuild",
    title="`path` without a wildcard matches the end of paths",
    source="pages/apis/rest_api/artifacts.md: path supports exact matches",
    witness=artifact_by_its_path,
)
async def path_matches_an_end(server: Server, request: Request) -> Response:
    lists = [f"{parent}/artifacts" for parent in (BUILD, JOB, JOB_IN_BUILD)]
    path = request.params.get("path", [""])[0]
    if matches(request, "GET", *lists) and path and "*" not in path:
        request.params["path"] = [f"*{path}"]
    return await server.call(request)


def next_page_of_passed_jobs(http: httpx.Client) -> None:
    build = http.get(WEB, params={"state": "failed"}).json()[0]
    jobs = f"{path_of(build['url'])}/jobs"
    response = http.get(jobs, params={"state[]": "passed", "per_page": 1})
    states = set[str]()
    for _ in range(20):
        states |= {job["state"] for job in response.json()["items"]}
        if (url := response.json()["links"].get("next")) is None:
            break
        response = http.get(url)
    assert states == {"passed"}


@MUTANTS.plant(
    "lists",
    operations="listJobs",
    title="`links.next` of jobs loses the filter by state",
    source="pages/apis/rest_api/jobs.md: use the next URL from links to fetch the next page",
    witness=next_page_of_passed_jobs,
)
async def next_jobs_of_any_state(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "GET", f"{BUILD}/jobs") and response.status == 200:
        page = response.json
        if page["links"].get("next"):
            url = httpx.URL(page["links"]["next"])
            page["links"]["next"] = str(url.copy_remove_param("state[]").copy_remove_param("state"))
            response.json = page
    return response


def all_emojis(http: httpx.Client) -> None:
    emojis = f"{ORGANIZATION}/emojis"
    assert http.get(emojis, params={"per_page": 2}).json() == http.get(emojis).json()


@MUTANTS.plant(
    "lists",
    operations="listEmojis",
    title="`per_page` cuts the list of emojis",
    source="pages/apis/rest_api/emojis.md: this list is not paginated",
    witness=all_emojis,
)
async def emojis_have_pages(server: Server, request: Request) -> Response:
    response = await server.call(request)
    size = request.params.get("per_page", [""])[0]
    if matches(request, "GET", "/v2/organizations/{org}/emojis") and size.isdecimal() and response.status == 200:
        response.json = response.json[: int(size)]
    return response


def latest_attempts(http: httpx.Client) -> None:
    job = job_in_state(http, "failed")
    retry = http.put(f"{ORGANIZATION}/jobs/{job['id']}/retry").json()["id"]
    found = http.get(f"{job['build']}/jobs", params={"include_retried_jobs": "false", "per_page": 100}).json()
    ids = {each["id"] for each in found["items"]}
    assert retry in ids
    assert job["id"] not in ids


@MUTANTS.plant(
    "lists",
    operations="listJobs",
    title="`include_retried_jobs=false` returns the first attempt of each step instead of the latest",
    source="pages/apis/rest_api/jobs.md: false to return only the most recent attempt for each step",
    witness=latest_attempts,
)
async def first_attempts_only(server: Server, request: Request) -> Response:
    if not matches(request, "GET", f"{BUILD}/jobs") or request.params.get("include_retried_jobs") != ["false"]:
        return await server.call(request)
    request.params["include_retried_jobs"] = ["true"]
    response = await server.call(request)
    if response.status == 200:
        page = response.json
        page["items"] = [job for job in page["items"] if job.get("retry_source") is None]
        page["links"] = {
            name: url and url.replace("include_retried_jobs=true", "include_retried_jobs=false")
            for name, url in page["links"].items()
        }
        response.json = page
    return response
