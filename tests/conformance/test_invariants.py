"""Rules that hold within every response."""

from base64 import b64encode
from copy import deepcopy
from typing import Any

import pytest
from tests.conformance.package_spec import SPEC

from buildkite_rest.conformance.invariants.checks import problems
from buildkite_rest.conformance.invariants.implications import Implications
from buildkite_rest.conformance.invariants.nodes import nodes
from buildkite_rest.conformance.invariants.requests import Request, Templates

API, WEB = "https://api.buildkite.com/v2/organizations/acme", "https://buildkite.com"
TEMPLATES = Templates([operation.path for operation in SPEC.operations])
BUILD_PATH = "/v2/organizations/{org}/pipelines/{pipeline}/builds/{number}"
BUILD_ID, JOB_ID, AGENT_ID, QUEUE_ID, CLUSTER_ID, OTHER = (f"0192aaaa-0000-7000-8000-00000000000{n}" for n in range(6))


def global_id(kind: str, identifier: str) -> str:
    return b64encode(f"{kind}---{identifier}".encode()).decode()


JOB: dict[str, Any] = {
    "id": JOB_ID,
    "graphql_id": global_id("Job", JOB_ID),
    "type": "script",
    "state": "passed",
    "build_url": f"{API}/pipelines/web/builds/3",
    "web_url": f"{WEB}/acme/web/builds/3#{JOB_ID}",
    "log_url": f"{API}/pipelines/web/builds/3/jobs/{JOB_ID}/log",
    "raw_log_url": f"{API}/pipelines/web/builds/3/jobs/{JOB_ID}/log.txt",
    "soft_failed": False,
    "exit_status": 0,
    "broken_reason": None,
    "created_at": "2026-03-02T07:30:00.880Z",
    "scheduled_at": "2026-03-02T07:30:00.880Z",
    "runnable_at": "2026-03-02T07:30:00.969Z",
    "started_at": "2026-03-02T07:30:02.000Z",
    "finished_at": "2026-03-02T07:30:09.000Z",
    "retried": False,
    "retried_in_job_id": None,
    "parallel_group_index": 0,
    "parallel_group_total": 2,
    "cluster_queue_id": QUEUE_ID,
    "cluster_queue_url": f"{API}/clusters/{CLUSTER_ID}/queues/{QUEUE_ID}",
    "agent": {
        "id": AGENT_ID,
        "url": f"{API}/agents/{AGENT_ID}",
        "connection_state": "disconnected",
        "created_at": "2026-03-01T07:30:00.880Z",
        "connected_at": "2026-03-01T07:30:00.880Z",
        "disconnected_at": "2026-03-02T08:00:00.000Z",
        "lost_at": None,
        "paused": False,
        "paused_at": None,
        "job": None,
    },
}
BUILD: dict[str, Any] = {
    "id": BUILD_ID,
    "graphql_id": global_id("Build", BUILD_ID),
    "url": f"{API}/pipelines/web/builds/3",
    "web_url": f"{WEB}/acme/web/builds/3",
    "number": 3,
    "state": "passed",
    "blocked": False,
    "blocked_state": "",
    "creator": {"id": OTHER, "graphql_id": global_id("User", OTHER), "email": "ada@acme.example"},
    # The build may be created some milliseconds after its scheduling, and after its first job.
    "created_at": "2026-03-02T07:30:00.898Z",
    "scheduled_at": "2026-03-02T07:30:00.802Z",
    "started_at": "2026-03-02T07:30:02.000Z",
    "finished_at": "2026-03-02T07:30:10.000Z",
    "env": {"created_at": "yesterday", "email": "none"},
    "pipeline": {
        "id": OTHER,
        "slug": "web",
        "url": f"{API}/pipelines/web",
        "builds_url": f"{API}/pipelines/web/builds",
    },
    "job_state_counts": {"total": 2, "states": {"passed": 2}},
    "jobs": [JOB],
}


#: Some jobs are left out.
FILTERED = f"{API}/pipelines/web/builds/3?job_states[]=passed"


def request(template: str = BUILD_PATH, path: str = FILTERED, method: str = "GET") -> Request:
    return Request.of(method, path, template, TEMPLATES)


def changed(body: Any, *keys: str | int, to: Any) -> Any:
    """Return a copy of a body with another value."""
    copy = deepcopy(body)
    node = copy
    for key in keys[:-1]:
        node = node[key]
    node[keys[-1]] = to
    return copy


def test_a_consistent_build() -> None:
    assert list(problems(BUILD, request())) == []


def test_a_build_without_a_query_has_the_counted_jobs() -> None:
    whole = changed(BUILD, "job_state_counts", to={"total": 1, "states": {"passed": 1, "failed": 0}})
    unfiltered = request(path=f"{API}/pipelines/web/builds/3")

    assert list(problems(whole, unfiltered)) == []
    assert [*problems(BUILD, unfiltered)] == [
        "job_state_counts.states is {'passed': 2}, but the jobs have {'passed': 1}"
    ]


@pytest.mark.parametrize(
    ("keys", "value", "message"),
    [
        (("number",), 4, "number is 4, the request was for 3"),
        (("url",), f"{API}/pipelines/web/builds/4", "url is that of 4"),
        (("url",), f"{API}/pipelines/api/builds/3", "url has the pipeline api"),
        (("url",), BUILD["url"].replace("acme", "other"), "organization other instead of acme"),
        (("url",), BUILD["url"].replace("api.", "staging."), "another origin"),
        (("url",), f"{WEB}/acme/web/builds/3", "not a URL of the API"),
        (("web_url",), f"{WEB}/acme/web/builds/4", "does not contain 3"),
        (("graphql_id",), global_id("Build", OTHER), f"is that of {OTHER}"),
        (("graphql_id",), global_id("Job", BUILD_ID), "that of a Job instead of a Build"),
        (("graphql_id",), BUILD_ID, "not the Base64"),
        (("creator", "graphql_id"), global_id("Team", OTHER), "that of a Team instead of a User"),
        (("creator", "email"), "ada", "not an e-mail address"),
        (("finished_at",), "2026-03-02T07:30:01Z", "finished_at is before started_at"),
        (("finished_at",), None, "'passed' without finished_at"),
        (("state",), "running", "'running' with finished_at"),
        (("blocked_state",), "passed", "blocked is False with blocked_state"),
        (("created_at",), "2026-03-02T07:30:05Z", "created_at is before created_at"),
        (("pipeline", "slug"), "api", "pipeline.url is that of web"),
        (("pipeline", "url"), f"{API}/pipelines/api", "pipeline.url has the pipeline api"),
        (("pipeline", "builds_url"), f"{API}/pipelines/api/builds", "pipeline.builds_url is that of api"),
        (("job_state_counts", "states"), {"failed": 2}, "0 passed jobs, but 1 are listed"),
        (("job_state_counts", "total"), 3, "total is 3, but the states add up to 2"),
        (("jobs",), [JOB, JOB], "jobs has two items with the id"),
        (("jobs", 0, "build_url"), f"{API}/pipelines/web/builds/4", "has the number 3"),
        (("jobs", 0, "log_url"), JOB["log_url"].replace(JOB_ID, OTHER), f"log_url is that of {OTHER}"),
        (("jobs", 0, "web_url"), BUILD["web_url"], "jobs[0].web_url does not contain"),
        (("jobs", 0, "created_at"), "2026-03-01T07:30:00Z", "is before created_at"),
        (("jobs", 0, "started_at"), "2026-03-02T07:30:00Z", "started_at is before"),
        (("jobs", 0, "exit_status"), 1, "'passed' with exit_status 1"),
        (("jobs", 0, "soft_failed"), True, "soft_failed is true with exit_status 0"),
        (("jobs", 0, "state"), "failed", "'failed' with exit_status 0"),
        (("jobs", 0, "state"), "waiting", "'waiting' with an agent"),
        (("jobs", 0, "retried"), True, "retried is True"),
        (("jobs", 0, "parallel_group_index"), 2, "2 of 2"),
        (("jobs", 0, "parallel_group_total"), None, "parallel_group_total None"),
        (("jobs", 0, "cluster_queue_id"), OTHER, "does not contain cluster_queue_id"),
        (("jobs", 0, "cluster_queue_url"), None, "cluster_queue_url is None"),
        (("jobs", 0, "broken_reason"), "branch_mismatch", "broken_reason is set"),
        (("jobs", 0, "agent", "url"), f"{API}/agents/{OTHER}", f"agent.url is that of {OTHER}"),
        (("jobs", 0, "agent", "connection_state"), "connected", "'connected' with disconnected_at"),
        (("jobs", 0, "agent", "connection_state"), "lost", "'lost' without lost_at"),
        (("jobs", 0, "agent", "paused"), True, "paused is true without paused_at"),
        (("jobs", 0, "agent", "paused_at"), "2026-03-02T07:30:00Z", "paused is false with paused_at"),
    ],
)
def test_an_inconsistent_build(keys: tuple[str | int, ...], value: object, message: str) -> None:
    found = list(problems(changed(BUILD, *keys, to=value), request()))

    assert any(message in each for each in found), found


def test_a_running_job_inside_its_agent_does_not_repeat_the_agent() -> None:
    job = {**JOB, "state": "running", "finished_at": None, "exit_status": None, "agent": None}
    agent = {**JOB["agent"], "job": job}
    path = "/v2/organizations/{org}/agents/{agent_id}"

    assert list(problems(agent, request(path, f"{API}/agents/{AGENT_ID}"))) == []


def test_a_list_has_the_parents_of_its_request() -> None:
    template = "/v2/organizations/{org}/pipelines/{pipeline}/builds"

    assert list(problems([BUILD], request(template, f"{API}/pipelines/web/builds?page=2"))) == []
    found = list(problems([BUILD, BUILD], request(template, f"{API}/pipelines/api/builds")))
    assert found[0] == f"the list has two items with the id {BUILD_ID}"
    assert "[0].url has the pipeline web, the request has api" in found
    assert "[0].pipeline is web, the request was for api" in found


@pytest.mark.parametrize(
    ("method", "template", "path"),
    [
        ("PUT", f"{BUILD_PATH}/rebuild", "/pipelines/web/builds/2/rebuild"),
        ("PATCH", "/v2/organizations/{org}/pipelines/{pipeline}", "/pipelines/old-name"),
    ],
)
def test_a_change_may_lead_to_another_object(method: str, template: str, path: str) -> None:
    assert list(problems(BUILD, request(template, f"{API}{path}", method))) == []


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"content": "é", "size": 1, "header_times": []}, "size is 1, but content has 2 bytes"),
        ({"content": "\ufffd", "size": 1, "header_times": []}, None),
        ({"content": "", "size": 0, "header_times": [2, 1]}, "not in order"),
        ({"definition_yaml": None, "definition_yaml_omitted": False}, "contradicts"),
        (
            {"state": "pending", "accepted_at": "2026-01-01T00:00:00Z", "revoked_at": None, "expired_at": None},
            "accepted",
        ),
        ({"state": "revoked", "accepted_at": None, "revoked_at": None, "expired_at": None}, "revoked_at None"),
        ({"state": "accepted", "accepted_at": "2026-01-01T00:00:00Z", "revoked_at": None, "expired_at": None}, None),
        ({"executions_count": 3, "executions_count_by_result": {"passed": 1, "failed": 1}}, "add up to 2"),
        ({"executions_count": 2, "duration_sum": 5.0, "duration_avg": 1.0}, "take 1.0 on average"),
        ({"duration_min": 2.0, "duration_avg": 1.0, "duration_max": 3.0}, "min, avg are 2.0 and 1.0"),
        ({"reliability": 98, "executions_count": 1}, "not between 0 and 1"),
        ({"limit": 10, "used": 3, "remaining": 8}, "used is 3 with 8 of 10 remaining"),
        ({"running_builds_count": -1}, "negative"),
        ({"tests_count": 2, "tests": [{}]}, "tests_count is 2, but the array has 1 item"),
        ({"priority": {"number": -1}}, None),
        ({"path": "a/b.txt", "filename": "c.txt"}, "filename is 'c.txt'"),
        ({"path": "a/b.txt", "filename": "b.txt", "dirname": "a"}, None),
        ({"path": "./a/b.txt", "dirname": "a"}, None),
        ({"path": "b.txt", "dirname": "."}, None),
        ({"path": "b.txt", "dirname": ""}, None),
        ({"path": "a\\b.txt", "dirname": "a"}, None),
        ({"path": "a/b.txt", "dirname": "a/b.txt"}, "dirname is 'a/b.txt' with the path 'a/b.txt'"),
        ({"path": "a/b.txt", "dirname": "."}, "dirname is '.'"),
        ({"base_image": "FROM a", "dockerfile": "RUN b", "composed_dockerfile": "FROM a\nRUN b\n"}, None),
        ({"base_image": "FROM a", "dockerfile": "RUN b", "composed_dockerfile": "RUN b"}, "instead of 'FROM a"),
        ({"base_image": None, "dockerfile": "RUN b", "composed_dockerfile": None}, None),
        ({"sha1sum": "abc"}, "not a SHA-1"),
        (
            {"type": "pipeline.x.pipeline", "source_type": "pipeline", "action": "y", "target_type": "pipeline"},
            "instead",
        ),
        (
            {"name": "LINUX_AMD64_2X4", "machine_type": "linux", "architecture": "amd64", "cpu": 4, "memory": 8},
            "4 CPUs",
        ),
        (
            {"name": "MACOS_ARM64_M4_6X28", "machine_type": "macos", "architecture": "arm64", "cpu": 6, "memory": 28},
            None,
        ),
        ({"enabled": False, "next_build_at": "2026-01-01T00:00:00Z"}, "next_build_at"),
        ({"enabled": True, "disabled_at": "2026-01-01T00:00:00Z"}, "with disabled_at"),
        ({"scope": "job", "job_id": None, "style": "info", "priority": 11}, "'job' without job_id"),
        (
            {"created_at": "2026-01-02 03:04:05 UTC", "expires_at": "2026-01-01T00:00:00Z"},
            "expires_at is before created_at",
        ),
        ({"created_at": "yesterday", "updated_at": 3}, None),
        (
            {"test_id": OTHER, "test_url": f"{WEB}/organizations/acme/analytics/suites/x/tests/{JOB_ID}"},
            "does not contain",
        ),
        ({"id": OTHER, "web_url": "ftp:/x"}, "not a URL"),
        ({"web_url": "http://[", "url": "http://["}, None),
    ],
)
def test_other_objects(body: dict[str, Any], message: str | None) -> None:
    found = list(problems(body, request("/v2/user", "https://api.buildkite.com/v2/user")))

    assert found == [] if message is None else any(message in each for each in found), found


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"state": "expired", "expired_at": "2026-01-01T00:00:00Z"}, None),
        ({"state": "expired", "expired_at": ""}, "state is 'expired', but expired_at is '', empty"),
        ({"state": "limited", "concurrency_wait_time_ms": None}, None),
        ({"state": "limited", "concurrency_wait_time_ms": 0}, "concurrency_wait_time_ms is 0, not None"),
        ({"state": "expired"}, None),
        ({"retry_source": None, "retries_count": False}, "retries_count is False, not [None, 0]"),
    ],
)
def test_values_that_follow_from_others(body: dict[str, Any], message: str | None) -> None:
    implications = Implications(SPEC.raw["components"]["schemas"])
    found = list(problems(body, request("/v2/user", "https://api.buildkite.com/v2/user"), implications))

    assert found == [] if message is None else any(message in each for each in found), found


def test_a_server_below_a_path() -> None:
    base = API.replace("/v2", "/proxy/v2")
    body = {"id": JOB_ID, "url": f"{base}/agents/{JOB_ID}"}
    path = "/v2/organizations/{org}/agents/{agent_id}"

    assert list(problems(body, request(path, f"{base}/agents/{JOB_ID}"))) == []
    assert list(problems({**body, "id": OTHER}, request(path, f"{base}/agents/{JOB_ID}"))) != []


def test_bodies_of_any_shape_and_depth() -> None:
    deep: Any = {}
    for _ in range(500):
        deep = {"a": [deep]}

    for body in (deep, None, [[{"id": None}], 5], {"items": [None]}, [{"id": 1}] * 2, {"url": 5, "state": []}):
        list(problems(body, request()))
    assert len(list(nodes([{}] * 10_000))) == 4_000
