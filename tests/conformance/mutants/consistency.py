"""Bodies whose parts contradict each other or the request."""

from base64 import b64encode
from collections.abc import Callable
from itertools import cycle
from typing import Any

from tests.conformance.mutants.kinds import (
    AGREEMENT,
    BUILD,
    BUILDS,
    CLUSTERS,
    ORGANIZATION,
    PIPELINE,
    PIPELINES,
    SUITES,
    WRITING,
    Mutant,
    body,
    on,
    put,
    server,
)

CONSISTENCY = "body_consistency"
AGENTS, JOBS = f"{ORGANIZATION}/agents", f"{BUILD}/jobs"
QUEUES = f"{CLUSTERS}/*/queues"
SECONDS = cycle(range(60))
UNKNOWN = "01920000-dead-7000-8000-000000000000"


def items_of(value: Any) -> list[Any]:
    return value if isinstance(value, list) else value.get("items", [value])


def each(edit: Callable[[dict[str, Any]], object]) -> Callable[[Any], None]:
    """Edit the body, or each item of a list."""

    def wrong(value: Any) -> None:
        for item in items_of(value):
            edit(item)

    return wrong


def jobs(edit: Callable[[dict[str, Any]], object]) -> Callable[[Any], None]:
    """Edit the jobs with a command, of each build or in a list of jobs."""

    def wrong(value: Any) -> None:
        for item in items_of(value):
            for job in item.get("jobs", [item]):
                if job.get("type") == "script":
                    edit(job)

    return wrong


def replaced(name: str, old: str, new: str) -> Callable[[Any], None]:
    return each(lambda item: item.update({name: item[name].replace(old, new)}) if item.get(name) else None)


def swapped(*names: str) -> Callable[[dict[str, Any]], None]:
    def edit(item: dict[str, Any]) -> None:
        one, other = names
        if item.get(one) and item.get(other):
            item[one], item[other] = item[other], item[one]

    return edit


def unset_if(name: str, value: object, other: str) -> Callable[[dict[str, Any]], None]:
    return lambda item: item.update({other: None}) if item.get(name) == value else None


def set_if(name: str, value: object, **changes: Any) -> Callable[[dict[str, Any]], None]:
    return lambda item: item.update(changes) if item.get(name) == value else None


def first_twice(value: Any) -> None:
    items = items_of(value)
    items[1:] = [items[0], *items[2:]] if len(items) > 1 else []


def of_another(kind: str) -> str:
    return b64encode(f"{kind}---{UNKNOWN}".encode()).decode()


BODIES: dict[str, tuple[str, str, Callable[[Any], object]]] = {
    # ids and URLs
    "another object than requested": ("getTeam", f"{ORGANIZATION}/teams/*", put("id", to=UNKNOWN)),
    "another build than requested": ("getBuild", BUILD, each(lambda build: build.update(number=build["number"] + 1))),
    "url of another pipeline": (
        "getPipeline",
        PIPELINE,
        put("url", to="http://127.0.0.1/v2/organizations/a/pipelines/b"),
    ),
    "url in another organization": ("listAgents", AGENTS, replaced("url", "/acme/", "/other/")),
    "url of a list in an object": ("getPipeline", PIPELINE, each(lambda item: item.update(url=item["builds_url"]))),
    "url with the id of the parent": ("getClusterQueue", f"{QUEUES}/*", each(lambda q: q.update(url=q["cluster_url"]))),
    "web_url of the parent": ("listBuilds", BUILDS, each(lambda b: b.update(web_url=b["web_url"].rpartition("/")[0]))),
    "web_url without host": ("listPipelines", PIPELINES, replaced("web_url", "https://buildkite.com", "")),
    "builds_url of another pipeline": (
        "listPipelines",
        PIPELINES,
        replaced("builds_url", "/pipelines/", "/pipelines/x"),
    ),
    "log_url of another job": (
        "listJobs",
        JOBS,
        jobs(lambda job: job.update(log_url=job["log_url"].replace(job["id"], UNKNOWN))),
    ),
    "build_url of another build": ("listJobs", JOBS, jobs(lambda job: job.update(build_url=f"{job['build_url']}0"))),
    "queue_url without the id of the queue": (
        "listJobs",
        JOBS,
        jobs(lambda job: job.update(cluster_queue_id=UNKNOWN if job["cluster_queue_id"] else None)),
    ),
    "graphql_id of another object": ("getPipeline", PIPELINE, put("graphql_id", to=of_another("Pipeline"))),
    "graphql_id of another type": (
        "listOrganizations",
        "/v2/organizations",
        each(lambda item: item.update(graphql_id=b64encode(f"Team---{item['id']}".encode()).decode())),
    ),
    "graphql_id that is the id": ("getUser", "/v2/user", each(lambda item: item.update(graphql_id=item["id"]))),
    "nested pipeline of another slug": ("getBuild", BUILD, put("pipeline", "slug", to="another")),
    "nested organization of another slug": (
        "getClusterSecret",
        f"{CLUSTERS}/*/secrets/*",
        put("organization", "slug", to="another"),
    ),
    "item of another parent": (
        "listClusterCacheVolumes",
        f"{CLUSTERS}/*/cache_volumes",
        put("*", "cluster_id", to=UNKNOWN),
    ),
    "artifacts of another job": (
        "listJobArtifacts",
        f"{ORGANIZATION}/jobs/*/artifacts",
        put("*", "job_id", to=UNKNOWN),
    ),
    "an item twice": ("listAgents", AGENTS, first_twice),
    # times
    "started before its creation": ("getBuild", BUILD, each(swapped("created_at", "finished_at"))),
    "finished before its start": ("listJobs", JOBS, jobs(swapped("started_at", "finished_at"))),
    "runnable after its start": ("getBuild", BUILD, jobs(swapped("runnable_at", "finished_at"))),
    "updated before its creation": (
        "listPipelineTemplates",
        f"{ORGANIZATION}/pipeline-templates",
        put("*", "updated_at", to="2001-01-01T00:00:00.000Z"),
    ),
    "expired when created": (
        "listClusterAgentTokens",
        f"{CLUSTERS}/*/tokens",
        put("*", "expires_at", to="2001-01-01T00:00:00Z"),
    ),
    "job before its build": ("listBuilds", BUILDS, jobs(lambda job: job.update(created_at="2001-01-01T00:00:00.000Z"))),
    # states
    "passed and not finished": ("listBuilds", BUILDS, each(unset_if("state", "passed", "finished_at"))),
    "running and not started": ("listAllBuilds", "/v2/builds", each(unset_if("state", "running", "started_at"))),
    "running and finished": (
        "listBuilds",
        BUILDS,
        each(set_if("state", "running", finished_at="2026-03-02T09:00:00.000Z")),
    ),
    "passed with an exit status": ("listJobs", JOBS, jobs(set_if("state", "passed", exit_status=1))),
    "failed with exit status 0": ("listJobs", JOBS, jobs(set_if("state", "failed", exit_status=0))),
    "soft failed with exit status 0": ("listJobs", JOBS, jobs(set_if("state", "passed", soft_failed=True))),
    "running without an agent": ("listBuilds", BUILDS, jobs(unset_if("state", "running", "agent"))),
    "retried without a new job": ("listBuilds", BUILDS, jobs(lambda job: job.update(retried=True))),
    "blocked without its state": ("listBuilds", BUILDS, each(lambda build: build.update(blocked=True))),
    "not paused, but by somebody": ("listAgents", AGENTS, put("*", "paused", to=False)),
    "paused without a time": ("listClusterQueues", QUEUES, put("*", "dispatch_paused_at", to=None)),
    "connected and lost": ("listAgents", AGENTS, put("*", "lost_at", to="2026-03-02T09:00:00.000Z")),
    "pending and accepted": (
        "listOrganizationInvitations",
        f"{ORGANIZATION}/invitations",
        put("items", "*", "accepted_at", to="2026-03-02T09:00:00.000Z"),
    ),
    "next build at any second": (
        "listPipelineSchedules",
        f"{PIPELINE}/schedules",
        each(lambda schedule: schedule.update(next_build_at="2030-01-01T00:00:17.000Z")),
    ),
    "disabled with a next build": ("listPipelineSchedules", f"{PIPELINE}/schedules", put("*", "enabled", to=False)),
    "annotation of a job without the job": (
        "listJobAnnotations",
        f"{ORGANIZATION}/jobs/*/annotations",
        put("*", "job_id", to=None),
    ),
    # numbers and formats
    "size of a log in characters": (
        "getJobLog",
        f"{ORGANIZATION}/jobs/*/log",
        each(lambda log: log.update(size=len(log["content"]) // 2)),
    ),
    "reliability in percent": (
        "listBuildTests",
        "/v2/analytics/organizations/*/builds/*/tests",
        each(lambda test: test.update(reliability=100 * (test["reliability"] or 0))),
    ),
    "executions that do not add up": (
        "listBuildTests",
        "/v2/analytics/organizations/*/builds/*/tests",
        each(lambda test: test.update(executions_count=test["executions_count"] + 1)),
    ),
    "more than the limit remaining": (
        "getRepositoryConnection",
        f"{ORGANIZATION}/repository_connections/*",
        put("rate_limit", "remaining", to=1_000_000),
    ),
    "filename of another path": (
        "listBuildArtifacts",
        f"{BUILD}/artifacts",
        put("*", "filename", to="other.txt"),
    ),
    "checksum of another length": ("listBuildArtifacts", f"{BUILD}/artifacts", put("*", "sha1sum", to="d41d8cd9")),
    "rule of another type": ("listRules", f"{ORGANIZATION}/rules", put("*", "action", to="anything")),
    "test page of another test": (
        "listFailedExecutions",
        f"{SUITES}/*/runs/*/failed_executions",
        put("*", "test_id", to=UNKNOWN),
    ),
}
"""Operation, path, and edit of the body."""

CONSISTENCY_MUTANTS: dict[str, Mutant] = {
    **{
        name: server(operation, CONSISTENCY, AGREEMENT, on("GET", path, body(edit)))
        for name, (operation, path, edit) in BODIES.items()
    },
    "created at each request": server(
        "getAccessToken",
        CONSISTENCY,
        ("--phases", "agreement,errors,examples"),
        on(
            "GET",
            "/v2/access-token",
            body(lambda token: token | {"created_at": f"2025-12-02 09:00:{next(SECONDS):02} UTC"}),
        ),
    ),
    "created in another pipeline": server(
        "createBuild",
        CONSISTENCY,
        WRITING,
        on("POST", BUILDS, body(replaced("url", "/pipelines/", "/pipelines/x")), status=201),
    ),
}
