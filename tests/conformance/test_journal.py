"""The journal of a run, as it is written and read."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.conformance.journal_support import CREATE, ONE, PIPELINES, TWO, FakeServer, pipeline

from buildkite_rest.conformance import cleanup_cli, cleanup_command
from buildkite_rest.conformance.credentials import Secrets
from buildkite_rest.conformance.journal import Created, Entries, Journal, Unresolved, check_writable, read_journal
from buildkite_rest.conformance.spec import CannotRunError

HEAD = {
    "event": "buildkite-rest conformance journal",
    "version": 1,
    "run": "deadbeef",
    "base_url": "http://127.0.0.1:1",
}


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
        named=(CREATE, Unresolved("createPipeline", PIPELINES, TWO)),
    )
    assert journal.entries() == found
    journal.creating("createBuild", f"{PIPELINES}/other/builds", None)
    journal.deleted(f"{PIPELINES}/other")
    after = read_journal(journal.path)
    assert (after.created, len(after.unresolved)) == ((), 1)


def test_a_credential_is_not_written(tmp_path: Path) -> None:
    secrets = Secrets()
    secrets.add("Bearer bkua_0123456789")
    journal = Journal(tmp_path / "journal.jsonl", "http://127.0.0.1:1", secrets=secrets)
    request = journal.creating("createPipeline", PIPELINES, ONE)
    journal.created(request, f"{PIPELINES}/bkua_0123456789", "BKUA_0123456789", ONE)
    journal.close()

    (found,) = read_journal(journal.path).created
    assert (found.path, found.identity) == (f"{PIPELINES}/$TOKEN", "$TOKEN")
    assert "0123456789" not in journal.path.read_text()


def test_another_name_is_written_for_messages(journal: Journal) -> None:
    journal.creating("createPipeline", PIPELINES, None, "Web" * 100)
    (found,) = read_journal(journal.path).unresolved

    assert found.name is None
    assert str(found.other_name).startswith("WebWeb")
    assert len(str(found.other_name)) <= 101


def test_a_new_object_takes_the_path_of_a_deleted_one(journal: Journal) -> None:
    for identity in ("id-1", "id-2"):
        journal.created(journal.creating("createPipeline", PIPELINES, None), f"{PIPELINES}/0", identity)

    assert [(each.path, each.identity) for each in journal.entries().created] == [(f"{PIPELINES}/0", "id-2")]


def test_refused_requests_below_a_deleted_object_are_settled(journal: Journal) -> None:
    for collection in (PIPELINES, f"{PIPELINES}/a/schedules", f"{PIPELINES}/b/schedules"):
        journal.failed(journal.creating("createPipelineSchedule", collection, ONE), 422)
    journal.deleted(f"{PIPELINES}/a")

    assert [each.collection for each in journal.entries().refused] == [PIPELINES, f"{PIPELINES}/b/schedules"]
    assert journal.entries().unresolved == ()


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
    monkeypatch.setattr(cleanup_command, "sender", lambda *_: server.send)
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
    monkeypatch.setattr(cleanup_command, "sender", lambda *_: server.send)
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
