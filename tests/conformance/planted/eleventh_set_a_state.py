"""Wrong effects of operations."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import httpx
from attrs import evolve
from tests.conformance.planted.eleventh_set_a_support import (
    BUILD,
    ORG,
    OWNER,
    PIPELINE,
    SCHEDULES,
    SUITE,
    TESTS,
    V2,
    WEB,
    edited,
    fetched,
    in_objects,
    matches,
    new_pipeline,
    overridden,
    sent,
)
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

MUTANTS = Mutants()


def next_build_follows_cronline(http: httpx.Client) -> None:
    schedule = http.post(f"{WEB}/schedules", json={"cronline": "@daily"}).json()
    assert http.put(schedule["url"], json={"cronline": "30 4 1 1 *"}).status_code == 200
    assert "-01-01T04:30:00" in http.get(schedule["url"]).json()["next_build_at"]


@MUTANTS.plant(
    "state",
    operations="updatePipelineSchedule getPipelineSchedule listPipelineSchedules",
    title="a new `cronline` does not change `next_build_at` of a schedule",
    source="pages/apis/rest_api/pipeline_schedules.md: next_build_at: When the next build will be created",
    witness=next_build_follows_cronline,
)
async def next_build_keeps_former_cronline(server: Server, request: Request) -> Response:
    if "cronline" in (sent(request, f"PUT {SCHEDULES}/{{schedule}}") or {}):
        before = await fetched(server, request)
        if isinstance(before, dict) and before.get("next_build_at"):
            server.memory.setdefault(before["id"], {"next_build_at": before["next_build_at"]})
    return await overridden(server, request, "next_build_at")


def webhooks_stay_disabled(http: httpx.Client) -> None:
    before = http.delete(f"{WEB}/github-webhooks").json()["disabled_at"]
    assert http.delete(f"{WEB}/github-webhooks").json()["disabled_at"] == before


@MUTANTS.plant(
    "state",
    operations="disableGithubWebhooks",
    title="disabling webhooks that are disabled moves `disabled_at`",
    source="pages/apis/rest_api/pipelines.md: the endpoint returns the current state without changing it",
    witness=webhooks_stay_disabled,
)
async def webhooks_are_disabled_again(server: Server, request: Request) -> Response:
    if matches(request, f"DELETE {PIPELINE}/github-webhooks"):
        before = await fetched(server, request)
        if isinstance(before, dict) and before.get("enabled") is False:
            await server.call(evolve(request, method="PUT", body=b""))
    return await server.call(request)


def renamed_portal(http: httpx.Client) -> None:
    portal = f"{ORG}/portals/who-am-i"
    assert http.put(portal, json={"name": "Name of the user"}).json()["slug"] == "who-am-i"
    assert http.get(portal).status_code == 200


@MUTANTS.plant(
    "state",
    operations="updatePortal getPortal",
    title="a new name changes the slug of a portal, so that its URL leads nowhere",
    source="pages/apis/rest_api/portals.md: slug: Slug of the portal, used in API URLs",
    witness=renamed_portal,
)
async def name_changes_slug_of_portal(server: Server, request: Request) -> Response:
    body = sent(request, f"PUT {V2}/portals/{{portal}}")
    if body is not None and isinstance(body.get("name"), str) and "slug" not in body:
        slug = re.sub(r"[^a-z0-9]+", "-", body["name"].lower()).strip("-")
        request.json = body | ({"slug": slug} if slug else {})
    return await server.call(request)


def label_twice(http: httpx.Client) -> None:
    test = http.get(f"{SUITE}/tests").json()[0]["url"]
    for _ in range(2):
        found = http.patch(f"{test}/labels", json={"operator": "add", "labels": ["nightly"]}).json()["labels"]
    assert found.count("nightly") == 1


@MUTANTS.plant(
    "state",
    operations="updateTestLabels getTest listTests",
    title="a test that gets a label again has it twice",
    source="pages/apis/rest_api/test_engine/tests.md: labels: The labels that will be added or removed",
    witness=label_twice,
)
async def label_is_added_twice(server: Server, request: Request) -> Response:
    body = sent(request, f"PATCH {TESTS}/{{test}}/labels") or {}
    path = request.path.removesuffix("/labels")
    before = await fetched(server, request, path=path) if body.get("operator") == "add" else None
    response = await server.call(request)
    if response.status == 200 and body:
        again = [label for label in body["labels"] if label in ((before or {}).get("labels") or [])]
        server.memory[path] = again
    if not server.memory or response.json is None:
        return response

    def repeated(found: dict[str, Any]) -> dict[str, Any]:
        labels = server.memory.get(urlsplit(str(found.get("url"))).path)
        return found | {"labels": found["labels"] + labels} if labels and "labels" in found else found

    response.json = in_objects(response.json, repeated)
    return response


def tags_are_replaced(http: httpx.Client) -> None:
    run = next(run["url"] for run in http.get(f"{SUITE}/runs").json() if run["result"] == "failed")
    failed = f"{run}/failed_executions"
    execution = http.get(failed).json()[0]["execution_id"]
    for name in ("mut.first", "mut.second"):
        http.put(f"{SUITE}/execution-tags", json={"executions": [{"id": execution, "tags": {name: "1"}}]})
    tags = next(found["tags"] for found in http.get(failed).json() if found["execution_id"] == execution)
    assert "mut.second" in tags
    assert "mut.first" not in tags


@MUTANTS.plant(
    "state",
    operations="updateExecutionTags listFailedExecutions",
    title="mutable tags are added to those that an execution has",
    source="pages/apis/rest_api/test_engine/execution_tags.md: All mutable tags … are replaced",
    witness=tags_are_replaced,
)
async def tags_are_merged(server: Server, request: Request) -> Response:
    body = sent(request, f"PUT {TESTS.removesuffix('/tests')}/execution-tags") or {}
    executions = body.get("executions")
    if not isinstance(executions, list) or not all(
        isinstance(one, dict) and isinstance(one.get("tags"), dict) for one in executions
    ):
        return await server.call(request)
    merged = [one | {"tags": server.memory.get(str(one.get("id")), {}) | one["tags"]} for one in executions]
    request.json = body | {"executions": merged}
    response = await server.call(request)
    if response.status == 200:
        server.memory.update({str(one.get("id")): one["tags"] for one in merged})
    return response


def unblocking_keeps_meta_data(http: httpx.Client) -> None:
    steps = "steps:\n  - block: Release\n  - command: make release\n"
    pipeline = new_pipeline(http, "Blocked", configuration=steps)
    body = {"commit": "HEAD", "branch": "main", "meta_data": {"shop": "vienna"}}
    build = http.post(f"{pipeline['url']}/builds", json=body).json()
    job = next(job for job in build["jobs"] if job["type"] == "manual")
    assert http.put(job["unblock_url"], json={"fields": {"name": "Dolphin"}}).status_code == 200
    assert http.get(build["url"]).json()["meta_data"] == {"shop": "vienna", "name": "Dolphin"}


@MUTANTS.plant(
    "state",
    operations="unblockJob unblockJobInBuild getBuild",
    title="the fields of an unblocked step replace the other meta-data of its build",
    source="pages/apis/rest_api/jobs.md: fields: The values for the block step's fields",
    witness=unblocking_keeps_meta_data,
)
async def fields_replace_meta_data(server: Server, request: Request) -> Response:
    paths = (f"{V2}/jobs/{{job}}/unblock", f"{BUILD}/jobs/{{job}}/unblock")
    fields = next(
        (body["fields"] for path in paths if (body := sent(request, f"PUT {path}")) and "fields" in body), None
    )

    def replaced(found: dict[str, Any]) -> dict[str, Any]:
        path = urlsplit(str(found.get("url"))).path
        return found | {"meta_data": server.memory[path]} if path in server.memory and "meta_data" in found else found

    response = await edited(server, request, lambda body: in_objects(body, replaced))
    if fields and response.status == 200:
        build = urlsplit(response.json["unblock_url"]).path.partition("/jobs/")[0]
        stored = (await fetched(server, request, path=build, headers=OWNER)).get("meta_data", {})
        server.memory[build] = {name: value for name, value in stored.items() if name in fields}
    return response


def rebuild_of_rebuild(http: httpx.Client) -> None:
    original = http.get(f"{WEB}/builds/23").json()
    assert original["rebuilt_from"]
    assert http.put(f"{original['url']}/rebuild").json()["rebuilt_from"]["number"] == 23


@MUTANTS.plant(
    "state",
    operations="rebuildBuild getBuild",
    title="the rebuild of a rebuild refers to the first build instead of the one that was rebuilt",
    source="pages/apis/rest_api/builds.md: rebuilt_from: Build this was rebuilt from",
    witness=rebuild_of_rebuild,
)
async def rebuild_refers_to_first_build(server: Server, request: Request) -> Response:
    if not matches(request, f"PUT {BUILD}/rebuild"):
        return await overridden(server, request, "rebuilt_from")
    original = await fetched(server, request, path=request.path.removesuffix("/rebuild"), headers=OWNER)
    response = await server.call(request)
    if response.status == 200 and original.get("rebuilt_from"):
        server.memory[response.json["id"]] = {"rebuilt_from": original["rebuilt_from"]}
        response.json = response.json | {"rebuilt_from": original["rebuilt_from"]}
    return response
