"""The command `conformance cleanup`, against a mock server."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from buildkite_rest import Buildkite
from buildkite_rest.conformance.cli import main
from buildkite_rest.conformance.creations import Created, CreationJournal, Entries, read_journal
from buildkite_rest.conformance.credentials import Secrets
from buildkite_rest.conformance.names import unique_name
from buildkite_rest.mock import MockServer

TEAMS = "/v2/organizations/acme/teams"
ELSEWHERE = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def server() -> Iterator[MockServer]:
    with MockServer(builds=0) as server:
        yield server


def clean_up(path: Path, *arguments: str) -> int:
    return main(["cleanup", str(path), "--token", MockServer.token, *arguments], "conf")


def journal_of(path: Path, server: MockServer, url: str) -> CreationJournal:
    """Create a team as a run does, and write its journal."""
    journal, name = CreationJournal(path / "journal.jsonl", Entries(url), Secrets()), unique_name()
    number = journal.creating("createTeam", TEAMS, name)
    with Buildkite(server.token, base_url=server.url) as client:
        team = client.teams.create(
            "acme", name=name, privacy="visible", is_default_team=False, default_member_role="member"
        )
    journal.record(Created(number, f"{TEAMS}/{team.id}", team.id))
    journal.close()
    return journal


def test_what_a_run_has_left_is_deleted_once(
    server: MockServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    journal = journal_of(tmp_path, server, server.url)
    assert [clean_up(journal.path), clean_up(journal.path)] == [0, 0]
    _, *lines = capsys.readouterr().out.splitlines()
    assert lines == ["cleanup: 1 object deleted", "cleanup: 0 objects deleted"]


def test_a_damaged_line_is_listed(server: MockServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    journal = journal_of(tmp_path, server, server.url)
    with journal.path.open("ab") as file:
        file.write(b"\xff\n")
    assert clean_up(journal.path) == 1
    message = f"{journal.path}: line 4 is not an entry. An object that it named may be left behind.\n"
    assert capsys.readouterr().out.endswith(f"\ncleanup: 1 object deleted\n{message}")


def test_a_server_that_has_moved(server: MockServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    journal = journal_of(tmp_path, server, ELSEWHERE)
    content = journal.path.read_bytes()
    assert clean_up(journal.path, "--base-url", f"{server.url}/") == 0
    assert read_journal(journal.path).objects == {}
    journal.path.write_bytes(content)
    assert clean_up(journal.path, "--base-url", server.url) == 1
    message = f"no object in {journal.path} is at {server.url}. Its run was at {ELSEWHERE}: check --base-url.\n"
    assert capsys.readouterr().out.endswith(message)


@pytest.mark.parametrize(
    ("url", "arguments", "message"),
    [
        ("https://evil.example", [], "is of https://evil.example. Pass that, or the URL that the server has now, as"),
        ("https://evil.example", ["--base-url", ELSEWHERE], f"{ELSEWHERE} cannot be reached: connection refused"),
        (ELSEWHERE, ["--base-url", "nonsense"], "--base-url must be a URL such as"),
        (ELSEWHERE, ["--base-url", f"{ELSEWHERE}?x"], "--base-url must be a URL such as"),
        (ELSEWHERE, ["--base-url", "http://evil.example"], "would receive the token unencrypted. Use https://."),
    ],
)
def test_a_journal_does_not_decide_which_server_gets_the_token(
    url: str, arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    journal = CreationJournal(tmp_path / "journal", Entries(url), Secrets())
    journal.creating("createTeam", TEAMS, None)
    journal.close()
    assert clean_up(journal.path, *arguments) == 2
    assert message in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="no such files")
@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("none", "cannot be read: No such file or directory"),
        *((x, "is not a regular file") for x in ("/dev/zero", "fifo")),
    ],
)
def test_a_journal_is_a_regular_file(
    name: str, problem: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / name
    if name == "fifo":
        os.mkfifo(path)
    assert clean_up(path) == 2
    assert capsys.readouterr().err == f"conf cleanup: {path} {problem}\n"
