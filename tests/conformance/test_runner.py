"""How the runner behaves towards who starts it, whom it calls, and who may read what it writes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from tests.conformance.runner_support import TOKEN, Answer, Request, change, conform, environment, mock_with, serving

from buildkite_rest.conformance.cli import main
from buildkite_rest.mock import MockServer
from buildkite_rest.mock.seed.accounts import EXPIRED_TOKEN, NO_SCOPES_TOKEN

QUICK = ("--seed", "1", "--max-examples", "3")
UUID = "01920000-feed-7003-8000-000000000006"


FULL = pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")


def run_into(stdout: Any, url: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "buildkite_rest.conformance", "--base-url", url, *QUICK, "--phases", "lists"]
    done = subprocess.run(
        command, env=environment(), stdout=stdout, stderr=subprocess.PIPE, text=True, check=False, timeout=120
    )
    return done.returncode, done.stderr


def test_a_closed_pipe_ends_the_run_quietly() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        with MockServer(builds=1) as server:
            assert run_into(writer, server.url) == (141, "")
    finally:
        os.close(writer)


@FULL
def test_a_full_disk_is_one_line() -> None:
    with Path("/dev/full").open("w") as full, MockServer(builds=1) as server:
        expected = "cannot write to standard output: No space left on device\n"
        assert run_into(full, server.url) == (2, expected)


@pytest.mark.parametrize("arguments", [["--seed", "x"], ["--phases", "x"], ["--max-examples", "0"], ["--nothing"]])
def test_an_invalid_option_is_one_line(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--base-url", "http://127.0.0.1:9", *arguments])
    printed = capsys.readouterr()
    assert (caught.value.code, printed.out, printed.err.count("\n")) == (2, "", 1)
    assert arguments[0] in printed.err


def test_without_standard_error_a_message_is_not_written_to_the_output(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    assert main(["--base-url", "x", "--token", "x"]) == 2
    assert capsys.readouterr().out == ""


@contextmanager
def recorded(seen: list[tuple[str, str]]) -> Iterator[str]:
    """Serve a mock that notes methods and paths of all requests."""

    def note(request: Request, answer: Answer) -> None:
        seen.append((request.method, request.path))

    with mock_with(change(note)) as url:
        yield url


@pytest.mark.parametrize(
    "answer",
    [
        JSONResponse({"hello": "world"}),
        JSONResponse([]),
        HTMLResponse("<h1>Welcome</h1>"),
        RedirectResponse("https://example.com"),
        Response(status_code=401),
        Response(status_code=502),
    ],
    ids=["JSON", "array", "HTML", "redirect", "closed", "bad gateway"],
)
def test_another_server_is_told_in_one_line(answer: Response, tmp_path: Path) -> None:
    with serving(Starlette(routes=[Route("/{path:path}", lambda _: answer)])) as url:
        run = conform(tmp_path, url)

    assert run.status == 2
    assert run.out == ""
    assert run.err.startswith(f"python -m buildkite_rest.conformance: {url} is not the Buildkite REST API: ")
    assert run.err.count("\n") == 1


def test_a_server_without_such_addresses_is_told_in_one_line(tmp_path: Path) -> None:
    with serving(Starlette()) as url:
        run = conform(tmp_path, url)

    assert run.status == 2
    assert run.err.startswith(
        f"python -m buildkite_rest.conformance: {url} does not look like the Buildkite REST API: "
    )
    assert "404" in run.err
    assert run.err.count("\n") == 1


def test_dead_port_is_told_in_one_line(tmp_path: Path) -> None:
    run = conform(tmp_path, "http://127.0.0.1:9")

    assert run.status == 2
    assert run.err.startswith("python -m buildkite_rest.conformance: http://127.0.0.1:9 cannot be reached: ")
    assert run.err.count("\n") == 1


@pytest.mark.parametrize("token", ["bkua_nobody_knows_this", EXPIRED_TOKEN])
def test_bad_token_is_told_in_one_line(token: str, tmp_path: Path) -> None:
    with MockServer(builds=10) as server:
        run = conform(tmp_path, server.url, token=token)

    assert run.status == 2
    assert "refuses the token" in run.err
    assert run.err.count("\n") == 1
    assert token not in run.everything


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--include-tag", "nothing"], "no operation has the tag nothing"),
        (["--may-fail", "nothing"], "there is no operation nothing"),
        (["--phases", "nothing"], "'nothing' is no phase"),
        (["--rate-limit", "fast"], "'fast' is no rate"),
        (["--max-examples", "0"], "'0' is no positive whole number"),
        (["--spec", "missing.yaml"], "missing.yaml: No such file"),
        (["--jwt-token-uuid", "x"], "go together"),
        (
            ["--jwt-token-uuid", UUID, "--jwt-private-key", "missing.pem"],
            "--jwt-private-key is not the path of a readable PEM file",
        ),
        (["--max-examples", "1_0"], "argument --max-examples: '1_0' is not a whole number"),
        (["--seed", "\u0661"], "is not a whole number"),
        (["--rate-limit", "1\u0661/s"], "is no rate"),
        (["--json", "same", "--junit", "./same"], "--json and --junit name the same file; give each report its own"),
        (["--json", "no/such/folder.json"], "there is no folder"),
        (["--json", "."], "--json: . is a folder; name a file"),
        (["--junit", ".."], "--junit: .. is a folder; name a file"),
        (["--include-operation", "nothing"], "there is no operation nothing"),
        (["--include-operation", "createBuild"], "--write is missing: without it only GET"),
        (["--include-operation", "createBuild", "--budget", "9"], "createBuild: not among the hand-picked GETs"),
        (["--include-operation", "revokeAccessToken", "--write"], "revokeAccessToken is never sent"),
        (["--include-operation", "getUser", "--include-tag", "meta"], "no operation of --include-operation has a tag"),
        (["--include-tag", "meta", "--budget", "3"], "--budget: 3 requests are not enough; 4 go into asking"),
        (["--budget", "0"], "'0' is no positive whole number"),
        (["--budget", "5", "--write"], "either --budget or --write"),
        (["--write", "--organization", "acme", "--confirm-write", "acne"], "must repeat the organization"),
        (
            ["--jwt-token-uuid", UUID, "--jwt-private-key", __file__],
            "the file that --jwt-private-key names is not PEM",
        ),
        (["--no-scope-token", "a b"], "--no-scope-token: the token has a space"),
        (["--token", "a b"], "--token: the token has a space"),
        (["--organization", ".."], "--organization is '..'"),
        (["--base-url", "nonsense"], "--base-url is not a URL; one starts with http:// or https://"),
        (["--base-url", "127.0.0.1:8000"], "is not a URL"),
        (["--base-url", "localhost:8000"], "is not a URL"),
        (["--base-url", "ftp://127.0.0.1"], "is not a URL"),
        (["--base-url", "http://"], "is not a URL"),
        (["--base-url", "http://[::1"], "is not a URL"),
        (["--base-url", ""], "is not a URL"),
    ],
)
def test_wrong_options_are_told_before_anything_is_sent(arguments: list[str], said: str, tmp_path: Path) -> None:
    done = refused(arguments, tmp_path)

    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def refused(arguments: list[str], folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the runner against nothing."""
    command = [sys.executable, "-m", "buildkite_rest.conformance", "--base-url", "http://127.0.0.1:9"]
    return subprocess.run(
        [*command, *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
        env=environment(variables=variables),
    )


@pytest.mark.parametrize(
    "option",
    [
        "--organization", "--confirm-write", "--token", "--no-scope-token", "--jwt-token-uuid", "--include-tag",
        "--include-operation", "--may-fail",
    ],
)  # fmt: skip
def test_an_empty_option_is_told_in_one_line(option: str, tmp_path: Path) -> None:
    done = refused([option, ""], tmp_path)

    assert done.returncode == 2
    assert done.stderr == (
        f"python -m buildkite_rest.conformance: {option} is empty; give it a value or leave it out\n"
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("paths: [", "is no YAML"),
        ("{", "is no YAML"),
        ("\x00\x01", "is no YAML"),
        ("", "is no OpenAPI description"),
        ("[1, 2]", "is no OpenAPI description"),
        ('{"openapi": "3.1.0", "paths": []}', "is no OpenAPI description"),
        ('{"openapi": "3.1.0", "paths": {}}', "is no complete OpenAPI description"),
        ('{"openapi": "3.1.0", "info": {"version": "1"}, "paths": {"/": {"get": {}}}}', "is no complete OpenAPI"),
        ('{"openapi": "3.1.0", "info": {"version": "1"}, "paths": {"/": {"get": 5}}}', "is no complete OpenAPI"),
        ('{"openapi": "3.1.0", "info": [], "paths": {}}', "is no complete OpenAPI description"),
    ],
)
def test_bad_description_is_told_in_one_line(content: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(content)
    run = conform(tmp_path, "http://127.0.0.1:9", "--spec", "bad.yaml")

    assert run.status == 2
    assert run.err.startswith("python -m buildkite_rest.conformance: bad.yaml ")
    assert said in run.err
    assert run.err.count("\n") == 1


def test_a_description_without_operations_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty.json").write_text('{"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {}}')
    run = conform(tmp_path, "http://127.0.0.1:9", "--spec", "empty.json")

    assert run.status == 2
    assert run.err == "python -m buildkite_rest.conformance: the description has no operations\n"


def test_a_server_that_goes_away_is_told(tmp_path: Path) -> None:
    """It answers the first requests, and then nobody is there any more."""
    asked: list[str] = []

    async def bug(request: Request, call: Callable[[Request], Awaitable[Answer]]) -> Answer:
        asked.append(request.path)
        if len(asked) > 6:
            raise ConnectionResetError
        return await call(request)

    with mock_with(bug) as url:
        run = conform(tmp_path, url, *QUICK, "--include-tag", "teams")

    assert run.status == 1
    assert run.err == ""
    assert "Traceback" not in run.out


@pytest.mark.parametrize(
    "variable",
    [
        {"SSL_CERT_FILE": "/nonexistent"},
        {"HTTP_PROXY": "ftp://127.0.0.1"},
        {"HTTP_PROXY": "http://[::1"},
        {"NO_PROXY": "[::"},
    ],
)
def test_an_environment_in_which_nothing_can_be_sent_is_told_in_one_line(
    variable: dict[str, str], tmp_path: Path
) -> None:
    done = refused([], tmp_path, **variable)

    assert done.returncode == 2
    assert done.stderr.startswith("python -m buildkite_rest.conformance: ")
    assert done.stderr.count("\n") == 1
    assert "cannot be reached" not in done.stderr


def test_help_needs_no_more_than_ascii() -> None:
    variables = environment(variables={"PYTHONIOENCODING": "ascii"})
    command = [sys.executable, "-m", "buildkite_rest.conformance", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=variables)

    assert (done.returncode, done.stderr) == (0, "")
    assert "\\u" not in done.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_report_that_cannot_be_written_is_told_after_the_run(tmp_path: Path) -> None:
    junit = tmp_path / "report.xml"
    arguments = ["--phases", "lists", "--include-tag", "teams", "--json", "/dev/full", "--junit", str(junit)]
    with MockServer(builds=10) as server:
        done = refused(["--base-url", server.url, *arguments], tmp_path)

    assert done.returncode == 2
    assert "operations succeeded" in done.stdout.splitlines()[-1]
    assert done.stderr == (
        "python -m buildkite_rest.conformance: --json: /dev/full cannot be written: No space left on device\n"
    )
    assert junit.exists()


def test_a_run_without_a_standard_output_has_its_status(tmp_path: Path) -> None:
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


def test_missing_extra_is_told() -> None:
    code = (
        "import runpy, sys; sys.modules['schemathesis'] = None; sys.argv = ['x', '--base-url', 'x'];"
        "runpy.run_module('buildkite_rest.conformance', run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert done.stderr == "schemathesis is not installed; it comes with buildkite-rest[conformance]\n"


def test_nothing_but_reading_without_write(tmp_path: Path) -> None:
    seen: list[tuple[str, str]] = []
    with recorded(seen) as url:
        run = conform(tmp_path, url, *QUICK, "--include-tag", "agents", "--include-tag", "user")

    assert run.status == 0, run.out
    assert {method for method, _ in seen} == {"GET"}
    assert run.operations.keys() == {"listAgents", "getAgent", "getUser"}


def test_token_is_never_revoked(tmp_path: Path) -> None:
    seen: list[tuple[str, str]] = []
    with recorded(seen) as url:
        run = conform(tmp_path, url, *QUICK, "--write", "--include-tag", "access_token")

    assert run.status == 0, run.out
    assert ("GET", "/v2/access-token") in seen
    assert ("TRACE", "/v2/access-token") in seen
    assert "DELETE" not in {method for method, _ in seen}


def test_aliases_are_not_tried_as_methods_that_should_not_work(tmp_path: Path) -> None:
    seen: list[tuple[str, str]] = []
    with recorded(seen) as url:
        run = conform(tmp_path, url, *QUICK, "--write", "--phases", "examples,coverage", "--include-tag", "clusters")

    assert run.status == 0, run.out
    assert "TRACE" in {method for method, _ in seen}
    assert [path for method, path in seen if method == "PATCH" and path != "/v2/organizations/acme/clusters"] == []


def test_what_was_there_before_is_not_removed(tmp_path: Path) -> None:
    with MockServer(seed=1, builds=60) as server:
        pipelines = server.world.organizations["acme"].pipelines
        before = set(pipelines)
        run = conform(
            tmp_path, server.url, "--seed", "1", "--max-examples", "5", "--write", "--include-tag", "pipelines"
        )
        after = set(pipelines)

    assert run.status == 0, run.out
    assert {"deletePipeline", "updatePipeline", "archivePipeline"} <= {
        name for name, operation in run.operations.items() if operation["succeeded"]
    }
    assert before <= after


def test_no_secret_is_shown(tmp_path: Path) -> None:
    """Not even when the server repeats it in an answer that fails."""

    def echo(request: Request, answer: Answer) -> None:
        if request.asks("GET", "/v2/user"):
            answer.json = {"name": 5, "you_sent": request.headers.get(b"authorization", b"").decode()}

    with mock_with(change(echo)) as url:
        run = conform(tmp_path, url, *QUICK, "--include-tag", "user")

    assert ("getUser", "response_schema_conformance") in run.failures
    assert "Bearer $TOKEN" in run.out
    assert TOKEN not in run.everything


def test_same_seed_makes_up_the_same_requests(tmp_path: Path) -> None:
    seen: list[tuple[str, str]] = []
    runs: list[list[tuple[str, str]]] = []
    with recorded(seen) as url:
        for _ in range(2):
            options = ("--include-tag", "pipelines", "--phases", "examples,coverage")
            conform(tmp_path, url, "--seed", "7", "--max-examples", "5", *options)
            runs.append(seen.copy())
            seen.clear()

    assert runs[0] == runs[1]


def test_operation_without_success_fails_only_on_demand(tmp_path: Path) -> None:
    with MockServer(builds=10) as server:
        lend(server, "read_organizations")
        arguments = (*QUICK, "--include-operation", "getUser", "--include-operation", "listOrganizations")
        lenient = conform(tmp_path, server.url, *arguments, token=NO_SCOPES_TOKEN)
        strict = conform(tmp_path, server.url, *arguments, "--require-success", token=NO_SCOPES_TOKEN)
        excused = conform(
            tmp_path, server.url, *arguments, "--require-success", "--may-fail", "getUser", token=NO_SCOPES_TOKEN
        )

    assert (lenient.status, strict.status, excused.status) == (0, 1, 0)
    assert "never succeeded: getUser (the token lacks the scope read_user)" in lenient.out
    assert "1 operations never succeeded" in strict.out.splitlines()[-1]
    assert lenient.out.splitlines()[-1].startswith("clean: 1 of 2 operations succeeded")


def lend(server: MockServer, *scopes: str) -> None:
    """Give scopes to the token that has none."""
    token = server.world.token_with_secret(NO_SCOPES_TOKEN)
    assert token is not None
    token.scopes = frozenset(scopes)


def test_a_token_that_is_good_for_nothing_is_told_in_one_line(tmp_path: Path) -> None:
    with MockServer(builds=10) as server:
        run = conform(tmp_path, server.url, "--include-tag", "user", "--include-tag", "jobs", token=NO_SCOPES_TOKEN)
        many = conform(tmp_path, server.url, token=NO_SCOPES_TOKEN)
        free = conform(tmp_path, server.url, *QUICK, "--include-tag", "meta", token=NO_SCOPES_TOKEN)

    assert (run.status, run.out, free.status) == (2, "", 0)
    said = "the token has none of the scopes that are needed: read_build_logs, read_builds, read_job_env, read_user"
    assert run.err == f"python -m buildkite_rest.conformance: {said}\n"
    assert many.status == 2
    assert many.err.count("\n") == 1
    assert many.err.endswith(" more\n")


def test_a_run_that_says_little_says_so(tmp_path: Path) -> None:
    with MockServer(builds=10) as server:
        lend(server, "read_user")
        tags = ("--include-tag", "user", "--include-tag", "teams", "--include-tag", "agents")
        run = conform(tmp_path, server.url, *QUICK, "--phases", "examples", *tags, token=NO_SCOPES_TOKEN)

    assert run.status == 0, run.out
    assert run.out.splitlines()[-1].startswith("clean, but 4 operations never succeeded: 1 of 5 operations succeeded")


def test_operations_that_were_not_tried_are_counted(tmp_path: Path) -> None:
    with MockServer(builds=10) as server:
        run = conform(tmp_path, server.url, "--budget", "8", "--organization", "acme")

    untried = [name for name, operation in run.operations.items() if not operation["requests"]]
    assert run.status == 0, run.out
    assert f"\nnot tried: {len(untried)} operations\n" in run.out
    assert "never succeeded: " not in run.out
    assert f"clean, but {len(untried)} operations were not tried: " in run.out.splitlines()[-1]


def test_pace_follows_the_limit_of_the_server(tmp_path: Path) -> None:
    with MockServer(builds=10, user_rate_limit=500) as server:
        run = conform(tmp_path, server.url, *QUICK, "--phases", "examples", "--include-tag", "user")

    assert run.status == 0, run.out
    assert "within the limit of 500 a minute" in run.out


def test_coverage_has_a_row_for_every_operation(tmp_path: Path) -> None:
    with MockServer(builds=10) as server:
        arguments = (*QUICK, "--phases", "examples", "--include-tag", "teams")
        brief = conform(tmp_path, server.url, *arguments)
        full = conform(tmp_path, server.url, *arguments, "--coverage")

    rows = [line.split() for line in full.out.splitlines() if line.startswith(("listTeams ", "getTeam "))]
    assert rows[0][:3] == ["listTeams", "GET", "/v2/organizations/{org}/teams"]
    assert [row[-1] for row in rows] == ["yes", "yes"]
    assert "listTeams " not in brief.out
    assert "2 of 2 operations succeeded" in brief.out.splitlines()[-1]
    properties = ET.fromstring(full.junit).findall(".//testsuite/properties/property")
    assert ("succeeded", "2 of 2") in [(found.get("name"), found.get("value")) for found in properties]


def test_too_few_links_fail_only_on_demand(tmp_path: Path) -> None:
    with MockServer(builds=10) as server:
        arguments = (*QUICK, "--include-tag", "teams", "--write", "--phases", "lives")
        lenient = conform(tmp_path, server.url, *arguments)
        strict = conform(tmp_path, server.url, *arguments, "--min-links", "100")

    followed = lenient.report["links"]["followed"]
    assert (lenient.status, strict.status) == (0, 1), lenient.out
    assert 0 < followed < 100
    assert f"{followed} links followed between" in lenient.out
    assert "links followed, and not 100" in strict.out.splitlines()[-1]


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for another process")
def test_interrupt_ends_the_run_with_what_was_found(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "buildkite_rest.conformance", "--token", TOKEN, "--include-tag", "builds"]
    seen: list[tuple[str, str]] = []
    with (
        recorded(seen) as url,
        subprocess.Popen([*command, "--base-url", url], stdout=-1, stderr=-1, text=True, cwd=tmp_path) as run,
    ):
        while len(seen) < 50 and run.poll() is None:
            time.sleep(0.05)
        run.send_signal(signal.SIGINT)
        out, err = run.communicate(timeout=30)

    assert run.returncode == 130
    assert err == ""
    assert out.splitlines()[-1].startswith("interrupted: ")
