"""Lists with wrong items, in a wrong order or on wrong pages."""

from __future__ import annotations

from typing import Final

import httpx
from tests.conformance.planted.fifteenth_set_a_support import (
    ACME,
    AGENTS,
    BUILD,
    BUILDS,
    CLUSTER,
    ORG,
    PIPELINE,
    RSPEC,
    SUITE,
    WEB,
    all_pages,
    builds,
    cluster,
    paging,
    related,
    whole_list,
)
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

MUTANTS = Mutants()
_AGENT_FILTERS: Final = ("name", "hostname", "version", "cluster_queue_id")


def filters_of_agents_combine(http: httpx.Client) -> None:
    first, second, *_ = all_pages(http, f"{ACME}/agents")
    assert http.get(f"{ACME}/agents", params={"name": first["name"], "hostname": second["hostname"]}).json() == []


@MUTANTS.plant(
    "lists",
    operations="listAgents",
    title="of several filters only the last one has an effect",
    source="pages/apis/rest_api/agents.md: name, hostname, version and cluster_queue_id each filter the results",
    witness=filters_of_agents_combine,
)
async def last_agent_filter_wins(server: Server, request: Request) -> Response:
    if request.values("GET", AGENTS) is not None:
        for name in [name for name in _AGENT_FILTERS if name in request.params][:-1]:
            del request.params[name]
    return await server.call(request)


def builds_of_two_branches(http: httpx.Client) -> None:
    branches = list(dict.fromkeys(build["branch"] for build in builds(http, "web", exclude_jobs="true")))[:2]
    found = http.get(f"{WEB}/builds", params={"branch[]": branches, "per_page": "100", "exclude_jobs": "true"}).json()
    assert {build["branch"] for build in found} == set(branches)


@MUTANTS.plant(
    "lists",
    operations="listBuilds",
    title="of several branches only the builds on the first one are listed",
    source="pages/apis/rest_api/_pipeline_builds_list_query_strings.md: branch[]=main&branch[]=testing",
    witness=builds_of_two_branches,
)
async def only_first_branch(server: Server, request: Request) -> Response:
    if request.values("GET", BUILDS) is not None and "branch[]" in request.params:
        del request.params["branch[]"][1:]
    return await server.call(request)


def builds_finished_since(http: httpx.Client) -> None:
    path = f"{ACME}/builds"
    done = next(build for build in all_pages(http, path, exclude_jobs="true") if build["finished_at"] is not None)
    query = {"finished_from": done["finished_at"], "exclude_jobs": "true"}
    found = list(all_pages(http, path, **query))
    assert done["id"] in [build["id"] for build in found]
    assert all(build["finished_at"] is not None for build in found)


@MUTANTS.plant(
    "lists",
    operations="listOrganizationBuilds",
    title="`finished_from` is compared with the time at which a build was created",
    source="pages/apis/rest_api/_builds_list_query_strings.md: builds finished on or after the given time",
    witness=builds_finished_since,
)
async def finished_from_compares_creation(server: Server, request: Request) -> Response:
    if request.values("GET", f"{ORG}/builds") is not None and "finished_from" in request.params:
        times = request.params.pop("finished_from")
        request.params.setdefault("created_from", times)
    return await server.call(request)


def pages_of_jobs_keep_filter(http: httpx.Client) -> None:
    number = next(build["number"] for build in builds(http, "web", state="failed"))
    response = http.get(f"{WEB}/builds/{number}/jobs", params={"state[]": "passed", "per_page": "1"})
    states = [job["state"] for job in response.json()["items"]]
    while "next" in response.json()["links"]:
        response = http.get(response.json()["links"]["next"])
        states += [job["state"] for job in response.json()["items"]]
    assert len(states) > 1
    assert set(states) == {"passed"}


@MUTANTS.plant(
    "lists",
    operations="listJobs",
    title="the link to the next page of jobs has lost the filter by state",
    source="pages/apis/rest_api/jobs.md: use the `next` URL from `links` to fetch the next page",
    witness=pages_of_jobs_keep_filter,
)
async def next_jobs_lose_state(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.values("GET", f"{BUILD}/jobs") is not None and response.status == 200:
        body = response.json
        if "next" in body["links"]:
            url = httpx.URL(body["links"]["next"])
            body["links"]["next"] = str(url.copy_with(params=url.params.remove("state[]")))
            response.json = body
    return response


def newest_schedule_is_first(http: httpx.Client) -> None:
    times = [schedule["created_at"] for schedule in http.get(f"{WEB}/schedules").json()]
    assert len(times) > 1
    assert times == sorted(times, reverse=True)


@MUTANTS.plant(
    "lists",
    operations="listPipelineSchedules",
    title="the oldest schedule is the first one",
    source="pages/apis/rest_api/pipeline_schedules.md: with the most recently created first",
    witness=newest_schedule_is_first,
)
async def oldest_schedules_first(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.values("GET", f"{PIPELINE}/schedules") is not None and response.status == 200:
        number, size = paging(request)
        response.json = (await whole_list(server, request))[::-1][(number - 1) * size : number * size]
    return response


def muted_tests_are_not_skipped(http: httpx.Client) -> None:
    muted = {test["id"] for test in http.get(f"{RSPEC}/tests/muted").json()}
    skipped = {test["id"] for test in http.get(f"{RSPEC}/tests/skipped").json()}
    assert muted
    assert skipped
    assert not muted & skipped


@MUTANTS.plant(
    "lists",
    operations="listMutedTests",
    title="the list of muted tests has the skipped ones too",
    source="pages/apis/rest_api/test_engine/quarantine.md: a list of skipped tests or muted tests",
    witness=muted_tests_are_not_skipped,
)
async def muted_tests_with_skipped(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.values("GET", f"{SUITE}/tests/muted") is not None and response.status == 200:
        path = request.path.removesuffix("muted") + "skipped"
        response.json = response.json + (await server.call(related(request, "GET", path))).json
    return response


def pages_of_queues_are_complete(http: httpx.Client) -> None:
    path = f"{cluster(http, 'Default cluster')}/queues"
    every = [queue["id"] for queue in http.get(path).json()]
    assert [queue["id"] for queue in all_pages(http, path, per_page="2")] == every


@MUTANTS.plant(
    "lists",
    operations="listClusterQueues",
    title="each page but the first one begins one queue too late",
    source="pages/apis/rest_api.md: Pagination, page and per_page",
    witness=pages_of_queues_are_complete,
)
async def pages_skip_a_queue(server: Server, request: Request) -> Response:
    response = await server.call(request)
    number, size = paging(request)
    if request.values("GET", f"{CLUSTER}/queues") is not None and response.status == 200 and number > 1:
        begin = (number - 1) * size + 1
        response.json = (await whole_list(server, request))[begin : begin + size]
    return response
