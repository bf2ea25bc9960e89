"""Ninth set of planted bugs: effects of requests."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.ninth_set_a_support import (
    ANALYTICS,
    ORG,
    PACKAGES,
    REGISTRY_PATH,
    SCHEDULES_PATH,
    SUITE_PATH,
    TEMPLATE_PATH,
    first,
    labeled_test,
    send,
    team,
)

MUTANTS = Mutants()


def last_editor(http: httpx.Client) -> None:
    me = http.get("/v2/user").json()["id"]
    path = f"{ORG}/pipeline-templates"
    template = next(each for each in http.get(path).json() if each["updated_by"]["id"] != me)
    http.patch(f"{path}/{template['uuid']}", json={"description": "changed"})
    assert http.get(f"{path}/{template['uuid']}").json()["updated_by"]["id"] == me


@MUTANTS.plant(
    "state",
    operations="updatePipelineTemplate",
    title="an update of a pipeline template leaves `updated_by` as it was",
    source="pages/apis/rest_api/pipeline_templates.md: `updated_by`, User who last updated the pipeline template",
    witness=last_editor,
)
async def former_editor(server: Server, request: Request) -> Response:
    place = request.values("PATCH", TEMPLATE_PATH)
    before = (await send(server, request, "GET", request.path)).json if place else None
    response = await server.call(request)
    if place and response.status == 200 and before and "updated_by" in before:
        server.memory.setdefault(place["uuid"], before["updated_by"])
    many = request.values("GET", "/v2/organizations/{org}/pipeline-templates") is not None
    if response.status == 200 and (many or place or request.values("GET", TEMPLATE_PATH)):
        found = response.json
        for template in found if many else [found]:
            template["updated_by"] = server.memory.get(template["uuid"], template["updated_by"])
        response.json = found
    return response


def _failed_execution(http: httpx.Client) -> tuple[str, Any]:
    runs = f"{ANALYTICS}/suites/rspec/runs"
    for run in http.get(runs, params={"per_page": 100}).json():
        path = f"{runs}/{run['id']}/failed_executions"
        if found := http.get(path).json():
            return path, found[0]
    raise LookupError


def replaced_tags(http: httpx.Client) -> None:
    path, execution = _failed_execution(http)
    for tags in ({"mut.reason": "timeout"}, {"mut.label": "flaky"}):
        body = {"executions": [{"id": execution["execution_id"], "tags": tags}]}
        assert http.put(f"{ANALYTICS}/suites/rspec/execution-tags", json=body).status_code == 200
    found = http.get(path).json()[0]["tags"]
    assert {name: value for name, value in found.items() if name.startswith("mut.")} == {"mut.label": "flaky"}


@MUTANTS.plant(
    "state",
    operations="updateExecutionTags",
    title="mutable tags are added to those of an earlier request instead of replacing them",
    source="pages/apis/rest_api/test_engine/execution_tags.md: All mutable tags … are replaced",
    witness=replaced_tags,
)
async def merged_tags(server: Server, request: Request) -> Response:
    if not request.values("PUT", SUITE_PATH + "/execution-tags"):
        return await server.call(request)
    response = await server.call(request)
    if response.status != 200:
        return response
    merged = []
    for execution in request.json["executions"]:
        tags = {**server.memory.get(execution["id"], {}), **execution["tags"]}
        server.memory[execution["id"]] = tags if len(tags) <= 10 else execution["tags"]
        merged.append({"id": execution["id"], "tags": server.memory[execution["id"]]})
    request.json = {"executions": merged}
    return await server.call(request)


def added_label(http: httpx.Client) -> None:
    path = labeled_test(http)
    before = http.get(path).json()["labels"]
    after = http.patch(f"{path}/labels", json={"operator": "add", "labels": ["ninth"]}).json()["labels"]
    assert set(after) == {*before, "ninth"}


@MUTANTS.plant(
    "state",
    operations="updateTestLabels",
    title="labels that are added to a test replace its other labels",
    source="pages/apis/rest_api/test_engine/tests.md: Add or remove labels from a test",
    witness=added_label,
)
async def replaced_labels(server: Server, request: Request) -> Response:
    response = await server.call(request)
    is_addition = request.values("PATCH", SUITE_PATH + "/tests/{test}/labels") and response.status == 200
    if is_addition and request.json["operator"] == "add":
        others = [label for label in response.json["labels"] if label not in request.json["labels"]]
        if others:
            request.json = {"operator": "remove", "labels": others}
            return await server.call(request)
    return response


def skipped_instead_of_muted(http: httpx.Client) -> None:
    path = f"{ANALYTICS}/suites/rspec/tests"
    test = first(http, f"{path}/muted")["id"]
    assert http.put(f"{path}/{test}/skip").status_code == 200
    assert test in {each["id"] for each in http.get(f"{path}/skipped").json()}
    assert test not in {each["id"] for each in http.get(f"{path}/muted").json()}


@MUTANTS.plant(
    "state",
    operations="skipTest listMutedTests",
    title="a muted test that is skipped remains in the list of muted tests",
    source="pages/apis/rest_api/test_engine/quarantine.md: Update test state, List quarantined tests",
    witness=skipped_instead_of_muted,
)
async def skipped_and_muted(server: Server, request: Request) -> Response:
    kept: dict[str, Any] = server.memory
    for action in ("mute", "enable", "skip"):
        place = request.values("PUT", SUITE_PATH + "/tests/{test}/" + action)
        if not place:
            continue
        path = request.path.removesuffix(f"/{place['test']}/{action}")
        muted = (await send(server, request, "GET", f"{path}/muted")).json if action == "skip" else []
        response = await server.call(request)
        if response.status == 200:
            kept.pop(f"{path} {place['test']}", None)
            kept.update({f"{path} {test['id']}": test for test in muted if test["id"] == place["test"]})
        return response
    response = await server.call(request)
    if response.status == 200 and request.values("GET", SUITE_PATH + "/tests/muted"):
        path = request.path.removesuffix("/muted")
        response.json = [*response.json, *(test for name, test in kept.items() if name.startswith(f"{path} "))]
    return response


def disabled_schedule(http: httpx.Client) -> None:
    path = f"{ORG}/pipelines/web/schedules"
    schedule = next(each for each in http.get(path).json() if not each["enabled"])
    http.put(f"{path}/{schedule['id']}", json={"cronline": "@monthly"})
    assert http.get(f"{path}/{schedule['id']}").json()["enabled"] is False


@MUTANTS.plant(
    "state",
    operations="updatePipelineSchedule",
    title="a new interval enables a disabled schedule",
    source="pages/apis/rest_api/pipeline_schedules.md: Update a pipeline schedule, optional properties",
    witness=disabled_schedule,
)
async def enabled_by_interval(server: Server, request: Request) -> Response:
    body = request.json
    is_update = request.values("PUT", SCHEDULES_PATH + "/{schedule}") is not None
    if is_update and isinstance(body, dict) and "cronline" in body and "enabled" not in body:
        request.json = {**body, "enabled": True}
    return await server.call(request)


def source_of_copy(http: httpx.Client) -> None:
    path = f"{PACKAGES}/registries/gems/packages"
    package = http.get(path).json()["items"][0]["id"]
    assert http.post(f"{path}/{package}/copy", params={"to": "gems-stable"}).status_code == 200
    assert http.get(f"{path}/{package}").status_code == 200


@MUTANTS.plant(
    "state",
    operations="copyPackage",
    title="a copied package is removed from its source",
    source="pages/apis/rest_api/package_registries/packages.md: copies a package from a source registry",
    witness=source_of_copy,
)
async def moved_package(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status == 200 and request.values("POST", REGISTRY_PATH + "/packages/{package}/copy"):
        await send(server, request, "DELETE", request.path.removesuffix("/copy"))
    return response


def custom_slug(http: httpx.Client) -> None:
    changed = http.patch(f"{ORG}/pipelines/docs", json={"name": "Handbook", "slug": "our-handbook"}).json()
    assert changed["slug"] == "our-handbook"


@MUTANTS.plant(
    "state",
    operations="updatePipeline",
    title="a slug that is sent with a new name of a pipeline is replaced by one from the name",
    source="pages/apis/rest_api/pipelines.md: Update a pipeline, `slug`",
    witness=custom_slug,
)
async def slug_from_name(server: Server, request: Request) -> Response:
    body = request.json
    is_update = request.values("PATCH", "/v2/organizations/{org}/pipelines/{pipeline}") is not None
    if is_update and isinstance(body, dict) and {"name", "slug"} <= body.keys():
        before = (await send(server, request, "GET", request.path)).json
        if before.get("name") != body["name"]:
            request.json = {name: value for name, value in body.items() if name != "slug"}
    return await server.call(request)


def joined_at(http: httpx.Client) -> None:
    path = f"{team(http, 'frontend')}/members"
    member = next(each for each in http.get(path).json() if each["role"] == "member")
    http.patch(f"{path}/{member['user_id']}", json={"role": "maintainer"})
    assert http.get(f"{path}/{member['user_id']}").json()["created_at"] == member["created_at"]


@MUTANTS.plant(
    "state",
    operations="updateTeamMember",
    title="a new role of a team member moves `created_at`",
    source="pages/apis/rest_api/teams/members.md: `created_at`, When the team and user association was created",
    witness=joined_at,
)
async def joined_with_new_role(server: Server, request: Request) -> Response:
    path = "/v2/organizations/{org}/teams/{team}/members"
    times: dict[str, str] = server.memory
    place = request.values("PATCH", path + "/{user}")
    before: Any = (await send(server, request, "GET", request.path)).json if place else None
    response = await server.call(request)
    if place and response.status == 200 and response.json["role"] != before["role"]:
        times[request.path] = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    if response.status == 204 and request.values("DELETE", path + "/{user}"):
        times.pop(request.path, None)
    if response.status == 200 and (place or request.values("GET", path + "/{user}")):
        response.json = {**response.json, "created_at": times.get(request.path, response.json["created_at"])}
    if response.status == 200 and request.values("GET", path):
        response.json = [
            {**member, "created_at": times.get(f"{request.path}/{member['user_id']}", member["created_at"])}
            for member in response.json
        ]
    return response
