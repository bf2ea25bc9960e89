"""The journal of a run, as it is written and read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from buildkite_rest.conformance.api import CannotRunError
from buildkite_rest.conformance.creations import (
    Created,
    Creation,
    CreationJournal,
    Deleted,
    Entries,
    Failed,
    Renamed,
    read_journal,
)
from buildkite_rest.conformance.credentials import Secrets
from buildkite_rest.conformance.names import RUN_ID

URL = "http://127.0.0.1:1"
PIPELINES = "/v2/organizations/acme/pipelines"
ONE, TWO = (f"conformance-{RUN_ID}-0000000{number}" for number in (1, 2))
HEAD = {"event": "buildkite-rest conformance journal", "version": 2, "base_url": URL}
CREATING = {"event": "creating", "request": 1, "operation": "createPipeline", "collection": PIPELINES, "name": None}
CREATED = {"event": "created", "request": 1, "path": f"{PIPELINES}/a", "id": "id-1"}


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[CreationJournal]:
    journal = CreationJournal(tmp_path / "journal.jsonl", Entries(URL), Secrets())
    yield journal
    journal.close()


def test_each_entry_is_in_the_file_at_once(journal: CreationJournal) -> None:
    assert not journal.is_written
    first = journal.creating("createPipeline", PIPELINES, ONE)
    journal.record(Created(first, f"{PIPELINES}/a", "id-1"))
    journal.record(Failed(journal.creating("createPipeline", PIPELINES, None)))
    second = journal.creating("createPipeline", PIPELINES, TWO)
    third = journal.creating("createBuild", f"{PIPELINES}/a/builds", None)
    journal.record(Created(third, f"{PIPELINES}/a/builds/1", None))
    journal.record(Renamed(f"{PIPELINES}/a", f"{PIPELINES}/b"))
    found = read_journal(journal.path)
    assert found == journal.entries
    assert found.objects == {
        f"{PIPELINES}/b": Created(first, f"{PIPELINES}/b", "id-1"),
        f"{PIPELINES}/b/builds/1": Created(third, f"{PIPELINES}/b/builds/1", None),
    }
    assert found.creations[first] == Creation(first, "createPipeline", PIPELINES, ONE)
    assert found.unresolved == {second: Creation(second, "createPipeline", PIPELINES, TWO)}


def test_what_is_below_a_deleted_object_is_gone(journal: CreationJournal) -> None:
    journal.record(Created(journal.creating("createPipeline", PIPELINES, ONE), f"{PIPELINES}/a", None))
    for key in "ab":
        journal.creating("createBuild", f"{PIPELINES}/{key}/builds", None)
    journal.record(Deleted(f"{PIPELINES}/a"))
    found = read_journal(journal.path)
    assert found.objects == {}
    assert [each.collection for each in found.unresolved.values()] == [f"{PIPELINES}/b/builds"]


def test_the_order_is_that_of_the_latest_creations(journal: CreationJournal) -> None:
    for key in "aba":
        journal.record(Created(journal.creating("createPipeline", PIPELINES, None), f"{PIPELINES}/{key}", f"id-{key}"))
    assert [*journal.entries.objects] == [f"{PIPELINES}/b", f"{PIPELINES}/a"]


def test_no_credential_is_written(tmp_path: Path) -> None:
    secrets = Secrets()
    secrets.add("Bearer bkua_0123456789")
    journal = CreationJournal(tmp_path / "journal.jsonl", Entries(URL), secrets)
    request = journal.creating("createPipeline", PIPELINES, ONE)
    journal.record(Created(request, f"{PIPELINES}/bkua_0123456789", "BKUA_0123456789"))
    journal.close()
    assert [(each.path, each.identity) for each in read_journal(journal.path).objects.values()] == [
        (f"{PIPELINES}/$TOKEN", "$TOKEN")
    ]
    assert "0123456789" not in journal.path.read_text()


def test_a_line_that_a_crash_has_cut_off_is_counted(journal: CreationJournal) -> None:
    journal.creating("createPipeline", PIPELINES, ONE)
    journal.close()
    with journal.path.open("a") as file:
        file.write('{"event": "crea')
    assert read_journal(journal.path).invalid == [3]
    later = CreationJournal(journal.path, read_journal(journal.path), Secrets(), is_new=False)
    later.record(Deleted(f"{PIPELINES}/x"))
    later.close()
    found = read_journal(journal.path)
    assert (len(found.unresolved), found.invalid) == (1, [3])


@pytest.mark.parametrize(
    "lines",
    [
        [{**CREATING, "request": "1"}],
        [CREATED],
        [CREATING, {**CREATED, "path": "/v2/organizations/acme/members/1"}],
        [CREATING, {**CREATED, "path": f"{PIPELINES}/.."}],
        [CREATING, {**CREATED, "path": f"{PIPELINES}/a/builds/1"}],
        [CREATING, {**CREATED, "id": []}],
        [CREATING, CREATED, {"event": "renamed", "path": f"{PIPELINES}/a", "to": "/v2/organizations/acme/teams/a"}],
        [None],
        [{"event": "other"}],
    ],
)
def test_lines_that_could_name_other_objects_are_skipped(lines: list[Any], tmp_path: Path) -> None:
    path = tmp_path / "journal"
    path.write_text("".join(f"{json.dumps(line)}\n" for line in (HEAD, *lines)))
    found = read_journal(path)
    assert found.invalid == [len(lines) + 1]
    assert {*found.objects} <= {f"{PIPELINES}/a"}


@pytest.mark.parametrize("damage", [b'{"event": "crea', b"\x00\x00", b"\xff\xfe", b"[" * 100_000, b'{"path": "\xff"}'])
def test_a_damaged_line_is_skipped_alone(damage: bytes, tmp_path: Path) -> None:
    path = tmp_path / "journal"
    path.write_bytes(b"\n".join([*(json.dumps(each).encode() for each in (HEAD, CREATING)), damage, b"", b""]))
    with path.open("a") as file:
        file.write(json.dumps(CREATED))
    found = read_journal(path)
    assert (len(found.objects), found.invalid) == (1, [3])


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is not a journal"),
        (b"{}\n", "is not a journal"),
        (b"\xff\xfe\n", "is not a journal"),
        (b"[" * 100_000, "is not a journal"),
        (json.dumps({**HEAD, "base_url": None}).encode(), "is not a journal"),
        (json.dumps({**HEAD, "version": 1}).encode(), "is a journal of another version of this program"),
    ],
)
def test_other_files_are_not_journals(content: bytes, problem: str, tmp_path: Path) -> None:
    (tmp_path / "journal").write_bytes(content)
    with pytest.raises(CannotRunError, match=f"{problem}$"):
        read_journal(tmp_path / "journal")


def test_a_journal_has_a_limited_size(tmp_path: Path) -> None:
    with (tmp_path / "journal").open("wb") as file:
        file.truncate(2**28 + 1)
    with pytest.raises(CannotRunError, match=r"journal is larger than 256 MiB$"):
        read_journal(tmp_path / "journal")


def test_two_runs_do_not_share_a_journal(journal: CreationJournal) -> None:
    journal.creating("createPipeline", PIPELINES, ONE)
    other = CreationJournal(journal.path, Entries(URL), Secrets())
    other.creating("createPipeline", PIPELINES, TWO)
    assert other.error is not None
    assert [each.name for each in other.entries.unresolved.values()] == [TWO]
    assert journal.path.read_text().count("creating") == 1
