"""The search of a cleanup for objects that lists show late, and for those of creations that a server repeats."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from tests.conformance.journal_support import CLUSTERS, ONE, PIPELINES, TWO, FakeServer, pipeline, reply
from tests.conformance.package_spec import SPEC
from tests.conformance.runner_support import Request, conform, mock_with
from tests.conformance.snapshots import differences, snapshot

from buildkite_rest.conformance.cleanup import Cleanup
from buildkite_rest.conformance.credentials import Secrets
from buildkite_rest.conformance.gate import Gate
from buildkite_rest.conformance.journal import Journal, read_journal
from buildkite_rest.conformance.leftovers import Cleaned
from buildkite_rest.conformance.permissions import OwnObjects, Permissions
from buildkite_rest.conformance.request_log import RequestLog
from buildkite_rest.mock import seeded_backend

URL = "http://127.0.0.1:1"
LATE = [2.0, 3.0]


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path / "journal.jsonl", URL)
    yield journal
    journal.close()


def clean(
    journal: Journal,
    send: Callable[[str, str], requests.Response],
    pause: Callable[[float], object] = lambda _: None,
    own: OwnObjects | None = None,
    *,
    is_run: bool = True,
) -> Cleaned:
    own = own or OwnObjects()
    return Cleanup(journal.entries(), SPEC, send, lambda _: None, own, journal, pause=pause, is_run=is_run).run()


def create(journal: Journal, name: str, key: str | None = None, *, collection: str = PIPELINES) -> int:
    operation = "createPipeline" if collection == PIPELINES else "createCluster"
    number = journal.creating(operation, collection, name)
    if key is not None:
        journal.created(number, f"{collection}/{key}", f"id-{key}", name)
    return number


@pytest.mark.parametrize("name", [ONE, f"{ONE} copy", ONE.upper()], ids=["same", "copy", "upper case"])
@pytest.mark.parametrize("was_deleted", [False, True])
def test_a_second_object_of_a_request_is_deleted_and_reported(name: str, was_deleted: bool, journal: Journal) -> None:
    create(journal, ONE, "a")
    server = FakeServer({f"{PIPELINES}/a": pipeline("a"), f"{PIPELINES}/b": pipeline("b", name)})
    server.objects[f"{PIPELINES}/web"] = pipeline("web", "Web")
    if was_deleted:
        del server.objects[f"{PIPELINES}/a"]
        journal.deleted(f"{PIPELINES}/a")
    cleaned = clean(journal, server.send)

    assert server.objects.keys() == {f"{PIPELINES}/web"}
    assert ([each.name for each in cleaned.repeated], cleaned.leftovers) == ([ONE], ())
    journal.close()
    assert read_journal(journal.path).created == ()


def test_a_second_object_that_cannot_be_deleted_is_listed(journal: Journal) -> None:
    create(journal, ONE, "a")
    server = FakeServer({f"{PIPELINES}/a": pipeline("a"), f"{PIPELINES}/b": pipeline("b")}, deletes=False)
    cleaned = clean(journal, server.send)

    reason = "it still exists, although DELETE gets 204"
    assert [(each.path, each.reason) for each in cleaned.leftovers] == [
        (f"{PIPELINES}/a", reason),
        (f"{PIPELINES}/b", reason),
    ]


def test_an_object_that_is_deleted_or_not_from_this_run_is_no_second_one(journal: Journal) -> None:
    """A list that shows a deleted object, an invitation that was revoked, and an object that existed before."""
    create(journal, ONE, "a")
    journal.existing("id-old")
    invitations = "/v2/organizations/acme/invitations"
    journal.creating("createOrganizationInvitations", invitations, TWO)
    server = FakeServer({f"{PIPELINES}/a": pipeline("a"), f"{PIPELINES}/old": pipeline("old")})
    revoked = {"id": "id-a", "email": f"{TWO}@example.com", "state": "revoked"}

    def send(method: str, path: str) -> requests.Response:
        if path.partition("?")[0] == PIPELINES:
            return reply(200, [pipeline("a"), pipeline("b"), pipeline("old")])
        if path.startswith(invitations):
            return reply(200, revoked if path == f"{invitations}/id-a" else [revoked])
        return server.send(method, path)

    cleaned = clean(journal, send, is_run=False)
    assert (server.deleted, cleaned.repeated, cleaned.leftovers) == ([f"DELETE {PIPELINES}/a"], (), ())


def test_an_object_of_a_lost_response_that_a_list_shows_late_is_deleted(journal: Journal) -> None:
    create(journal, ONE)
    create(journal, TWO, collection=CLUSTERS)
    server = FakeServer({"/v2/organizations/acme": {}})
    late = {f"{PIPELINES}/a": pipeline("a"), f"{CLUSTERS}/id-b": {"id": "id-b", "name": TWO}}
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if seconds == LATE[1]:
            server.objects |= late

    cleaned = clean(journal, server.send, pause)
    assert [each for each in pauses if each] == LATE  # once for both
    assert (cleaned.deleted, cleaned.repeated, cleaned.leftovers) == (2, (), ())


@pytest.mark.parametrize(
    ("status", "is_listed"),
    [(None, True), (502, True), (504, True), (522, True), (500, False), (503, False), (303, False), (0, False)],
)
@pytest.mark.parametrize("is_run", [True, False])
def test_an_object_that_no_list_shows_may_be_left(
    status: int | None, is_listed: bool, is_run: bool, journal: Journal
) -> None:
    """Later than the run, a list without the object proves that it does not exist."""
    number = create(journal, ONE)
    if status is not None:
        journal.unclear(number, status)
    cleaned = clean(journal, FakeServer({"/v2/organizations/acme": {}}).send, is_run=is_run)

    reason = f"createPipeline sent the name {ONE}: no object in the list has it"
    expected = [(PIPELINES, reason)] if is_listed and is_run else []
    assert [(each.path, each.reason) for each in cleaned.leftovers] == expected
    journal.close()
    assert [each.status for each in read_journal(journal.path).unresolved] == [status]


@pytest.mark.parametrize("is_late", [True, False])
def test_an_object_whose_id_leads_nowhere_is_searched_for(is_late: bool, journal: Journal) -> None:
    create(journal, ONE, "nowhere")
    server = FakeServer({"/v2/organizations/acme": {}})

    def pause(seconds: float) -> None:
        if is_late and seconds == LATE[0]:
            server.objects[f"{PIPELINES}/a"] = pipeline("a")

    cleaned = clean(journal, server.send, pause)
    left = [] if is_late else [PIPELINES]
    assert (cleaned.deleted, cleaned.repeated, [each.path for each in cleaned.leftovers]) == (int(is_late), (), left)
    assert [each.path for each in journal.entries().created] == ([] if is_late else [f"{PIPELINES}/nowhere"])


def test_an_object_that_the_run_has_read_is_gone_if_it_cannot_be_found(journal: Journal) -> None:
    create(journal, ONE, "a")
    own, pauses = OwnObjects(), list[float]()
    own.confirm(f"{PIPELINES}/a")
    cleaned = clean(journal, FakeServer({"/v2/organizations/acme": {}}).send, pauses.append, own)

    assert (cleaned.leftovers, pauses) == ((), [])


@pytest.mark.parametrize("is_deleted", [True, False])
def test_an_object_that_was_deleted_with_the_one_above_it_is_not_waited_for(is_deleted: bool, journal: Journal) -> None:
    """The pipeline is not one of the run."""
    schedules = f"{PIPELINES}/web/schedules"
    journal.created(journal.creating("createPipelineSchedule", schedules, ONE), f"{schedules}/a", "id-a", ONE)
    server, pauses = FakeServer({} if is_deleted else {f"{PIPELINES}/web": pipeline("web")}), list[float]()
    cleaned = clean(journal, server.send, pauses.append)

    assert (len(cleaned.leftovers), pauses) == ((0, []) if is_deleted else (1, LATE))


def test_a_cleanup_that_ends_early_lists_what_it_waits_for(journal: Journal) -> None:
    create(journal, ONE)
    send = FakeServer({"/v2/organizations/acme": {}}).send

    def pause(_: float) -> None:
        raise KeyboardInterrupt

    cleanup = Cleanup(journal.entries(), SPEC, send, lambda _: None, OwnObjects(), journal, pause=pause, is_run=True)
    with pytest.raises(KeyboardInterrupt):
        cleanup.run()
    assert [each.path for each in cleanup.ended("interrupted").leftovers] == [PIPELINES]


@pytest.mark.parametrize(
    ("error", "unresolved"),
    [
        (requests.ConnectionError(ConnectionRefusedError()), []),
        (requests.ConnectionError(OSError(errno.ENETUNREACH, "")), []),
        (requests.ConnectTimeout(), []),
        (requests.ConnectionError("reset"), [None]),
        (KeyboardInterrupt(), [0]),
    ],
    ids=["refused", "unreachable", "not connected", "lost", "interrupted"],
)
def test_the_journal_has_the_reason_for_an_unknown_result(
    error: BaseException, unresolved: list[int | None], journal: Journal
) -> None:
    gate = Gate(Permissions(SPEC), RequestLog(Secrets()), URL, journal)

    def fail() -> None:
        raise error

    with pytest.raises(type(error)):
        gate.send(fail, requests.Request("POST", f"{URL}{CLUSTERS}", json={"name": ONE}).prepare())
    assert [each.status for each in journal.entries().unresolved] == unresolved


@pytest.mark.parametrize("tag", ["clusters", "pipelines"])
def test_a_server_that_repeats_creations_is_cleaned_up_and_fails(tag: str, tmp_path: Path) -> None:
    backend = seeded_backend(1, builds=30)

    async def bug(request: Request, call: Any) -> Any:
        if request.matches("POST", CLUSTERS):
            await call(request)
        return await call(request)

    with mock_with(bug, backend) as url:
        before = snapshot(backend)
        options = ("--write", "--include-tag", tag, "--phases", "effects", "--seed", "1")
        run = conform(tmp_path, url, *options)

        assert differences(before, snapshot(backend)) == [], run.out
    assert run.status == 1
    message = f"POST {CLUSTERS}: the request has created more than one object with the name conformance-"
    if tag == "clusters":
        assert ("createCluster", "creation_repeated") in run.failures
    else:  # the operation is not one of those that are checked
        assert [each.startswith(message) for each in run.report["errors"]] == [True]
