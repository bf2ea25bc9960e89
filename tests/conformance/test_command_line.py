"""The command line of the runner: options, messages and exit status."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.conformance.runner_support import environment

from buildkite_rest.conformance.cli import main
from buildkite_rest.mock import MockServer

pytestmark = pytest.mark.exhaustive

PROGRAM = "python -m buildkite_rest.conformance"
COMMAND = (sys.executable, *PROGRAM.split()[1:])
QUICK = ("--seed", "1")


FULL = pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")


def run_into(stdout: Any, url: str, *more: str) -> tuple[int, str]:
    command = [*COMMAND, "--base-url", url, *QUICK, "--phases", "lists", *more]
    done = subprocess.run(
        command, env=environment(), stdout=stdout, stderr=subprocess.PIPE, text=True, check=False, timeout=120
    )
    return done.returncode, done.stderr


def test_a_closed_pipe_ends_the_run_silently() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        with MockServer(builds=1) as server:
            assert run_into(writer, server.url) == (141, "")
    finally:
        os.close(writer)


@FULL
def test_a_full_disk_is_an_error_of_one_line() -> None:
    with Path("/dev/full").open("w") as full, MockServer(builds=1) as server:
        expected = f"{PROGRAM}: cannot write to standard output: No space left on device\n"
        assert run_into(full, server.url) == (2, expected)


@FULL
def test_a_full_disk_does_not_prevent_the_report(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    with Path("/dev/full").open("w") as full, MockServer(builds=1) as server:
        status, error = run_into(full, server.url, "--json", str(report))

    assert (status, error.count("\n"), error.partition(": cannot")[0]) == (2, 1, PROGRAM)
    assert json.loads(report.read_text())["verdict"] == "clean"


def test_messages_are_never_written_to_standard_output(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    assert main(["--base-url", "x", "--token", "x"]) == 2
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--include-tag", "nothing"], "--include-tag: there is no tag nothing"),
        (["--phases", "nothing"], "'nothing' is not a phase"),
        (["--seed", "1_0"], "argument --seed: '1_0' is not a whole number"),
        (["--budget", "1_0"], "argument --budget: '1_0' is not a whole number"),
        (["--seed", "\u0661"], "is not a whole number"),
        (["--seed", "x"], "argument --seed: "),
        (["--nothing"], "unknown options: --nothing"),
        (
            ["--json", "no/such/folder.json"],
            "--json 'no/such/folder.json': no file can be created in its folder: No such",
        ),
        (["--json", "."], "--json '.': is not a regular file. Name another file."),
        (["--include-operation", "nothing"], "there is no operation nothing"),
        (["--include-operation", "createBuild"], "the options select no operation"),
        (["--include-operation", "createBuild", "--budget", "9"], "the options select no operation"),
        (["--include-operation", "revokeAccessToken", "--write"], "the options select no operation"),
        (["--include-operation", "getUser", "--include-tag", "meta"], "the options select no operation"),
        (["--include-tag", "meta", "--budget", "2"], "--budget: 2 is too small. 2 requests check the server"),
        (["--budget", "0"], "'0' is not a positive whole number"),
        (["--budget", "5", "--write"], "--budget and --write exclude each other"),
        (["--write", "--organization", "acme", "--confirm-write", "acne"], "differs from --organization"),
        (["--no-scope-token", "a b"], "--no-scope-token: the token contains a space"),
        (["--token", "a b"], "--token: the token contains a space"),
        (["--organization", ".."], "--organization is '..'"),
        (["--base-url", "nonsense"], "--base-url must be a URL such as"),
        (["--base-url", "127.0.0.1:8000"], "--base-url must be a URL such as"),
        (["--base-url", "localhost:8000"], "--base-url must be a URL such as"),
        (["--base-url", "ftp://127.0.0.1"], "--base-url must be a URL such as"),
        (["--base-url", "http://"], "--base-url must be a URL such as"),
        (["--base-url", "http://[::1"], "--base-url must be a URL such as"),
        (["--base-url", ""], "--base-url must be a URL such as"),
        (
            ["--base-url", "http://127.0.0.1:9?x=1"],
            "--base-url must be a URL such as https://api.buildkite.com, without",
        ),
        (["--base-url", "http://user:x@127.0.0.1:9"], "--base-url must be a URL such as"),
        (["--base-url", "http://127.0.0.1:9/v2"], "--base-url ends with /v2"),
        (["--base-url", "http://a..b:9"], "the host of --base-url is not a valid host name"),
    ],
)
def test_invalid_options_are_errors_before_a_request(arguments: list[str], message: str, tmp_path: Path) -> None:
    assert message in refusal(arguments, tmp_path)


def refusal(arguments: list[str], folder: Path, **variables: str) -> str:
    """Run against a closed port, and return the error message, which is one line."""
    done = subprocess.run(
        [*COMMAND, "--base-url", "http://127.0.0.1:9", *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
        env=environment(variables=variables),
    )
    prefix, _, message = done.stderr.partition("python -m buildkite_rest.conformance: ")
    assert (done.returncode, prefix, message.count("\n")) == (2, "", 1), done.stderr
    return message.removesuffix("\n")


@pytest.mark.parametrize(
    "option",
    [
        "--organization", "--confirm-write", "--token", "--no-scope-token", "--include-tag",
        "--include-operation",
    ],
)  # fmt: skip
def test_an_empty_option_is_an_error(option: str, tmp_path: Path) -> None:
    assert refusal([option, ""], tmp_path) == f"{option} is empty. Pass a value or leave it out."


@pytest.mark.parametrize(
    ("variable", "message"),
    [
        ({"SSL_CERT_FILE": "/nonexistent"}, "cannot be reached"),
        ({"HTTP_PROXY": "ftp://127.0.0.1"}, "cannot be reached: "),
        ({"HTTP_PROXY": "http://[::1"}, "cannot be reached: "),
    ],
)
def test_an_unusable_environment_is_an_error(variable: dict[str, str], message: str, tmp_path: Path) -> None:
    assert message in refusal([], tmp_path, **variable)


def test_help_is_ascii() -> None:
    variables = environment(variables={"PYTHONIOENCODING": "ascii"})
    done = subprocess.run([*COMMAND, "--help"], capture_output=True, text=True, check=False, env=variables)

    assert (done.returncode, done.stderr) == (0, "")
    assert "\\u" not in done.stdout


def test_an_unwritable_report_is_an_error_after_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def write(path: Path, content: bytes) -> None:
        if path.name == "full":
            raise OSError(28, "No space left on device", str(path))
        path.write_bytes(content)

    monkeypatch.setattr("buildkite_rest.conformance.report.write_file", write)
    arguments = ["--phases", "lists", "--include-tag", "teams", "--json", f"{tmp_path}/full"]
    with MockServer(builds=10) as server:
        assert main(["--base-url", server.url, "--token", server.token, *arguments], "conf") == 2

    assert f"--json: {tmp_path}/full cannot be written: No space left on device" in capsys.readouterr().err


def test_exit_status_without_standard_output(tmp_path: Path) -> None:
    code = "import runpy, sys; sys.stdout = None; runpy.run_module('buildkite_rest.conformance', run_name='__main__')"
    with MockServer(builds=10) as server:
        command = [sys.executable, "-c", code, "--base-url", server.url, "--token", server.token]
        done = subprocess.run(
            [*command, "--phases", "lists", "--include-tag", "teams"],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            check=False,
            env=environment(),
        )

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("module", ["requests", "schemathesis"])
def test_a_missing_extra_is_an_error(module: str) -> None:
    code = (
        f"import runpy, sys; sys.modules[{module!r}] = None;"
        "sys.argv = ['x', '--base-url', 'http://127.0.0.1:9', '--token', 'x'];"
        "runpy.run_module('buildkite_rest.conformance', run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.returncode == 2
    message = f"{module} is not installed; it comes with buildkite-rest[conformance]"
    assert done.stderr == f"python -m buildkite_rest.conformance: {message}\n"
