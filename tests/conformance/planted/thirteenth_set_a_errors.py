"""Requests that are accepted or refused against the documentation."""

from __future__ import annotations

from urllib.parse import parse_qsl

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.thirteenth_set_a_support import (
    CLUSTER,
    ORG,
    RSPEC,
    SUITE,
    V2,
    WEB,
    hosted,
    route,
    sent,
    with_body,
)

MUTANTS = Mutants()

FORM = "application/x-www-form-urlencoded"


def no_forms(http: httpx.Client) -> None:
    assert http.post(f"{ORG}/clusters", data={"name": "Form"}).status_code >= 400


@MUTANTS.plant(
    "errors",
    operations="createCluster createBuild createTeam createBuildAnnotation",
    title="a body in the encoding of HTML forms is accepted",
    source="pages/apis/rest_api.md: Unless explicitly stated you can not encode properties as `www-form-urlencoded`",
    witness=no_forms,
)
async def forms_are_accepted(server: Server, request: Request) -> Response:
    if request.method in ("POST", "PUT", "PATCH") and request.headers.get("content-type", "").startswith(FORM):
        fields = dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
        request = with_body(request, fields)
    return await server.call(request)


def tag_with_semicolon(http: httpx.Client) -> None:
    volumes = f"{hosted(http)}/cache_volumes"
    tag = next(volume["tag"] for volume in http.get(volumes).json() if ";" in volume["tag"])
    assert http.request("DELETE", volumes, json={"tag": tag}).status_code == 204


@MUTANTS.plant(
    "errors",
    operations="deleteClusterCacheVolume",
    title="the tag of a cache volume is cut at `;`, and no volume is found",
    source="pages/apis/rest_api/clusters/cache_volumes.md: Cache tags can contain `/` and `;`",
    witness=tag_with_semicolon,
)
async def tag_is_cut(server: Server, request: Request) -> Response:
    tag = sent(request).get("tag")
    if route(request, f"DELETE {CLUSTER}/cache_volumes") is not None and isinstance(tag, str) and ";" in tag:
        request = with_body(request, sent(request) | {"tag": tag.split(";")[0]})
    return await server.call(request)


def image_without_layers(http: httpx.Client) -> None:
    image = http.post(f"{hosted(http)}/agent-images", json={"name": "bare", "dockerfile": ""})
    assert image.status_code == 201


@MUTANTS.plant(
    "errors",
    operations="createClusterAgentImage",
    title="an empty Dockerfile is refused",
    source='pages/apis/rest_api/clusters/agent_images.md: Pass an empty string (`""`) to build an image with no …',
    witness=image_without_layers,
)
async def empty_dockerfile_is_refused(server: Server, request: Request) -> Response:
    if route(request, f"POST {CLUSTER}/agent-images") is not None and sent(request).get("dockerfile") == "":
        request = with_body(request, {name: value for name, value in sent(request).items() if value != ""})
    return await server.call(request)


def value_is_refused(http: httpx.Client) -> None:
    secrets = f"{hosted(http)}/secrets"
    secret = http.post(secrets, json={"key": "MAP_KEY", "value": "one"}).json()["id"]
    assert http.put(f"{secrets}/{secret}", json={"description": "New", "value": "two"}).status_code >= 400


@MUTANTS.plant(
    "errors",
    operations="updateClusterSecret",
    title="the `value` in an update of a secret's description is ignored instead of refused",
    source="pages/apis/rest_api/clusters/secrets.md: Attempting to update the `value` parameter returns an error",
    witness=value_is_refused,
)
async def value_is_ignored(server: Server, request: Request) -> Response:
    if route(request, f"PUT {CLUSTER}/secrets/{{secret}}") is not None and "value" in sent(request):
        request = with_body(request, {name: value for name, value in sent(request).items() if name != "value"})
    return await server.call(request)


def revoked_only_once(http: httpx.Client) -> None:
    body = {"emails": ["once@elsewhere.example"], "sso_mode": "optional"}
    invitation = http.post(f"{ORG}/invitations", json=body).json()[0]["url"]
    assert [http.delete(invitation).status_code, http.delete(invitation).status_code] == [204, 422]


@MUTANTS.plant(
    "errors",
    operations="revokeOrganizationInvitation",
    title="an invitation can be revoked again",
    source="pages/apis/rest_api/organizations/invitations.md: Only pending invitations can be revoked",
    witness=revoked_only_once,
)
async def revoked_again(server: Server, request: Request) -> Response:
    response = await server.call(request)
    path = route(request, f"DELETE {V2}/invitations/{{invitation}}")
    if path is not None and response.status == 422 and "revoked" in response.body.decode():
        response.status, response.body = 204, b""
        response.headers.pop("content-type", None)
    return response


def mirror_without_fragment(http: httpx.Client) -> None:
    body = {"clone_mirror_url": "https://mirror.acme.example/web.git#main"}
    assert http.patch(WEB, json=body).status_code == 422


@MUTANTS.plant(
    "errors",
    operations="updatePipeline createPipeline",
    title="the URL of a clone mirror may have a fragment, which is dropped",
    source="pages/apis/rest_api/pipelines.md: The URL must not contain credentials, query parameters, or fragments",
    witness=mirror_without_fragment,
)
async def fragment_is_dropped(server: Server, request: Request) -> Response:
    url = sent(request).get("clone_mirror_url")
    routes = (f"PATCH {V2}/pipelines/{{pipeline}}", f"POST {V2}/pipelines")
    if route(request, *routes) is not None and isinstance(url, str) and "#" in url:
        request = with_body(request, sent(request) | {"clone_mirror_url": url.split("#")[0]})
    return await server.call(request)


def all_tags_are_checked(http: httpx.Client) -> None:
    runs = http.get(f"{RSPEC}/runs").json()
    failed = next(filter(None, (http.get(f"{run['url']}/failed_executions").json() for run in runs)))
    executions = [{"id": failed[0]["execution_id"], "tags": {"mut.reason": "timeout", "reason": "timeout"}}]
    assert http.put(f"{RSPEC}/execution-tags", json={"executions": executions}).status_code >= 400


@MUTANTS.plant(
    "errors",
    operations="updateExecutionTags",
    title="only the first tag of an execution needs the prefix `mut.`; later ones without it are dropped",
    source="pages/apis/rest_api/test_engine/execution_tags.md: All tags in the payload must begin with the `mut.` …",
    witness=all_tags_are_checked,
)
async def first_tag_is_checked(server: Server, request: Request) -> Response:
    body = sent(request)
    executions = body.get("executions")
    if route(request, f"PUT {SUITE}/execution-tags") is None or not isinstance(executions, list):
        return await server.call(request)
    for execution in executions:
        tags = execution.get("tags") if isinstance(execution, dict) else None
        if isinstance(tags, dict):
            first = next(iter(tags), "")
            execution["tags"] = {tag: tags[tag] for tag in tags if tag == first or tag.startswith("mut.")}
    return await server.call(request if body == request.json else with_body(request, body))
