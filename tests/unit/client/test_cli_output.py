"""Standard output of `buildkite-rest`: all of it is written, or the exit status is not 0."""

import io
import os
import subprocess
import sys
from importlib import resources

import pytest

from buildkite_rest._base.command_line import write_output
from buildkite_rest.mock.__main__ import _print_line

SPEC = (resources.files("_buildkite_rest") / "openapi.yaml").read_bytes()
POSIX = pytest.mark.skipif(os.name == "nt", reason="not on Windows")
UNBUFFERED = pytest.mark.parametrize("unbuffered", ["", "1"])
"""Values of `PYTHONUNBUFFERED`. Without a buffer, Python discards what the system does not write at once."""


class Short(io.RawIOBase):
    """Writes at most seven bytes at a time, as the system may."""

    def __init__(self):
        self.written = b""

    def writable(self):
        return True

    def write(self, content):
        self.written += bytes(content[:7])
        return min(len(content), 7)


@pytest.fixture
def short(monkeypatch):
    """Return a function that makes standard output short. pytest replaces it after the fixtures."""

    def start():
        file = Short()
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(file, encoding="ascii", write_through=True))
        return file

    return start


def test_short_writes_are_continued(short):
    file = short()
    write_output(SPEC[:999])
    assert file.written == SPEC[:999]


def test_lines_of_the_mock_server_are_complete(short):
    file = short()
    assert _print_line("a line of the log: é") is None
    assert file.written == b"a line of the log: \\xe9\n"


def run(unbuffered, *arguments, **options):
    command = [sys.executable, "-m", "buildkite_rest", *arguments]
    environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True, **options)


@POSIX
@UNBUFFERED
def test_a_reader_that_closes_the_pipe_ends_the_command_with_141(unbuffered):
    with run(unbuffered, "spec", stdout=subprocess.PIPE) as process:
        assert process.stdout.read(3)
        process.stdout.close()
        assert process.communicate(timeout=60)[1] == ""
    assert process.returncode == 141


def limit():
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))


@POSIX
@UNBUFFERED
def test_a_file_that_becomes_full_is_an_error(unbuffered, tmp_path):
    with (tmp_path / "spec").open("wb") as file, run(unbuffered, "spec", stdout=file, preexec_fn=limit) as process:
        errors = process.communicate(timeout=60)[1]
    assert (process.returncode, errors) == (2, "buildkite-rest spec: cannot write to standard output: File too large\n")
