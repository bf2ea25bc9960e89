"""The examples do what they say."""

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


def run(*arguments, example="download_build"):
    command = [sys.executable, EXAMPLES / f"{example}.py", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


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


def test_a_folder_that_cannot_be_made(tmp_path, number):
    (tmp_path / "file").touch()
    done = run("acme", "web", number, "--to", tmp_path / "file" / "out", "--mock")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1].startswith("[Errno ")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("pipeline", "status", "job", "last"),
    [
        ("web", 0, ":pipeline: Upload", "passed"),
        ("nightly", 1, "Audit", "failed"),
        ("api", 1, "Test", "blocked"),
    ],
)
def test_trigger_and_wait(pipeline, status, job, last):
    done = run("acme", pipeline, "--mock", "--interval", "0.1", example="trigger_and_wait")
    assert (done.returncode, done.stderr) == (status, "")
    created, told, *_, end = done.stdout.splitlines()
    number = created.removeprefix("build ").partition(":")[0]
    assert created == f"build {number}: https://buildkite.com/acme/{pipeline}/builds/{number}"
    assert (told.rpartition(": ")[0], end) == (job, f"build {number}: {last}")


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (["acme", "web", "--timeout", "0.1"], 1, "is still"),
        (["acme", "no-such-pipeline"], 2, "createBuild: 404: "),
    ],
    ids=["late", "refused"],
)
def test_an_error_of_trigger_and_wait_is_one_line(arguments, status, says):
    done = run(*arguments, "--mock", example="trigger_and_wait")
    assert done.returncode == status
    [line] = done.stderr.splitlines()
    assert says in line


def test_trigger_and_wait_starts_nothing_that_it_cannot_follow():
    done = run("acme", "web", "--mock", "--interval", "0", example="trigger_and_wait")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1].endswith("must be more than 0 and at most 86400 seconds, a day")
