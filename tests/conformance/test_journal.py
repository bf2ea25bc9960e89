"""The journal, and the cleanup after a crash."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from buildkite_rest.conformance import cleanup_cli
from buildkite_rest.conformance.cleanup import Cleanup, has_name, roots_of
from buildkite_rest.conformance.journal import Entries, Journal, Unresolved, check_writable, read_journal
from buildkite_rest.conformance.permissions import OwnObjects
from buildkite_rest.conformance.spec import CannotRunError, Spec

SPEC = Spec.load(None)
PIPELINES = "/v2/organizations/acme/pipelines"


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path / "journal.jsonl", "http://127.0.0.1:1")
    yield journal
    journal.close()


def test_a_journal_is_written_at_once_and_read(journal: Journal) -> None:
    assert not journal.exists
    first = journal.creating("createPipeline", PIPELINES, "conformance-1")
    assert '"creating"' in journal.path.read_text()
    journal.created(first, f"{PIPELINES}/conformance-1")
    journal.created(first, f"{PIPELINES}/conformance-1/builds/1")
    journal.failed(journal.creating("createPipeline", PIPELINES, None), 422)
    journal.creating("createPipeline", PIPELINES, "conformance-2")
    journal.renamed(f"{PIPELINES}/conformance-1", f"{PIPELINES}/other")
    found = read_journal(journal.path)

    assert found == Entries(
        "http://127.0.0.1:1",
        (f"{PIPELINES}/other", f"{PIPELINES}/other/builds/1"),
        (Unresolved("createPipeline", PIPELINES, "conformance-2"),),
    )
    journal.creating("createBuild", f"{PIPELINES}/other/builds", None)
    journal.deleted(f"{PIPELINES}/other")
    after = read_journal(journal.path)
    assert (after.paths, len(after.unresolved)) == ((), 1)


def test_a_line_that_a_crash_has_cut_off_is_ignored(journal: Journal) -> None:
    journal.creating("createPipeline", PIPELINES, "conformance-1")
    with journal.path.open("a") as file:
        file.write('{"event": "crea')

    assert len(read_journal(journal.path).unresolved) == 1
    later = Journal(journal.path, journal.base_url)
    later.deleted(PIPELINES)
    later.close()
    assert len(read_journal(journal.path).unresolved) == 1
    assert journal.path.read_text().count("\n") == 3


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
        ([], "is of https://evil.example. Pass that as --base-url"),
        (["--base-url", "http://127.0.0.1:1"], "is of another server: https://evil.example"),
        (["--base-url", "nonsense"], "--base-url is not a URL"),
    ],
)
def test_the_journal_of_another_server_is_refused(
    arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    journal = Journal(tmp_path / "journal", "https://evil.example")
    journal.creating("createPipeline", PIPELINES, "x")
    journal.close()

    assert cleanup_cli.main([str(journal.path), "--token", "x", *arguments], "cleanup") == 2
    assert message in capsys.readouterr().err


def test_a_missing_journal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cleanup_cli.main([str(tmp_path / "none"), "--token", "x"], "cleanup") == 2
    assert capsys.readouterr().err == f"cleanup: {tmp_path / 'none'}: No such file or directory\n"


def test_an_existing_file_is_not_a_new_journal(tmp_path: Path) -> None:
    (tmp_path / "journal").touch()
    with pytest.raises(CannotRunError, match="exists"):
        check_writable(tmp_path / "journal", is_new=True)
    with pytest.raises(CannotRunError, match="cannot be written"):
        check_writable(tmp_path / "none" / "journal", is_new=True)


class FakeServer:
    """A server that deletes what it has, parents last."""

    def __init__(self, paths: set[str], items: list[Any] | None = None) -> None:
        self.paths = paths
        self.items = items or []
        self.sent: list[str] = []

    def send(self, method: str, path: str) -> requests.Response:
        self.sent.append(f"{method} {path}")
        response = requests.Response()
        if method == "GET":
            response.status_code = 200
            response._content = json.dumps(self.items).encode()
        elif any(each.startswith(f"{path}/") for each in self.paths):
            response.status_code = 422
        else:
            response.status_code = 204 if path in self.paths else 404
            self.paths.discard(path)
        return response


def clean(journal: Journal, server: FakeServer, *paths: str, unresolved: tuple[Unresolved, ...] = ()) -> Any:
    entries = Entries("", paths, unresolved)
    return Cleanup(entries, SPEC, server.send, lambda _: None, OwnObjects(), journal).run()


def test_the_newest_objects_are_deleted_first_and_children_with_their_parents(journal: Journal) -> None:
    cluster, pipeline = "/v2/organizations/acme/clusters/a", f"{PIPELINES}/b"
    server = FakeServer({cluster, pipeline})
    cleaned = clean(journal, server, cluster, pipeline, f"{pipeline}/schedules/c")

    assert server.sent == [f"DELETE {pipeline}", f"DELETE {cluster}"]
    assert (cleaned.deleted, cleaned.leftovers) == (2, ())


def test_children_that_prevent_a_deletion_are_deleted_before(journal: Journal) -> None:
    cluster = "/v2/organizations/acme/clusters/a"
    server = FakeServer({cluster, f"{cluster}/queues/b"})

    assert clean(journal, server, cluster, f"{cluster}/queues/b").leftovers == ()
    assert server.paths == set()


def test_what_remains_is_reported(journal: Journal) -> None:
    builds = f"{PIPELINES}/web/builds"
    server = FakeServer({f"{PIPELINES}/a", f"{PIPELINES}/a/x"})
    cleaned = clean(
        journal,
        server,
        f"{PIPELINES}/a",
        f"{builds}/1",
        f"{PIPELINES}/..",
        unresolved=(Unresolved("createX", builds, None),),
    )

    assert [str(each) for each in cleaned.leftovers] == [
        f"{builds} (createX sent no name, and got no result)",
        f"{PIPELINES}/.. (not a path of an object)",
        f"{builds}/1 (the API cannot delete it)",
        f"{PIPELINES}/a (DELETE gets 422)",
    ]
    assert all(".." not in each for each in server.sent)


def test_objects_of_requests_without_a_result_are_found_by_name(journal: Journal) -> None:
    server = FakeServer(
        {f"{PIPELINES}/mine", f"{PIPELINES}/web"},
        [{"slug": "web", "name": "Web"}, {"slug": "mine", "name": "conformance-1"}, None],
    )
    found = clean(journal, server, unresolved=(Unresolved("createPipeline", PIPELINES, "conformance-1"),))

    assert server.paths == {f"{PIPELINES}/web"}
    assert (found.deleted, found.leftovers) == (1, ())


def test_roots_and_names() -> None:
    assert [*roots_of(["/a/b", "/a", "/ab", "/a"])] == ["/a", "/ab"]
    assert has_name({"description": "x conformance-1"}, ["conformance-1"])
    assert not has_name({"name": None}, ["conformance-1"])
