"""What reads of the same objects show of them, and facts about two responses."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
from tests.conformance.runner_support import Request, Response, change, conform, mock_with

from buildkite_rest.conformance.api import Api
from buildkite_rest.conformance.behaviour import Fact
from buildkite_rest.conformance.exchange import Exchange
from buildkite_rest.conformance.exchange import Request as Sent
from buildkite_rest.conformance.rules import RULES, Context
from buildkite_rest.conformance.rules.agreement import Index, fact_problems, windows

A, B, C = (f"01920000-0000-7000-8000-00000000000{number}" for number in "123")
BUILD: Final = {"org": "acme", "pipeline": "web", "number": "1", "cluster_id": A, "team_uuid": A}
ANNOTATION: Final = {"id": C, "scope": "build", "style": "info"}


@cache
def api() -> Api:
    return Api.load()


def read(name: str, body: Any, **headers: str) -> Exchange:
    operation = api().by_id[name]
    values = {key: BUILD.get(key, B) for key in operation.parameters}
    url = f"http://localhost{operation.path_with(values)}"
    return Exchange(Sent(operation, values), 200, headers, json.dumps(body).encode(), url)


CLUSTER: Final = ("getCluster", {"id": A, "name": "x", "u": "https://x?s=1", "created_by": {"id": B, "name": "x"}})
PAIRS: Final = {
    "same": (CLUSTER, ("listClusters", [{"id": A, "name": "x"}]), ""),
    "other": (CLUSTER, ("listClusters", [{"id": A, "name": "y"}]), "name is 'y'"),
    "signature": (CLUSTER, ("listClusters", [{"id": A, "u": "https://x"}]), ""),
    "mention": (CLUSTER, ("getUser", {"id": B, "name": "y"}), "created_by/name is 'x'"),
    "flat mention": (CLUSTER, ("listTeamMembers", [{"user_id": B, "user_name": "y"}]), "name is 'y'"),
    "left out": (("getAgent", {"job": {"id": B, "agent": None}}), ("getJob", {"id": B, "agent": {"id": A}}), ""),
    "key of a map": (("getBuild", {"id": A, "env": {}}), ("listBuilds", [{"id": A, "env": {"X": ""}}]), "env is"),
    "no id": (("getTeamMember", {"role": "member"}), ("listTeamMembers", [{"user_id": B, "role": "x"}]), "role is"),
    "not listed": (("listClusterQueues", [{"id": C}]), ("getClusterQueue", {"id": B}), f"lacks {B}"),
    "listed": (("listClusterQueues", [{"id": B}]), ("getClusterQueue", {"id": B}), ""),
    "a page": (("listJobs", {"items": [{"id": C}], "links": {"next": "/"}}), ("getJobInBuild", {"id": B}), ""),
    "other scope": (("listBuildAnnotations", [{"id": C, "scope": "job"}]), ("getUser", {}), "scope is 'job'"),
    "default scope": (("listBuildAnnotations", [{"id": C, "scope": "build"}]), ("getUser", {}), ""),
    "of the path": (("listBuildTests", [{"id": A, "reliability": 1}]), ("getTest", {"id": A, "reliability": 0}), ""),
}


@pytest.mark.parametrize("case", PAIRS)
def test_two_reads(case: str) -> None:
    *reads, message = PAIRS[case]
    index = Index(api())
    found = [each for name, body in reads for each in index.add(read(name, body))]
    texts = [each.message(index.culprit(each)) for each in [*found, *index.list_disagreements()]]
    assert [message in text for text in texts] == ([True] if message else []), texts


def test_the_minority_is_at_fault() -> None:
    index, wrong = Index(api()), read("listClusters", [{"id": A, "name": "y"}])
    reads = [read(*CLUSTER), wrong, read("getClusterQueue", {"cluster_id": A, "cluster_name": "x"})]
    found = [each for exchange in reads for each in index.add(exchange)]
    assert {index.culprit(each) for each in found} == {wrong}


FACTS: Final[dict[str, tuple[Fact, dict[str, Any], Any, str]]] = {
    "equal": (Fact("getBuild", equal={"env/B": "branch"}), {"env": {"B": "x"}}, {"branch": "y"}, "env/B is 'x'"),
    "nothing": (Fact("getBuild", equal={"env/B": "branch"}), {"env": {"B": ""}}, {"branch": None}, ""),
    "among": (Fact("listTeams", among={"ids/*": "id"}), {"ids": [A, B]}, [{"id": A}], f"ids/* is '{B}'"),
    "count": (Fact("listBuilds", count={"n": {"s": [1, 2]}}), {"n": 1}, [{"s": 1}, {"s": 2}], "n is 1"),
    "range": (Fact("listBuilds", count={"n": ({"s": 1}, {})}), {"n": 2}, [{"s": 1}, {"s": 2}, {"s": 3}], ""),
    "inside": (Fact("listBuilds", count={"n": {}}, of="jobs"), {"n": 1}, [{"jobs": [{}, {}]}], "listBuilds returns 2"),
}


@pytest.mark.parametrize("case", FACTS)
def test_a_fact(case: str) -> None:
    fact, own, body, message = FACTS[case]
    found = list(fact_problems(fact, own, read(fact.operation, body)))
    assert [message in each for each in found] == ([True] if message else []), found


def test_a_module_with_a_rule_does_not_hide_the_others() -> None:
    assert {"responses_disagree", "status_code_conformance"} <= RULES.keys()


def test_a_window_ends_when_its_time_says() -> None:
    headers = {"Date": "Thu, 01 Jan 2026 00:00:00 GMT", "RateLimit-Limit": "9", "RateLimit-Remaining": "9"}
    body = {"reset": 30, "reset_at": "2026-01-01T00:00:30Z", "limit": 9, "current": 0}
    assert not list(windows(read("getRateLimit", body, **headers), Context(api())))
    wrong = {**body, "reset": 60, "current": 9}
    assert len(list(windows(read("getRateLimit", wrong, **headers), Context(api())))) == 2


def edited(path: str, edit: Callable[[Any], object]) -> Any:
    def wrong(request: Request, response: Response) -> None:
        if request.matches("GET", path) and response.status == 200:
            body = response.json
            edit(body)
            response.json = body

    return change(wrong)


ORG: Final = "/v2/organizations/*"
BUGS: Final = {
    "clusters": ("getCluster", f"{ORG}/clusters/*", lambda body: body.update(name="x")),
    "team_pipelines": (
        "getTeamPipeline",
        f"{ORG}/teams/*/pipelines/*",
        lambda body: body.update(pipeline_url="http://x"),
    ),
    "user": ("getUser", "/v2/user", lambda body: body.update(email="x@y.z")),
}


@pytest.mark.parametrize("tag", BUGS)
def test_a_bug_is_found(tag: str, tmp_path: Path) -> None:
    operation, path, edit = BUGS[tag]
    with mock_with(edited(path, edit)) as url:
        run = conform(tmp_path, url, "--phases", "agreement", "--include-tag", tag, "--seed", "1")
    assert (operation, "responses_disagree") in run.failures, run.everything
    assert {name for name, _ in run.failures} == {operation}
