"""Servers that break single sentences about builds, jobs, annotations and artifacts."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode

from attrs import evolve
from tests.conformance.mutants.agreement import DISAGREE
from tests.conformance.mutants.consistency import CONSISTENCY, JOBS, each
from tests.conformance.mutants.details import with_query
from tests.conformance.mutants.effect_bugs import edits
from tests.conformance.mutants.headers import DOWNLOAD, REDIRECT
from tests.conformance.mutants.kinds import (
    ACCESS,
    AGREEMENT,
    BUILD,
    BUILDS,
    EFFECTS,
    FILTERS,
    HEADERS,
    STATUSES,
    Mutant,
    body,
    drop,
    on,
    put,
    remembering,
    server,
    with_state,
)
from tests.conformance.runner_support import Bug, Request, Response

ANNOTATIONS, ARTIFACTS = f"{BUILD}/annotations", f"{BUILD}/artifacts"
ENV = f"{BUILD}/jobs/*/env"
WITHOUT_JOBS = "exclude_jobs"


def as_first_read(lists: dict[str, bytes], request: Request, response: Response) -> None:
    """Keep the list of artifacts as it was first read."""
    if request.matches("GET", ARTIFACTS) and response.status == 200:
        response.body = lists.setdefault(f"{request.path}?{request.query.decode()}", response.body)


def created_twice() -> Bug:
    """Create a second build with the same values."""

    async def bug(request: Request, call: Any) -> Response:
        response: Response = await call(request)
        if request.matches("POST", BUILDS) and response.status == 201:
            await call(request)
        return response

    return bug  # type: ignore[return-value]


def with_other_query(path: str, edit: Callable[[list[tuple[str, str]]], list[tuple[str, str]]]) -> Bug:
    """Edit the query that the server gets."""

    async def bug(request: Request, call: Any) -> Response:
        if request.matches("GET", path):
            pairs = edit(parse_qsl(request.query.decode(), keep_blank_values=True))
            request = evolve(request, query=urlencode(pairs).encode())
        response: Response = await call(request)
        return response

    return bug  # type: ignore[return-value]


def one_meta_data(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Leave out all entries of the meta-data but the first."""
    entries = [pair for pair in pairs if pair[0].startswith("meta_data")]
    return [pair for pair in pairs if pair not in entries[1:]]


def one_cursor(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Ignore `before` if there is `after`."""
    names = {name for name, _ in pairs}
    return [pair for pair in pairs if pair[0] != "before" or "after" not in names]


def webhook_url(value: str, method: str = "GET", path: str = BUILD) -> Bug:
    """Set the webhook URL in a build."""
    return on(method, path, body(put("pipeline", "provider", "webhook_url", to=value)))


def annotated_now(annotation: dict[str, Any]) -> None:
    """Set the creation to the time of the update."""
    annotation["created_at"] = annotation["updated_at"]


def canceled_by_another(build: dict[str, Any]) -> None:
    build["cancel_reason"] = "No longer needed"


def failing_without_time(build: dict[str, Any]) -> None:
    if build["state"] == "failing":
        build["failing_at"] = None


def still_running(build: dict[str, Any]) -> None:
    """Let a job run in a build that has passed."""
    if build["state"] == "passed" and build.get("jobs"):
        build["jobs"][0]["state"] = "running"


def anonymous(environment: dict[str, Any]) -> None:
    environment["env"]["BUILDKITE_BUILD_CREATOR"] = "Nobody"


def canceled_together(urls: list[str], request: Request, response: Response) -> None:
    """Show the other builds of a run as canceled after one of them has been."""
    if request.matches("PUT", f"{BUILD}/cancel") and response.status == 200:
        urls.append(request.path.rpartition("/")[0])
    is_other = (
        bool(urls) and request.path not in urls and request.path.rpartition("/")[0] == urls[-1].rpartition("/")[0]
    )
    if request.matches("GET", BUILD) and response.status == 200 and is_other:
        response.json = {**response.json, "state": "canceled"}


DOCUMENTED_BUILDS: dict[str, Mutant] = {
    "documented: excluded jobs are empty": server(
        "listBuilds", "filter_mismatch", FILTERS, with_query(BUILDS, WITHOUT_JOBS, put("*", "jobs", to=[]))
    ),
    "documented: no state counts without jobs": server(
        "getBuild", "filter_mismatch", FILTERS, with_query(BUILD, WITHOUT_JOBS, drop("job_state_counts"))
    ),
    "documented: one entry of the meta-data": server(
        "listBuilds", "filter_mismatch", FILTERS, with_other_query(BUILDS, one_meta_data)
    ),
    "documented: before ignored with after": server(
        "listJobs", "documented_refusal", STATUSES, with_other_query(JOBS, one_cursor)
    ),
    "documented: webhook without the scope": server(
        "getBuild", "scope_not_enforced", ACCESS, webhook_url("https://webhook.buildkite.com/deliver/1")
    ),
    "documented: a canceled build shows the webhook": server(
        "cancelBuild",
        "scope_not_enforced",
        ("--write", "--write-existing", "all", *ACCESS),
        webhook_url("https://webhook.buildkite.com/deliver/1", "PUT", f"{BUILD}/cancel"),
        include=("createBuild",),
    ),
    "documented: a rebuilt build shows the webhook": server(
        "rebuildBuild",
        "scope_not_enforced",
        ("--write", "--write-existing", "all", *ACCESS),
        webhook_url("https://webhook.buildkite.com/deliver/1", "PUT", f"{BUILD}/rebuild"),
        include=("createBuild", "getBuild"),
    ),
    "documented: no webhook with the scope": server("getBuild", "scope_not_enforced", ACCESS, webhook_url("")),
    "documented: cached artifacts": remembering(
        "listBuildArtifacts",
        "list_outdated",
        EFFECTS,
        with_state(dict, as_first_read),
        include=("deleteArtifactInBuild",),
    ),
    "documented: two builds of a request": server("createBuild", "creation_not_recorded", EFFECTS, created_twice()),
    "documented: annotation created when updated": server(
        "createBuildAnnotation",
        "other_property_changed",
        EFFECTS,
        on("GET", ANNOTATIONS, body(each(annotated_now))),
    ),
    "documented: append without appending": server(
        "createBuildAnnotation",
        "effect_missing",
        EFFECTS,
        edits("POST", ANNOTATIONS, lambda sent: {**sent, "append": True}),
    ),
    "documented: number of retried jobs": server(
        "retryFailedJobs",
        "effect_missing",
        EFFECTS,
        on("PUT", f"{BUILD}/retry_failed_jobs", body(put("retried_jobs_count", to=0)), status=202),
    ),
    "documented: other builds canceled": remembering(
        "cancelBuild", "other_object_changed", EFFECTS, with_state(list, canceled_together)
    ),
    "documented: reason of a build that runs": server(
        "getBuild", CONSISTENCY, AGREEMENT, on("GET", BUILD, body(canceled_by_another))
    ),
    "documented: failing at no time": server(
        "listBuilds", CONSISTENCY, AGREEMENT, on("GET", BUILDS, body(each(failing_without_time)))
    ),
    "documented: passed with a running job": server(
        "listBuilds", CONSISTENCY, AGREEMENT, on("GET", BUILDS, body(each(still_running)))
    ),
    "documented: creator in the environment": server(
        "getJobEnvInBuild", DISAGREE, AGREEMENT, on("GET", ENV, body(anonymous))
    ),
    "documented: type of the content": server(
        "getArtifactDownload",
        REDIRECT,
        HEADERS,
        on("GET", DOWNLOAD.rpartition("/")[0], body(put("mime_type", to="application/octet-stream"))),
    ),
}
