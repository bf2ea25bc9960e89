"""A script that cannot print ends without a traceback and with a documented status."""

from tests.unit.examples.scripts import run

COMMAND = ("failing_builds", "acme", "--days", "1", "--mock")


def test_a_closed_pipe_ends_a_script_quietly(closed_pipe):
    done = run(*COMMAND, stdout=closed_pipe)
    assert (done.returncode, done.stderr) == (141, "")


def test_a_full_disk_is_one_line(full_disk):
    done = run(*COMMAND, stdout=full_disk)
    assert (done.returncode, done.stderr) == (2, "cannot write to standard output: No space left on device\n")


def test_a_wrong_argument_is_named():
    done = run("failing_builds", "acme", "--days", "0", "--mock")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].endswith("argument --days: must be from 1 to 3650 days")
