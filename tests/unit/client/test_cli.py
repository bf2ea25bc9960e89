"""`buildkite-rest`: its commands, those that do not call the API, and its standard output."""

import io
import json
import os
import subprocess
import sys
from importlib import import_module, resources

import pytest

from buildkite_rest import __version__
from buildkite_rest._base.command_line import write_output
from buildkite_rest._cli.main import COMMANDS, main
from buildkite_rest.mock.__main__ import _print_line

SPEC = resources.files("_buildkite_rest")


@pytest.fixture
def run(capfd):
    """Run the command; return its exit status, its output and its messages."""

    def run(*arguments):
        try:
            status = main(arguments)
        except SystemExit as end:
            status = end.code
        return status, *capfd.readouterr()

    return run


def test_without_arguments_it_prints_the_help(run):
    status, output, errors = run()
    assert (status, errors) == (0, "")
    assert (status, output, errors) == run("--help")
    assert output.startswith("usage: buildkite-rest ")
    assert [name for name in COMMANDS if f"\n    {name}" not in output] == []


def test_the_version(run):
    assert run("--version") == (0, f"buildkite-rest {__version__}\n", "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["moc"], "there is no command 'moc'. Did you mean mock?"),
        (["x\n"], "there is no command 'x\\n'. Commands: api, spec, mock, conformance."),
        (["--verison"], "unrecognized arguments: --verison"),
        (["spec", "--format", "xml"], "argument --format: invalid choice: 'xml' (choose from "),
        (["mock", "--por", "1"], "unrecognized arguments: --por 1"),
        (["mock", "--port", "x"], "argument --port: 'x' is not a whole number"),
    ],
    ids=str,
)
def test_a_mistake_is_one_line(run, arguments, message):
    status, output, errors = run(*arguments)
    assert (status, output, errors.count("\n")) == (2, "", 1)
    assert errors.startswith("buildkite-rest")
    assert message in errors


def test_the_spec_is_printed(run):
    assert run("spec") == (0, (SPEC / "openapi.yaml").read_text(encoding="utf-8"), "")
    assert run("spec", "--openapi", "3.0")[1].encode() == (SPEC / "openapi-3.0.yaml").read_bytes()
    assert run("spec", "--format", "json") == (0, (SPEC / "openapi.json").read_text(encoding="utf-8"), "")


@pytest.mark.parametrize("form", [[], ["--openapi", "3.0"], ["--without-webhooks"]], ids=str)
def test_open_enums_are_no_enums(run, form):
    expected, printed = (
        json.loads(run("spec", "--format", "json", *form, *more)[1]) for more in ((), ("--open-enums",))
    )
    opened = [schema for schema in expected["components"]["schemas"].values() if "x-open-enum" in schema]
    assert len(opened) > 20
    for schema in opened:
        schema["x-extensible-enum"] = schema.pop("enum")
    assert printed == expected


def test_ctrl_c_exits_with_130(run, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(import_module("buildkite_rest._cli.spec"), "parser", interrupt)
    assert run("spec") == (130, "", "")


SPEC_YAML = (resources.files("_buildkite_rest") / "openapi.yaml").read_bytes()
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
    write_output(SPEC_YAML[:999])
    assert file.written == SPEC_YAML[:999]


def test_lines_of_the_mock_server_are_complete(short):
    file = short()
    assert _print_line("a line of the log: é") is None
    assert file.written == b"a line of the log: \\xe9\n"


def start(unbuffered, *arguments, **options):
    command = [sys.executable, "-m", "buildkite_rest", *arguments]
    environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True, **options)


@POSIX
@UNBUFFERED
def test_a_reader_that_closes_the_pipe_ends_the_command_with_141(unbuffered):
    with start(unbuffered, "spec", stdout=subprocess.PIPE) as process:
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
    with (tmp_path / "spec").open("wb") as file, start(unbuffered, "spec", stdout=file, preexec_fn=limit) as process:
        errors = process.communicate(timeout=60)[1]
    assert (process.returncode, errors) == (2, "buildkite-rest spec: cannot write to standard output: File too large\n")
