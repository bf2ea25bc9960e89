"""Invalid requests that are accepted, and wrong errors."""

from __future__ import annotations

import html
import re
from typing import Any

import httpx
from attrs import evolve
from tests.conformance.planted.eleventh_set_a_support import (
    CLUSTER,
    ORG,
    PIPELINE,
    V2,
    WEB,
    edited,
    hosted_cluster,
    in_objects,
    overridden,
    sent,
)
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

MUTANTS = Mutants()


def long_secret_of_umlauts(http: httpx.Client) -> None:
    cluster = http.get(f"{ORG}/clusters").json()[0]["url"]
    body = {"key": "UMLAUTS", "value": "ü" * 6000}
    assert http.post(f"{cluster}/secrets", json=body).status_code == 422


@MUTANTS.plant(
    "errors",
    operations="createClusterSecret updateClusterSecretValue",
    title="the size of the value of a secret is measured in characters instead of bytes",
    source="pages/apis/rest_api/clusters/secrets.md: value: Must be less than 8 kilobytes",
    witness=long_secret_of_umlauts,
)
async def secret_is_measured_in_characters(server: Server, request: Request) -> Response:
    routes = (f"POST {CLUSTER}/secrets", f"PUT {CLUSTER}/secrets/{{secret}}/value")
    for body in (sent(request, route) for route in routes):
        value = (body or {}).get("value")
        if body and isinstance(value, str) and len(value) < 8192 <= len(value.encode(errors="replace")):
            request.json = body | {"value": "x" * len(value)}
    return await server.call(request)


def default_queue_of_other_cluster(http: httpx.Client) -> None:
    clusters = http.get(f"{ORG}/clusters").json()
    body = {"default_queue_id": clusters[1]["default_queue_id"]}
    assert http.put(clusters[0]["url"], json=body).status_code == 422


@MUTANTS.plant(
    "errors",
    operations="updateCluster getCluster",
    title="a queue of another cluster is accepted as the default queue of a cluster",
    source="pages/apis/rest_api/clusters.md: default_queue_id: ID of the cluster's default queue",
    witness=default_queue_of_other_cluster,
)
async def foreign_queue_becomes_default(server: Server, request: Request) -> Response:
    body = sent(request, f"PUT {CLUSTER}") or {}
    before = evolve(request)
    response = await overridden(server, request, "default_queue_id")
    if response.status == 422 and "Default queue" in str(response.json) and "default_queue_id" in body:
        before.json = {key: value for key, value in body.items() if key != "default_queue_id"}
        response = await server.call(before)
        if response.status == 200:
            queue = {"default_queue_id": body["default_queue_id"]}
            server.memory[response.json["id"]] = queue
            response.json = response.json | queue
    return response


def mirror_with_query(http: httpx.Client) -> None:
    for end in ("?access_token=1", "#main"):
        body = {"clone_mirror_url": f"https://mirror.acme.example/web.git{end}"}
        assert http.patch(WEB, json=body).status_code == 422


@MUTANTS.plant(
    "errors",
    operations="updatePipeline createPipeline",
    title="a query and a fragment in `clone_mirror_url` are cut off instead of refused",
    source="pages/apis/rest_api/pipelines.md: must not contain credentials, query parameters, or fragments",
    witness=mirror_with_query,
)
async def query_of_mirror_is_cut_off(server: Server, request: Request) -> Response:
    for route in (f"PATCH {PIPELINE}", f"POST {V2}/pipelines"):
        body = sent(request, route)
        if body is not None and isinstance(body.get("clone_mirror_url"), str):
            request.json = body | {"clone_mirror_url": re.sub(r"[?#].*", "", body["clone_mirror_url"])}
    return await server.call(request)


def readable_message(http: httpx.Client) -> None:
    cluster = http.get(f"{ORG}/clusters").json()[0]["url"]
    refused = http.post(f"{cluster}/secrets", json={"key": "BLANK", "value": " "})
    assert refused.status_code == 422
    assert "&" not in refused.json()["message"]


@MUTANTS.plant(
    "errors",
    operations="createClusterSecret",
    title="apostrophes and quotes in messages of failed validations are HTML entities",
    source='pages/apis/rest_api/clusters/queues.md: { "message": "Validation failed: Reason for failure" }',
    witness=readable_message,
)
async def messages_are_escaped(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status == 422 and isinstance(response.json, dict):
        message = str(response.json.get("message"))
        if message.startswith("Validation failed:"):
            response.json = response.json | {"message": html.escape(message)}
    return response


def lower_case_from(http: httpx.Client) -> None:
    body = {"name": "lower-case", "dockerfile": "from alpine:3\nRUN true"}
    assert http.post(f"{hosted_cluster(http)}/agent-images", json=body).status_code == 422


@MUTANTS.plant(
    "errors",
    operations="createClusterAgentImage",
    title="an instruction `from` in lower case is accepted in the Dockerfile of an agent image",
    source="pages/apis/rest_api/clusters/agent_images.md: must not contain a FROM instruction",
    witness=lower_case_from,
)
async def lower_case_from_is_accepted(server: Server, request: Request) -> Response:
    body = sent(request, f"POST {CLUSTER}/agent-images")
    if body is not None and isinstance(body.get("dockerfile"), str):
        request.json = body | {"dockerfile": re.sub(r"(?m)^from ", "#\u2060from ", body["dockerfile"])}

    def restored(image: dict[str, Any]) -> dict[str, Any]:
        return {key: value.replace("#\u2060", "") if isinstance(value, str) else value for key, value in image.items()}

    return await edited(server, request, lambda body: in_objects(body, restored))


def number_beyond_four_bytes(http: httpx.Client) -> None:
    assert http.get(f"{WEB}/builds/{2**31}").status_code == 404


@MUTANTS.plant(
    "errors",
    operations="getBuild listBuildAnnotations listBuildArtifacts listJobs",
    title="a build number that does not fit in four bytes is an internal error",
    source="pages/apis/rest_api/builds.md: Get a build; common sense: an unknown build is not found",
    witness=number_beyond_four_bytes,
)
async def large_number_is_internal_error(server: Server, request: Request) -> Response:
    response = await server.call(request)
    found = re.fullmatch(r"/v2/organizations/[^/]+/pipelines/[^/]+/builds/(\d{10,})(/.*)?", request.path)
    if found is not None and response.status == 404 and int(found[1]) >= 2**31:
        response.status, response.json = 500, {"message": "Internal Server Error"}
    return response
