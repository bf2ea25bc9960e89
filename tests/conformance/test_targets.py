"""What the runner finds on a server, and on what it calls which operation."""

from collections.abc import Iterator

import pytest

from buildkite_rest import Buildkite
from buildkite_rest.conformance.objects import Choice, Target, Targets, discover, diverse, key_of, own_path
from buildkite_rest.conformance.spec import Description, Operation
from buildkite_rest.mock import TAGS, MockServer

DESCRIPTION = Description.load(None)
OPERATIONS = {operation.id: operation for operation in DESCRIPTION.operations}
SERVED = [operation for operation in DESCRIPTION.operations if operation.tag in TAGS]
PIPELINE = "/v2/organizations/{org}/pipelines/{pipeline}"


@pytest.fixture(scope="module")
def targets() -> Iterator[Targets]:
    with MockServer(seed=1) as server, Buildkite(server.token, base_url=server.url) as client:
        yield discover(client, DESCRIPTION.operations, SERVED)


@pytest.fixture
def choice(targets: Targets) -> Choice:
    return Choice(DESCRIPTION, targets)


@pytest.mark.parametrize("operation", [operation for operation in SERVED if operation.parameters], ids=lambda o: o.id)
def test_every_operation_has_objects(operation: Operation, choice: Choice) -> None:
    objects = choice.objects(operation)

    assert objects
    assert all(values.keys() == {*operation.parameters} for values in objects)


def test_nothing_is_read_that_nobody_needs() -> None:
    class NoCalls:
        def __getattr__(self, name: str) -> object:
            raise AttributeError(name)

    found = discover(NoCalls(), DESCRIPTION.operations, [OPERATIONS["getUser"]])  # type: ignore[arg-type]

    assert found.on(PIPELINE) == []


def test_objects_are_of_many_kinds(targets: Targets) -> None:
    jobs = targets.on("/v2/organizations/{org}/jobs/{job_id}")

    assert len({target.kind for target in jobs}) > 20
    assert len({target.kind for target in jobs[:20]}) == 20


def test_only_what_the_run_has_created_is_removed(targets: Targets) -> None:
    choice = Choice(DESCRIPTION, Targets())
    choice.targets.add(PIPELINE, targets.on(PIPELINE))
    delete, create, archive = (OPERATIONS[name] for name in ("deletePipeline", "createPipeline", "archivePipeline"))
    assert choice.may_end(delete) == choice.may_end(archive) == []

    choice.note_success(create, {"org": "acme"}, {"slug": "new"})
    assert choice.may_end(delete) == choice.may_end(archive) == [{"org": "acme", "pipeline": "new"}]
    assert choice.find(OPERATIONS["getPipeline"], {"org": "?", "pipeline": "new"}) == {"org": "acme", "pipeline": "new"}

    choice.note_success(OPERATIONS["updatePipeline"], {"org": "acme", "pipeline": "new"}, {"slug": "newer"})
    assert choice.may_end(delete) == [{"org": "acme", "pipeline": "newer"}]

    choice.note_success(delete, {"org": "acme", "pipeline": "newer"}, None)
    assert choice.may_end(delete) == []


def test_all_objects_in_the_answer_are_new(choice: Choice) -> None:
    create, revoke = (OPERATIONS[name] for name in ("createOrganizationInvitations", "revokeOrganizationInvitation"))
    choice.note_success(create, {"org": "acme"}, [{"id": "1"}, {"id": "2"}])
    assert [values["invitation_uuid"] for values in choice.may_end(revoke)] == ["2", "1"]


def test_what_cannot_be_created_is_removed_in_part(choice: Choice) -> None:
    short, long = OPERATIONS["deleteArtifact"], OPERATIONS["deleteArtifactInBuild"]
    removed = {values["artifact_id"] for operation in (short, long) for values in choice.may_end(operation)}
    kept = {values["artifact_id"] for values in choice.objects(OPERATIONS["getArtifact"])}

    assert removed
    assert kept
    assert not removed & kept
    assert not {v["artifact_id"] for v in choice.may_end(short)} & {v["artifact_id"] for v in choice.may_end(long)}


def test_users_and_teams_are_known_from_what_they_maintain(targets: Targets) -> None:
    assert "-7002-" in targets.known_ids["user"]
    assert targets.known_ids["team"] != targets.known_ids["user"]


def test_one_of_each_kind_comes_first() -> None:
    found = [Target("/{x}", {"x": n}, (kind,)) for n, kind in enumerate("aaabbc")]

    assert [target.values["x"] for target in diverse(found, 2)] == [0, 3, 5, 1, 4]


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
def test_key_of_an_object(name: str, item: object, key: str | int | None) -> None:
    assert key_of(name, item) == key


def test_own_path() -> None:
    assert own_path(f"{PIPELINE}/archive") == PIPELINE
    assert own_path("/v2/user") == "/v2/user"
