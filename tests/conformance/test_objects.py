"""Discovery of objects, and the selection of objects for an operation."""

from collections.abc import Iterator

import pytest
from tests.conformance.package_spec import SPEC
from tests.each import check_each

from buildkite_rest import Buildkite
from buildkite_rest.conformance.discovery import discover
from buildkite_rest.conformance.objects import (
    KnownObject,
    Objects,
    ObjectSelector,
    identifier_of,
    interleaved_by_kind,
    noun_of,
)
from buildkite_rest.conformance.spec import Operation, object_path
from buildkite_rest.mock import TAGS, MockServer

OPERATIONS = {operation.id: operation for operation in SPEC.operations}
SERVED = [operation for operation in SPEC.operations if operation.tag in TAGS]
PIPELINE = "/v2/organizations/{org}/pipelines/{pipeline}"


@pytest.fixture(scope="module")
def objects() -> Iterator[Objects]:
    with MockServer(seed=1) as server, Buildkite(server.token, base_url=server.url) as client:
        yield discover(client, SPEC, SERVED)


@pytest.fixture
def selector(objects: Objects) -> ObjectSelector:
    return ObjectSelector(SPEC, objects)


def test_every_operation_has_objects(selector: ObjectSelector) -> None:
    def check(operation: Operation) -> None:
        objects = selector.usable(operation)
        assert objects
        assert all(values.keys() == {*operation.parameters} for values in objects)

    check_each({operation.id: (operation,) for operation in SERVED if operation.parameters}, check)


def test_unneeded_lists_are_not_read() -> None:
    class NoCalls:
        def __getattr__(self, name: str) -> object:
            raise AttributeError(name)

    found = discover(NoCalls(), SPEC, [OPERATIONS["getUser"]])  # type: ignore[arg-type]

    assert found.for_path(PIPELINE) == []


def test_objects_have_many_kinds(objects: Objects) -> None:
    jobs = objects.for_path("/v2/organizations/{org}/jobs/{job_id}")

    assert len({job.kind for job in jobs}) > 20
    assert len({job.kind for job in jobs[:20]}) == 20


def test_only_created_objects_are_expendable(objects: Objects) -> None:
    selector = ObjectSelector(SPEC, Objects())
    selector.objects.add(PIPELINE, objects.for_path(PIPELINE))
    delete, create, archive = (OPERATIONS[name] for name in ("deletePipeline", "createPipeline", "archivePipeline"))
    assert selector.expendable(delete) == selector.expendable(archive) == []

    selector.record_success(create, {"org": "acme"}, {"slug": "new"})
    assert selector.expendable(delete) == selector.expendable(archive) == [{"org": "acme", "pipeline": "new"}]
    assert selector.find(OPERATIONS["getPipeline"], {"org": "?", "pipeline": "new"}) == {
        "org": "acme",
        "pipeline": "new",
    }

    selector.record_success(OPERATIONS["updatePipeline"], {"org": "acme", "pipeline": "new"}, {"slug": "newer"})
    assert selector.expendable(delete) == [{"org": "acme", "pipeline": "newer"}]

    selector.record_success(delete, {"org": "acme", "pipeline": "newer"}, None)
    assert selector.expendable(delete) == []


def test_deleted_objects_are_removed_with_those_below_them() -> None:
    objects, path = Objects(), "/v2/organizations/{org}/pipelines/{pipeline}"
    for slug in ("web", "api"):
        objects.add_created(path, {"org": "acme", "pipeline": slug})
        objects.add_created(f"{path}/builds/{{number}}", {"org": "acme", "pipeline": slug, "number": 1})

    objects.remove_created(path, {"org": "acme", "pipeline": "web"})

    assert objects.created(path) == [{"org": "acme", "pipeline": "api"}]
    assert objects.created(f"{path}/builds/{{number}}") == [{"org": "acme", "pipeline": "api", "number": 1}]


def test_each_item_of_a_response_is_a_created_object(selector: ObjectSelector) -> None:
    create, revoke = (OPERATIONS[name] for name in ("createOrganizationInvitations", "revokeOrganizationInvitation"))
    selector.record_success(create, {"org": "acme"}, [{"id": "1"}, {"id": "2"}])
    assert [values["invitation_uuid"] for values in selector.expendable(revoke)] == ["2", "1"]


def test_few_objects_are_expendable_if_none_can_be_created(selector: ObjectSelector) -> None:
    short, long = OPERATIONS["deleteArtifact"], OPERATIONS["deleteArtifactInBuild"]
    expendable = {values["artifact_id"] for operation in (short, long) for values in selector.expendable(operation)}
    usable = {values["artifact_id"] for values in selector.usable(OPERATIONS["getArtifact"])}

    assert expendable
    assert usable
    assert not expendable & usable
    assert not {v["artifact_id"] for v in selector.expendable(short)} & {
        v["artifact_id"] for v in selector.expendable(long)
    }


def test_maintainers_provide_ids_of_users_and_teams(objects: Objects) -> None:
    assert "-7002-" in objects.known_ids["user"]
    assert objects.known_ids["team"] != objects.known_ids["user"]


def test_one_of_each_kind_comes_first() -> None:
    found = [KnownObject("/{x}", {"x": n}, (kind,)) for n, kind in enumerate("aaabbc")]

    assert [each.values["x"] for each in interleaved_by_kind(found, 2)] == [0, 3, 5, 1, 4]


@pytest.mark.parametrize(
    ("name", "item", "key"),
    [
        ("job_id", {"id": "1"}, "1"),
        ("pipeline", {"id": "1", "slug": "web"}, "web"),
        ("number", {"id": "1", "number": 7}, 7),
        ("team_uuid", {"id": "1"}, "1"),
        ("user_uuid", {"user_id": "2"}, "2"),
        ("suite_slug", {"id": "1", "slug": "rspec"}, "rspec"),
        ("job_id", {"name": "x"}, None),
        ("job_id", [], None),
    ],
)
def test_identifier(name: str, item: object, key: str | int | None) -> None:
    assert identifier_of(name, item) == key


def test_object_path() -> None:
    assert object_path(f"{PIPELINE}/archive") == PIPELINE
    assert object_path("/v2/user") == "/v2/user"


def test_ids_for_bodies_are_read_even_if_no_path_needs_them() -> None:
    with MockServer(seed=1, builds=10) as server, Buildkite(server.token, base_url=server.url) as client:
        found = discover(client, SPEC, [OPERATIONS["createTestSuite"], OPERATIONS["createPipeline"]])
        acme = server.backend.organizations["acme"]

        assert set(found.known_ids["team_ids"]) <= {*acme.teams}
        assert found.known_ids["cluster_id"] in acme.clusters


@pytest.mark.parametrize(
    ("collection", "noun"),
    [
        ("/v2/organizations/{org}/pipeline-templates", "pipeline_template"),
        ("/v2/packages/organizations/{org}/registries", "registry"),
        ("teams", "team"),
    ],
)
def test_nouns_of_collections(collection: str, noun: str) -> None:
    assert noun_of(collection) == noun
