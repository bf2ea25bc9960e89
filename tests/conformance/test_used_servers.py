"""Runs have no failures against mock servers with few builds or changed data, and with tokens without some scopes."""

import re
import time
from pathlib import Path

import pytest
from tests.conformance.runner_support import Request, Response, change, conform, mock_with

from buildkite_rest import Buildkite, params
from buildkite_rest.mock import MockServer, seeded_backend
from buildkite_rest.mock.resources.access_tokens import GLOBEX_TOKEN, READ_ONLY_TOKEN

ONE_STEP = "steps:\n  - {label: Only, key: Only, command: bin/only}\n"
STAGES = "steps:\n  - command: a\n  - wait\n  - command: b\n  - wait\n  - command: c\n"
TRIGGERS = "steps:\n  - {trigger: deploy, async: true}\n"
AGREEMENT = ("--phases", "agreement")
WRITING = ("--write", "--write-existing", "all")


def named(*operations: str) -> list[str]:
    """Return the options for some operations."""
    return [option for each in operations for option in ("--include-operation", each)]


class Clock:
    """The current time, which tests advance."""

    ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


def create_pipeline(client: Buildkite, name: str, configuration: str) -> str:
    """Create a pipeline in a cluster without agents, so that hosted ones run its jobs."""
    cluster = client.clusters.create("acme", name=name)
    queue = client.cluster_queues.create("acme", cluster.id, key="hosted")
    client.clusters.update("acme", cluster.id, default_queue_id=queue.id)
    repository = f"git@github.com:acme/{name.lower()}.git"
    created = client.pipelines.create(
        "acme", name=name, repository=repository, cluster_id=cluster.id, configuration=configuration
    )
    return created.slug


def create_builds(client: Buildkite, pipeline: str, count: int) -> list[int]:
    """Create builds and return their numbers."""
    builds = [client.builds.create("acme", pipeline, commit="HEAD", branch="main") for _ in range(count)]
    return [build.number for build in builds]


@pytest.mark.parametrize("builds", [0, pytest.param(1, marks=pytest.mark.exhaustive)])
def test_few_builds_are_no_failure(builds: int, tmp_path: Path) -> None:
    """Artifacts that are not complete are the first ones, and all block steps are in one build."""
    operations = named("getArtifact", "getArtifactInBuild", "listJobs", "getBuild", "listOrganizationBuilds")
    with MockServer(builds=builds) as server:
        run = conform(tmp_path, server.url, *AGREEMENT, *operations)

    assert run.failures == set(), run.out


def test_use_by_other_programs_is_no_failure(tmp_path: Path) -> None:
    """They have created and deleted builds, pipelines, queues and teams, and changed settings and members."""
    clock = Clock()
    with MockServer(builds=10, clock=clock) as server:
        with Buildkite(server.token, base_url=server.url) as client:
            # Agents and triggered builds that are gone, jobs with one label, names that are slugs
            for pipeline in (create_pipeline(client, "Only", ONE_STEP), create_pipeline(client, "Up", TRIGGERS)):
                create_builds(client, pipeline, 3)
            for number in range(4):
                create_builds(client, create_pipeline(client, f"service-{number}", ONE_STEP), 1)
            # As a value of a filter, it would be a pattern that matches other branches too.
            client.builds.create("acme", "web", commit="HEAD", branch="a*b")
            clock.ahead += 60
            client.pipelines.delete("acme", "deploy")
            delete_queues(client, "only", clock)
            for team in list(client.teams.list("acme")):
                if team.name in {"Frontend", "Backend"}:
                    client.teams.delete("acme", team.id)
            change_settings_and_members(client)
        operations = named(
            *("listAllBuilds", "listOrganizationBuilds", "listBuilds", "getBuild", "listJobs", "getJob"),
            *("listAuditEvents", "getAuditEvent", "listOrganizations", "listOrganizationMembers", "getCluster"),
            *("listRules", "getRule", "getClusterQueue", "listFlakyTests"),
        )
        for options in ((*AGREEMENT, *operations), ("--phases", "filters", *named("listTests"))):
            run = conform(tmp_path, server.url, *options)
            assert run.failures == set(), run.out


def delete_queues(client: Buildkite, pipeline: str, clock: Clock) -> None:
    """Stop all agents, and delete the queues of a pipeline after its jobs."""
    for agent in list(client.agents.list("acme")):
        if agent.connection_state == "connected":
            client.agents.stop("acme", agent.id or "")
    clock.ahead += 60
    cluster_id = client.pipelines.get("acme", pipeline).cluster_id
    assert cluster_id is not None
    client.clusters.update("acme", cluster_id, default_queue_id=None)
    for queue in list(client.cluster_queues.list("acme", cluster_id)):
        client.cluster_queues.delete("acme", cluster_id, queue.id)


def change_settings_and_members(client: Buildkite) -> None:
    """Cause events about settings, members, clusters and rules."""
    client.organization_pipeline_settings.update("acme", default_branch="trunk")
    *_, user = client.organization_members.list("acme")
    *_, team = client.teams.list("acme")
    client.team_members.create("acme", team.id, user_id=user.id, role="member")
    client.organization_members.update("acme", user.id, sso_mode="required")
    client.clusters.update("acme", client.clusters.create("acme", name="Old").id, name="New")
    value = params.RuleValue(source_pipeline="web", target_pipeline="api")
    client.rules.create("acme", type_="pipeline.trigger_build.pipeline", value=value)


def test_builds_that_may_not_be_rebuilt_or_retried_are_no_failure(tmp_path: Path) -> None:
    """The newest builds were canceled after some of their jobs had passed."""
    clock = Clock()
    with MockServer(seed=5, builds=60, clock=clock) as server:
        with Buildkite(server.token, base_url=server.url) as client:
            client.pipelines.update("acme", "web", configuration=STAGES)
            for _ in range(12):
                (number,) = create_builds(client, "web", 1)
                clock.ahead += 1
                client.builds.cancel("acme", "web", number)
            clock.ahead += 60
        operations = named("rebuildBuild", "retryJob", "retryJobInBuild")
        run = conform(tmp_path, server.url, *WRITING, "--phases", "statuses,effects", *operations, "--seed", "1")

    assert run.failures == set(), run.out


@pytest.mark.parametrize("is_gone", [True, pytest.param(False, marks=pytest.mark.exhaustive)])
def test_an_agent_that_is_gone_after_the_first_response_is_no_failure(is_gone: bool, tmp_path: Path) -> None:
    """Without the deletion, small pages of a filter are empty."""
    backend = seeded_backend(1, builds=10)
    agents = backend.organizations["acme"].agents
    last = [agent for agent in agents.values() if agent.connection_state in {"connected", "stopping"}][-1]

    def change_list(request: Request, response: Response) -> None:
        query = request.query
        if request.matches("GET", "/v2/organizations/acme/agents") and is_gone and query.get("per_page") == ["100"]:
            agents.pop(last.id, None)
        elif query.get("per_page") == ["1"] and "name" in query and not is_gone:
            response.body = b"[]"

    with mock_with(change(change_list), backend) as url:
        run = conform(tmp_path, url, "--phases", "filters", *named("listAgents"))

    assert run.failures == (set() if is_gone else {("listAgents", "list_inconsistent")}), run.out


@pytest.mark.parametrize("is_moving", [True, pytest.param(False, marks=pytest.mark.exhaustive)])
def test_an_object_that_changes_between_two_responses_is_no_failure(is_moving: bool, tmp_path: Path) -> None:
    """Agents finish a job before each response. Otherwise the list always has an earlier time."""
    second = 0

    def finish(request: Request, response: Response) -> None:
        nonlocal second
        is_list = request.matches("GET", "/v2/organizations/acme/agents")
        second = (second + 1) % 60 if is_moving else 1 - is_list
        finished_at = rb'\1"2026-03-02T09:00:%02d.000Z"' % second
        response.body = re.sub(rb'("last_job_finished_at": ?)("[^"]*"|null)', finished_at, response.body)

    with mock_with(change(finish), seeded_backend(1, builds=0, epoch=1_772_442_000)) as url:
        run = conform(tmp_path, url, *AGREEMENT, *named("listAgents", "getAgent"))

    expected = set() if is_moving else {(each, "responses_disagree") for each in ("listAgents", "getAgent")}
    assert run.failures == expected, run.out


@pytest.mark.parametrize("left", [set(), {"api", "docs"}], ids=["none", "others"])
@pytest.mark.exhaustive
def test_examples_that_refer_to_objects_that_do_not_exist_are_no_failure(left: set[str], tmp_path: Path) -> None:
    with MockServer(builds=0) as server:
        with Buildkite(server.token, base_url=server.url) as client:
            for team in list(client.teams.list("acme")):
                client.teams.delete("acme", team.id)
            for slug in {pipeline.slug for pipeline in client.pipelines.list("acme")} - left:
                client.pipelines.delete("acme", slug)
        operations = named("createOrganizationInvitations", "createRule")
        run = conform(tmp_path, server.url, *WRITING, "--phases", "effects,refusals", *operations, "--seed", "1")

    assert run.failures == set(), run.out


@pytest.mark.exhaustive
def test_a_list_with_one_item_is_no_failure(tmp_path: Path) -> None:
    """A request that names two failed executions is not sent."""
    with MockServer(builds=2) as server:
        run = conform(tmp_path, server.url, *WRITING, "--phases", "effects", *named("updateExecutionTags"))

    assert run.failures == set(), run.out


def test_a_token_without_some_scopes_is_no_failure(tmp_path: Path) -> None:
    with MockServer(builds=0) as server:
        options = (*WRITING, "--phases", "errors,statuses,effects", *named("stopAgent", "getAgent"))
        run = conform(tmp_path, server.url, *options, token=READ_ONLY_TOKEN)

    assert (run.status, run.failures) == (3, set()), run.out
    assert "never succeeded: stopAgent (the token lacks the scope write_agents)" in run.out


@pytest.mark.exhaustive
def test_a_feature_that_an_organization_lacks_is_no_failure(tmp_path: Path) -> None:
    with MockServer(builds=0) as server:
        options = (*AGREEMENT, *named("getCluster", "listClusterAgentImages"))
        run = conform(tmp_path, server.url, *options, token=GLOBEX_TOKEN)

    assert run.failures == set(), run.out


def test_the_token_of_a_member_is_no_failure(tmp_path: Path) -> None:
    """Only administrators get all properties, and others get 403 whatever is wrong."""
    operations = named(
        *("listAuditEvents", "createPortal", "createTeam", "pauseClusterQueueDispatch", "updateClusterSecretValue"),
        *("listClusters", "getCluster", "listOrganizationMembers", "getOrganizationMember"),
    )
    with MockServer(builds=0) as server:
        token = server.add_token(user=server.add_member("acme", "Plain Member"))
        options = ("--write", "--phases", "lists,agreement,errors,statuses", *operations)
        run = conform(tmp_path, server.url, *options, token=token)

    assert (run.status, run.failures) == (3, set()), run.out


def test_a_property_that_an_administrator_does_not_get_is_a_failure(tmp_path: Path) -> None:
    def hide(request: Request, response: Response) -> None:
        if request.matches("GET", "/v2/organizations/acme/clusters"):
            for cluster in (clusters := response.json):
                cluster.pop("hosted_git_mirror_enabled", None)
            response.json = clusters

    with mock_with(change(hide), seeded_backend(1, builds=0)) as url:
        run = conform(tmp_path, url, "--phases", "lists", *named("listClusters"))

    assert run.failures == {("listClusters", "response_schema_conformance")}, run.out


def test_an_administrator_that_gets_403_is_a_failure(tmp_path: Path) -> None:
    def forbid(request: Request, response: Response) -> None:
        if request.matches("POST", "/v2/organizations/acme/teams") and response.status == 422:
            response.status = 403

    with mock_with(change(forbid), seeded_backend(1, builds=0)) as url:
        run = conform(tmp_path, url, "--write", "--phases", "statuses", *named("createTeam"))

    assert ("createTeam", "documented_refusal") in run.failures, run.out


def test_a_log_full_of_one_type_of_events_is_no_failure(tmp_path: Path) -> None:
    """Creations change nothing. A run reads two pages of events."""
    with MockServer(builds=0) as server:
        with Buildkite(server.token, base_url=server.url) as client:
            for number in range(200):
                client.clusters.create("acme", name=f"Cluster {number}")
        run = conform(tmp_path, server.url, *AGREEMENT, *named("listAuditEvents", "getAuditEvent"))

    assert run.failures == set(), run.out


#: Phases with rules about the state of objects. The others generate requests, whatever the server has.
RULES = "lists,filters,agreement,headers,statuses,effects,refusals"
MATRIX = {
    "few builds": {"builds": 2},
    "other data": {"seed": 9, "builds": 40},
    "slow builds": {"seed": 3, "build_seconds": 60.0},
}


@pytest.mark.parametrize("options", MATRIX.values(), ids=MATRIX)
@pytest.mark.exhaustive
@pytest.mark.timeout(900)
def test_a_long_run_has_no_failure(options: dict[str, float], tmp_path: Path) -> None:
    clock = Clock()
    with MockServer(**options, clock=clock) as server:
        with Buildkite(server.token, base_url=server.url) as client:
            pipelines = [create_pipeline(client, "Only", ONE_STEP), create_pipeline(client, "Up", TRIGGERS), "web"]
            for pipeline in pipelines:
                first, *_ = create_builds(client, pipeline, 4)
                client.builds.cancel("acme", pipeline, first)
                clock.ahead += 1
            client.pipelines.delete("acme", "api")
        tags = [option for tag in ("builds", "jobs", "agents", "pipelines") for option in ("--include-tag", tag)]
        run = conform(tmp_path, server.url, *WRITING, *tags, "--phases", RULES, "--seed", "1")

    assert run.failures == set(), run.out
