"""Responses to creations are not trusted: a new object is read before it is changed, and is created only once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from tests.conformance.journal_support import ONE, TWO, reply

from buildkite_rest.conformance.credentials import Secrets
from buildkite_rest.conformance.gate import ForbiddenRequestError, Gate
from buildkite_rest.conformance.journal import Entries, Journal, Unresolved, read_journal
from buildkite_rest.conformance.permissions import ALL, OwnObjects, Permissions
from buildkite_rest.conformance.request_log import RequestLog
from buildkite_rest.conformance.spec import Spec

SPEC = Spec.load(None)
URL = "http://127.0.0.1:1"
TEAMS = "/v2/organizations/acme/teams"
ID = "01920000-0000-7006-8000-00000000000b"
OTHER = "01920000-0000-7006-8000-00000000000c"
START = {"Date": "Fri, 27 Nov 2026 12:00:00 GMT"}


class Server:
    """A server with one team, behind a gate. Creations get the id of that team."""

    def __init__(self, path: Path, team: dict[str, Any], *existing: str) -> None:
        permissions = Permissions(SPEC, existing=frozenset(existing))
        self.journal = Journal(path, URL)
        self.gate = Gate(permissions, RequestLog(Secrets()), URL, self.journal)
        self.gate.proofs.read = lambda path: self.send("GET", path, self.team)
        self.team = team
        self.sent: list[str] = []

    def send(self, method: str, path: str, body: Any, *, sent: Any = None) -> None:
        request = requests.Request(method, f"{URL}{path}", json=sent).prepare()
        response = reply(201 if method == "POST" else 200, body)
        response.request = request
        response.headers.update(START)

        def respond() -> requests.Response:
            self.sent.append(method)
            return response

        self.gate.send(respond, request)

    def create(self, name: str = ONE, **properties: Any) -> None:
        self.send("POST", TEAMS, {"id": ID, "name": name, **properties}, sent={"name": name})

    @property
    def entries(self) -> Entries:
        return self.journal.entries()

    @property
    def failures(self) -> list[str]:
        return [each.check.name for each in self.gate.conflicts]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.jsonl"


@pytest.fixture(params=[{"id": ID, "name": "Ada"}, {"id": ID, "name": ONE, "created_at": "2026-11-27T11:58:59Z"}])
def foreign(path: Path, request: pytest.FixtureRequest) -> Iterator[Server]:
    server = Server(path, request.param)
    server.create()
    yield server
    server.journal.close()


@pytest.mark.parametrize(
    ("method", "changed", "body"),
    [
        ("PATCH", f"{TEAMS}/{ID}", {"name": TWO}),
        ("DELETE", f"{TEAMS}/{ID}", None),
        ("POST", f"{TEAMS}/{ID}/members", {}),
        ("POST", "/v2/organizations/acme/pipelines", {"name": TWO, "team_uuids": [ID]}),
    ],
    ids=["change", "deletion", "below", "reference"],
)
def test_an_object_of_others_is_not_changed(method: str, changed: str, body: Any, foreign: Server) -> None:
    with pytest.raises(ForbiddenRequestError):
        foreign.send(method, changed, {}, sent=body)

    assert foreign.sent == ["POST", "GET"]
    assert foreign.failures == ["created_object_existed"]
    assert (foreign.entries.created, foreign.entries.existing) == ((), {ID})
    assert [(each.name, each.was_accepted) for each in foreign.entries.unresolved] == [(ONE, True)]
    foreign.journal.close()
    assert read_journal(foreign.journal.path) == foreign.entries


def test_a_read_of_the_run_itself_is_a_proof(foreign: Server) -> None:
    foreign.send("GET", f"{TEAMS}/{ID}", foreign.team)

    assert not foreign.gate.permissions.own.contains(f"{TEAMS}/{ID}")
    assert foreign.failures == ["created_object_existed"]


@pytest.mark.parametrize("name", [ONE, ONE.upper(), f"My {ONE}"], ids=["same", "upper case", "longer"])
def test_an_own_object_is_read_once(name: str, path: Path) -> None:
    server = Server(path, {"id": ID, "name": name, "created_at": "2026-11-27T11:59:59Z"})
    server.create()
    for _ in range(2):
        server.send("PATCH", f"{TEAMS}/{ID}", {"id": ID, "name": "x"}, sent={"name": "x"})

    assert (server.sent, server.failures) == (["POST", "GET", "PATCH", "PATCH"], [])
    server.journal.close()


def test_objects_that_may_be_changed_in_any_case_are_not_read(path: Path) -> None:
    server = Server(path, {"id": ID, "name": "Ada"}, ALL)
    server.create()
    server.send("PATCH", f"{TEAMS}/{ID}", {"id": ID, "name": "x"}, sent={"name": "x"})
    server.send("GET", f"{TEAMS}/{ID}", {"id": ID, "name": "x"})

    assert (server.sent, server.failures) == (["POST", "PATCH", "GET"], [])
    server.journal.close()


def test_an_object_is_created_once(path: Path) -> None:
    server = Server(path, {})
    server.create()
    server.create(TWO)

    assert server.failures == ["created_object_existed"]
    assert [each.name for each in server.entries.created] == [ONE]
    assert [(each.name, each.was_accepted) for each in server.entries.unresolved] == [(TWO, True)]
    server.journal.close()


def test_an_object_that_is_older_than_the_run_is_not_new(path: Path) -> None:
    server = Server(path, {})
    server.create(created_at="2024-04-01T09:00:00.000Z")

    assert server.failures == ["created_object_existed"]
    assert server.entries.created == ()
    server.journal.close()


def test_an_object_that_is_removed_existed_before() -> None:
    own = OwnObjects()
    own.add(f"{TEAMS}/{ID}", {"id": ID})
    own.add(f"{TEAMS}/{ID}/members/{OTHER}", {"id": OTHER})
    own.remove(f"{TEAMS}/{ID}")

    assert not own.ids
    assert own.existed(f"{TEAMS}/{ID}", {"id": ID})
    assert own.existed("/v2/organizations/acme/pipelines/x", {"id": OTHER})


def test_refusals_with_an_effect_are_reported_once_per_operation(path: Path) -> None:
    requests = [Unresolved("createTeam", TEAMS, name, refusal=422) for name in (ONE, TWO)]
    gate = Server(path, {}).gate
    gate.report_effects(requests)

    assert [(each.path, each.status, each.message) for each in gate.conflicts] == [
        (TEAMS, 422, f"the request was refused, but has created the object {ONE}")
    ]
