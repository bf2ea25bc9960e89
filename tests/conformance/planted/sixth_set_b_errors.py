"""Requests that are refused, or not refused, against the documentation."""

import json

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.sixth_set_b_support import A_BUILD, ORG, PAGES, WEB, fetched, job_values, jobs_of

MUTANTS = Mutants()

TEMPLATE = "/v2/organizations/{org}/pipeline-templates/{id}"
PIPELINE = "/v2/organizations/{org}/pipelines/{pipeline}"
NOBODY = "01920000-0000-7002-8000-00000000ffff"


def cancel_failing(http: httpx.Client) -> None:
    build = http.get(f"{WEB}/builds", params={"state": "failing"}).json()[0]
    assert http.put(f"{WEB}/builds/{build['number']}/cancel").status_code == 200


@MUTANTS.plant(
    "errors",
    operations="cancelBuild",
    title="a failing build cannot be canceled",
    source=f"{PAGES}/builds.md: cancels the build if its state is either scheduled, running, or failing",
    witness=cancel_failing,
)
async def failing_is_finished_b(server: Server, request: Request) -> Response:
    if request.values("PUT", f"{A_BUILD}/cancel"):
        path = request.path.removesuffix("/cancel")
        unknown = f"{path.rpartition('/')[0]}/999999999/cancel"
        may_cancel = (await fetched(server, request, unknown, method="PUT")).status == 404
        build = await fetched(server, request, path)
        if may_cancel and build.status == 200 and build.json["state"] == "failing":
            response = Response(422, {**build.headers, "content-type": "application/json; charset=utf-8"})
            response.json = {"message": "Build can't be canceled because it's already finished."}
            return response
    return await server.call(request)


def retried_twice(http: httpx.Client) -> None:
    job = next(each for each in jobs_of(http, f"{WEB}/builds/19") if each["state"] == "failed")
    assert http.put(f"{ORG}/jobs/{job['id']}/retry").status_code == 200
    assert http.put(f"{ORG}/jobs/{job['id']}/retry").status_code == 400


@MUTANTS.plant(
    "errors",
    operations="retryJob retryJobInBuild",
    title="a second retry of a job returns the first one",
    source=f"{PAGES}/jobs.md: you can only retry each `job.id` once",
    witness=retried_twice,
)
async def retried_again_b(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if (values := job_values(request, "PUT", "/retry")) and response.status == 400:
        path = request.path.removesuffix("/retry")
        job = (await fetched(server, request, path)).json
        if isinstance(job, dict) and job.get("retried_in_job_id"):
            return await fetched(server, request, path.replace(values["job"], job["retried_in_job_id"]))
    return response


def priorities(http: httpx.Client) -> None:
    job = next(each for each in jobs_of(http, f"{WEB}/builds/31") if each["state"] == "scheduled")
    response = http.put(f"{ORG}/jobs/{job['id']}/reprioritize", json={"priority": "7"})
    assert (response.status_code, response.json()) == (400, {"message": "Priority must be an integer"})


@MUTANTS.plant(
    "errors",
    operations="reprioritizeJob reprioritizeJobInBuild",
    title="a priority may be a string of digits",
    source=f"{PAGES}/jobs.md: Priority must be an integer",
    witness=priorities,
)
async def priority_of_digits_b(server: Server, request: Request) -> Response:
    given = request.json
    if job_values(request, "PUT", "/reprioritize") and isinstance(given, dict):
        priority = given.get("priority")
        if isinstance(priority, str) and priority.isdecimal():
            request.body = json.dumps({**given, "priority": int(priority)}).encode()
    return await server.call(request)


def empty_suffix(http: httpx.Client) -> None:
    path = f"{ORG}/jobs/{jobs_of(http)[0]['id']}/log"
    assert http.get(path, headers={"Accept": "text/plain", "Range": "bytes=-0"}).status_code == 400


@MUTANTS.plant(
    "errors",
    operations="getJobLog getJobLogInBuild",
    title="a suffix of no bytes gets status 416",
    source=f"{PAGES}/jobs.md: 400 for a zero-byte suffix, 416 because the job log is empty",
    witness=empty_suffix,
)
async def unsatisfiable_suffix_b(server: Server, request: Request) -> Response:
    response = await server.call(request)
    is_suffix = request.headers.get("range") == "bytes=-0" and request.headers.get("accept") == "text/plain"
    if job_values(request, "GET", "/log") and is_suffix and response.status == 400:
        response.status = 416
        response.json = {"message": "The range cannot be satisfied"}
    return response


def assigned_template(http: httpx.Client) -> None:
    template = http.get(f"{ORG}/pipeline-templates").json()[0]["uuid"]
    assert http.patch(f"{ORG}/pipelines/docs", json={"pipeline_template_uuid": template}).status_code == 200
    assert http.delete(f"{ORG}/pipeline-templates/{template}").status_code == 422


@MUTANTS.plant(
    "errors",
    operations="deletePipelineTemplate",
    title="a template is deleted although a pipeline uses it",
    source=f"{PAGES}/pipeline_templates.md: can only be deleted when it is not assigned to any pipelines",
    witness=assigned_template,
)
async def deleted_while_assigned_b(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if (values := request.values("DELETE", TEMPLATE)) and response.status == 422:
        pipelines = f"/v2/organizations/{values['org']}/pipelines"
        body = json.dumps({"pipeline_template_uuid": None}).encode()
        headers = {**request.headers, "content-type": "application/json", "content-length": str(len(body))}
        items = (await fetched(server, request, pipelines, per_page="100")).json
        for each in items if isinstance(items, list) else ():
            if each.get("pipeline_template_uuid") == values["id"]:
                await server.call(Request("PATCH", f"{pipelines}/{each['slug']}", {}, headers, body))
        return await server.call(request)
    return response


def dash_of_slug(http: httpx.Client) -> None:
    response = http.patch(f"{ORG}/pipelines/docs", json={"slug": "-handbook"})
    assert response.status_code == 422
    assert http.get(f"{ORG}/pipelines/docs").status_code == 200


@MUTANTS.plant(
    "errors",
    operations="updatePipeline",
    title="a dash at the beginning of a new slug is removed instead of refused",
    source=f"{PAGES}/pipelines.md: only alphanumeric characters or dashes and cannot begin with a dash",
    witness=dash_of_slug,
)
async def trimmed_slug_b(server: Server, request: Request) -> Response:
    given = request.json
    if request.values("PATCH", PIPELINE) and isinstance(given, dict):
        slug = given.get("slug")
        if isinstance(slug, str) and slug.startswith("-") and slug.strip("-"):
            request.body = json.dumps({**given, "slug": slug.lstrip("-")}).encode()
    return await server.call(request)


def unknown_unblocker(http: httpx.Client) -> None:
    jobs = jobs_of(http, f"{ORG}/pipelines/docs/builds/5")
    job = next(each for each in jobs if each["type"] == "manual")
    assert http.put(f"{ORG}/jobs/{job['id']}/unblock", json={"unblocker": NOBODY}).status_code == 422


@MUTANTS.plant(
    "errors",
    operations="unblockJob unblockJobInBuild",
    title="an unknown `unblocker` is replaced by the user of the token",
    source=f"{PAGES}/jobs.md: Unblocker is not a valid user id for this organization",
    witness=unknown_unblocker,
)
async def replaced_unblocker_b(server: Server, request: Request) -> Response:
    response = await server.call(request)
    given = request.json
    is_unknown = response.status == 422 and b"Unblocker" in response.body
    if job_values(request, "PUT", "/unblock") and isinstance(given, dict) and is_unknown:
        request.json = {name: value for name, value in given.items() if name != "unblocker"}
        request.headers["content-length"] = str(len(request.body))
        return await server.call(request)
    return response
