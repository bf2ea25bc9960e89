"""Files that commands read: specs that check nothing are refused, and no output replaces an input."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from buildkite_rest._cli.spec import main as spec
from buildkite_rest.conformance.cleanup_cli import main as cleanup
from buildkite_rest.conformance.cli import main
from buildkite_rest.conformance.spec import Spec
from buildkite_rest.conformance.traffic.cli import main as traffic

URL = ("--base-url", "http://127.0.0.1:9")


def document(schema: object, **components: object) -> dict[str, Any]:
    response = {"description": "", "content": {"application/json": {"schema": schema}}}
    operation = {"operationId": "getUser", "responses": {"200": response}}
    paths = {"/v2/user": {"get": operation}}
    return {"openapi": "3.1.0", "info": {"version": "1"}, "paths": paths, "components": {"schemas": components}}


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"$ref": "#/components/schemas/Usr"}, "has a reference that leads nowhere: '#/components/schemas/Usr'"),
        ({"items": {"$ref": "#User"}}, "has a reference that leads nowhere: '#User'"),
        ({"$ref": "#/components/schemas/Loop"}, "has a reference that leads nowhere: '#/components/schemas/Loop'"),
        ({"$ref": "#/info/version"}, "has a reference that leads nowhere: '#/info/version'"),
        ({"allOf": [{"type": "string", "pattern": "["}]}, "has a pattern that cannot be used, '[': unterminated"),
        ({"patternProperties": {"a": {}, "(": {}}}, "has a pattern that cannot be used, '(': missing )"),
    ],
)
def test_a_spec_that_checks_nothing_is_an_error(
    schema: object, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.json"
    loop = {"$ref": "#/components/schemas/Loop"} if schema == {"$ref": "#/components/schemas/Loop"} else {}
    path.write_text(json.dumps(document(schema, Loop=loop)))
    assert main([*URL, "--token", "x", "--spec", str(path)], "conf") == 2
    error = capsys.readouterr().err
    assert error.startswith(f"conf: {path} {message}")
    assert error.count("\n") == 1


def test_a_spec_with_references_of_all_kinds_is_used(tmp_path: Path) -> None:
    schema = {
        "$ref": "#/components/schemas/Us~0er",
        "properties": {"example": {"$ref": 1}, "$ref": {"type": "string"}, "pattern": {"type": "string"}},
        "example": {"$ref": "#/nowhere", "pattern": "["},
        "items": {"$ref": "#/paths/~1v2~1user/get/responses/200/content/application%2Fjson/schema/allOf/0"},
        "allOf": [{"type": "object"}],
    }
    pattern = {"type": "string", "pattern": "^[a-z]+$"}
    path = tmp_path / "good.json"
    path.write_text(json.dumps(document(schema, **{"Us~er": pattern})).replace("application%2F", "application~1"))
    assert Spec.load(path).version == "1"
    merged = Path(__file__).parents[2] / "generated/_buildkite_rest/openapi.json"
    assert Spec.load(merged).operations


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
    assert capsys.readouterr().err == f"conf: {URL[1]} cannot be reached: Connection refused\n"
    assert '"time": "x"' not in log.read_text()
