"""Responses that contradict those of other operations."""

from collections.abc import Callable
from typing import Any

from tests.conformance.mutants.consistency import each, jobs
from tests.conformance.mutants.kinds import (
    AGREEMENT,
    BUILD,
    BUILDS,
    CLUSTER,
    CLUSTERS,
    ORGANIZATION,
    PIPELINE,
    PIPELINES,
    REGISTRIES,
    SUITES,
    TEAM,
    TEAMS,
    Mutant,
    body,
    on,
    put,
    server,
)

DISAGREE = "responses_disagree"


def without_first(value: Any) -> Any:
    return {**value, "items": value["items"][1:]} if isinstance(value, dict) else value[1:]


def flipped(name: str) -> Callable[[Any], None]:
    return each(lambda item: item.update({name: not item[name]}) if name in item else None)


TEXT = {"content": "It works", "size": 8, "header_times": []}

#: Operation, path, edit of the body, and the other operation.
BODIES: dict[str, tuple[str, str, Callable[[Any], object], str]] = {
    # lists and objects
    "name in a list": ("listPipelines", PIPELINES, put("*", "name", to="Renamed"), "getPipeline"),
    "name of an object": ("getPipeline", PIPELINE, put("name", to="Renamed"), "listPipelines"),
    "default branch in a list": ("listPipelines", PIPELINES, put("*", "default_branch", to="trunk"), "getPipeline"),
    "null in a list": ("listPipelines", PIPELINES, put("*", "repository", to=""), "getPipeline"),
    "settings in a list": (
        "listPipelines",
        PIPELINES,
        put("*", "provider", "settings", "build_tags", to=None),
        "getPipeline",
    ),
    "flag of a team": ("getTeam", TEAM, flipped("default"), "listTeams"),
    "privacy in a list": ("listTeams", TEAMS, put("*", "privacy", to="secret"), "getTeam"),
    "branch of a build": ("listBuilds", BUILDS, put("*", "branch", to="elsewhere"), "getBuild"),
    "meta data of a build": ("getBuild", BUILD, put("meta_data", to={"a": "b"}), "listBuilds"),
    "jobs left out of a build": (
        "getBuild",
        BUILD,
        each(lambda build: build.update(jobs=build["jobs"][1:])),
        "listBuilds",
    ),
    "command of a job in a list": (
        "listJobs",
        f"{BUILD}/jobs",
        jobs(lambda job: job.update(command="false")),
        "getJobInBuild",
    ),
    "time without fraction": (
        "listAgents",
        f"{ORGANIZATION}/agents",
        each(lambda agent: agent.update(created_at=agent["created_at"].replace("01:00.", "01:30."))),
        "getAgent",
    ),
    "role of a member": (
        "getOrganizationMember",
        f"{ORGANIZATION}/members/*",
        put("role", to="admin"),
        "listOrganizationMembers",
    ),
    "role in a team": ("getTeamMember", f"{TEAM}/members/*", put("role", to="member"), "listTeamMembers"),
    "access level in a team": (
        "listTeamPipelines",
        f"{TEAM}/pipelines",
        put("*", "access_level", to="read_only"),
        "getTeamPipeline",
    ),
    "key of a queue": ("getClusterQueue", f"{CLUSTERS}/*/queues/*", put("key", to="other"), "listClusterQueues"),
    "policy of a secret": (
        "listClusterSecrets",
        f"{CLUSTERS}/*/secrets",
        put("*", "policy", to="[]"),
        "getClusterSecret",
    ),
    "ecosystem of a registry": ("getRegistry", f"{REGISTRIES}/*", put("ecosystem", to="npm"), "listRegistries"),
    "version of a package": (
        "listPackages",
        f"{REGISTRIES}/*/packages",
        put("items", "*", "version", to="0"),
        "getPackage",
    ),
    "branch of a suite": ("listTestSuites", SUITES, put("*", "default_branch", to="trunk"), "getTestSuite"),
    "result of a run": ("getTestRun", f"{SUITES}/*/runs/*", put("result", to="stale"), "listTestRuns"),
    "location of a test": ("getTest", f"{SUITES}/*/tests/*", put("location", to=None), "listTests"),
    "effect of a rule": ("getRule", f"{ORGANIZATION}/rules/*", put("effect", to="deny"), "listRules"),
    "query of a portal": (
        "listPortals",
        f"{ORGANIZATION}/portals",
        put("*", "query", to="{ viewer { id } }"),
        "getPortal",
    ),
    "actor of an audit event": (
        "listAuditEvents",
        f"{ORGANIZATION}/audit_events",
        put("items", "*", "actor", "name", to="Nobody"),
        "getAuditEvent",
    ),
    # two ways
    "state of a job without its build": ("getJob", f"{ORGANIZATION}/jobs/*", put("name", to="Other"), "getJobInBuild"),
    "environment without the build": (
        "getJobEnv",
        f"{ORGANIZATION}/jobs/*/env",
        put("env", "CI", to="false"),
        "getJobEnvInBuild",
    ),
    "size of an artifact": (
        "getArtifact",
        f"{ORGANIZATION}/jobs/*/artifacts/*",
        put("file_size", to=1),
        "getArtifactInBuild",
    ),
    "artifact left out": ("listJobArtifactsInBuild", f"{BUILD}/jobs/*/artifacts", without_first, "listJobArtifacts"),
    "artifact of a job": (
        "listBuildArtifacts",
        f"{BUILD}/artifacts",
        put("*", "mime_type", to="x/y"),
        "listJobArtifactsInBuild",
    ),
    "builds of an organization": (
        "listOrganizationBuilds",
        f"{ORGANIZATION}/builds",
        put("*", "message", to="Other"),
        "listBuilds",
    ),
    "build left out of a pipeline": ("listBuilds", BUILDS, without_first, "listOrganizationBuilds"),
    "maintainer left out": ("listClusterMaintainers", f"{CLUSTER}/maintainers", without_first, "getCluster"),
    # what is mentioned
    "member of a team with another name": (
        "listTeamMembers",
        f"{TEAM}/members",
        put("*", "user_name", to="Nobody"),
        "getOrganizationMember",
    ),
    "pipeline of another team": (
        "getTeamPipeline",
        f"{TEAM}/pipelines/*",
        each(lambda item: item.update(pipeline_url=f"{item['pipeline_url'].rpartition('/')[0]}/nowhere")),
        "getPipeline",
    ),
    "name of a nested pipeline": ("getBuild", BUILD, put("pipeline", "name", to="Other"), "getPipeline"),
    "id of a nested registry": (
        "getPackage",
        f"{REGISTRIES}/*/packages/*",
        put("registry", "id", to="01920000-dead-7000-8000-000000000000"),
        "getRegistry",
    ),
    # facts of the documentation
    "user of the token": ("getAccessToken", "/v2/access-token", put("user", "name", to="Nobody"), "getUser"),
    "e-mail address of the user": (
        "getUser",
        "/v2/user",
        put("email", to="nobody@acme.example"),
        "listOrganizationMembers",
    ),
    "limit of the headers": (
        "getRateLimit",
        f"{ORGANIZATION}/rate_limit",
        put("scopes", "rest", "limit", to=7),
        "getRateLimit",
    ),
    "commit in the environment": (
        "getJobEnvInBuild",
        f"{BUILD}/jobs/*/env",
        put("env", "BUILDKITE_COMMIT", to="HEAD"),
        "getBuild",
    ),
    "log of another job": (
        "getJobLog",
        f"{ORGANIZATION}/jobs/*/log",
        lambda log: {**log, **TEXT} if "content" in log else None,
        "getJobLogInBuild",
    ),
    "running builds that are not counted": (
        "getPipeline",
        PIPELINE,
        each(lambda pipeline: pipeline.update(running_builds_count=pipeline["running_builds_count"] + 1)),
        "getBuild",
    ),
    "jobs that are not counted": (
        "getBuild",
        BUILD,
        put("job_state_counts", to={"total": 1, "states": {"passed": 1}}),
        "listJobs",
    ),
    "rules of another organization": (
        "listRules",
        f"{ORGANIZATION}/rules",
        put("*", "organization_uuid", to="01920000-dead-7000-8000-000000000000"),
        "getOrganization",
    ),
}
AGREEMENT_MUTANTS: dict[str, Mutant] = {
    f"disagreement: {name}": server(
        operation, DISAGREE, AGREEMENT, on("GET", path, body(edit)), include=(other, "listOrganizationBuilds")
    )
    for name, (operation, path, edit, other) in BODIES.items()
}
