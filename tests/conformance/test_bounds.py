"""Limits of what is read from a server."""

import pytest
from tests.conformance.package_spec import SPEC
from tests.conformance.runner_support import TOKEN, Request, Response, change, conform, mock_with

from buildkite_rest import Buildkite
from buildkite_rest.conformance.discovery import discover
from buildkite_rest.conformance.objects import Objects

PAGES = 5


@pytest.mark.exhaustive
def test_discovery_of_lists_without_an_end_is_bounded() -> None:
    requests: list[str] = []

    def endless(request: Request, response: Response) -> None:
        requests.append(request.path)
        if request.path.endswith("/teams"):
            response.json = response.json[:1]
            url = f"http://{request.headers[b'host'].decode()}{request.path}?page={len(requests)}&per_page=100"
            response.set_header(b"link", f'<{url}>; rel="next"'.encode())

    spec = SPEC
    with mock_with(change(endless)) as url, Buildkite(TOKEN, base_url=url) as client:
        discover(client, spec, [each for each in spec.operations if each.id == "getTeam"], Objects("acme"))

    assert max(map(requests.count, requests)) <= PAGES


def test_a_wrong_type_in_meta_is_a_failure(tmp_path) -> None:
    def number(request: Request, response: Response) -> None:
        if request.path == "/v2/meta":
            response.json = {**response.json, "webhook_ips": 5}

    with mock_with(change(number)) as url:
        run = conform(tmp_path, url, "--phases", "agreement", "--include-operation", "getMeta")

    assert run.status == 1, run.out + run.err
    assert ("getMeta", "response_schema_conformance") in run.failures
