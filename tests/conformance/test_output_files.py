"""Files that commands write: no output replaces an input, or anything but its kind."""

import os
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest

from buildkite_rest._cli.spec import main as spec
from buildkite_rest.conformance.api import CannotRunError
from buildkite_rest.conformance.cleanup_cli import main as cleanup
from buildkite_rest.conformance.cli import main
from buildkite_rest.conformance.output_files import check_distinct
from buildkite_rest.conformance.traffic.cli import main as traffic

URL = ("--base-url", "http://127.0.0.1:9")


@pytest.mark.parametrize("option", ["--json", "--junit", "--log-requests", "--journal"])
def test_no_output_replaces_the_private_key(option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "key.pem").write_text("secret")
    (tmp_path / "out").hardlink_to(tmp_path / "key.pem")
    key = ["--jwt-token-uuid", "x", "--jwt-private-key", str(tmp_path / "key.pem")]
    assert main([*URL, *key, option, str(tmp_path / "out")], "conf") == 2
    message = f"conf: --jwt-private-key and {option} name the same file. Use two files.\n"
    assert capsys.readouterr().err == message


LONG = "x" * 300
USES: dict[str, tuple[Callable[[list[str], str], int], list[str]]] = {
    "traffic FILE": (traffic, [LONG]),
    "traffic --json": (traffic, [__file__, "--json", LONG]),
    "cleanup JOURNAL": (cleanup, [LONG]),
    "cleanup --log-requests": (cleanup, [__file__, "--log-requests", LONG]),
    "cleanup --spec": (cleanup, [__file__, "--log-requests", "y", "--spec", LONG]),
    "spec --output": (spec, ["--output", LONG]),
    **{
        f"run {option}": (main, [*URL, "--token", "bkua_token", "--write", option, LONG])
        for option in ("--json", "--junit", "--spec", "--journal", "--log-requests")
    },
    "run --jwt-private-key": (main, [*URL, "--jwt-token-uuid", str(UUID(int=1)), "--jwt-private-key", LONG]),
}


@pytest.mark.parametrize("use", USES)
def test_a_name_that_is_too_long_is_one_line(
    use: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    command, arguments = USES[use]
    assert command(arguments, "conf") == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("conf: ")
    assert output.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["JOURNAL", "--spec", "--jwt-private-key"])
def test_the_log_of_a_cleanup_replaces_no_input(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "input").write_text("kept")
    (tmp_path / "log").hardlink_to(tmp_path / "input")
    path = str(tmp_path / "input")
    arguments = [path] if name == "JOURNAL" else ["journal", name, path]
    assert cleanup([*arguments, "--log-requests", str(tmp_path / "log")], "conf") == 2
    assert capsys.readouterr().err == f"conf: {name} and --log-requests name the same file. Use two files.\n"
    assert (tmp_path / "log").read_text() == "kept"


VARIABLES = ["BUILDKITE_API_PRIVATE_KEY_PATH", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"]


@pytest.mark.parametrize("variable", VARIABLES)
@pytest.mark.parametrize("option", ["--json", "--junit", "--log-requests", "--journal", "cleanup --log-requests"])
def test_no_output_replaces_a_file_of_the_environment(
    option: str, variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "input").write_text("secret")
    (tmp_path / "out").symlink_to(tmp_path / "input")
    monkeypatch.setenv(variable, str(tmp_path / "input"))
    name = option.removeprefix("cleanup ")
    status = (
        main([*URL, "--token", "x", option, str(tmp_path / "out")], "conf")
        if name == option
        else cleanup(["journal", name, str(tmp_path / "out")], "conf")
    )
    assert status == 2
    assert capsys.readouterr().err == f"conf: ${variable} and {name} name the same file. Use two files.\n"
    assert (tmp_path / "input").read_text() == "secret"


@pytest.mark.parametrize(
    "content", ["text", "{}\n", '{"time": "x", "level": "info"}\n', "-----BEGIN PRIVATE KEY-----\n"]
)
def test_a_log_of_requests_replaces_only_another_one(
    content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "log"
    log.write_text(content)
    assert main([*URL, "--token", "bkua_t", "--log-requests", str(log)], "conf") == 2
    message = f"conf: --log-requests: {log} exists and is not a log of requests. Name another file.\n"
    assert capsys.readouterr().err == message
    assert log.read_text() == content
    log.write_text('{"time": "x", "method": "GET", "path": "/v2/meta", "status": null}\n')
    assert main([*URL, "--token", "bkua_t", "--log-requests", str(log)], "conf") == 2
    assert capsys.readouterr().err == f"conf: {URL[1]} cannot be reached: connection refused\n"
    assert '"time": "x"' not in log.read_text()


@pytest.mark.parametrize("options", [("--json", "--log-requests"), ("--junit", "--spec"), ("--json", "--junit")])
def test_refuses_equal_paths(options: tuple[str, str], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    pairs = [(option, tmp_path / "file") for option in options]
    with pytest.raises(CannotRunError, match=f"{options[0]} and {options[1]} name the same file"):
        check_distinct(*pairs)
    (tmp_path / "link").hardlink_to(tmp_path / "file")
    with pytest.raises(CannotRunError, match="name the same file"):
        check_distinct(("--spec", tmp_path / "file"), (options[0], tmp_path / "link"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no FIFOs")
@pytest.mark.parametrize("option", ["--json", "--junit", "--log-requests"])
def test_refuses_to_write_to_a_fifo(option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(tmp_path / "fifo")
    path = f"{tmp_path}/fifo"
    assert main([*URL, "--token", "x", option, path], "conf") == 2
    assert capsys.readouterr().err == f"conf: {option} '{path}' is not a regular file. Name another file.\n"
