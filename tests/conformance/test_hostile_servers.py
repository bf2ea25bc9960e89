"""Responses that are invalid on purpose: no error ends a run with a traceback."""

import re
from pathlib import Path
from typing import Any

import pytest
from tests.conformance.runner_support import Request, conform, mock_with, serving_api

from buildkite_rest.conformance.cli import main
from buildkite_rest.conformance.exchange import query_of
from buildkite_rest.conformance.rules.urls import url_parts

TOKEN = "bkua_0123456789abcdefghijklmnopqrstuvwxyzABCD"
BAD_URL = "http://[::1:bad/v2/organizations?page=2"

SCOPES = {"scopes": ["read_organizations", "read_user"]}


@pytest.mark.parametrize("url", [BAD_URL, "http://a:b/", "http://a:99999/", "http://\u2100/"])
def test_splits_invalid_urls(url: str) -> None:
    assert url_parts(url).geturl() == ""
    assert query_of(url) == {}


def run(url: str, *options: str) -> int:
    return main(["--base-url", url, "--token", TOKEN, "--include-operation", "listOrganizations", *options], "conf")


@pytest.mark.exhaustive
def test_a_list_with_an_invalid_link_fails(capsys: pytest.CaptureFixture[str]) -> None:
    item = {"id": "01920000-0000-7000-8000-000000000001", "slug": "acme", "name": "Acme"}
    with serving_api(SCOPES, [item], headers={"Link": f'<{BAD_URL}>; rel="next"'}) as url:
        assert run(url, "--phases", "lists,headers,errors") == 1
    out = capsys.readouterr().out
    assert "is not a URL" in out
    assert "Please report it" not in out


@pytest.mark.parametrize(
    "location", [BAD_URL, *(pytest.param(each, marks=pytest.mark.exhaustive) for each in ("http://[", "//[x"))]
)
def test_a_redirect_to_an_invalid_url_ends_neither_a_phase_nor_the_cleanup(location: str, tmp_path: Path) -> None:
    def bug(request: Request, call: Any) -> Any:
        response = call(request)
        is_team = re.fullmatch("/v2/organizations/acme/teams(/[^/]+)?", request.path)
        if request.method == "GET" and response.status == 200 and is_team:
            response.status, response.headers = 302, {"location": location}
        return response

    with mock_with(bug) as url:
        options = ("--write", "--include-tag", "teams", "--phases", "effects,refusals", "--seed", "1")
        found = conform(tmp_path, url, *options)

    assert found.report["left_behind"] == 0, found.out
    assert not any(each in found.everything for each in ("Traceback", "Runtime Error", "Please report it"))
