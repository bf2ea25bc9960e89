"""The record of what a run has created."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import requests
from tests.conformance.package_spec import SPEC

from buildkite_rest.conformance.credentials import Secrets
from buildkite_rest.conformance.gate import Gate
from buildkite_rest.conformance.journal import Journal
from buildkite_rest.conformance.names import RUN_ID
from buildkite_rest.conformance.permissions import ALL, Permissions
from buildkite_rest.conformance.request_log import RequestLog

URL = "http://127.0.0.1:1"
ANNOTATIONS = f"{URL}/v2/organizations/acme/pipelines/web/builds/1/annotations"
ID = "01920000-0000-7006-8000-00000000000b"


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    permissions = Permissions(SPEC, existing=frozenset({ALL}))
    journal = Journal(tmp_path / "journal.jsonl", URL)
    yield Gate(permissions, RequestLog(Secrets()), URL, journal)
    journal.close()


def send(gate: Gate, method: str, url: str, status: int, reply: Any, *, body: Any = None) -> None:
    request = requests.Request(method, url, json=body).prepare()
    response = requests.Response()
    response.status_code, response.request, response._content = status, request, json.dumps(reply).encode()
    gate.send(lambda: response, request)


def test_an_annotation_that_existed_is_not_created(gate: Gate) -> None:
    send(gate, "GET", ANNOTATIONS, 200, [{"id": ID}])
    send(gate, "POST", ANNOTATIONS, 201, {"id": ID, "context": "default"}, body={"body": "text"})

    assert gate.journal is not None
    assert (gate.journal.entries().created, gate.journal.entries().unresolved) == ((), ())


def test_an_annotation_that_is_changed_again_is_recorded_once(gate: Gate) -> None:
    for _ in range(2):
        send(gate, "POST", ANNOTATIONS, 201, {"id": ID, "context": "default"}, body={"body": "text"})

    assert gate.journal is not None
    entries = gate.journal.entries()
    assert [each.identity for each in entries.created] == [ID]
    assert entries.unresolved == ()


def test_a_new_object_takes_the_path_of_a_deleted_one(gate: Gate) -> None:
    portals = f"{URL}/v2/organizations/acme/portals"
    for identity in (ID, ID.replace("b", "c")):
        send(gate, "POST", portals, 201, {"uuid": identity, "slug": "0"}, body={"name": "0"})
        send(gate, "DELETE", f"{portals}/0", 204, None)

    assert gate.journal is not None
    assert [each.identity for each in gate.journal.entries().created] == [ID.replace("b", "c")]


def test_two_changes_are_in_different_milliseconds(gate: Gate) -> None:
    def respond() -> requests.Response:
        times.append(time.monotonic())
        response = requests.Response()
        response.status_code, response.request, response._content = 200, request, b"{}"
        return response

    times: list[float] = []
    request = requests.Request("PUT", f"{URL}/v2/organizations/acme/pipelines/web/builds/1/rebuild").prepare()
    for _ in range(20):
        gate.send(respond, request)

    assert all(second - first > 0.001 for first, second in pairwise(times))


def test_a_response_without_an_object_leaves_the_result_open(gate: Gate) -> None:
    send(gate, "POST", ANNOTATIONS, 201, {}, body={"body": "text"})

    assert gate.journal is not None
    assert [each.operation for each in gate.journal.entries().unresolved] == ["createBuildAnnotation"]


CLUSTERS = f"{URL}/v2/organizations/acme/clusters"
NAME = f"conformance-{RUN_ID}-00000001"


@pytest.mark.parametrize("name", [NAME, NAME.upper(), f"My {NAME}"], ids=["same", "upper case", "longer"])
def test_a_new_object_with_a_changed_form_of_the_name_is_own(name: str, gate: Gate) -> None:
    send(gate, "POST", CLUSTERS, 201, {"id": ID, "name": name}, body={"name": NAME})
    send(gate, "DELETE", f"{CLUSTERS}/{ID}", 204, None)

    assert gate.journal is not None
    assert [each.identity for each in gate.journal.entries().created] == [ID]
    assert gate.conflicts == []


def test_a_new_object_without_the_sent_name_is_reported(gate: Gate) -> None:
    send(gate, "POST", CLUSTERS, 201, {"id": ID, "name": "x"}, body={"name": NAME})

    assert gate.journal is not None
    assert [each.was_accepted for each in gate.journal.entries().unresolved] == [True]
    assert [(each.check.name, each.path) for each in gate.conflicts] == [
        ("value_not_persisted", "/v2/organizations/acme/clusters")
    ]


def test_a_name_that_is_not_unique_is_in_the_journal(gate: Gate) -> None:
    send(gate, "POST", CLUSTERS, 500, {}, body={"name": "Shared"})

    assert gate.journal is not None
    found = [(each.name, each.other_name, each.status) for each in gate.journal.entries().unresolved]
    assert found == [(None, "Shared", 500)]


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_an_object_is_confirmed_by_a_later_request(method: str, gate: Gate) -> None:
    send(gate, "POST", CLUSTERS, 201, {"id": ID, "name": NAME}, body={"name": NAME})
    path = f"/v2/organizations/acme/clusters/{ID}"
    send(gate, method, f"{URL}{path}", 404, None)
    assert not gate.permissions.own.is_confirmed(path)
    send(gate, method, f"{URL}{path}", 200, {"id": ID, "name": NAME})
    assert gate.permissions.own.is_confirmed(path)


def test_a_new_rule_is_own_although_responses_lack_its_description(gate: Gate) -> None:
    rules = f"{URL}/v2/organizations/acme/rules"
    send(gate, "POST", rules, 201, {"uuid": ID, "type": "x"}, body={"description": NAME, "type": "x"})

    assert gate.journal is not None
    assert [each.path for each in gate.journal.entries().created] == [f"/v2/organizations/acme/rules/{ID}"]
    assert gate.conflicts == []


def test_an_object_that_existed_stays_another_one_with_the_name_of_the_run(gate: Gate) -> None:
    send(gate, "GET", CLUSTERS, 200, [{"id": ID, "name": "Ada"}])
    send(gate, "POST", CLUSTERS, 201, {"id": ID, "name": NAME.upper()}, body={"name": NAME})

    assert gate.journal is not None
    entries = gate.journal.entries()
    assert (len(entries.created), [*entries.existing]) == (0, [ID])
    assert [each.check.name for each in gate.conflicts] == ["created_object_existed"]
