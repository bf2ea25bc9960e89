"""Bugs in response bodies."""

from __future__ import annotations

import ipaddress
import re
from typing import Any

import httpx
from attrs import evolve
from tests.conformance.planted.fourth_set_a_support import (
    BUILD,
    DOCS,
    ORGANIZATION,
    WEB,
    at_job,
    change_objects,
    failed_build,
    jobs_in,
    path_of,
    read_list,
)
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

MUTANTS = Mutants()


def text_has_all_variables(http: httpx.Client) -> None:
    job = path_of(jobs_in(http, "failed")[0])
    names = set(http.get(f"{job}/env").json()["env"])
    text = http.get(f"{job}/env.txt").text
    assert names == set(re.findall(r"^(\w+)=", text, re.MULTILINE))


@MUTANTS.plant(
    "bodies",
    operations="getJobEnv getJobEnvInBuild",
    title="the text format of an environment lacks variables with an empty value",
    source=f"{DOCS}/rest_api/jobs.md: The job's environment in a KEY=VALUE format",
    witness=text_has_all_variables,
)
async def env_text_without_empty_values(server: Server, request: Request) -> Response:
    response = await server.call(request)
    is_env = at_job(request, "GET", "/env") or at_job(request, "GET", "/env.txt")
    if is_env and response.headers.get("content-type", "").startswith("text/plain"):
        response.body = re.sub(rb'(?m)^\w+=(?:"")?$\n?', b"", response.body)
    return response


def counts_match_jobs(http: httpx.Client) -> None:
    for build in read_list(http, f"{WEB}/builds"):
        found = http.get(f"{WEB}/builds/{build['number']}").json()
        assert found["job_state_counts"]["total"] == len(found["jobs"])


@MUTANTS.plant(
    "bodies",
    operations="getBuild",
    title="job_state_counts includes retried jobs without include_retried_jobs",
    source=f"{DOCS}/rest_api/builds.md: by default, retried job executions are excluded from the count",
    witness=counts_match_jobs,
)
async def counted_retried_jobs(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.values("GET", BUILD) is not None and response.status == 200:
        params = {**request.params, "include_retried_jobs": ["true"]}
        everything = await server.call(evolve(request, params=params))
        response.json = {**response.json, "job_state_counts": everything.json["job_state_counts"]}
    return response


def queue_is_the_tag(http: httpx.Client) -> None:
    agents = read_list(http, f"{ORGANIZATION}/agents")
    assert len({agent["web_url"].split("/")[-3] for agent in agents}) > 1
    assert all(f"queue={agent['queue']}" in agent["meta_data"] for agent in agents)


@MUTANTS.plant(
    "bodies",
    operations="listAgents getAgent",
    title="the queue of an agent is always `default`",
    source=f"{DOCS}/rest_api/agents.md: Queue the agent is registered to",
    witness=queue_is_the_tag,
)
async def default_queue(server: Server, request: Request) -> Response:
    response = await server.call(request)
    change_objects(response, "connection_state", _use_default_queue)
    return response


def _use_default_queue(agent: dict[str, Any]) -> None:
    if "queue" in agent:
        agent["queue"] = "default"


def dirname_is_path_without_filename(http: httpx.Client) -> None:
    for artifact in read_list(http, f"{WEB}/builds/{failed_build(http)['number']}/artifacts"):
        assert f"{artifact['dirname']}/{artifact['filename']}" == artifact["path"]


@MUTANTS.plant(
    "bodies",
    operations="listBuildArtifacts listJobArtifacts listJobArtifactsInBuild getArtifact getArtifactInBuild",
    title="dirname is the innermost folder only",
    source=f"{DOCS}/rest_api/artifacts.md: Path of the artifact excluding the filename",
    witness=dirname_is_path_without_filename,
)
async def innermost_dirname(server: Server, request: Request) -> Response:
    response = await server.call(request)
    change_objects(response, "dirname", _shorten_dirname)
    return response


def _shorten_dirname(artifact: dict[str, Any]) -> None:
    if artifact["dirname"]:
        artifact["dirname"] = artifact["dirname"].rpartition("/")[2]


def waiting_jobs_have_no_wait_time(http: httpx.Client) -> None:
    for job in jobs_in(http, "waiting"):
        assert http.get(path_of(job)).json()["concurrency_wait_time_ms"] is None


@MUTANTS.plant(
    "bodies",
    operations="listJobs getJob getJobInBuild getBuild listBuilds listOrganizationBuilds listAllBuilds",
    title="concurrency_wait_time_ms is 0 instead of null",
    source=f"{DOCS}/rest_api/jobs.md: null when the job didn't use a concurrency group, or hasn't finished waiting yet",
    witness=waiting_jobs_have_no_wait_time,
)
async def zero_wait_time(server: Server, request: Request) -> Response:
    response = await server.call(request)
    change_objects(response, "concurrency_wait_time_ms", _use_zero_wait_time)
    return response


def _use_zero_wait_time(job: dict[str, Any]) -> None:
    job["concurrency_wait_time_ms"] = job["concurrency_wait_time_ms"] or 0


def ranges_are_cidr(http: httpx.Client) -> None:
    for each in http.get("/v2/meta").json()["webhook_ips"]:
        try:
            ipaddress.ip_network(each)
        except ValueError as error:
            raise AssertionError(each) from error


@MUTANTS.plant(
    "bodies",
    operations="getMeta",
    title="networks are listed by their first and last address",
    source=f"{DOCS}/rest_api/meta.md: webhook_ips is a list of IP addresses in CIDR notation",
    witness=ranges_are_cidr,
)
async def address_ranges(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.values("GET", "/v2/meta") is not None:
        networks = [ipaddress.ip_network(each) for each in response.json["webhook_ips"]]
        response.json = {
            "webhook_ips": [f"{each[0]}-{each[-1]}" if each.num_addresses > 1 else str(each[0]) for each in networks]
        }
    return response
