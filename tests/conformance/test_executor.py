"""The executor: it sends only what a run may send, and reports failures."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests
from attrs import define, evolve, field
from tests.conformance.test_ownership import ACME, NAME, OTHER, OWN, TEAMS, owning, request

from buildkite_rest import TokenAuth
from buildkite_rest.conformance.api import Api
from buildkite_rest.conformance.credentials import Secrets
from buildkite_rest.conformance.executor import Executor, Finding
from buildkite_rest.conformance.objects import KnownObjects
from buildkite_rest.conformance.options import Options
from buildkite_rest.conformance.ownership import ForbiddenRequestError
from buildkite_rest.conformance.results import Outcome, Results
from buildkite_rest.conformance.rules import Context
from buildkite_rest.conformance.sender import Reply
from buildkite_rest.conformance.world import World

API = Api.load()
URL = "http://127.0.0.1:1"


@define
class Server:
    """Sends nothing, and returns the next response."""

    replies: list[Reply | BaseException] = field(factory=list)
    sent: list[str] = field(factory=list)

    def add(self, status: int, body: Any, **changes: Any) -> None:
        reply = Reply(status, {}, json.dumps(body).encode(), True, URL, {}, b"")
        self.replies.append(evolve(reply, **changes))

    def send(self, method: str, path: str, **_: Any) -> Reply:
        self.sent.append(f"{method} {path}")
        reply = self.replies.pop(0)
        if isinstance(reply, BaseException):
            raise reply
        return reply


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def executor(server: Server) -> Executor:
    world, results = (
        World(API, owning(), KnownObjects()),
        Results({each.label: Outcome(each) for each in API.operations}),
    )
    options = Options(base_url=URL, auth=TokenAuth("bkua_x"), seed=1, write=True)
    sender: Any = server
    return Executor(API, world, Context(API), options, Secrets(), results, sender)


def failures(executor: Executor, operation: str, check: str) -> list[str]:
    """Return the messages of the failures of a check."""
    found = executor.results.outcomes[API.by_id[operation].label].failures
    return [each.message for each in found if each.check == check]


def test_what_a_run_may_not_send_is_not_sent(executor: Executor, server: Server) -> None:
    forbidden = request(f"DELETE {ACME}/pipelines/web")
    with pytest.raises(ForbiddenRequestError, match="the run did not create this object"):
        executor.send(forbidden)
    assert executor.expect(forbidden, {204}, "check") is None
    assert not executor.permits(forbidden)
    assert server.sent == []
    server.add(204, None)
    executor.send(request(f"DELETE {OWN}"))
    assert server.sent == [f"DELETE {OWN}"]


def test_a_new_object_that_existed_is_a_failure(executor: Executor, server: Server) -> None:
    server.add(200, [{"id": OTHER}])
    server.add(201, {"id": OTHER, "name": NAME})
    executor.send(request(f"GET {TEAMS}"))
    executor.send(request(f"POST {TEAMS}", {"name": NAME}))
    assert len(failures(executor, "createTeam", "created_object_existed")) == 1
    assert not executor.permits(request(f"DELETE {TEAMS}/{OTHER}"))


@pytest.mark.parametrize(
    "error", [requests.ConnectionError("reset"), requests.ReadTimeout(), KeyboardInterrupt()], ids=repr
)
def test_the_object_of_a_lost_response_is_searched_for(
    error: BaseException, executor: Executor, server: Server
) -> None:
    server.replies.append(error)
    with pytest.raises(type(error)):
        executor.send(request(f"POST {TEAMS}", {"name": NAME}))
    assert [each.name for each in executor.world.ownership.creations.unresolved] == [NAME]


def test_a_response_that_is_too_large_is_a_failure(executor: Executor, server: Server) -> None:
    server.add(200, [], is_complete=False)
    executor.send(request(f"GET {TEAMS}"))
    assert failures(executor, "listTeams", "response_too_large") == ["the response has more than 64 MiB"]


def test_a_read_is_repeated_after_a_change(executor: Executor, server: Server) -> None:
    operation, values = API.by_id["listTeams"], {"org": "acme"}
    for _ in range(3):
        server.add(200, [])
    first = executor.read(operation, values)
    assert executor.read(operation, values) is first
    executor.send(request(f"PATCH {OWN}", {"name": "x"}))
    assert executor.read(operation, values) is not first


def test_five_failures_of_a_check_are_reported(executor: Executor, server: Server) -> None:
    server.add(200, [])
    exchange = executor.send(request(f"GET {TEAMS}"))
    for number in range(9):
        executor.report(Finding("check", f"{number}\x1b", exchange))
    assert failures(executor, "listTeams", "check") == [f"{number}\\x1b" for number in range(5)]
