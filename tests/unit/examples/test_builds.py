"""Scripts that download the artifacts of a build, and that trigger a build and wait for it."""

import pytest
from tests.unit.examples.scripts import run

pytestmark = pytest.mark.exhaustive


@pytest.fixture(scope="module")
def number(seeded):
    """A build of the mock server, the same on every run, that has artifacts."""
    for build in seeded.builds.list("acme", "web", state=["passed"], max_items=20):
        if list(seeded.artifacts.list("acme", "web", build.number, state="finished")):
            return build.number
    raise AssertionError("no build has artifacts")


def test_the_artifacts_of_a_build_are_downloaded(tmp_path, number):
    done = run("download_build", "acme", "web", number, "--to", tmp_path, "--mock")
    assert (done.returncode, f"acme/web #{number}" in done.stderr) == (0, True), done.stderr
    written = {str(path) for path in tmp_path.rglob("*") if path.is_file()}
    assert written
    assert set(done.stdout.splitlines()) == written


@pytest.mark.parametrize(
    ("pipeline", "status", "job", "last"),
    [
        ("web", 0, ":pipeline: Upload", "passed"),
        ("nightly", 1, "Audit", "failed"),
        ("api", 1, "Test", "blocked"),
    ],
)
def test_a_build_is_triggered_and_waited_for(pipeline, status, job, last):
    done = run("trigger_and_wait", "acme", pipeline, "--mock", "--interval", "0.1")
    assert (done.returncode, done.stderr) == (status, "")
    created, first, *_, end = done.stdout.splitlines()
    number = created.removeprefix("build ").partition(":")[0]
    assert created == f"build {number}: https://buildkite.com/acme/{pipeline}/builds/{number}"
    assert (first.rpartition(": ")[0], end) == (job, f"build {number}: {last}")
