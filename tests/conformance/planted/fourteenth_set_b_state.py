"""Wrong effects of operations."""

from __future__ import annotations

import httpx
from tests.conformance.planted.fourteenth_set_b_support import (
    CLUSTER,
    ORG,
    SUITE,
    SUITES,
    V2,
    WEB,
    Json,
    edited,
    fields,
    has_tags,
    hosted_cluster,
    mapping,
    matches,
    sequence,
    team_url,
    with_body,
)
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

MUTANTS = Mutants()


def muted_instead_of_skipped(http: httpx.Client) -> None:
    test = http.get(f"{SUITE}/tests").json()[0]["id"]
    for action in ("skip", "mute"):
        http.put(f"{SUITE}/tests/{test}/{action}")
    assert test in [one["id"] for one in http.get(f"{SUITE}/tests/muted").json()]
    assert test not in [one["id"] for one in http.get(f"{SUITE}/tests/skipped").json()]


@MUTANTS.plant(
    "state",
    operations="muteTest skipTest listSkippedTests",
    title="a skipped test that is muted is still in the list of skipped tests",
    source="pages/apis/rest_api/test_engine/quarantine.md: A list of skipped tests or muted tests can be retrieved",
    witness=muted_instead_of_skipped,
)
async def muted_and_skipped(server: Server, request: Request) -> Response:
    tests = f"{SUITES}/tests"
    response = await server.call(request)
    if response.status != 200:
        return response
    if matches(request, f"PUT {tests}/{{test}}/skip"):
        server.memory[response.json["id"]] = response.json
    if matches(request, f"PUT {tests}/{{test}}/enable"):
        server.memory.pop(response.json["id"], None)
    if matches(request, f"GET {tests}/skipped") and "page" not in request.params:
        suite = request.path.split("/tests/")[0] + "/"
        listed = {one["id"]: one for one in response.json}
        skipped = [one for one in server.memory.values() if suite in one["url"] and one["id"] not in listed]
        server.memory.update(listed)
        response.json = response.json + skipped
    return response


def replaced_tags(http: httpx.Client) -> None:
    run = next(run["url"] for run in http.get(f"{SUITE}/runs").json() if run["result"] == "failed")
    execution = http.get(f"{run}/failed_executions").json()[0]["execution_id"]
    for tags in ({"mut.cause": "network", "mut.owner": "ada"}, {"mut.cause": "disk"}):
        http.put(f"{SUITE}/execution-tags", json={"executions": [{"id": execution, "tags": tags}]})
    assert "mut.owner" not in http.get(f"{run}/failed_executions").json()[0]["tags"]


@MUTANTS.plant(
    "state",
    operations="updateExecutionTags listFailedExecutions",
    title="tags of an execution are added to its former tags",
    source="pages/apis/rest_api/test_engine/execution_tags.md: are replaced with those in the payload",
    witness=replaced_tags,
)
async def tags_are_added(server: Server, request: Request) -> Response:
    if not matches(request, f"PUT {SUITES}/execution-tags"):
        return await server.call(request)
    executions = sequence(fields(request).get("executions"))
    if not executions or not all(has_tags(one) for one in executions):
        return await server.call(request)
    merged = [one | {"tags": {**server.memory.get(one["id"], {}), **one["tags"]}} for one in executions]
    response = await server.call(with_body(request, fields(request) | {"executions": merged}))
    if response.status == 200:
        server.memory.update({one["id"]: one["tags"] for one in merged})
    return response


def enabled_again(http: httpx.Client) -> None:
    schedule = next(one for one in http.get(f"{WEB}/schedules").json() if one["failed_at"])
    http.put(schedule["url"], json={"enabled": True})
    assert http.get(schedule["url"]).json()["failed_at"] is None


@MUTANTS.plant(
    "state",
    operations="updatePipelineSchedule getPipelineSchedule listPipelineSchedules",
    title="enabling a failed schedule clears its message but not `failed_at`",
    source="pages/apis/rest_api/pipeline_schedules.md: clears its failed_message and failed_at values",
    witness=enabled_again,
)
async def failed_at_stays(server: Server, request: Request) -> Response:
    schedules = f"{V2}/pipelines/{{pipeline}}/schedules"

    def change(schedule: Json) -> Json:
        failed_at = schedule["failed_at"] or server.memory.get(schedule["id"])
        server.memory[schedule["id"]] = failed_at
        return schedule | {"failed_at": failed_at}

    routes = (f"GET {schedules}", f"GET {schedules}/{{id}}", f"PUT {schedules}/{{id}}")
    response = await server.call(request)
    return edited(response, change) if matches(request, *routes) else response


def location_without_prefix(http: httpx.Client) -> None:
    http.put(f"{ORG}/pipeline-settings/build-export", json={"location": "s3://acme-exports", "strategy_id": "s3"})
    assert http.get(f"{ORG}/pipeline-settings").json()["build_exports"]["location"] == "acme-exports"


@MUTANTS.plant(
    "state",
    operations="configureBuildExport getOrganizationPipelineSettings",
    title="the prefix of the location of a build export is stored",
    source="pages/apis/rest_api/organizations/pipeline_settings.md: the prefix is stripped automatically",
    witness=location_without_prefix,
)
async def prefix_is_stored(server: Server, request: Request) -> Response:
    settings = f"{V2}/pipeline-settings"
    export = f"{settings}/build-export"

    def change(one: Json) -> Json:
        location = server.memory.get(one["url"], one["build_exports"]["location"])
        return one | {"build_exports": one["build_exports"] | {"location": location}}

    response = await server.call(request)
    if response.status == 200 and matches(request, f"PUT {export}", f"DELETE {export}"):
        server.memory.pop(response.json["url"], None)
        if "://" in (location := fields(request).get("location", "")):
            server.memory[response.json["url"]] = location
    routes = (f"GET {settings}", f"PATCH {settings}", f"PUT {settings}/{{name}}", f"DELETE {settings}/{{name}}")
    return edited(response, change) if matches(request, *routes) else response


def default_image_of_new_queue(http: httpx.Client) -> None:
    hosted = {"instanceShape": "LINUX_AMD64_2X4", "agentImageRef": "tools:latest"}
    queue = http.post(f"{hosted_cluster(http)}/queues", json={"key": "tools", "hostedAgents": hosted}).json()
    assert "tools:latest" not in http.get(queue["url"]).text


@MUTANTS.plant(
    "state",
    operations="createClusterQueue getClusterQueue",
    title="a new hosted queue has the `agentImageRef` of the request",
    source="pages/apis/rest_api/clusters/queues.md: Buildkite ignores any agentImageRef you submit in this call",
    witness=default_image_of_new_queue,
)
async def image_of_new_queue(server: Server, request: Request) -> Response:
    response = await server.call(request)
    hosted = mapping(fields(request).get("hostedAgents"))
    if matches(request, f"POST {CLUSTER}/queues") and response.status == 201 and "agentImageRef" in hosted:
        update = with_body(request, {"hostedAgents": hosted})
        update.method, update.path = "PUT", f"{request.path.rstrip('/')}/{response.json['id']}"
        updated = await server.call(update)
        if updated.status == 200:
            response.json = updated.json
    return response


def events_of_webhook_stay(http: httpx.Client) -> None:
    service = next(one for one in http.get(f"{ORG}/services").json()["items"] if one["settings"].get("events"))
    http.patch(service["url"], json={"settings": {"url": "https://hooks.acme.example/new"}})
    assert http.get(service["url"]).json()["settings"]["events"] == service["settings"]["events"]


@MUTANTS.plant(
    "state",
    operations="updateNotificationService getNotificationService",
    title="an update of other settings of a webhook removes its events",
    source="pages/apis/rest_api/organizations/notification_services.md: Omitted … settings remain unchanged",
    witness=events_of_webhook_stay,
)
async def update_removes_events(server: Server, request: Request) -> Response:
    settings = mapping(fields(request).get("settings"))
    if not matches(request, f"PATCH {V2}/services/{{service}}") or not settings:
        return await server.call(request)
    body = fields(request) | {"settings": {"events": list[str](), **settings}}
    response = await server.call(with_body(request, body))
    return response if response.status != 422 else await server.call(request)  # Other providers have no events.


def access_is_reduced(http: httpx.Client) -> None:
    team = team_url(http, "frontend")
    suite = next(one["suite_id"] for one in http.get(f"{team}/suites").json() if "edit" in one["access_level"])
    http.patch(f"{team}/suites/{suite}", json={"access_level": ["read"]})
    assert http.get(f"{team}/suites/{suite}").json()["access_level"] == ["read"]


@MUTANTS.plant(
    "state",
    operations="updateTeamSuite getTeamSuite",
    title="an update of the access of a team to a suite only adds levels",
    source="pages/apis/rest_api/teams/suites.md: Update a team suite: access_level: The access level for the suite",
    witness=access_is_reduced,
)
async def levels_are_added(server: Server, request: Request) -> Response:
    suites = f"{V2}/teams/{{team}}/suites"
    levels = sequence(fields(request).get("access_level"))
    found = request.values("PATCH", f"{suites}/{{suite}}")
    if found is not None and levels:
        kept = [one for one in server.memory.get(f"{found['team']} {found['suite']}", []) if one not in levels]
        request = with_body(request, fields(request) | {"access_level": [*levels, *kept]})

    def change(one: Json) -> Json:
        server.memory[f"{request.path.split('/')[5]} {one['suite_id']}"] = one["access_level"]
        return one

    response = await server.call(request)
    routes = (f"GET {suites}", f"POST {suites}", f"GET {suites}/{{suite}}", f"PATCH {suites}/{{suite}}")
    return edited(response, change) if matches(request, *routes) else response
