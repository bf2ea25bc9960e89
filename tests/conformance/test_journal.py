"""The journal, and the cleanup after a crash."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from attrs import evolve

from buildkite_rest.conformance import cleanup_cli
from buildkite_rest.conformance.cleanup import Cleanup, check_access, roots_of, summary
from buildkite_rest.conformance.identities import name_in
from buildkite_rest.conformance.journal import Created, Entries, Journal, Unresolved, check_writable, read_journal
from buildkite_rest.conformance.names import RUN_ID
from buildkite_rest.conformance.permissions import OwnObjects
from buildkite_rest.conformance.spec import CannotRunError, Spec

SPEC = Spec.load(None)
PIPELINES = "/v2/organizations/acme/pipelines"
CLUSTERS = "/v2/organizations/acme/clusters"
ONE, TWO = (f"conformance-{RUN_ID}-0000000{number}" for number in (1, 2))
CREATE = Unresolved("createPipeline", PIPELINES, ONE)
HEAD = {
    "event": "buildkite-rest conformance journal",
    "version": 1,
    "run": "deadbeef",
    "base_url": "http://127.0.0.1:1",
}


def pipeline(key: str, name: str = ONE) -> dict[str, Any]:
    return {"id": f"id-{key}", "slug": key, "name": name}


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path / "journal.jsonl", "http://127.0.0.1:1")
    yield journal
    journal.close()


def test_a_journal_is_written_at_once_and_read(journal: Journal) -> None:
    assert not journal.exists
    first = journal.creating("createPipeline", PIPELINES, ONE)
    assert '"creating"' in journal.path.read_text()
    journal.created(first, f"{PIPELINES}/one", "id-1", ONE)
    journal.failed(journal.creating("createPipeline", PIPELINES, None), 422)
    journal.creating("createPipeline", PIPELINES, TWO)
    journal.changing(f"{PIPELINES}/one")
    journal.renamed(f"{PIPELINES}/one", f"{PIPELINES}/other")
    found = read_journal(journal.path)

    assert found == Entries(
        "http://127.0.0.1:1",
        (Created(f"{PIPELINES}/other", CREATE, "id-1", ONE, was_changed=True),),
        (Unresolved("createPipeline", PIPELINES, TWO),),
    )
    assert journal.entries() == found
    journal.creating("createBuild", f"{PIPELINES}/other/builds", None)
    journal.deleted(f"{PIPELINES}/other")
    after = read_journal(journal.path)
    assert (after.created, len(after.unresolved)) == ((), 1)


def test_a_new_object_takes_the_path_of_a_deleted_one(journal: Journal) -> None:
    for identity in ("id-1", "id-2"):
        journal.created(journal.creating("createPipeline", PIPELINES, None), f"{PIPELINES}/0", identity)

    assert [(each.path, each.identity) for each in journal.entries().created] == [(f"{PIPELINES}/0", "id-2")]


def test_a_line_that_a_crash_has_cut_off_is_reported(journal: Journal) -> None:
    journal.creating("createPipeline", PIPELINES, ONE)
    journal.close()
    with journal.path.open("a") as file:
        file.write('{"event": "crea')

    assert [str(each) for each in read_journal(journal.path).invalid] == [
        'line 3 is not an entry of a journal: {"event": "crea'
    ]
    later = Journal(journal.path, journal.base_url, is_new=False)
    later.deleted(f"{PIPELINES}/x")
    later.close()
    found = read_journal(journal.path)
    assert (len(found.unresolved), len(found.invalid)) == (1, 1)


def test_two_runs_do_not_share_a_journal(journal: Journal) -> None:
    journal.creating("createPipeline", PIPELINES, ONE)
    other = Journal(journal.path, journal.base_url)
    other.creating("createPipeline", PIPELINES, TWO)

    assert other.error is not None
    assert journal.path.read_text().count("creating") == 1
    with pytest.raises(CannotRunError, match="in use"):
        Journal(journal.path, journal.base_url, is_new=False).open()


@pytest.mark.parametrize(
    "lines",
    [
        [{"event": "creating", "request": 1, "operation": "createPipeline", "collection": PIPELINES, "name": name}]
        for name in ("", " ", "E", "conformance-deadbeef-1", "conformance-cafecafe-00000001")
    ]
    + [
        [{"event": "created", "request": 1, "path": f"{PIPELINES}/web"}],
        [
            {"event": "creating", "request": 1, "operation": "createPipeline", "collection": PIPELINES, "name": None},
            {"event": "created", "request": 1, "path": "/v2/organizations/acme/members/1"},
        ],
        [
            {"event": "creating", "request": 1, "operation": "createPipeline", "collection": PIPELINES, "name": None},
            {"event": "created", "request": 1, "path": f"{PIPELINES}/.."},
        ],
        [{"event": "renamed", "path": f"{PIPELINES}/a", "to": "/v2/organizations/acme/teams/b"}],
        [
            {"event": "creating", "request": 1, "operation": "createPipeline", "collection": PIPELINES, "name": None},
            {"event": "created", "request": 1, "path": f"{PIPELINES}/web", "name": []},
        ],
    ],
)
def test_lines_that_name_other_objects_are_skipped(lines: list[Any], tmp_path: Path) -> None:
    path = tmp_path / "journal"
    path.write_text("".join(f"{json.dumps(line)}\n" for line in (HEAD, *lines)))

    found = read_journal(path)

    assert (found.created, [each.number for each in found.invalid]) == ((), [len(lines) + 1])


@pytest.mark.parametrize(
    "damage",
    [b"null", b'{"event": "crea', b"\x00\x00", b"\xff\xfe", b'{"event": "created", "request": 9, "path": "\xff"}'],
)
def test_the_rest_of_a_damaged_journal_is_cleaned_up(
    damage: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    server = FakeServer(
        {"/v2/organizations/acme": {}, f"{PIPELINES}/a": pipeline("a"), f"{PIPELINES}/b": pipeline("b")}
    )
    monkeypatch.setattr(cleanup_cli, "sender", lambda *_: server.send)
    journal = Journal(tmp_path / "mid.jsonl", "http://127.0.0.1:1")
    for key in "ab":
        journal.created(journal.creating("createPipeline", PIPELINES, ONE), f"{PIPELINES}/{key}", f"id-{key}", ONE)
    journal.close()
    lines = journal.path.read_bytes().splitlines()
    journal.path.write_bytes(b"\n".join([*lines[:3], damage, b"", *lines[3:], b""]))
    status = cleanup_cli.main([str(journal.path), "--token", "x"], "cleanup")
    out, err = capsys.readouterr()

    assert (status, err, len(server.deleted)) == (1, "", 2)
    assert "cleanup: 2 objects deleted\n" in out
    assert f"{journal.path}: line 4 is not an entry of a journal: " in out
    assert out.count("may be left behind") == 1


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}\n",
        b"\xff\xfe\n",
        b"[" * 100_000,
        b'{"event": "buildkite-rest conformance journal"}\n',
        b'{"event": "buildkite-rest conformance journal", "version": 2, "base_url": "x"}\n',
        b'{"event": "buildkite-rest conformance journal", "version": 1, "base_url": "x"}\n{"event": "created"}\n',
    ],
)
def test_what_is_not_a_journal_is_one_line(content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "journal"
    path.write_bytes(content)
    status = cleanup_cli.main([str(path), "--token", "x"], "conformance cleanup")

    assert status == 2
    assert re.fullmatch(r"conformance cleanup: .*journal.*\n", capsys.readouterr().err)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "is of https://evil.example. Pass that, or the URL that the server has now, as --base-url to confirm it."),
        (["--base-url", "http://127.0.0.1:1"], "cleanup: the server cannot be reached: connection refused. Repeat"),
        (["--base-url", "nonsense"], "--base-url is not a URL"),
        (["--base-url", "http://127.0.0.1:1?x"], "--base-url must be a URL such as"),
    ],
)
def test_the_journal_of_another_server_is_refused(
    arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    journal = Journal(tmp_path / "journal", "https://evil.example")
    journal.creating("createPipeline", PIPELINES, ONE)
    journal.close()

    assert cleanup_cli.main([str(journal.path), "--token", "x", *arguments], "cleanup") == 2
    assert message in capsys.readouterr().err


def test_a_missing_journal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cleanup_cli.main([str(tmp_path / "none"), "--token", "x"], "cleanup") == 2
    assert capsys.readouterr().err == f"cleanup: {tmp_path / 'none'} cannot be read: No such file or directory\n"


@pytest.mark.parametrize("name", ["/dev/zero", "fifo"])
def test_a_journal_is_a_regular_file(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / name
    if name == "fifo":
        os.mkfifo(path)

    assert cleanup_cli.main([str(path), "--token", "x"], "cleanup") == 2
    assert capsys.readouterr().err == f"cleanup: {path} is not a regular file\n"


def test_a_journal_has_a_limited_size(tmp_path: Path) -> None:
    with (tmp_path / "journal").open("wb") as file:
        file.truncate(2**28 + 1)
    with pytest.raises(CannotRunError, match=r"journal is larger than 256 MiB$"):
        read_journal(tmp_path / "journal")


@pytest.mark.parametrize(
    ("objects", "expected"),
    [
        ([pipeline("a")], (0, "cleanup: 1 object deleted\n")),
        ([pipeline("a", "Web")], (1, "left behind: ")),
        ([], (1, "is at http://127.0.0.1:2. Its run was at http://127.0.0.1:1: check --base-url.\n")),
    ],
)
def test_a_server_that_has_moved_is_cleaned_up(
    objects: list[Any],
    expected: tuple[int, str],
    journal: Journal,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    server = FakeServer({"/v2/organizations/acme": {}, **{f"{PIPELINES}/a": each for each in objects}})
    monkeypatch.setattr(cleanup_cli, "sender", lambda *_: server.send)
    journal.created(journal.creating("createPipeline", PIPELINES, ONE), f"{PIPELINES}/a", "id-a", ONE)
    journal.close()
    status, message = expected
    arguments = [str(journal.path), "--token", "x", "--base-url", "http://127.0.0.1:2/"]

    assert cleanup_cli.main(arguments, "cleanup") == status
    assert message in capsys.readouterr().out
    assert len(read_journal(journal.path).created) == status


def test_an_existing_file_is_not_a_new_journal(tmp_path: Path) -> None:
    (tmp_path / "journal").touch()
    with pytest.raises(CannotRunError, match="exists"):
        check_writable(tmp_path / "journal", is_new=True)
    with pytest.raises(CannotRunError, match="cannot be written"):
        check_writable(tmp_path / "none" / "journal", is_new=True)


class FakeServer:
    """A server with objects by path, which deletes parents last."""

    def __init__(self, objects: dict[str, Any], *, deletes: bool = True) -> None:
        self.objects = objects
        self.deletes = deletes
        self.sent: list[str] = []

    def send(self, method: str, path: str) -> requests.Response:
        self.sent.append(f"{method} {path}")
        path = path.partition("?")[0]
        items = [each for key, each in self.objects.items() if key.rpartition("/")[0] == path]
        if method == "GET":
            is_list = path.endswith(("/pipelines", "/clusters", "/queues", "/invitations"))
            found = items if is_list else self.objects.get(path)
            return reply(404 if found is None else 200, found)
        if any(each.startswith(f"{path}/") for each in self.objects):
            return reply(422)
        if path not in self.objects:
            return reply(404)
        if self.deletes:
            del self.objects[path]
        return reply(204)

    @property
    def deleted(self) -> list[str]:
        return [each for each in self.sent if each.startswith("DELETE")]


def reply(status: int, body: Any = None) -> requests.Response:
    response = requests.Response()
    response.status_code = status
    response._content = json.dumps(body).encode()
    return response


def created(path: str, *, operation: str = "createPipeline", was_changed: bool = False) -> Created:
    collection, _, key = path.rpartition("/")
    return Created(path, Unresolved(operation, collection, ONE), f"id-{key}", ONE, was_changed)


def clean(journal: Journal, server: FakeServer, *objects: Created, unresolved: tuple[Unresolved, ...] = ()) -> Any:
    entries = Entries("", objects, unresolved)
    return Cleanup(entries, SPEC, server.send, lambda _: None, OwnObjects(), journal, pause=lambda _: None).run()


def test_the_newest_objects_are_deleted_first_and_children_with_their_parents(journal: Journal) -> None:
    cluster, web = f"{CLUSTERS}/a", f"{PIPELINES}/b"
    server = FakeServer({cluster: {"id": "id-a", "name": ONE}, web: pipeline("b")})
    schedule = created(f"{web}/schedules/c", operation="createPipelineSchedule")
    cleaned = clean(journal, server, created(cluster, operation="createCluster"), created(web), schedule)

    assert server.deleted == [f"DELETE {web}", f"DELETE {cluster}"]
    assert (cleaned.deleted, cleaned.leftovers) == (2, ())


def test_children_that_prevent_a_deletion_are_deleted_before(journal: Journal) -> None:
    cluster, queue = f"{CLUSTERS}/a", f"{CLUSTERS}/a/queues/b"
    server = FakeServer({cluster: {"id": "id-a", "name": ONE}, queue: {"id": "id-b", "key": ONE}})
    objects = created(cluster, operation="createCluster"), created(queue, operation="createClusterQueue")

    assert clean(journal, server, *objects).leftovers == ()
    assert server.objects == {}


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        ({"id": "id-other", "slug": "a", "name": ONE}, "another object has this path"),
        (pipeline("a", "Web"), "it does not have the name in the journal"),
        (pipeline("a", f"{ONE}0 mine"), "it does not have the name in the journal"),
    ],
)
def test_an_object_that_may_be_another_is_left(found: Any, reason: str, journal: Journal) -> None:
    server = FakeServer({f"{PIPELINES}/a": found})
    cleaned = clean(journal, server, created(f"{PIPELINES}/a"))

    assert (server.deleted, [each.reason for each in cleaned.leftovers]) == ([], [reason])


def test_a_changed_object_is_recognized_by_its_id(journal: Journal) -> None:
    server = FakeServer({f"{PIPELINES}/new": {**pipeline("a", "Ada"), "slug": "new"}})
    cleaned = clean(journal, server, created(f"{PIPELINES}/a", was_changed=True))

    assert (server.objects, cleaned.deleted, cleaned.leftovers) == ({}, 1, ())


def test_an_object_that_a_deletion_leaves_is_reported(journal: Journal) -> None:
    server = FakeServer({f"{PIPELINES}/a": pipeline("a")}, deletes=False)
    cleaned = clean(journal, server, created(f"{PIPELINES}/a"))

    assert [each.reason for each in cleaned.leftovers] == ["it still exists, although DELETE gets 204"]


def test_a_server_that_deletes_nothing_is_not_waited_for_each_time(journal: Journal) -> None:
    paths = [f"{PIPELINES}/a{number}" for number in range(30)]
    server = FakeServer({path: pipeline(path.rpartition("/")[2]) for path in paths}, deletes=False)
    pauses: list[float] = []
    entries = Entries("", tuple(map(created, paths)), ())
    cleaned = Cleanup(entries, SPEC, server.send, lambda _: None, OwnObjects(), journal, pause=pauses.append).run()

    assert (len(cleaned.leftovers), sum(pauses)) == (30, 10.0)


def test_an_invitation_that_was_revoked_is_gone(journal: Journal) -> None:
    path = "/v2/organizations/acme/invitations/a"
    server = FakeServer({path: {"id": "id-a", "email": f"{ONE}@example.com", "state": "revoked"}})
    cleaned = clean(journal, server, created(path, operation="createOrganizationInvitations"))

    assert (server.deleted, cleaned.leftovers) == ([], ())


def test_what_the_api_cannot_delete_is_reported(journal: Journal) -> None:
    builds = f"{PIPELINES}/web/builds"
    server = FakeServer({})
    build = created(f"{builds}/1", operation="createBuild")
    cleaned = clean(journal, server, build, unresolved=(Unresolved("createX", builds, None),))

    assert [str(each) for each in cleaned.leftovers] == [
        f"{builds} (createX sent no name: its result is unknown)",
        f"{builds}/1 (the API cannot delete it)",
    ]


def test_objects_of_requests_without_a_result_are_found_by_their_whole_name(journal: Journal) -> None:
    mine = {key: pipeline(key, name) for key, name in {"web": "Web", "one": ONE, "ten": f"{ONE}0"}.items()}
    server = FakeServer({f"{PIPELINES}/{key}": each for key, each in mine.items()})
    found = clean(journal, server, unresolved=(CREATE,))

    assert server.objects.keys() == {f"{PIPELINES}/web", f"{PIPELINES}/ten"}
    assert (found.deleted, found.leftovers) == (1, ())


ACCEPTED = Unresolved("createPipeline", PIPELINES, ONE, was_accepted=True)


@pytest.mark.parametrize("name", [ONE.upper(), f"My {ONE} (1)", f"old-{ONE}"], ids=["upper case", "longer", "prefix"])
def test_an_object_with_a_changed_form_of_the_name_is_deleted(name: str, journal: Journal) -> None:
    server = FakeServer({f"{PIPELINES}/web": pipeline("web", "Web"), f"{PIPELINES}/one": pipeline("one", name)})
    number = journal.creating("createPipeline", PIPELINES, ONE)
    journal.accepted(number, 201)
    found = clean(journal, server, unresolved=journal.entries().unresolved)

    assert server.objects.keys() == {f"{PIPELINES}/web"}
    assert (found.deleted, found.leftovers) == (1, ())
    journal.close()
    after = read_journal(journal.path)
    assert (after.created, after.unresolved, after.invalid) == ((), (), ())


def test_an_accepted_request_without_an_object_may_have_left_one(journal: Journal) -> None:
    server = FakeServer({f"{PIPELINES}/web": pipeline("web", "Web"), "/v2/organizations/acme": {}})
    found = clean(journal, server, unresolved=(ACCEPTED, evolve(ACCEPTED, name=TWO)))

    assert (server.deleted, found.deleted) == ([], 0)
    assert summary(found)[1:] == [
        f"may be left behind: {PIPELINES} (createPipeline sent the name {name}: no object in the list has it)"
        for name in (ONE, TWO)
    ]


def test_an_object_that_existed_is_left_whatever_its_name(journal: Journal) -> None:
    server = FakeServer({f"{PIPELINES}/one": pipeline("one"), "/v2/organizations/acme": {}})
    journal.accepted(journal.creating("createPipeline", PIPELINES, ONE), 201)
    journal.existing("id-one")
    entries = journal.entries()
    journal.close()
    assert read_journal(journal.path) == entries
    found = Cleanup(entries, SPEC, server.send, lambda _: None, OwnObjects(), journal, pause=lambda _: None).run()

    assert (server.deleted, len(found.leftovers)) == ([], 1)


@pytest.mark.parametrize(
    ("status", "problem"),
    [
        (200, None),
        (403, None),
        (401, "no access to the organization acme"),
        (404, "no access to the organization acme"),
        (429, r"limits the rate of requests: GET /v2/organizations/acme gets 429\. Repeat the command later\.$"),
        (503, r"^the server fails: GET /v2/organizations/acme gets 503\. Repeat the command later\.$"),
        (302, "is not the Buildkite REST API: GET /v2/organizations/acme gets 302"),
    ],
)
def test_a_cleanup_needs_access_to_the_organization(status: int, problem: str | None) -> None:
    entries = Entries("", (), (CREATE,))
    if problem is None:
        check_access(entries, SPEC, lambda method, path: reply(status))
    else:
        with pytest.raises(CannotRunError, match=problem):
            check_access(entries, SPEC, lambda method, path: reply(status))


def test_a_server_that_does_not_respond_ends_a_cleanup(journal: Journal) -> None:
    sent: list[str] = []

    def send(method: str, path: str) -> requests.Response:
        sent.append(path)
        raise requests.ReadTimeout

    objects = tuple(created(f"{PIPELINES}/{key}") for key in "abcd")
    build = created("/v2/organizations/acme/pipelines/web/builds/1", operation="createBuild")
    entries = Entries("", (*objects, build), (Unresolved("createCluster", CLUSTERS, ONE),))
    cleaned = Cleanup(entries, SPEC, send, lambda _: None, OwnObjects(), journal, pause=lambda _: None).run()

    assert len(sent) == 2
    assert cleaned.end == "the server did not respond to 2 requests within 10 s each"
    assert [each.reason for each in cleaned.leftovers] == [
        f"createCluster sent the name {ONE}: timed out",
        *("not deleted", "not deleted", "not deleted", "not deleted"),
        "the API cannot delete it",
    ]


def test_an_interrupted_cleanup_lists_what_is_left(journal: Journal) -> None:
    server = FakeServer({f"{PIPELINES}/{key}": pipeline(key) for key in "abc"})

    def send(method: str, path: str) -> requests.Response:
        if server.deleted:
            raise KeyboardInterrupt
        return server.send(method, path)

    entries = Entries("", tuple(created(f"{PIPELINES}/{key}") for key in "abc"), (CREATE,))
    cleanup = Cleanup(entries, SPEC, send, lambda _: None, OwnObjects(), journal, pause=lambda _: None)
    before = cleanup.ended("early")
    cleanup.leftovers.clear()
    with pytest.raises(KeyboardInterrupt):
        cleanup.run()
    after = cleanup.ended("interrupted")

    assert [(each.path, each.reason) for each in before.leftovers][-1] == (
        PIPELINES,
        f"createPipeline sent the name {ONE}: the cleanup ended before the search for it",
    )
    assert len(before.leftovers) == 4
    assert [each.path[-1] for each in after.leftovers] == ["a", "b", "c"]
    assert summary(after)[0] == "cleanup: 0 objects deleted, then ended: interrupted"


def test_an_object_that_was_seen_before_is_not_own() -> None:
    own, known = OwnObjects(), "01920000-0000-7000-8000-000000000001"
    own.see(json.dumps([{"id": known}]), [f"{PIPELINES}/web"])

    assert own.existed(f"{PIPELINES}/web")
    assert own.existed(f"{PIPELINES}/other", {"id": known})
    assert not own.existed(f"{PIPELINES}/new", {"id": known.replace("1", "2")})
    own.add(f"{PIPELINES}/x", {"id": known})
    assert known not in own.ids


def test_roots_and_names() -> None:
    assert [*roots_of(["/a/b", "/a", "/ab", "/a"])] == ["/a", "/ab"]
    assert name_in({"description": ONE}, [ONE]) == ONE
    assert name_in({"email": f"{ONE}@example.com"}, [ONE]) == ONE
    assert name_in({"name": f"x {ONE}"}, [ONE]) is None
    assert name_in({"name": None}, [ONE]) is None
