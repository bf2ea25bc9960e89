"""Discovery of objects, and the selection of objects for an operation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.conformance.runner_support import world_of
from tests.each import check_each

from buildkite_rest.conformance.api import Api, Operation
from buildkite_rest.conformance.discovery import discover
from buildkite_rest.conformance.exchange import PathValues
from buildkite_rest.conformance.objects import KnownObjects
from buildkite_rest.conformance.ownership import Ownership
from buildkite_rest.conformance.world import World
from buildkite_rest.mock import MockServer

API = Api.load()
PIPELINE = "/v2/organizations/{org}/pipelines/{pipeline}"


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with MockServer(seed=1) as server:
        yield world_of(server, API.operations)


def test_every_operation_has_objects(world: World) -> None:
    def check(operation: Operation) -> None:
        objects = world.objects(operation)
        assert objects
        assert all(values.keys() == {*operation.parameters} for values in objects)

    check_each({operation.id: (operation,) for operation in API.operations if operation.parameters}, check)


def test_objects_have_many_states(world: World) -> None:
    jobs = world.known.for_path("/v2/organizations/{org}/jobs/{job_id}")
    assert len({job.state for job in jobs}) > 20
    assert len({job.state for job in jobs[:20]}) == 20


def test_objects_that_are_deleted_are_used_for_nothing_else(world: World) -> None:
    expendable = {each["artifact_id"] for each in world.expendable(API.by_id["deleteArtifact"])}
    usable = {each["artifact_id"] for each in world.objects(API.by_id["getArtifact"])}
    assert expendable
    assert usable
    assert not expendable & usable


def test_a_run_changes_only_own_objects(world: World) -> None:
    limited = World(API, Ownership(API), world.known)
    update = API.by_id["updatePipeline"]
    assert limited.objects(update) == []
    own = {"org": "acme", "pipeline": "mine"}
    limited.own.add(PIPELINE, world.known.for_path(PIPELINE))
    limited.ownership.add("/v2/organizations/acme/pipelines/web")
    assert limited.objects(update) == [{**own, "pipeline": "web"}]
    assert {*limited.objects(API.by_id["createPipeline"])[0].values()} == {"acme"}


def test_lists_that_nothing_needs_are_not_read() -> None:
    def read(operation: Operation, values: PathValues) -> list[Any]:
        raise AssertionError(operation.id)

    world = World(API, Ownership(API), KnownObjects())
    discover(world, read, [API.by_id["getUser"]])
    assert world.known.for_path(PIPELINE) == []


def test_each_list_is_read_once() -> None:
    read: list[tuple[str, str]] = []

    def items(operation: Operation, values: PathValues) -> list[Any]:
        read.append((operation.id, str(values)))
        return [{"id": f"id-{number}", "slug": f"slug-{number}"} for number in range(300)]

    discover(World(API, Ownership(API), KnownObjects("slug-7")), items, [API.by_id["getTeamMember"]])
    assert len(read) == len({*read}) > 2
    assert {values for name, values in read if name == "listTeams"} == {"{'org': 'slug-7'}"}
