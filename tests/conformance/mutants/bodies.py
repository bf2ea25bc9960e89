"""Bugs in single responses that only the constraints of the spec and its strict variant show."""

from collections.abc import Callable
from typing import Any

from tests.conformance.mutants.kinds import (
    BUILD,
    CLUSTER,
    CLUSTERS,
    ORGANIZATION,
    PIPELINE,
    PIPELINES,
    REGISTRIES,
    SUITES,
    TEAMS,
    Mutant,
    body,
    drop,
    on,
    put,
    server,
)

READING = ("--phases", "examples,lists")
SCHEMA, STRICT = "response_schema_conformance", "undescribed_property"
CONSISTENT = "body_consistency"
AGENTS = f"{ORGANIZATION}/agents"
FUTURE = "2999-01-01T00:00:00.000Z"


def _without(*path: str) -> Callable[[Any], None]:
    """Remove a nested key, where the path exists."""
    *parents, key = path

    def edit(value: Any) -> None:
        for parent in parents:
            value = value.get(parent) or {}
        value.pop(key, None)

    return edit


def _shortened(key: str) -> Callable[[Any], None]:
    """Remove the last four characters of the text `key` of each item."""

    def edit(value: Any) -> None:
        for node in value if isinstance(value, list) else [value]:
            node[key] = node[key][:-4]

    return edit


_BUILDS = f"{ORGANIZATION}/builds"
_ARTIFACTS = f"{BUILD}/artifacts"

BODIES: dict[str, tuple[str, str, str, Callable[[Any], object]]] = {
    "pipeline without its repository": (SCHEMA, "getPipeline", PIPELINE, drop("repository")),
    "pipelines without counts": (SCHEMA, "listPipelines", PIPELINES, drop("running_builds_count")),
    "build without its commit": (SCHEMA, "getBuild", BUILD, drop("commit")),
    "cluster without its default queue": (SCHEMA, "getCluster", CLUSTER, drop("default_queue_id")),
    "queue without its state": (SCHEMA, "listClusterQueues", f"{CLUSTER}/queues", drop("dispatch_paused")),
    "team without its privacy": (SCHEMA, "listTeams", TEAMS, drop("privacy")),
    "registry without its ecosystem": (SCHEMA, "listRegistries", REGISTRIES, drop("ecosystem")),
    "number for an id": (SCHEMA, "getPipeline", PIPELINE, put("id", to="4711")),
    "id cut short": (SCHEMA, "listClusters", CLUSTERS, _shortened("id")),
    "id of GraphQL that is not encoded": (SCHEMA, "getPipeline", PIPELINE, put("graphql_id", to="Pipeline---7")),
    "path for a URL": (SCHEMA, "getOrganization", ORGANIZATION, put("url", to="/v2/organizations/acme")),
    "name for an address": (SCHEMA, "getUser", "/v2/user", put("email", to="ada")),
    "negative count": (SCHEMA, "getPipeline", PIPELINE, put("waiting_jobs_count", to=-1)),
    "negative size": (SCHEMA, "listBuildArtifacts", _ARTIFACTS, put("*", "file_size", to=-1)),
    "digest in capitals": (SCHEMA, "listBuildArtifacts", _ARTIFACTS, put("*", "sha1sum", to="A" * 40)),
    "build zero": (SCHEMA, "listOrganizationBuilds", _BUILDS, put("*", "number", to=0)),
    "range of addresses with a mask": (
        STRICT,
        "listClusterNetworkRanges",
        f"{CLUSTER}/network_ranges",
        put("*", "cidr_range", to="198.51.100.8/255.255.255.248"),
    ),
    "addresses of webhooks as a text": (STRICT, "getMeta", "/v2/meta", put("webhook_ips", to=["192.0.2.0, 192.0.2.1"])),
    "addresses of agents with commas": (
        STRICT,
        "listClusterAgentTokens",
        f"{CLUSTER}/tokens",
        put("*", "allowed_ip_addresses", to="192.0.2.0/24,198.51.100.12"),
    ),
    "unknown state in a list": (
        SCHEMA,
        "listAgents",
        AGENTS,
        put("*", "connection_state", to="lazy"),
    ),
    "hash of a password": (STRICT, "getUser", "/v2/user", put("password_digest", to="$2a$10$abcdefgh")),
    "token of a webhook": (STRICT, "getPipeline", PIPELINE, put("provider", "token", to="s3cret")),
    "column of the database": (STRICT, "listTeams", TEAMS, put("*", "deleted_at", to=None)),
    "leak in an object of a job": (STRICT, "getBuild", BUILD, put("jobs", "*", "internal_notes", to="slow")),
    "name beside the creator": (STRICT, "getCluster", CLUSTER, put("created_by", "last_ip", to="192.0.2.1")),
    "user with a number for an id": (STRICT, "getUser", "/v2/user", put("id", to="42")),
    "pipeline without its visibility": (STRICT, "getPipeline", PIPELINE, drop("visibility")),
    "user without a name": (STRICT, "getCluster", CLUSTER, _without("created_by", "name")),
    "user without an e-mail address": (STRICT, "getUser", "/v2/user", drop("email")),
    "organization without the URL of its emojis": (
        STRICT,
        "listOrganizations",
        "/v2/organizations",
        drop("emojis_url"),
    ),
    "user as a member": (
        STRICT,
        "getUser",
        "/v2/user",
        put("graphql_id", to="T3JnYW5pemF0aW9uTWVtYmVyLS0tMDE5MjAwMDAtMDAwMS03MDAyLTgwMDAtMDAwMDAwMDAwMDAx"),
    ),
    "token with a time in another format": (
        STRICT,
        "getAccessToken",
        "/v2/access-token",
        put("created_at", to="2026-03-02T09:15:00Z"),
    ),
    "emoji with colons": (STRICT, "listEmojis", f"{ORGANIZATION}/emojis", put("*", "name", to=":tada:")),
    "agent with a web page of its own": (
        STRICT,
        "listAgents",
        AGENTS,
        lambda agents: [each.update(web_url=f"https://buildkite.com/agents/{each['id']}") for each in agents] and None,
    ),
    "organization with the URL of its projects": (
        CONSISTENT,
        "getOrganization",
        ORGANIZATION,
        put("pipelines_url", to="http://127.0.0.1/v2/organizations/acme/projects"),
    ),
    "time in milliseconds": (CONSISTENT, "getRoot", "/", put("timestamp", to=1_772_442_900_000)),
    "job that finishes next year": (CONSISTENT, "listAgents", AGENTS, put("*", "last_job_finished_at", to=FUTURE)),
    "agent that was lost": (CONSISTENT, "listAgents", AGENTS, put("*", "lost_at", to="2026-03-02T09:15:00.000Z")),
    "agent of another version": (CONSISTENT, "listAgents", AGENTS, put("*", "version", to="2.1.0")),
    "agent with a port": (CONSISTENT, "listAgents", AGENTS, put("*", "ip_address", to="192.0.2.1:443")),
    "name for a range of addresses": (CONSISTENT, "getMeta", "/v2/meta", put("webhook_ips", to=["buildkite.com"])),
    "suite with the id of its table": (STRICT, "listTestSuites", SUITES, put("*", "pk", to=5)),
}
"""Check, operation, path, and edit of the body."""

BODIES_MUTANTS: dict[str, Mutant] = {
    name: server(operation, check, READING, on("GET", path, body(edit)))
    for name, (check, operation, path, edit) in BODIES.items()
}
