"""Path values and identities of objects."""

from __future__ import annotations

import pytest

from buildkite_rest.conformance.api import object_path
from buildkite_rest.conformance.objects import KnownObject, identifier_of, identity_of, interleaved, refers


def test_one_in_each_state_comes_first() -> None:
    found = [KnownObject("/{x}", {"x": n}, (kind,)) for n, kind in enumerate("aaabbc")]
    assert [each.values["x"] for each in interleaved(found, 2)] == [0, 3, 5, 1, 4]


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
        ("job_id", {"id": ""}, None),
        ("job_id", [], None),
    ],
)
def test_identifier(name: str, item: object, key: str | int | None) -> None:
    assert identifier_of(name, item) == key


@pytest.mark.parametrize(
    ("item", "identity"),
    [
        ({"id": "ID", "uuid": "x"}, "id"),
        ({"uuid": 7}, "7"),
        ({"id": "", "created_at": "2026"}, "2026"),
        ({"name": "x"}, None),
        (None, None),
    ],
)
def test_identity(item: object, identity: str | None) -> None:
    assert identity_of(item) == identity


def test_object_path() -> None:
    assert object_path("/v2/organizations/{org}/archive") == "/v2/organizations/{org}"
    assert object_path("/v2/user") == "/v2/user"


@pytest.mark.parametrize(
    ("name", "parameter"),
    [
        ("team_ids", "team_uuid"),
        ("default_queue_id", "queue_id"),
        ("target_pipeline", "pipeline"),
        ("unblocker", "user_uuid"),
    ],
)
def test_properties_that_refer_to_objects(name: str, parameter: str) -> None:
    assert refers(name, parameter)
    assert not refers(name, "job_id")
    assert not refers(name, "")
