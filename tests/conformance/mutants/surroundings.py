"""Bugs in what a request does to objects beside, below or above its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from attrs import evolve
from tests.conformance.mutants.effect_bugs import JOB, JOB_IN_BUILD, sent, with_body
from tests.conformance.mutants.kinds import (
    ACCESS,
    BUILD,
    BUILDS,
    EFFECTS,
    ORGANIZATION,
    PIPELINE,
    REGISTRIES,
    STATUSES,
    TEAM,
    Mutant,
    remembering,
    server,
)
from tests.conformance.runner_support import Bug, Request, Response, with_token

from buildkite_rest.mock.resources.access_tokens import REVOCABLE_TOKEN

Call = Callable[[Request], Awaitable[Response]]

JOBS = f"{BUILD}/jobs"
_BUILDS = ("createBuild", "getBuild", "listBuilds")
_PIPELINES = ("createPipeline", "getPipeline", "updatePipeline", "deletePipeline")
_ARCHIVING = (*_PIPELINES, "archivePipeline", "unarchivePipeline")
_JOB_ANNOTATIONS = ("createJobAnnotationInBuild", "listJobAnnotationsInBuild", "deleteJobAnnotationInBuild")


async def _send(request: Request, call: Call, method: str, path: str, value: object = None) -> Response:
    """Send another request with the same credentials."""
    other = evolve(request, method=method, path=path, query=b"", body=b"")
    return await call(other if value is None else with_body(other, value))


async def _items(request: Request, call: Call, path: str) -> list[dict[str, Any]]:
    """Return the items of a list, or none if it cannot be read."""
    response = await _send(request, call, "GET", path)
    found: Any = response.json if response.status == 200 else []
    return found if isinstance(found, list) else found["items"]


def _above(request: Request, levels: int) -> str:
    return request.path.rsplit("/", levels)[0]


def _acts_on_job(request: Request, action: str) -> bool:
    return any(request.matches("PUT", f"{path}/{action}") for path in (JOB, JOB_IN_BUILD))


async def priority_of_all_jobs(request: Request, call: Call) -> Response:
    """All jobs of a build get the priority of one."""
    response = await call(request)
    if _acts_on_job(request, "reprioritize") and response.status == 200:
        jobs = f"{urlsplit(response.json['build_url']).path}/jobs"
        for each in await _items(request, call, jobs):
            await _send(request, call, "PUT", f"{jobs}/{each['id']}/reprioritize", sent(request))
    return response


def finished_jobs_canceled() -> Bug:
    """The finished jobs of a canceled build are canceled too."""
    canceled: list[str] = []

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        if request.matches("PUT", f"{BUILD}/cancel") and response.status == 200:
            canceled.append(_above(request, 1))
        if request.matches("GET", JOBS) and response.status == 200 and _above(request, 1) in canceled:
            found = response.json
            for each in found["items"]:
                each["state"] = "canceled" if each["state"] in {"passed", "failed"} else each["state"]
            response.json = found
        return response

    return bug  # type: ignore[return-value]


async def logs_of_all_jobs(request: Request, call: Call) -> Response:
    """The logs of all jobs of a build are deleted with that of one."""
    response = await call(request)
    if request.matches("DELETE", f"{JOB_IN_BUILD}/log") and response.status == 204:
        jobs = _above(request, 2)
        for each in await _items(request, call, jobs):
            await _send(request, call, "DELETE", f"{jobs}/{each['id']}/log")
    return response


async def log_and_artifacts(request: Request, call: Call) -> Response:
    """The artifacts of a job are deleted with its log."""
    response = await call(request)
    if request.matches("DELETE", f"{JOB_IN_BUILD}/log") and response.status == 204:
        artifacts = f"{_above(request, 1)}/artifacts"
        for each in await _items(request, call, artifacts):
            await _send(request, call, "DELETE", f"{artifacts}/{each['id']}")
    return response


def builds_of_archived_pipelines(path: str) -> Callable[[], Bug]:
    """A list has no builds of archived pipelines. Others fill its page."""

    def make() -> Bug:
        archived: set[str] = set()

        async def bug(request: Request, call: Call) -> Response:
            if request.matches("GET", path) and b"page=" not in request.query and archived:
                response = await call(evolve(request, query=request.query + b"&per_page=100"))
                builds = response.json if response.status == 200 else []
                response.json = [each for each in builds if urlsplit(each["url"]).path.split("/")[5] not in archived][
                    :30
                ]
                return response
            response = await call(request)
            if request.matches("POST", f"{PIPELINE}/archive") and response.status == 200:
                archived.add(request.path.split("/")[5])
            if request.matches("POST", f"{PIPELINE}/unarchive"):
                archived.discard(request.path.split("/")[5])
            return response

        return bug  # type: ignore[return-value]

    return make


def still_read_only() -> Bug:
    """A pipeline that was archived once cannot be updated any more."""
    archived: dict[str, Response] = {}

    async def bug(request: Request, call: Call) -> Response:
        if request.matches("PATCH", PIPELINE) and request.path in archived:
            await _send(request, call, "POST", f"{request.path}/archive")
            response = await call(request)
            await _send(request, call, "POST", f"{request.path}/unarchive")
            return response
        response = await call(request)
        if request.matches("POST", f"{PIPELINE}/unarchive") and response.status == 200:
            archived[_above(request, 1)] = response
        return response

    return bug  # type: ignore[return-value]


def only_fields() -> Bug:
    """The fields of a block step replace the meta-data of the build."""
    fields: dict[str, Any] = {}

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        if _acts_on_job(request, "unblock") and response.status == 200:
            build = urlsplit(response.json["unblock_url"]).path.split("/jobs/")[0]
            fields[build] = (sent(request) or {}).get("fields", {})
        if request.matches("GET", BUILD) and response.status == 200 and request.path in fields:
            response.json = response.json | {"meta_data": fields[request.path]}
        return response

    return bug  # type: ignore[return-value]


def never_failing() -> Bug:
    """A retry of a job clears the time at which the build was failing."""
    retried: set[str] = set()

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        if _acts_on_job(request, "retry") and response.status == 200:
            retried.add(urlsplit(response.json["build_url"]).path)
        if request.matches("GET", BUILD) and response.status == 200 and request.path in retried:
            response.json = response.json | {"failing_at": None}
        return response

    return bug  # type: ignore[return-value]


def paused_agent_cancels() -> Bug:
    """The job of an agent is canceled when the agent is paused."""
    canceled: set[str] = set()

    async def bug(request: Request, call: Call) -> Response:
        is_pause = request.matches("PUT", "/v2/organizations/*/agents/*/pause")
        agent = await _send(request, call, "GET", _above(request, 1)) if is_pause else None
        response = await call(request)
        if agent is not None and response.status == 204 and agent.json["job"]:
            canceled.add(agent.json["job"]["id"])
        if request.matches("GET", JOB) and response.status == 200 and response.json["id"] in canceled:
            response.json = response.json | {"state": "canceled"}
        return response

    return bug  # type: ignore[return-value]


def setting_without_effect(name: str) -> Bug:
    """A setting of a pipeline about earlier builds is stored and has no effect."""

    async def bug(request: Request, call: Call) -> Response:
        pipeline = _above(request, 1)
        found = await _send(request, call, "GET", pipeline) if request.matches("POST", BUILDS) else None
        if found is None or found.status != 200 or not found.json[name]:
            return await call(request)
        await _send(request, call, "PATCH", pipeline, {name: False})
        response = await call(request)
        await _send(request, call, "PATCH", pipeline, {name: True})
        if response.status == 201:
            response.json = response.json | {"pipeline": response.json["pipeline"] | {name: True}}
        return response

    return bug  # type: ignore[return-value]


def rebuilds(reason: bytes) -> Bug:
    """A rebuild that the pipeline does not allow returns the build."""

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        if request.matches("PUT", f"{BUILD}/rebuild") and response.status == 422 and reason in response.body:
            return await _send(request, call, "GET", _above(request, 1))
        return response

    return bug  # type: ignore[return-value]


async def first_state(request: Request, call: Call) -> Response:
    """Only jobs in the first of several states are retried."""
    value = sent(request)
    states = value.get("states") if isinstance(value, dict) else None
    if request.matches("PUT", f"{BUILD}/retry_failed_jobs") and states == "timed_out,failed":
        return await call(with_body(request, {"states": "timed_out"}))
    return await call(request)


def one_annotation(read: Callable[[str], str]) -> Bug:
    """An annotation of a job replaces another one of the build with the same context."""

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        if request.matches("POST", f"{JOB_IN_BUILD}/annotations") and response.status == 201:
            build, new = request.path.split("/jobs/")[0], response.json
            lists = [f"{build}{read(each['id'])}" for each in await _items(request, call, f"{build}/jobs")]
            for path in lists:
                for each in await _items(request, call, path):
                    if each["context"] == new["context"] and each["id"] != new["id"]:
                        await _send(request, call, "DELETE", f"{path}/{each['id']}")
        return response

    return bug  # type: ignore[return-value]


def stays_in_teams(path: str, name: str) -> Bug:
    """A deleted object is still in the lists of the teams that had access to it."""
    gone: dict[str, list[Any]] = {}

    async def bug(request: Request, call: Call) -> Response:
        before: list[tuple[str, Any]] = []
        if request.matches("DELETE", path):
            own = await _send(request, call, "GET", request.path)
            teams = f"/v2/organizations/{request.path.split('/')[-3]}/teams"
            lists = [f"{teams}/{each['id']}/{name}s" for each in await _items(request, call, teams)]
            items = [(each, item) for each in lists for item in await _items(request, call, each)]
            before = [each for each in items if own.status == 200 and each[1][f"{name}_id"] == own.json["id"]]
        response = await call(request)
        for place, item in before if response.status == 204 else ():
            gone.setdefault(place, []).append(item)
        if request.matches("GET", f"{TEAM}/{name}s") and response.status == 200 and request.path in gone:
            response.json = [*response.json, *gone[request.path]]
        return response

    return bug  # type: ignore[return-value]


def accepted_after_revocation(path: str) -> Bug:
    """A revoked token can read what it has read before."""
    read: set[str] = set()

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        is_own = request.headers.get(b"authorization") == f"Bearer {REVOCABLE_TOKEN}".encode()
        if is_own and request.method == "GET" and request.path.startswith(path):
            if response.status == 401 and request.path in read:
                return await call(with_token(request))
            read.add(request.path)
        return response

    return bug  # type: ignore[return-value]


OTHER, ELSEWHERE, GONE = "other_object_changed", "other_property_changed", "list_outdated"
REVOKED = "revoked_token_accepted"

SURROUNDINGS: dict[str, Mutant] = {
    "beside: all jobs get a priority": server(
        "listJobs", OTHER, EFFECTS, priority_of_all_jobs, include=("reprioritizeJob", "getJob", *_BUILDS)
    ),
    "beside: all logs are deleted": server(
        "getJobLogInBuild", OTHER, EFFECTS, logs_of_all_jobs, include=("deleteJobLogInBuild", "listJobs", *_BUILDS)
    ),
    "below: finished jobs are canceled": remembering(
        "listJobs", OTHER, EFFECTS, finished_jobs_canceled, include=("cancelBuild", *_BUILDS)
    ),
    "below: a log is deleted with artifacts": server(
        "listJobArtifactsInBuild",
        OTHER,
        EFFECTS,
        log_and_artifacts,
        include=("deleteJobLogInBuild", "listJobs", *_BUILDS),
    ),
    "below: an archived pipeline has no builds": remembering(
        "listBuilds", OTHER, EFFECTS, builds_of_archived_pipelines(BUILDS), include=(*_ARCHIVING, "createBuild")
    ),
    "below: an organization has no builds of an archived pipeline": remembering(
        "listOrganizationBuilds",
        OTHER,
        EFFECTS,
        builds_of_archived_pipelines(f"{ORGANIZATION}/builds"),
        include=(*_ARCHIVING, *_BUILDS),
    ),
    "below: no organization has builds of an archived pipeline": remembering(
        "listAllBuilds", OTHER, EFFECTS, builds_of_archived_pipelines("/v2/builds"), include=(*_ARCHIVING, *_BUILDS)
    ),
    "an unarchived pipeline is read-only": remembering(
        "unarchivePipeline", "effect_missing", EFFECTS, still_read_only, include=_ARCHIVING
    ),
    "elsewhere: fields replace the meta-data": remembering(
        "getBuild", ELSEWHERE, EFFECTS, only_fields, include=("unblockJob", "getJob", "listJobs", *_BUILDS)
    ),
    "elsewhere: a retried build was never failing": remembering(
        "getBuild", ELSEWHERE, EFFECTS, never_failing, include=("retryJob", "getJob", "listJobs")
    ),
    "elsewhere: a paused agent cancels its job": remembering(
        "getJob", "effect_missing", EFFECTS, paused_agent_cancels, include=("pauseAgent", "resumeAgent", "getAgent")
    ),
    "elsewhere: a queued build is not skipped": server(
        "getBuild",
        "effect_missing",
        EFFECTS,
        setting_without_effect("skip_queued_branch_builds"),
        include=("createBuild", "listBuilds"),
        recent=True,  # otherwise the build may start before it can be skipped
    ),
    "elsewhere: a running build is not canceled": server(
        "getBuild",
        "effect_missing",
        EFFECTS,
        setting_without_effect("cancel_running_branch_builds"),
        include=("createBuild", "listBuilds"),
    ),
    "a rebuild that is not allowed": server("rebuildBuild", "documented_refusal", STATUSES, rebuilds(b"turned off")),
    "a rebuild in an archived pipeline": server("rebuildBuild", "documented_refusal", STATUSES, rebuilds(b"archived")),
    "only the first state is retried": server(
        "retryFailedJobs", "effect_missing", EFFECTS, first_state, include=("getBuild", "listBuilds")
    ),
    "an annotation of a job replaces that of the build": server(
        "listBuildAnnotations",
        OTHER,
        EFFECTS,
        one_annotation(lambda _: "/annotations"),
        include=("createBuildAnnotation", *_JOB_ANNOTATIONS),
    ),
    "an annotation of a job replaces that of another job": server(
        "listJobAnnotationsInBuild",
        OTHER,
        EFFECTS,
        one_annotation(lambda job: f"/jobs/{job}/annotations"),
        include=_JOB_ANNOTATIONS,
    ),
    "a deleted pipeline stays in its teams": remembering(
        "listTeamPipelines",
        GONE,
        EFFECTS,
        lambda: stays_in_teams(PIPELINE, "pipeline"),
        include=(*_PIPELINES, "listTeams", "getTeamPipeline"),
    ),
    "a deleted suite stays in its teams": remembering(
        "listTeamSuites",
        GONE,
        EFFECTS,
        lambda: stays_in_teams("/v2/analytics/organizations/*/suites/*", "suite"),
        include=("createTestSuite", "getTestSuite", "deleteTestSuite", "listTeams", "getTeamSuite"),
    ),
    "a revoked token reads packages": remembering(
        "listPackages", REVOKED, ACCESS, lambda: accepted_after_revocation(REGISTRIES.partition("*")[0])
    ),
    "a revoked token reads agents": remembering(
        "revokeAccessToken", REVOKED, ACCESS, lambda: accepted_after_revocation("/v2/organizations/")
    ),
}
