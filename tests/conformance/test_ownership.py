"""A run changes only what it has created."""

from __future__ import annotations

import json
from typing import Any

import pytest

from buildkite_rest.conformance.api import Api
from buildkite_rest.conformance.exchange import NO_BODY, Exchange, Request
from buildkite_rest.conformance.names import RUN_ID, is_made_up, made_up, unique_name
from buildkite_rest.conformance.ownership import Ownership

API = Api.load()
ACME = "/v2/organizations/acme"
OWN = f"{ACME}/pipelines/mine"
BUILD = f"{OWN}/builds/1"
TEAMS = f"{ACME}/teams"
ANNOTATIONS = f"{ACME}/pipelines/web/builds/1/annotations"
CLUSTER, USER, OTHER, PIPELINE = (f"3f9a2c11-5d7e-4b7f-9b0a-0a5c5b3d9e1{digit}" for digit in "0123")
NAME = f"conformance-{RUN_ID}-00000001"


def request(label: str, body: Any = NO_BODY, **query: Any) -> Request:
    """Return a request with any method and path."""
    method, _, path = label.partition(" ")
    found = API.find(method, path)
    if found is not None:
        return Request(found[0], found[1], query, body=body)
    for operation in API.templates_of(path):
        return Request(operation, operation.values_in(path) or {}, query, body=body, method=method)
    pipeline = {"org": "acme", "pipeline": "mine"}
    return Request(API.by_id["deletePipeline"], pipeline, query, body=body, suffix=path.removeprefix(OWN))


def owning(*existing: str, write: bool = True) -> Ownership:
    found = Ownership(API, write, frozenset(existing), "acme")
    found.harmless.add(USER)
    found.add(OWN, {"id": PIPELINE})
    found.add(f"{ACME}/clusters/{CLUSTER}", {"id": CLUSTER})
    return found


@pytest.mark.parametrize(
    ("label", "body"),
    [
        (f"GET {ACME}/pipelines/web", NO_BODY),
        (f"OPTIONS {ACME}/pipelines/web", NO_BODY),
        (f"PATCH {OWN}", {"name": "Other"}),
        (f"DELETE {OWN}/schedules/{OTHER}", NO_BODY),
        (f"POST {OWN}/builds", {"commit": "HEAD", "branch": "main"}),
        (f"POST {ACME}/pipelines", {"name": unique_name(), "cluster_id": CLUSTER}),
        (f"POST {TEAMS}", {"name": unique_name()}),
        ("POST /v2/analytics/organizations/acme/suites", {"name": unique_name()}),
        ("POST /v2/packages/organizations/acme/registries", {"name": unique_name()}),
        (f"POST {ACME}/clusters/{CLUSTER}/maintainers", {"user": USER}),
        (f"DELETE {ACME}/members/{made_up('user_uuid', 7)}", NO_BODY),
        (f"PUT {ACME}/pipelines/web/builds/{made_up('number', 7)}/cancel", NO_BODY),
        (f"POST {ACME}/rules", {"value": {"source_pipeline": "mine"}}),
        (f"POST {TEAMS}", {"name": "Web", "description": unique_name()}),
        (f"POST {ACME}/clusters/{CLUSTER}/queues", {"key": "web"}),
        (f"PATCH {OWN}", {"configuration": "steps:\n  - trigger: mine\n"}),
    ],
)
def test_a_run_may_change_what_it_has_created_and_what_does_not_exist(label: str, body: Any) -> None:
    assert owning().refusal(request(label, body)) is None


def test_a_run_may_delete_a_slug_that_it_has_made_up() -> None:
    assert owning().refusal(request(f"DELETE {ACME}/pipelines/{made_up('pipeline', 7)}", NO_BODY)) is None


@pytest.mark.parametrize(
    ("label", "body"),
    [
        (f"DELETE {ACME}/pipelines/web", NO_BODY),
        (f"PATCH {ACME}/pipelines/no-such-pipeline-17", {"name": "x"}),
        (f"PATCH {ACME}/pipelines/0", {"name": "x"}),
        (f"PUT {ACME}/pipelines/web/builds/1/cancel", NO_BODY),
        (f"POST {ACME}/pipelines/web/builds", {"commit": "HEAD"}),
        (f"DELETE {ACME}/members/{OTHER}", NO_BODY),
        (f"DELETE {ACME}/members/{USER}", NO_BODY),
        (f"PUT {ACME}/agents/{OTHER}/stop", NO_BODY),
        (f"PATCH {ACME}/api-settings", {}),
        (f"DELETE {ACME}/pipeline-settings/public-pipelines", NO_BODY),
        (f"POST {ACME}/invitations", {"emails": ["a@example.com"]}),
        (f"POST {ACME}/services", {"provider": "webhook"}),
        (f"POST {TEAMS}/enable", NO_BODY),
        (f"PUT {ACME}/pipelines", NO_BODY),
        ("POST /v2/organizations/other/pipelines", {"name": unique_name()}),
        ("DELETE /v2/access-token", NO_BODY),
        (f"POST {OWN}/webhook", NO_BODY),
        (f"DELETE {OWN}/", NO_BODY),
        (f"DELETE {OWN}/../web", NO_BODY),
        (f"DELETE {OWN}%2F..%2Fweb", NO_BODY),
        (f"DELETE {ACME}/pipelines/%2E%2E", NO_BODY),
        # References to objects that the run did not create:
        (f"POST {ACME}/pipelines", {"name": unique_name(), "cluster_id": OTHER}),
        (f"PATCH {OWN}", {"cluster_id": OTHER}),
        (f"POST {ACME}/pipelines", {"name": unique_name(), "teams": {OTHER: "manage_build_and_read"}}),
        (f"POST {ACME}/clusters/{CLUSTER}/maintainers", {"user": OTHER.upper()}),
        (f"POST {ACME}/rules", {"value": {"source_pipeline": "web"}}),
        (f"PATCH {OWN}", {"steps": [{"type": "trigger", "trigger_project_slug": "deploy"}]}),
        (f"PATCH {OWN}", {"configuration": "steps:\n  - trigger: deploy\n"}),
        (f"PUT {ACME}/clusters/{CLUSTER}/secrets/{OTHER}", {"policy": "- pipeline_slug: [mine, web]\n"}),
        # Objects that a cleanup could not find, and machines:
        (f"POST {TEAMS}", {"name": "Web"}),
        (f"POST {ACME}/pipelines", {"name": " ", "repository": unique_name(), "cluster_id": CLUSTER}),
        (f"POST {ACME}/clusters/{CLUSTER}/queues", {"key": "x", "hostedAgents": {"instanceShape": "LINUX"}}),
    ],
)
def test_a_run_changes_nothing_else(label: str, body: Any) -> None:
    assert owning().refusal(request(label, body)) is not None


def test_a_body_that_is_no_json_has_references_too() -> None:
    raw = request(f"PATCH {OWN}").having(content=f"cluster_id={OTHER}".encode())
    assert owning().refusal(raw) is not None
    assert owning().refusal(raw.having(content=json.dumps({"cluster_id": CLUSTER}).encode())) is None


def test_a_package_is_copied_only_into_an_own_registry() -> None:
    registry = "/v2/packages/organizations/acme/registries/mine"
    own, label = owning(), f"POST {registry}/packages/{OTHER}/copy"
    own.add(registry)
    assert own.refusal(request(label, to="gems")) is not None
    assert own.refusal(request(label, to="mine")) is None
    assert own.refusal(request(label, to=["mine", "gems"])) is not None


def test_a_number_of_an_own_build_is_not_the_slug_of_an_own_pipeline() -> None:
    own = owning()
    own.add(BUILD, {"id": OTHER})
    assert not own.permits_reference("1")
    assert own.permits_reference("mine")


def test_a_tag_allows_changes_of_its_existing_objects_only() -> None:
    stop, delete = request(f"PUT {ACME}/agents/{OTHER}/stop"), request(f"DELETE {ACME}/pipelines/web")
    assert owning("agents").refusal(stop) is None
    assert owning("agents").refusal(delete) is not None
    assert owning("all").refusal(delete) is None


def test_only_the_token_for_that_is_revoked() -> None:
    revoke = request("DELETE /v2/access-token")
    own = Ownership(API, existing=frozenset({"all"}), revocable="Bearer revocable")
    assert own.refusal(revoke, "Bearer revocable") is None
    assert own.refusal(revoke, "Bearer other") is not None
    assert own.refusal(revoke) is not None
    assert own.refusal_of(revoke.operation) is not None


def test_without_write_only_get_and_head_are_sent() -> None:
    reading = owning("all", write=False)
    assert reading.refusal(request(f"HEAD {OWN}")) is None
    methods = ("POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
    assert all(reading.refusal(request(f"{method} {OWN}")) for method in methods)


def test_operations_without_any_possible_request() -> None:
    impossible = {each.id for each in API.operations if owning().refusal_of(each) is not None}
    assert {"updateOrganizationApiSettings", "createOrganizationInvitations", "enableTeams"} <= impossible
    assert not {"createPipeline", "removeOrganizationMember", "createBuild", "getUser"} & impossible


@pytest.mark.parametrize("parameter", ["pipeline", "suite_slug", "user_uuid", "job_id", "number"])
def test_made_up_values_are_recognized(parameter: str) -> None:
    assert is_made_up(str(made_up(parameter, 4_294_967_295)))
    assert not is_made_up("no-such-pipeline-1")
    assert not is_made_up("1")


class Observed:
    """What a run knows after some responses."""

    def __init__(self) -> None:
        self.own = owning("all")

    def see(self, label: str, status: int, body: Any, *, sent: Any = NO_BODY) -> str | None:
        """Observe a response, and return a problem."""
        sending = request(label, sent)
        self.own.begin(sending)
        headers, content = {"Date": "Fri, 27 Nov 2026 12:00:00 GMT"}, json.dumps(body).encode()
        return self.own.observe(Exchange(sending, status, headers, content, ""))

    @property
    def created(self) -> list[tuple[str, str | None]]:
        return [(each.path, each.identity) for each in self.own.creations.objects.values()]


@pytest.fixture
def run() -> Observed:
    return Observed()


def test_new_objects_are_own(run: Observed) -> None:
    invitations = f"{ACME}/invitations"
    run.see(f"POST {TEAMS}", 201, {"id": OTHER.upper(), "name": NAME}, sent={"name": NAME})
    run.see(f"POST {invitations}", 201, [{"id": "1"}, {"id": "2"}, {}], sent={"emails": [f"{NAME}@example.com"]})
    assert run.created == [
        (f"{TEAMS}/{OTHER.upper()}", OTHER),
        (f"{invitations}/1", "1"),
        (f"{invitations}/2", "2"),
    ]
    assert run.own.contains(f"{TEAMS}/{OTHER.upper()}/members")
    assert run.own.permits_reference(OTHER)
    run.see(f"DELETE {TEAMS}/{OTHER.upper()}", 204, None)
    assert len(run.created) == 2


@pytest.mark.parametrize(
    ("before", "new"),
    [
        ([{"id": OTHER, "name": "Ada"}], {"id": OTHER, "name": NAME}),
        ([{"owner": {"id": OTHER.upper()}}], {"id": OTHER, "name": NAME}),
        ([], {"id": OTHER, "name": NAME, "created_at": "2026-11-27T11:58:59Z"}),
    ],
    ids=["listed", "inside another", "older than the run"],
)
def test_an_object_that_existed_is_not_own(before: Any, new: Any, run: Observed) -> None:
    run.see(f"GET {TEAMS}", 200, before)
    problem = run.see(f"POST {TEAMS}", 201, new, sent={"name": NAME})
    assert problem == f"the response to a new object is about an existing one, {OTHER}"
    assert (run.created, run.own.creations.unresolved) == ([], [])
    assert not run.own.contains(f"{TEAMS}/{OTHER}")


def test_an_annotation_that_existed_is_changed_and_not_created(run: Observed) -> None:
    run.see(f"GET {ANNOTATIONS}", 200, [{"id": OTHER}])
    assert run.see(f"POST {ANNOTATIONS}", 201, {"id": OTHER}, sent={"body": "text"}) is None
    assert (run.created, run.own.creations.unresolved) == ([], [])


def test_an_annotation_that_is_changed_again_is_recorded_once(run: Observed) -> None:
    for _ in range(2):
        run.see(f"POST {ANNOTATIONS}", 201, {"id": OTHER}, sent={"body": "text"})
    assert (run.created, run.own.creations.unresolved) == ([(f"{ANNOTATIONS}/{OTHER}", OTHER)], [])


@pytest.mark.parametrize(
    ("status", "body", "is_unresolved"),
    [
        (201, {}, True),
        (201, {"id": "../x"}, True),
        (201, {"id": "\ud800"}, True),
        (201, {"id": "a" * 9_000}, True),
        (303, None, True),
        (500, None, True),
        (422, None, False),
        (429, None, False),
    ],
)
def test_the_result_of_a_creation_without_an_object(status: int, body: Any, is_unresolved: bool, run: Observed) -> None:
    run.see(f"POST {TEAMS}", status, body, sent={"name": NAME})
    assert [each.name for each in run.own.creations.unresolved] == [NAME] * is_unresolved
    assert run.created == []


@pytest.mark.parametrize(("identity", "slug"), [(PIPELINE, "renamed"), (OTHER, "mine")], ids=["same", "another"])
def test_an_object_is_followed_to_its_new_path(identity: str, slug: str, run: Observed) -> None:
    run.see(f"POST {ACME}/pipelines", 201, {"id": PIPELINE, "slug": "mine", "name": NAME}, sent={"name": NAME})
    run.see(f"PATCH {OWN}", 200, {"id": identity, "slug": "renamed"})
    assert run.created == [(f"{ACME}/pipelines/{slug}", PIPELINE)]
    assert run.own.contains(f"{ACME}/pipelines/renamed") == (slug == "renamed")


def test_a_new_object_takes_the_path_of_a_deleted_one(run: Observed) -> None:
    portals = f"{ACME}/portals"
    run.see(f"POST {portals}", 201, {"uuid": OTHER, "slug": "0"}, sent={"name": NAME})
    run.see(f"DELETE {portals}/0", 204, None)
    run.see(f"POST {portals}", 201, {"uuid": USER, "slug": "0"}, sent={"name": NAME})
    assert run.created == [(f"{portals}/0", USER)]


def test_the_jobs_of_own_builds_are_own(run: Observed) -> None:
    body = {"jobs": [{"id": OTHER}, {}, None]}
    run.see(f"GET {ACME}/pipelines/web/builds/1", 200, body)
    assert not run.own.contains(f"{ACME}/jobs/{OTHER}/retry")
    run.see(f"GET {BUILD}", 200, body)
    assert run.own.contains(f"{ACME}/jobs/{OTHER}/retry")
    assert not run.own.contains(ACME)
