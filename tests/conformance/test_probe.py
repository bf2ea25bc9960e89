"""The first requests of a run: whether the server is the API, and whether the token can be used."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import pytest
from starlette import responses
from starlette.applications import Starlette
from starlette.routing import Route
from tests.conformance.runner_support import serving, serving_api

from buildkite_rest.conformance.cli import main
from buildkite_rest.mock import MockServer
from buildkite_rest.mock.resources.access_tokens import (
    ALL_SCOPES_TOKEN,
    EXPIRED_TOKEN,
    READ_ONLY_TOKEN,
)

TOKEN = "bkua_0123456789abcdefghijklmnopqrstuvwxyzABCD"
SCOPES = {"scopes": ["read_organizations", "read_user"]}
OTHER_API = "is not the Buildkite REST API: "


def error_of(capsys: pytest.CaptureFixture[str], url: str, *options: str, token: str = TOKEN) -> str:
    """Return the error of a run that cannot start, which is one line."""
    assert main(["--base-url", url, "--token", token, *options], "conf") == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n"), err.partition(": ")[0]) == ("", 1, "conf")
    return err.partition(": ")[2].removesuffix("\n")


@pytest.mark.parametrize(
    "other",
    [
        responses.JSONResponse([]),
        responses.HTMLResponse("<h1>Welcome</h1>"),
        responses.RedirectResponse("https://example.com"),
        responses.Response(status_code=401),
        responses.Response(status_code=502),
        responses.PlainTextResponse("Not Found", 404),
    ],
    ids=["array", "HTML", "redirect", "closed", "bad gateway", "not found"],
)
def test_another_server(other: responses.Response, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(Starlette(routes=[Route("/{path:path}", lambda _: other)])) as url:
        assert error_of(capsys, url).startswith(f"{url} {OTHER_API}GET /v2/")


def test_a_closed_port(capsys: pytest.CaptureFixture[str]) -> None:
    url = "http://127.0.0.1:9"
    assert error_of(capsys, url) == f"{url} cannot be reached: ConnectionRefusedError"


def test_no_token_in_a_response_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with serving_api({"message": f"you sent {TOKEN}\x1b[31m"}) as url:
        error = error_of(capsys, url)
    assert error.endswith("200 you sent $TOKEN\\x1b[31m")


@pytest.mark.parametrize("text", ["[1]", "1", "null", *(f'{{"scopes": {it}}}' for it in ("5", "{}"))])
def test_other_types_of_scopes(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with serving_api(json.loads(text)) as url:
        assert error_of(capsys, url).startswith(url)


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({"RateLimit-Reset": "99999", "RateLimit-Remaining": "0"}, "Repeat the command in 99999 s."),
        ({}, "Repeat the command later."),
    ],
)
def test_a_server_that_limits_the_rate(
    headers: Mapping[str, str], message: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("buildkite_rest.conformance.pacing.sleep", lambda _: None)
    with serving_api(SCOPES, [], 429, headers) as url:
        error = error_of(capsys, url, "--organization", "acme")
        assert error == f"{url} limits the rate of requests. {message}"


@pytest.mark.parametrize("other", [(), ("--limited-token", READ_ONLY_TOKEN)])
def test_no_token_that_the_run_needs_is_revoked(other: Sequence[str], capsys: pytest.CaptureFixture[str]) -> None:
    token = READ_ONLY_TOKEN if other else ALL_SCOPES_TOKEN
    with MockServer(builds=0) as server:
        options = ("--write", "--revocable-token", token, *other)
        error = error_of(capsys, server.url, *options, token=ALL_SCOPES_TOKEN)
        assert not server.requests
    assert error == "--revocable-token: the run needs this token. Pass one that nothing else uses."


@pytest.mark.parametrize(
    ("token", "options", "message"),
    [
        (TOKEN, (), "rejects the token: 401 "),
        (EXPIRED_TOKEN, (), "rejects the token: 401 "),
        (ALL_SCOPES_TOKEN, ("--organization", "no"), "the token has no access to an organization no"),
    ],
)
def test_a_token_that_cannot_be_used(
    token: str, options: Sequence[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with MockServer(builds=0) as server:
        assert message in error_of(capsys, server.url, *options, token=token)
