"""Servers that break single sentences about jobs, their logs and sessions, and agents."""

from collections.abc import Callable
from typing import Any

from attrs import evolve
from tests.conformance.mutants.documented_builds import with_other_query
from tests.conformance.mutants.effect_bugs import edits, without
from tests.conformance.mutants.filters import results
from tests.conformance.mutants.kinds import (
    BUILD,
    EFFECTS,
    EXAMPLES,
    FILTERS,
    LISTS,
    ORGANIZATION,
    Mutant,
    body,
    header,
    on,
    put,
    remembering,
    server,
)
from tests.conformance.runner_support import Bug, Request, Response

JOBS, LOG = f"{BUILD}/jobs", f"{ORGANIZATION}/jobs/*/log"
UNBLOCK = f"{ORGANIZATION}/jobs/*/unblock"
STOP, VNC, SSH = (f"{ORGANIZATION}/{path}" for path in ("agents/*/stop", "jobs/*/vnc-session", "jobs/*/ssh-session"))
WRITE_EXAMPLES = ("--write", "--write-existing", "all", *EXAMPLES)
LOGS = ("getJobLog", "headJobLog")
AGENTS = ("listAgents", "getAgent")


def old_log(method: str, accept: str) -> Callable[[], Bug]:
    """Return the log as it was before its deletion, in one representation."""

    def make() -> Bug:
        kept: dict[str, Response] = {}

        async def bug(request: Request, call: Any) -> Response:
            if request.matches("DELETE", LOG):
                headers = {**request.headers, b"accept": accept.encode()}
                kept[request.path] = await call(evolve(request, method=method, headers=headers, body=b""))
            response: Response = await call(request)
            is_same = request.method == method and accept in (request.headers.get(b"accept") or b"").decode()
            return kept.get(request.path, response) if is_same else response

        return bug  # type: ignore[return-value]

    return make


def without_before(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [pair for pair in pairs if pair[0] != "before"]


def no_wait(page: Any) -> None:
    for job in page["items"]:
        if "concurrency_wait_time_ms" in job:
            job["concurrency_wait_time_ms"] = job["concurrency_wait_time_ms"] or 0


async def retried_jobs_counted(request: Request, call: Any) -> Response:
    response: Response = await call(request)
    if request.matches("GET", BUILD) and response.status == 200:
        everything: Response = await call(evolve(request, query=b"include_retried_jobs=true"))
        response.json = {**response.json, "job_state_counts": everything.json["job_state_counts"]}
    return response


def forced(value: bool | None) -> Callable[[Any], Any]:
    """Replace one value of `force` by the other."""
    return lambda found: {"force": not value} if found.get("force") is value else found


DOCUMENTED_JOBS: dict[str, Mutant] = {
    "documented: one of the parallel jobs": server(
        "listJobs",
        "filter_mismatch",
        FILTERS,
        results(JOBS, "step_key", lambda items, _: [each for each in items if not each.get("parallel_group_index")]),
    ),
    "documented: a wait step has not passed": server(
        "listJobs",
        "filter_mismatch",
        FILTERS,
        results(JOBS, "state[]", lambda items, text: [e for e in items if (e["type"], text) != ("waiter", "passed")]),
    ),
    "documented: the first page before any cursor": server(
        "listJobs", "list_inconsistent", LISTS, with_other_query(JOBS, without_before)
    ),
    "documented: a deleted log as text": remembering(
        "getJobLog", "media_type_wrong", EFFECTS, old_log("GET", "text/plain"), include=("deleteJobLog",)
    ),
    "documented: a deleted log as HTML": remembering(
        "getJobLog", "media_type_wrong", EFFECTS, old_log("GET", "text/html"), include=("deleteJobLog",)
    ),
    "documented: the size of a deleted log": remembering(
        "headJobLog", "media_type_wrong", EFFECTS, old_log("HEAD", "*/*"), include=("getJobLog", "deleteJobLog")
    ),
    "documented: a session may be stored": server(
        "createSshSession",
        "response_headers_conformance",
        WRITE_EXAMPLES,
        on("POST", SSH, header("cache-control", "no-cache")),
    ),
    "documented: a session has expired": server(
        "createVncSession",
        "body_consistency",
        WRITE_EXAMPLES,
        on("POST", VNC, body(put("expires_at", to="2024-01-01T00:00:00Z"))),
    ),
    "documented: a session without a WebSocket": server(
        "createVncSession",
        "undescribed_property",
        WRITE_EXAMPLES,
        on("POST", VNC, body(put("endpoint", to="https://remote-access.example"))),
    ),
    "documented: a stopped agent finishes its job": server(
        "stopAgent",
        "effect_missing",
        EFFECTS,
        edits("PUT", STOP, lambda found: {"force": False, **found}),
        include=(*AGENTS, "getJob"),
    ),
    "documented: the token's user unblocks": server(
        "unblockJob",
        "effect_missing",
        EFFECTS,
        edits("PUT", UNBLOCK, without("unblocker")),
        include=("listOrganizationMembers",),
    ),
    "documented: no wait before its end": server("listJobs", "body_consistency", LISTS, on("GET", JOBS, body(no_wait))),
    "documented: retried jobs are counted": server(
        "getBuild", "body_consistency", EFFECTS, retried_jobs_counted, include=("retryJob",)
    ),
    "documented: force has no effect": server(
        "stopAgent", "effect_missing", EFFECTS, edits("PUT", STOP, forced(value=True)), include=(*AGENTS, "getJob")
    ),
    "documented: a job is canceled without force": server(
        "getJob", "effect_missing", EFFECTS, edits("PUT", STOP, forced(value=False)), include=(*AGENTS, "stopAgent")
    ),
}
