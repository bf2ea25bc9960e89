"""The examples do what they say."""

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples/download_build.py"


def run(*arguments):
    return subprocess.run(
        [sys.executable, EXAMPLE, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=60
    )


@pytest.fixture(scope="module")
def number():
    """A build of the mock server, the same on every run, that has artifacts."""
    from buildkite_rest import Buildkite
    from buildkite_rest.mock import MockServer

    with MockServer() as server, Buildkite(server.token, base_url=server.url) as client:
        for build in client.builds.list("acme", "web", state=["passed"], max_items=20):
            if list(client.artifacts.list("acme", "web", build.number, state="finished")):
                return build.number
    raise AssertionError("no build has artifacts")


def test_download_build(tmp_path, number):
    done = run("acme", "web", number, "--to", tmp_path, "--mock")
    assert (done.returncode, f"acme/web #{number}" in done.stderr) == (0, True), done.stderr
    written = {str(path) for path in tmp_path.rglob("*") if path.is_file()}
    assert written
    assert set(done.stdout.splitlines()) == written


def test_a_build_that_is_not_there(tmp_path):
    done = run("acme", "web", 999_999, "--to", tmp_path, "--mock")
    assert done.returncode == 1
    assert "404" in done.stderr
    assert list(tmp_path.iterdir()) == []
