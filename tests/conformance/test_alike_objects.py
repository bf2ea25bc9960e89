"""What the newest objects have in common is not reported if older ones, or objects in other states, differ."""

import time
from pathlib import Path
from typing import Any

import pytest
from tests.conformance.package_spec import SPEC
from tests.conformance.runner_support import Request, Response, change, conform, mock_with

from buildkite_rest import Buildkite
from buildkite_rest.conformance.agreement.examples import unlike_examples
from buildkite_rest.mock import MockServer, seeded_backend

BUILDS = "/v2/organizations/*/pipelines/*/builds"
BUILD = f"{BUILDS}/*"
OPERATIONS = {operation.id: operation for operation in SPEC.operations}
OPTIONS = ("--phases", "agreement", "--seed", "1", "--include-operation", "getBuild")
STATES = ("passed", "failed", "canceled")


def builds(count: int = 12, *, hours: int = 1, states: tuple[str, ...] = STATES, **values: Any) -> list[dict[str, Any]]:
    times = [f"2026-01-01T{n * hours:02}:00:00.000Z" for n in range(count)]
    return [{"created_at": at, "state": states[n % len(states)], **values} for n, at in enumerate(times)]


def messages(operation: str, objects: list[Any]) -> str:
    return "\n".join(unlike_examples(SPEC, OPERATIONS[operation], objects))


@pytest.mark.parametrize("count", [1, 2, 8])
@pytest.mark.exhaustive
def test_builds_that_a_client_has_created_are_right(count: int, tmp_path: Path) -> None:
    ahead = 0
    with MockServer(clock=lambda: time.time() + ahead) as server:
        with Buildkite(server.token, base_url=server.url) as client:
            for _ in range(count):
                client.builds.create("acme", "web", commit="HEAD", branch="main")
        ahead = 3600  # the builds finish
        run = conform(tmp_path, server.url, "--phases", "agreement", "--seed", "1", "--include-tag", "builds")

    assert run.status == 0, run.out


@pytest.mark.parametrize(("last", "failures"), [(10, set()), (0, {("getBuild", "responses_disagree")})])
@pytest.mark.exhaustive
def test_older_objects_are_read_before_a_null_is_reported(
    last: int, failures: set[tuple[str, str]], tmp_path: Path
) -> None:
    """Only builds up to the number `last` have a creator."""

    def spoil(request: Request, response: Response) -> None:
        if any(request.matches("GET", path) for path in (BUILD, BUILDS)):
            found = response.json
            for build in found if isinstance(found, list) else [found]:
                build.update({"creator": None} if build["number"] > last else {})
            response.json = found

    with mock_with(change(spoil), seeded_backend(1, builds=60)) as url:
        run = conform(tmp_path, url, *OPTIONS)

    assert run.failures == failures, run.out


@pytest.mark.parametrize(
    ("objects", "is_reported"),
    [
        (builds(source=None), True),
        (builds(source=None, hours=0), False),  # of one moment
        (builds(source=None, states=("scheduled",)), False),
        (builds(source=None, count=2), False),
    ],
)
def test_objects_of_one_age_or_in_one_state_may_lack_a_value(objects: list[Any], is_reported: bool) -> None:
    assert ("source is empty in all" in messages("listBuilds", objects)) == is_reported


def test_an_object_that_clients_set_by_its_properties_may_be_missing_everywhere() -> None:
    assert "pull_request" not in messages("listBuilds", builds(pull_request=None))


@pytest.mark.parametrize(("default_queue_id", "is_reported"), [(None, False), ("a", True)])
def test_a_url_may_be_missing_with_the_id_that_clients_set(default_queue_id: str | None, is_reported: bool) -> None:
    times = [f"2026-03-0{day}T09:00:00.000Z" for day in range(1, 5)]
    clusters = [{"default_queue_id": default_queue_id, "default_queue_url": None, "created_at": time} for time in times]
    assert ("default_queue_url is empty in all" in messages("listClusters", clusters)) == is_reported


@pytest.mark.parametrize(("count", "is_reported"), [(12, True), (9, False)])
def test_few_objects_may_be_in_one_state(count: int, is_reported: bool) -> None:
    found = messages("listBuilds", builds(count, states=("scheduled",)))
    assert ("state is 'scheduled' in all" in found) == is_reported


def test_a_value_of_an_enum_that_clients_set_may_be_that_of_all_objects() -> None:
    teams = [{"id": str(n), "privacy": "secret"} for n in range(12)]
    assert "privacy" not in messages("listTeams", teams)


@pytest.mark.parametrize(
    ("types", "is_reported"),
    [
        (("PipelineUpdatedEvent", "ClusterCreatedEvent"), True),
        (("ClusterCreatedEvent",), False),
        (("ClusterCreatedEvent", "TeamCreatedEvent"), False),
    ],
)
def test_objects_of_other_types_may_lack_a_value(types: tuple[str, ...], is_reported: bool) -> None:
    events = [{"uuid": str(n), "type": types[n % len(types)], "data": {}} for n in range(12)]
    assert ("data is empty in all" in messages("listAuditEvents", events)) == is_reported
