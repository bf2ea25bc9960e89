"""Wrong effects of requests."""

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.sixth_set_b_support import (
    A_BUILD,
    ORG,
    PAGES,
    RETRIED,
    WEB,
    fetched,
    job_values,
    jobs_of,
    objects,
)

MUTANTS = Mutants()

HOOKS = "/v2/organizations/{org}/pipelines/{pipeline}/github-webhooks"
SCHEDULE = "/v2/organizations/{org}/pipelines/{pipeline}/schedules/{id}"


def rebuild_of_rebuild(http: httpx.Client) -> None:
    first = http.put(f"{RETRIED}/rebuild").json()
    assert http.put(f"{WEB}/builds/{first['number']}/cancel").status_code == 200
    second = http.put(f"{WEB}/builds/{first['number']}/rebuild").json()
    assert second["rebuilt_from"]["id"] == first["id"]


@MUTANTS.plant(
    "state",
    operations="rebuildBuild getBuild",
    title="a rebuild of a rebuild refers to the original build",
    source=f"{PAGES}/builds.md: `rebuilt_from` is the build this was rebuilt from",
    witness=rebuild_of_rebuild,
)
async def original_of_rebuild_b(server: Server, request: Request) -> Response:
    original = None
    if request.values("PUT", f"{A_BUILD}/rebuild"):
        build = (await fetched(server, request, request.path.removesuffix("/rebuild"))).json
        original = build.get("rebuilt_from") if isinstance(build, dict) else None
        if original and build["id"] in server.memory:
            original = server.memory[build["id"]]
    response = await server.call(request)
    body = response.json
    if original and response.status == 200:
        server.memory[body["id"]] = original
    if server.memory and body is not None:
        for each in objects(body):
            if "rebuilt_from" in each and each.get("id") in server.memory:
                each["rebuilt_from"] = server.memory[each["id"]]
        response.json = body
    return response


def appended(http: httpx.Client) -> None:
    path = f"{RETRIED}/annotations"
    assert http.post(path, json={"body": "one", "context": "sixth"}).status_code == 201
    html = http.post(path, json={"body": "two", "context": "sixth", "append": True}).json()["body_html"]
    assert html.index("one") < html.index("two")


@MUTANTS.plant(
    "state",
    operations="createBuildAnnotation listBuildAnnotations",
    title="`append` puts the body before the existing one",
    source=f"{PAGES}/annotations.md: whether to append the given body onto the annotation with the same context",
    witness=appended,
)
async def prepended_body_b(server: Server, request: Request) -> Response:
    given = request.json
    if request.values("POST", f"{A_BUILD}/annotations") is None or not isinstance(given, dict):
        return await server.call(request)
    text = given.get("body")
    if given.get("append") is True and isinstance(text, str):
        items = (await fetched(server, request, request.path, per_page="100")).json
        for each in items if isinstance(items, list) else ():
            if each["context"] == given.get("context"):
                kept = {name: each[name] for name in ("style", "priority") if each[name] is not None}
                text += server.memory.get(each["id"], each["body_html"])
                request.json = {**kept, **given, "body": text, "append": False}
                request.headers["content-length"] = str(len(request.body))
    response = await server.call(request)
    if response.status == 201:
        server.memory[response.json["id"]] = text
    return response


def cleared_failure(http: httpx.Client) -> None:
    schedule = next(each for each in http.get(f"{WEB}/schedules").json() if each["failed_at"])
    path = f"{WEB}/schedules/{schedule['id']}"
    assert http.put(path, json={"enabled": True}).status_code == 200
    found = http.get(path).json()
    assert (found["failed_message"], found["failed_at"]) == (None, None)


@MUTANTS.plant(
    "state",
    operations="updatePipelineSchedule getPipelineSchedule listPipelineSchedules",
    title="a schedule that is enabled again keeps `failed_at`",
    source=f"{PAGES}/pipeline_schedules.md: re-enabling clears its `failed_message` and `failed_at` values",
    witness=cleared_failure,
)
async def time_of_old_failure_b(server: Server, request: Request) -> Response:
    if values := request.values("PUT", SCHEDULE):
        schedule = (await fetched(server, request, request.path)).json
        if isinstance(schedule, dict) and schedule.get("failed_at"):
            server.memory[values["id"]] = schedule["failed_at"]
    response = await server.call(request)
    if "/schedules" in request.path and (body := response.json) is not None:
        for each in objects(body):
            if each.get("id") in server.memory and "failed_at" in each:
                each["failed_at"] = server.memory[each["id"]]
        response.json = body
    return response


def disabled_twice(http: httpx.Client) -> None:
    first = http.delete(f"{WEB}/github-webhooks").json()
    assert http.delete(f"{WEB}/github-webhooks").json() == first


@MUTANTS.plant(
    "state",
    operations="disableGithubWebhooks",
    title="disabling webhooks that are disabled moves `disabled_at`",
    source=f"{PAGES}/pipelines.md: if already disabled, returns the current state without changing it",
    witness=disabled_twice,
)
async def disabled_again_b(server: Server, request: Request) -> Response:
    if request.values("DELETE", HOOKS):
        await fetched(server, request, request.path, method="PUT")
    return await server.call(request)


def stopped_job(http: httpx.Client) -> None:
    agent = next(each for each in http.get(f"{ORG}/agents").json() if each["job"])
    assert http.put(f"{ORG}/agents/{agent['id']}/stop").status_code == 204
    assert http.get(f"{ORG}/jobs/{agent['job']['id']}").json()["state"] != "running"


@MUTANTS.plant(
    "state",
    operations="stopAgent",
    title="stopping an agent without `force` does not cancel its job",
    source=f"{PAGES}/agents.md: the job and the build will be canceled; `force` has the default `true`",
    witness=stopped_job,
)
async def gentle_stop_b(server: Server, request: Request) -> Response:
    if request.values("PUT", "/v2/organizations/{org}/agents/{id}/stop"):
        given = request.json if request.body else {}
        if isinstance(given, dict) and "force" not in given:
            request.headers["content-type"] = "application/json"
            request.json = {**given, "force": False}
            request.headers["content-length"] = str(len(request.body))
    return await server.call(request)


def text_of_deleted_log(http: httpx.Client) -> None:
    path = f"{ORG}/jobs/{jobs_of(http)[0]['id']}/log"
    before = http.get(path, headers={"Accept": "text/plain"}).text
    assert http.delete(path).status_code == 204
    assert http.get(path, headers={"Accept": "text/plain"}).text != before


@MUTANTS.plant(
    "state",
    operations="deleteJobLog deleteJobLogInBuild getJobLog getJobLogInBuild",
    title="the text of a deleted log is still returned",
    source=f"{PAGES}/jobs.md: delete a job's log output",
    witness=text_of_deleted_log,
)
async def text_of_deleted_log_b(server: Server, request: Request) -> Response:
    text = None
    if values := job_values(request, "DELETE", "/log"):
        text = await fetched(server, request, request.path, accept="text/plain")
    response = await server.call(request)
    if values and text and text.status == 200 and response.status == 204:
        server.memory[values["job"]] = text.body, text.headers["content-type"]
    values = job_values(request, "GET", "/log.txt")
    if values is None and request.headers.get("accept", "").startswith("text/plain"):
        values = job_values(request, "GET", "/log")
    if values and values["job"] in server.memory and response.status in (200, 404):
        response.status = 200
        response.body, response.headers["content-type"] = server.memory[values["job"]]
    return response


def rule_of_slugs(http: httpx.Client) -> None:
    value = {"source_pipeline": "docs", "target_pipeline": "ios"}
    rule = http.post(f"{ORG}/rules", json={"type": "pipeline.trigger_build.pipeline", "value": value}).json()
    assert rule["source_uuid"] == http.get(f"{ORG}/pipelines/docs").json()["id"]


@MUTANTS.plant(
    "state",
    operations="createRule",
    title="source and target of a rule are swapped if they are slugs",
    source=f"{PAGES}/rules.md: the fields accept either a pipeline UUID or a pipeline slug",
    witness=rule_of_slugs,
)
async def swapped_slugs_b(server: Server, request: Request) -> Response:
    given = request.json
    if request.values("POST", "/v2/organizations/{org}/rules") and isinstance(given, dict):
        value = given.get("value")
        pair = [value.get(name) for name in ("source_pipeline", "target_pipeline")] if isinstance(value, dict) else []
        if pair and all(isinstance(each, str) and each.count("-") != 4 for each in pair):
            request.json = {**given, "value": {**value, "source_pipeline": pair[1], "target_pipeline": pair[0]}}
    return await server.call(request)
