"""Runs of the conformance runner: the requests that it sends and the results that it reports."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from tests.conformance.runner_support import TOKEN, Request, Response, change, conform, mock_with

from buildkite_rest.mock import MockServer
from buildkite_rest.mock.resources.access_tokens import NO_SCOPES_TOKEN

QUICK = ("--seed", "1")


@pytest.mark.exhaustive
@pytest.mark.parametrize(("allowed", "status"), [(1, 2), (30, 1)], ids=["before the first check", "later"])
def test_a_server_that_stops(allowed: int, status: int, tmp_path: Path) -> None:
    paths: list[str] = []

    def bug(request: Request, call: Callable[[Request], Awaitable[Response]]) -> Response:
        paths.append(request.path)
        if len(paths) > allowed:
            raise ConnectionResetError
        return call(request)

    with mock_with(bug) as url:
        run = conform(tmp_path, url, *QUICK, "--include-tag", "teams")

    assert (run.status, run.err) == (status, ""), run.out
    assert "Traceback" not in run.out


@pytest.mark.exhaustive
@pytest.mark.parametrize("seed", range(1, 6))
def test_a_whole_run_of_the_mock_server_is_clean(seed: int, tmp_path: Path) -> None:
    with MockServer(seed=seed) as server:
        options = ("--write", "--write-existing", "all", "--no-scope-token", NO_SCOPES_TOKEN)
        run = conform(tmp_path, server.url, "--seed", str(seed), *options)

    assert run.status == 0, run.out


def test_secrets_are_masked(tmp_path: Path) -> None:
    """Even if the server repeats one in a failing response."""

    def echo(request: Request, response: Response) -> None:
        if request.matches("GET", "/v2/user"):
            response.json = {"name": 5, "you_sent": request.headers.get("authorization", "")}

    with mock_with(change(echo)) as url:
        run = conform(tmp_path, url, *QUICK, "--include-tag", "user")

    assert ("getUser", "response_schema_conformance") in run.failures
    assert "Bearer $TOKEN" in run.out
    assert TOKEN not in run.everything


@pytest.mark.exhaustive
def test_a_seed_reproduces_the_requests(tmp_path: Path) -> None:
    runs: list[list[tuple[str, bytes, bytes]]] = []
    record = change(lambda request, response: runs[-1].append((request.path, request.query, request.body)))
    with mock_with(record) as url:
        for _ in range(2):
            runs.append([])
            options = ("--include-tag", "pipelines", "--phases", "agreement,fuzzing")
            conform(tmp_path, url, "--seed", "7", *options)

    assert runs[0] == runs[1]


@pytest.mark.exhaustive
def test_an_operation_without_success_makes_a_run_incomplete(tmp_path: Path) -> None:
    with MockServer(builds=10) as server:
        add_scopes(server, "read_organizations")
        arguments = (*QUICK, "--include-operation", "getUser", "--include-operation", "listOrganizations")
        strict = conform(tmp_path, server.url, *arguments, token=NO_SCOPES_TOKEN)

    assert strict.status == 3
    assert "never succeeded: getUser (the token lacks the scope read_user)" in strict.out
    assert strict.out.splitlines()[-1].startswith("incomplete, 1 operation never succeeded: 1 of 2 operations")
    assert strict.report["verdict"] == "incomplete"
    assert strict.report["incomplete"] == [{"id": "getUser", "reason": "the token lacks the scope read_user"}]


def add_scopes(server: MockServer, *scopes: str) -> None:
    """Add scopes to the token without scopes."""
    token = server.backend.token_with_secret(NO_SCOPES_TOKEN)
    assert token is not None
    token.scopes = frozenset(scopes)
