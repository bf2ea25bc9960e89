"""Runs of the conformance runner: the requests that it sends and the results that it reports."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from starlette import responses
from starlette.applications import Starlette
from starlette.routing import Route
from tests.conformance.runner_support import TOKEN, Request, Response, change, conform, mock_with, serving

from buildkite_rest.mock import MockServer
from buildkite_rest.mock.resources.access_tokens import EXPIRED_TOKEN, NO_SCOPES_TOKEN

QUICK = ("--seed", "1", "--max-examples", "3")
#: Options that choose fast phases, and none: all phases.
FAST_AND_ALL = [
    pytest.param(("--phases", "lists,headers,effects,fuzzing"), id="fast"),
    pytest.param((), id="all", marks=pytest.mark.exhaustive),
]


@contextmanager
def recorded(seen: list[tuple[str, str]]) -> Iterator[str]:
    """Serve a mock that records the methods and paths of all requests."""

    def record(request: Request, response: Response) -> None:
        seen.append((request.method, request.path))

    with mock_with(change(record)) as url:
        yield url


@pytest.mark.parametrize(
    "other",
    [
        responses.JSONResponse({"hello": "world"}),
        responses.JSONResponse([]),
        responses.HTMLResponse("<h1>Welcome</h1>"),
        responses.RedirectResponse("https://example.com"),
        responses.Response(status_code=401),
        responses.Response(status_code=502),
        responses.PlainTextResponse("Not Found", 404),
    ],
    ids=["JSON", "array", "HTML", "redirect", "closed", "bad gateway", "not found"],
)
@pytest.mark.exhaustive
def test_another_server_is_an_error(other: responses.Response, tmp_path: Path) -> None:
    with serving(Starlette(routes=[Route("/{path:path}", lambda _: other)])) as url:
        run = conform(tmp_path, url)

    assert run.error.startswith(f"{url} is not the Buildkite REST API: ")
    assert run.out == ""


def test_a_closed_port_is_an_error(tmp_path: Path) -> None:
    run = conform(tmp_path, "http://127.0.0.1:9")

    assert run.error.startswith("http://127.0.0.1:9 cannot be reached: ")


@pytest.mark.parametrize("token", ["bkua_nobody_knows_this", EXPIRED_TOKEN])
@pytest.mark.exhaustive
def test_an_invalid_token_is_an_error(token: str, tmp_path: Path) -> None:
    with MockServer(builds=10) as server:
        run = conform(tmp_path, server.url, token=token)

    assert "rejects the token" in run.error
    assert token not in run.everything


@pytest.mark.exhaustive
def test_a_server_that_stops_is_a_failure(tmp_path: Path) -> None:
    paths: list[str] = []

    async def bug(request: Request, call: Callable[[Request], Awaitable[Response]]) -> Response:
        paths.append(request.path)
        if len(paths) > 6:
            raise ConnectionResetError
        return await call(request)

    with mock_with(bug) as url:
        run = conform(tmp_path, url, *QUICK, "--include-tag", "teams")

    assert run.status == 1
    assert run.err == ""
    assert "Traceback" not in run.out


@pytest.mark.parametrize("phases", FAST_AND_ALL)
def test_without_write_all_requests_read(phases: Sequence[str], tmp_path: Path) -> None:
    seen: list[tuple[str, str]] = []
    with recorded(seen) as url:
        run = conform(tmp_path, url, *QUICK, *phases, "--include-tag", "agents", "--include-tag", "user")

    assert run.status == 0, run.out
    assert {method for method, _ in seen} == {"GET", "HEAD"}
    assert run.operations.keys() == {"listAgents", "getAgent", "getUser"}


@pytest.mark.exhaustive
def test_the_token_is_never_revoked(tmp_path: Path) -> None:
    seen: list[tuple[str, str]] = []
    with recorded(seen) as url:
        run = conform(tmp_path, url, *QUICK, "--write", "--include-tag", "access_token")

    assert run.status == 0, run.out
    assert ("GET", "/v2/access-token") in seen
    assert ("HEAD", "/v2/access-token") in seen
    assert "DELETE" not in {method for method, _ in seen}


@pytest.mark.parametrize(
    "selection",
    [
        pytest.param(
            (
                *(f"--include-operation={name}Pipeline" for name in ("create", "update", "archive", "delete")),
                *("--phases", "effects"),
            ),
            id="fast",
        ),
        pytest.param(
            ("--include-tag=pipelines", "--may-fail=createPipelineWebhook", "--may-fail=unarchivePipeline"),
            id="all",
            marks=pytest.mark.exhaustive,
        ),
    ],
)
def test_existing_objects_are_not_deleted(selection: Sequence[str], tmp_path: Path) -> None:
    with MockServer(seed=1, builds=60) as server:
        pipelines = server.backend.organizations["acme"].pipelines
        before = set(pipelines)
        run = conform(tmp_path, server.url, "--seed", "1", "--max-examples", "5", "--write", *selection)
        after = set(pipelines)

    assert run.status == 0, run.out
    assert {"deletePipeline", "updatePipeline", "archivePipeline"} <= {
        name for name, operation in run.operations.items() if operation["succeeded"]
    }
    assert before <= after


def test_secrets_are_masked(tmp_path: Path) -> None:
    """Even if the server repeats one in a failing response."""

    def echo(request: Request, response: Response) -> None:
        if request.matches("GET", "/v2/user"):
            response.json = {"name": 5, "you_sent": request.headers.get(b"authorization", b"").decode()}

    with mock_with(change(echo)) as url:
        run = conform(tmp_path, url, *QUICK, "--include-tag", "user")

    assert ("getUser", "response_schema_conformance") in run.failures
    assert "Bearer $TOKEN" in run.out
    assert TOKEN not in run.everything


@pytest.mark.exhaustive
def test_a_seed_reproduces_the_requests(tmp_path: Path) -> None:
    seen: list[tuple[str, str]] = []
    runs: list[list[tuple[str, str]]] = []
    with recorded(seen) as url:
        for _ in range(2):
            options = ("--include-tag", "pipelines", "--phases", "agreement,fuzzing")
            conform(tmp_path, url, "--seed", "7", "--max-examples", "5", *options)
            runs.append(seen.copy())
            seen.clear()

    assert runs[0] == runs[1]


@pytest.mark.exhaustive
def test_an_operation_without_success_makes_a_run_incomplete(tmp_path: Path) -> None:
    with MockServer(builds=10) as server:
        add_scopes(server, "read_organizations")
        arguments = (*QUICK, "--include-operation", "getUser", "--include-operation", "listOrganizations")
        strict = conform(tmp_path, server.url, *arguments, token=NO_SCOPES_TOKEN)
        excused = conform(tmp_path, server.url, *arguments, "--may-fail", "getUser", token=NO_SCOPES_TOKEN)

    assert (strict.status, excused.status) == (3, 0)
    assert "never succeeded: getUser (the token lacks the scope read_user)" in strict.out
    assert strict.out.splitlines()[-1].startswith("incomplete, 1 operation never succeeded: 1 of 2 operations")
    assert strict.report["verdict"] == "incomplete"
    assert strict.report["incomplete"] == [{"id": "getUser", "reason": "the token lacks the scope read_user"}]
    assert excused.out.splitlines()[-1].startswith("clean: 1 of 2 operations succeeded")


def add_scopes(server: MockServer, *scopes: str) -> None:
    """Add scopes to the token without scopes."""
    token = server.backend.token_with_secret(NO_SCOPES_TOKEN)
    assert token is not None
    token.scopes = frozenset(scopes)


@pytest.mark.exhaustive
def test_a_token_without_a_required_scope_is_an_error(tmp_path: Path) -> None:
    with MockServer(builds=10) as server:
        run = conform(tmp_path, server.url, "--include-tag", "user", "--include-tag", "jobs", token=NO_SCOPES_TOKEN)
        many = conform(tmp_path, server.url, token=NO_SCOPES_TOKEN)
        free = conform(tmp_path, server.url, *QUICK, "--include-tag", "meta", token=NO_SCOPES_TOKEN)

    assert (run.out, free.status) == ("", 0)
    assert run.error == "the token has none of the scopes read_build_logs, read_builds, read_job_env, read_user"
    assert many.error.endswith(" more")


@pytest.mark.exhaustive
def test_a_run_with_few_successes_is_incomplete(tmp_path: Path) -> None:
    with MockServer(builds=10) as server:
        add_scopes(server, "read_user")
        tags = ("--include-tag", "user", "--include-tag", "teams", "--include-tag", "agents")
        run = conform(tmp_path, server.url, *QUICK, "--phases", "lists", *tags, token=NO_SCOPES_TOKEN)

    assert run.status == 3, run.out
    assert run.out.splitlines()[-1].startswith("incomplete, 4 operations never succeeded: 1 of 5 operations succeeded")


@pytest.mark.exhaustive
def test_operations_beyond_the_budget_are_listed(tmp_path: Path) -> None:
    with MockServer(builds=10) as server:
        run = conform(tmp_path, server.url, "--budget", "8", "--organization", "acme")

    untried = [name for name, operation in run.operations.items() if not operation["requests"]]
    assert run.status == 3, run.out
    assert f"\nnot tried: {', '.join(untried)} (budget used up)\n" in run.out
    assert "never succeeded: " not in run.out
    assert f"incomplete, {len(untried)} operations not tried: " in run.out.splitlines()[-1]


@pytest.mark.exhaustive
def test_the_report_has_the_rate_limit(tmp_path: Path) -> None:
    with MockServer(builds=10, user_rate_limit=500) as server:
        run = conform(tmp_path, server.url, *QUICK, "--phases", "agreement", "--include-tag", "user")

    assert run.status == 0, run.out
    assert "at most 500 requests per minute" in run.out


@pytest.mark.exhaustive
def test_coverage_has_a_row_for_every_operation(tmp_path: Path) -> None:
    with MockServer(builds=10) as server:
        arguments = (*QUICK, "--phases", "agreement", "--include-tag", "teams")
        brief = conform(tmp_path, server.url, *arguments)
        full = conform(tmp_path, server.url, *arguments, "--coverage")

    rows = [line.split() for line in full.out.splitlines() if line.startswith(("listTeams ", "getTeam "))]
    assert rows[0][:3] == ["listTeams", "GET", "/v2/organizations/{org}/teams"]
    assert [row[-1] for row in rows] == ["yes", "yes"]
    assert "listTeams " not in brief.out
    assert "2 of 2 operations succeeded" in brief.out.splitlines()[-1]
    properties = ET.fromstring(full.junit).findall(".//testsuite/properties/property")
    assert ("succeeded", "2 of 2") in [(found.get("name"), found.get("value")) for found in properties]


@pytest.mark.exhaustive
def test_a_check_has_one_title_in_all_phases(tmp_path: Path) -> None:
    def spoil(request: Request, response: Response) -> None:
        if request.matches("GET", "/v2/user"):
            response.set_header(b"access-control-allow-origin", None)
            response.set_header(b"ratelimit-limit", None)
            response.json = {"message": "<html>"} if response.status >= 400 else {}

    with mock_with(change(spoil)) as url:
        run = conform(tmp_path, url, *QUICK, "--include-operation", "getUser", "--phases", "agreement,headers,access")

    [operation] = run.report["operations"]
    titles = {(each["check"], each["title"]) for each in operation["failures"]}
    assert {each["phase"] for each in operation["failures"]} >= {"preparation", "headers", "access"}
    assert len(titles) == len({check for check, _ in titles})
