"""Permissions: a run changes only what it has created."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.conformance.package_spec import SPEC

from buildkite_rest.conformance.names import RUN_ID, is_made_up, made_up, unique_name
from buildkite_rest.conformance.permissions import OwnObjects, Permissions

ACME = "/v2/organizations/acme"
OWN = f"{ACME}/pipelines/mine"
CLUSTER = "3f9a2c11-5d7e-4b7f-9b0a-0a5c5b3d9e10"
USER = "3f9a2c11-5d7e-4b7f-9b0a-0a5c5b3d9e11"
OTHER = "3f9a2c11-5d7e-4b7f-9b0a-0a5c5b3d9e12"


def permissions(*existing: str, write: bool = True) -> Permissions:
    found = Permissions(SPEC, write, frozenset(existing), organizations={"acme"}, harmless={USER})
    found.own.add(OWN, {"id": "3f9a2c11-5d7e-4b7f-9b0a-0a5c5b3d9e13"})
    found.own.add(f"{ACME}/clusters/{CLUSTER}", {"id": CLUSTER})
    return found


def refusal(method: str, path: str, query: str = "", body: Any = None) -> str | None:
    return permissions().refusal(method, path, query, b"" if body is None else json.dumps(body).encode())


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", f"{ACME}/pipelines/web", None),
        ("OPTIONS", f"{ACME}/pipelines/web", None),
        ("PATCH", OWN, {"name": "Other"}),
        ("DELETE", f"{OWN}/schedules/{OTHER}", None),
        ("POST", f"{OWN}/builds", {"commit": "HEAD", "branch": "main"}),
        ("POST", f"{ACME}/pipelines", {"name": unique_name(), "cluster_id": CLUSTER}),
        ("POST", f"{ACME}/teams", {"name": unique_name()}),
        ("POST", "/v2/analytics/organizations/acme/suites", {"name": unique_name()}),
        ("POST", "/v2/packages/organizations/acme/registries", {"name": unique_name()}),
        ("POST", f"{ACME}/clusters/{CLUSTER}/maintainers", {"user": USER}),
        ("DELETE", f"{ACME}/members/{made_up('user_uuid', 7)}", None),
        ("PUT", f"{ACME}/pipelines/web/builds/{made_up('number', 7)}/cancel", None),
        ("POST", f"{ACME}/rules", {"value": {"source_pipeline": OWN.rpartition("/")[2]}}),
        ("POST", f"{ACME}/teams", {"name": "Web", "description": unique_name()}),
        ("POST", f"{ACME}/clusters/{CLUSTER}/queues", {"key": "web"}),
        ("PATCH", OWN, {"configuration": "steps:\n  - trigger: mine\n"}),
    ],
)
def test_a_run_may_change_what_it_has_created_and_what_does_not_exist(method: str, path: str, body: Any) -> None:
    assert refusal(method, path, body=body) is None


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("DELETE", f"{ACME}/pipelines/web", None),
        ("PATCH", f"{ACME}/pipelines/no-such-pipeline-17", {"name": "x"}),
        ("PATCH", f"{ACME}/pipelines/0", {"name": "x"}),
        ("PUT", f"{ACME}/pipelines/web/builds/1/cancel", None),
        ("POST", f"{ACME}/pipelines/web/builds", {"commit": "HEAD"}),
        ("DELETE", f"{ACME}/members/{OTHER}", None),
        ("DELETE", f"{ACME}/members/{USER}", None),
        ("PUT", f"{ACME}/agents/{OTHER}/stop", None),
        ("PATCH", f"{ACME}/api-settings", {}),
        ("DELETE", f"{ACME}/pipeline-settings/public-pipelines", None),
        ("POST", f"{ACME}/invitations", {"emails": ["a@example.com"]}),
        ("POST", f"{ACME}/services", {"provider": "webhook"}),
        ("POST", f"{ACME}/teams/enable", None),
        ("PUT", f"{ACME}/pipelines", None),
        ("POST", "/v2/organizations/other/pipelines", {"name": "x"}),
        ("DELETE", "/v2/access-token", None),
        ("POST", f"{OWN}/webhook", None),
        ("DELETE", f"{OWN}/", None),
        ("DELETE", f"{OWN}/../web", None),
        ("DELETE", f"{OWN}%2F..%2Fweb", None),
        ("DELETE", f"{ACME}/pipelines/%2E%2E", None),
        # References to objects that the run did not create:
        ("POST", f"{ACME}/pipelines", {"name": unique_name(), "cluster_id": OTHER}),
        ("PATCH", OWN, {"cluster_id": OTHER}),
        ("POST", f"{ACME}/pipelines", {"teams": {OTHER: "manage_build_and_read"}}),
        ("POST", f"{ACME}/clusters/{CLUSTER}/maintainers", {"user": OTHER.upper()}),
        ("POST", f"{ACME}/rules", {"value": {"source_pipeline": "web"}}),
        ("PATCH", OWN, {"steps": [{"type": "trigger", "trigger_project_slug": "deploy"}]}),
        ("PATCH", OWN, {"configuration": "steps:\n  - trigger: deploy\n"}),
        ("PUT", f"{ACME}/clusters/{CLUSTER}/secrets/{OTHER}", {"policy": "- pipeline_slug: [mine, web]\n"}),
        # Objects that a cleanup could not find:
        ("POST", f"{ACME}/teams", {"name": "Web"}),
        ("POST", f"{ACME}/pipelines", {"name": " ", "repository": unique_name(), "cluster_id": CLUSTER}),
        ("POST", f"{ACME}/clusters/{CLUSTER}/queues", {"key": "x", "hostedAgents": {"instanceShape": "LINUX"}}),
    ],
)
def test_a_run_changes_nothing_else(method: str, path: str, body: Any) -> None:
    assert refusal(method, path, body=body) is not None


def test_made_up_slugs_may_be_named() -> None:
    assert refusal("DELETE", f"{ACME}/pipelines/{made_up('pipeline', 7)}") is None


def test_a_package_is_copied_only_into_an_own_registry() -> None:
    registry = "/v2/packages/organizations/acme/registries/mine"
    own = permissions()
    own.own.add(registry)

    assert own.refusal("POST", f"{registry}/packages/{OTHER}/copy", "to=gems") is not None
    assert own.refusal("POST", f"{registry}/packages/{OTHER}/copy", "to=mine") is None
    assert own.refusal("POST", f"{registry}/packages/{OTHER}/copy", "to=mine&to=gems") is not None


def test_a_number_of_an_own_build_is_not_the_slug_of_an_own_pipeline() -> None:
    own = permissions()
    own.own.add(f"{OWN}/builds/1", {"id": OTHER})

    assert not own.permits_reference("1")
    assert own.permits_reference("mine")


def test_a_tag_allows_changes_of_its_existing_objects_only() -> None:
    agents = permissions("agents")

    assert agents.refusal("PUT", f"{ACME}/agents/{OTHER}/stop") is None
    assert agents.refusal("DELETE", f"{ACME}/pipelines/web") is not None
    assert permissions("all").refusal("DELETE", f"{ACME}/pipelines/web") is None
    assert permissions("all").refusal("DELETE", "/v2/access-token") is not None


def test_without_write_only_get_and_head_are_sent() -> None:
    reading = permissions("all", write=False)

    assert reading.refusal("HEAD", OWN) is None
    assert all(reading.refusal(method, OWN) for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"))


def test_operations_without_any_possible_request() -> None:
    possible = permissions()
    impossible = {operation.id for operation in SPEC.operations if not possible.is_possible(operation)}

    assert {"updateOrganizationApiSettings", "createOrganizationInvitations", "enableTeams"} <= impossible
    assert not {"createPipeline", "removeOrganizationMember", "createBuild", "getUser"} & impossible


def test_the_jobs_of_own_builds_are_own() -> None:
    own = OwnObjects()
    own.add(OWN)
    body = {"jobs": [{"id": OTHER}, {"id": "../x"}, {}, None]}
    own.learn(f"{ACME}/pipelines/web/builds/1", body)
    assert not own.contains(f"{ACME}/jobs/{OTHER}/retry")

    own.learn(f"{OWN}/builds/1", body)

    assert own.contains(f"{ACME}/jobs/{OTHER}/retry")
    assert not own.contains(f"{ACME}/jobs/../x")
    assert not own.contains(ACME)


@pytest.mark.parametrize("parameter", ["pipeline", "suite_slug", "user_uuid", "job_id", "number"])
def test_made_up_values_are_recognized(parameter: str) -> None:
    assert is_made_up(str(made_up(parameter, 4_294_967_295)))
    assert not is_made_up("no-such-pipeline-1")
    assert not is_made_up("1")
    assert RUN_ID in unique_name()
