"""Scripts that cannot print end without a traceback and with a documented status."""

import pytest
from tests.unit.examples.scripts import EXAMPLES, python, sampled

pytestmark = pytest.mark.exhaustive

SCRIPTS = {
    "download_build": ["acme", "web", "40", "--to", "out", "--mock"],
    "export_builds": ["acme", "builds.csv", "--since", "2026-03-02", "--mock"],
    "failing_builds": ["acme", "--days", "1", "--mock"],
    "flaky_jobs": ["acme", "web", "--days", "1", "--mock"],
    "local_history": ["acme", "web", "history.db", "--days", "1", "--mock"],
    "rotate_agent_tokens": ["acme", "Default cluster", "--to", "token", "--mock"],
    "tour": [],
    "trigger_and_wait": ["acme", "web", "--interval", "0.2", "--mock"],
}

CASES = sampled(SCRIPTS, "failing_builds")


def messages(done):
    """Return the lines on standard error without the progress bar."""
    return [line for line in done.stderr.splitlines() if line.strip() and not line.startswith("acme/web #40 ")]


def script(name):
    return EXAMPLES / f"{name}.py", *SCRIPTS[name]


@CASES
def test_a_closed_pipe_ends_a_script_quietly(name, closed_pipe, tmp_path):
    done = python(*script(name), folder=tmp_path, stdout=closed_pipe)
    assert (done.returncode, messages(done)) == (141, [])


@CASES
def test_a_full_disk_is_one_line(name, full_disk, tmp_path):
    done = python(*script(name), folder=tmp_path, stdout=full_disk)
    assert (done.returncode, messages(done)) == (2, ["cannot write to standard output: No space left on device"])
