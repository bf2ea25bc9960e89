import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.unit.examples.scripts import EXAMPLES, load

from buildkite_rest import AsyncBuildkite, Buildkite
from buildkite_rest.mock import MockServer, clock_from

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def seeded():
    """A client of the data that each script with `--mock` has. Nobody changes it."""
    with (
        MockServer(clock=clock_from(NOW)) as server,
        Buildkite(server.token, base_url=server.url, strict=True) as client,
    ):
        yield client


@pytest.fixture
def server():
    """A mock server for one test, at the moment at which its builds end."""
    with MockServer(clock=NOW.timestamp) as server:
        yield server


@pytest.fixture
def client(server):
    with Buildkite(server.token, base_url=server.url, strict=True) as client:
        yield client


@pytest.fixture
def main(server, monkeypatch, tmp_path, capsys):
    """Runs a short script in this process and in an empty folder, and returns the lines that it prints.

    Its clients use the mock server, in virtual time.
    """
    monkeypatch.setenv("BUILDKITE_API_TOKEN", server.token)
    monkeypatch.setenv("BUILDKITE_REST_URL", server.url)
    for client in (Buildkite, AsyncBuildkite):
        monkeypatch.setitem(client.__init__.__kwdefaults__, "timing", server.timing)
    monkeypatch.syspath_prepend(EXAMPLES)
    monkeypatch.chdir(tmp_path)

    def run_main(name, *arguments):
        monkeypatch.setattr("sys.argv", [f"{name}.py", *map(str, arguments)])
        load(name).main()
        return capsys.readouterr().out.splitlines()

    return run_main


@pytest.fixture
def closed_pipe():
    """The writing end of a pipe that nobody reads."""
    reader, writer = os.pipe()
    os.close(reader)
    yield writer
    os.close(writer)


@pytest.fixture
def full_disk():
    """A file on a disk without space."""
    if not Path("/dev/full").exists():
        pytest.skip("no device that is always full")
    with Path("/dev/full").open("w") as file:
        yield file
